//! The console of a running box in a real browser: first set-up, log-in, cameras, alerts, clusters.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use e2e::broker::{Broker, free_ports};
use e2e::reporting::{Process, wait_for};
use e2e::sim_camera::{SimCamera, media, model_id};
use gateway::config::Ward;

const VONG: &str = env!("CARGO_BIN_EXE_vong-e2e");
const N_SPEAKERS: &str = "2";

/// What runs on one machine for this test; everything ends with the value.
struct Running {
    ward: Ward,
    log: PathBuf,
    /// The box first.
    processes: Vec<Process>,
    _camera: SimCamera,
    _brokers: Vec<Broker>,
}

fn start(dir: &Path) -> Running {
    let fleet = dir.join("fleet");
    let ports = free_ports(21_700..21_800, 40).unwrap().to_string();
    let issued = Command::new(VONG)
        .args(["provision", "dev-fleet", "--speakers", N_SPEAKERS, "--cameras", "1"])
        .args(["--port-base", &ports, "--out"])
        .arg(&fleet)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(issued.success());
    let box_dir = fleet.join("box-demo-1");
    let config = box_dir.join("vong.toml");
    // Where the usual model cannot be had, set-up has fetched another.
    let model = format!("{:?}", model_id().unwrap());
    let text = fs::read_to_string(&config).unwrap().replace("\"yolox-nano\"", &model);
    fs::write(&config, text).unwrap();
    let ward = Ward::read(&config).unwrap();
    let brokers =
        [("mosquitto-centre", ward.uplink.port), ("mosquitto-box-demo-1", ward.local_broker.port)]
            .map(|(name, port)| {
                Broker::start(&fleet.join(name).join("mosquitto.conf"), port).unwrap()
            });
    let url = ward.cameras[0].url.trim_start_matches("rtsp://");
    let (address, path) = url.split_once('/').unwrap();
    let stream = format!("/{path}={}", media("vtest-360.mp4").display());
    let camera = SimCamera::start(VONG, &["--listen", address, "--camera", &stream]).unwrap();
    let log = dir.join("box-demo-1.log");
    let mut processes = vec![daemon(dir, &fleet, "box-demo-1", "run")];
    processes.push(daemon(dir, &fleet, "centre", "centre"));
    for name in ["loa-demo-001", "loa-demo-002"] {
        processes.push(daemon(dir, &fleet, name, "speaker"));
    }
    Running { ward, log, processes, _camera: camera, _brokers: brokers.into() }
}

fn daemon(dir: &Path, fleet: &Path, name: &str, command: &str) -> Process {
    let log = File::create(dir.join(format!("{name}.log"))).unwrap();
    let config = fleet.join(name).join("vong.toml");
    let mut started = Command::new(VONG);
    started.args([command, "--config"]).arg(config).stdout(Stdio::null()).stderr(log);
    Process(started.spawn().unwrap())
}

fn log_text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The one-time link that the box logs; what it says instead, if it ends.
fn setup_link(running: &mut Running) -> String {
    let ended = |running: &mut Running| running.processes[0].0.try_wait().unwrap().is_some();
    let mut link = None;
    wait_for("the set-up link, or the end of the box", 60, || {
        link = log_text(&running.log).lines().find_map(link_in);
        link.is_some() || ended(running)
    });
    link.unwrap_or_else(|| panic!("the box says:\n{}", log_text(&running.log)))
}

fn link_in(line: &str) -> Option<String> {
    let link = &line[line.find("https://")?..];
    let link = link.split([' ', '"']).next()?;
    link.contains("/setup#").then(|| link.to_owned())
}

/// What the box's own database says of it: for how many reasons clips were played, and how many alerts
/// were seen to.
fn kept_of_the_looks(running: &Running) -> [u64; 2] {
    let conn = rusqlite::Connection::open(running.ward.data_dir.join("vong.db")).unwrap();
    let plays = "SELECT count(DISTINCT reason) FROM camera_view WHERE what = 'clip'";
    let seen_to = "SELECT count(*) FROM camera_alert WHERE acknowledged_by = 'quan-tri'";
    [plays, seen_to].map(|it| conn.query_row(it, [], |row| row.get(0)).unwrap())
}

#[test]
fn a_ward_is_set_up_and_looked_after_in_a_browser() {
    let dir = tempfile::tempdir().unwrap();
    let mut running = start(dir.path());
    let link = setup_link(&mut running);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/console.mjs");
    let browsed = Command::new("node")
        .arg(script)
        .env("VONG_URL", format!("https://{}", running.ward.console.listen))
        .env("VONG_SETUP", link)
        .env("VONG_USER", "quan-tri")
        .env("VONG_PASSWORD", "cầu tre sáng sớm")
        .output()
        .expect("node is needed: scripts/build-web.sh says how to get it");
    let said = String::from_utf8_lossy(&browsed.stdout);
    let complained = String::from_utf8_lossy(&browsed.stderr);
    let log = log_text(&running.log);
    assert!(browsed.status.success(), "{said}\n{complained}\nthe box says:\n{log}");
    assert!(said.matches("an alert shows its picture").count() == 4, "{said}");
    // In both languages, on a desk and on a phone.
    for done in ["went to the centre and back", "unheard is no peace", "off is no peace"] {
        assert!(said.matches(done).count() == 4, "{done}: {said}");
    }
    // On a desk and on a phone.
    for done in [
        "a clip of",
        "the clip is in the log",
        "dragged and saved",
        "refused: hình tự cắt",
        "all else as it was",
        "are refused where they are",
        "hours of each day are saved",
        "sees the picture, and nobody in it",
        "reads why there is no clip",
        "each mistake of a table is told with its line",
        "the tree of another day is another",
        "a bulletin may be for a ward or a zone",
        "both tables can be downloaded",
    ] {
        assert!(said.matches(done).count() == 2, "{done}: {said}");
    }
    let [n_reasons, n_seen_to] = kept_of_the_looks(&running);
    assert!(n_reasons == 2 && n_seen_to >= 1, "{n_reasons} {n_seen_to}");
}
