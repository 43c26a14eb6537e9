//! Cameras as a box sees them: a real RTSP server in its own process, the real detector, the real
//! database. Those that misbehave are in `bad_cameras.rs`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base::{Clock as _, DeviceId, Score, Sha256, SystemClock};
use e2e::sim_camera::{self, SimCamera};
use e2e::watched::{Blind, Ward, camera_at, is_online};
use gateway::clock_trust::ClockTrust;
use gateway::report::rows::Bound;
use gateway::report::{self, Reporter, ReporterSettings};
use gateway::store::{Store, StoreThread};
use gateway::ward::camera::{CameraFact, CameraState, Snapshot};
use gateway::ward::detector::FAINTEST_SCORE;
use gateway::ward::record;
use models::{Detect, DetectError, Detection};
use tokio::sync::mpsc;
use tokio::time::timeout;

const STEPS: &[&str] = &[report::SCHEMA, record::SCHEMA];

fn sim(arguments: &[&str]) -> SimCamera {
    SimCamera::start(env!("CARGO_BIN_EXE_vong-e2e"), arguments).unwrap()
}

fn sim_good() -> SimCamera {
    sim(&["--video", &street(), "--listen", "127.0.0.1:0"])
}

fn street() -> String {
    sim_camera::media("vtest-360.mp4").to_string_lossy().into_owned()
}

async fn open_store(dir: &Path) -> (Store, StoreThread, Reporter) {
    let (store, thread) = Store::open(&dir.join("vong.db"), STEPS).unwrap();
    let settings = ReporterSettings {
        device: "box-1".parse::<DeviceId>().unwrap(),
        site: "da-nang".to_owned(),
        clock: Arc::new(SystemClock),
        trust: ClockTrust::new(true),
        bound: Bound { n_rows: 10_000, n_bytes: 1 << 24 },
    };
    let reporter = Reporter::open(&store, &thread, settings).await.unwrap();
    (store, thread, reporter)
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|it| it.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

#[tokio::test]
async fn a_street_becomes_alerts_whose_pictures_are_on_disk() {
    let faintest = Score::try_from(FAINTEST_SCORE).unwrap();
    let mut ward = Ward::new(sim_camera::detector(faintest).unwrap());
    let (first, second) = (format!("/a={}", street()), format!("/b={}", street()));
    let sim = sim(&["--camera", &first, "--camera", &second, "--listen", "127.0.0.1:0"]);
    let mut a = ward.watch(camera_at("cam-a", &sim.urls[0], None));
    let mut b = ward.watch(camera_at("cam-b", &sim.urls[1], None));
    let (store, thread, reporter) = open_store(ward.dir.path()).await;
    let (to_store, stored) = mpsc::channel(16);
    let recording = tokio::spawn(record::run(stored, store.clone(), reporter.clone()));
    let mut latencies_ms = Vec::new();
    let mut kept = Vec::new();
    while kept.len() < 8 {
        let fact = timeout(Duration::from_secs(60), ward.received.recv()).await.unwrap().unwrap();
        if let CameraFact::Alert(alert) = &fact {
            let Snapshot::Kept(file) = &alert.snapshot else { panic!("{:?}", alert.snapshot) };
            let jpeg = std::fs::read(ward.dir.path().join(&file.path)).unwrap();
            assert_eq!(Sha256::of(&jpeg), file.sha256);
            let size = image::load_from_memory(&jpeg).unwrap();
            assert_eq!((size.width(), size.height()), (640, 360));
            assert_eq!(alert.label, "person");
            // The object's feet are in the zone, the right half.
            assert!(f32::midpoint(alert.area[0], alert.area[2]) > 0.45, "{:?}", alert.area);
            let latency = SystemClock.now().duration_since(alert.captured_at);
            latencies_ms.push(i64::try_from(latency.as_millis()).unwrap());
            kept.push(alert.id.to_string());
        }
        to_store.send(fact).await.unwrap();
    }
    latencies_ms.sort_unstable();
    println!(
        "capture to fact, ms: {latencies_ms:?}; resident with two cameras: {} MiB",
        resident_mib()
    );
    assert!(latencies_ms.last().unwrap() < &2000, "{latencies_ms:?}");
    for camera in [&mut a, &mut b] {
        let view = camera.until(5, |it| is_online(it) && it.fps > 3.0).await;
        assert!(view.n_looked > 20, "{view:?}");
        let shown = camera.desk.newest(SystemClock.now()).await.unwrap();
        assert!(shown.jpeg.starts_with(&[0xFF, 0xD8]));
    }
    drop(to_store);
    recording.await.unwrap();
    let rows = store.read(|conn| {
        let mut query = conn.prepare("SELECT id FROM camera_alert ORDER BY rowid")?;
        query.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()
    });
    assert_eq!(rows.await.unwrap(), kept);
    drop((store, reporter));
    thread.ended().await;
    ward.close(vec![a, b]).await;
}

#[tokio::test]
async fn a_server_that_goes_away_is_found_again() {
    let ward = Ward::new(Box::new(Blind));
    let first = sim_good();
    let address = first.address().to_owned();
    let mut camera = ward.watch(camera_at("cam", &first.urls[0], None));
    camera.until(20, is_online).await;
    drop(first);
    camera.until(20, |it| matches!(it.state, CameraState::Offline(_))).await;
    let _second = sim(&["--video", &street(), "--listen", &address]);
    camera.until(30, |it| is_online(it) && it.fps > 3.0).await;
    ward.close(vec![camera]).await;
}

/// A detector that never comes back from a picture, until it is let go.
struct Stuck(std::sync::mpsc::Receiver<()>);

impl Detect for Stuck {
    fn detect(&mut self, _: &base::Picture<'_>) -> Result<Vec<Detection>, DetectError> {
        let _ = self.0.recv();
        Ok(Vec::new())
    }

    fn labels(&self) -> &[String] {
        &[]
    }
}

#[tokio::test]
async fn a_detector_that_is_stuck_is_no_progress() {
    let sim = sim(&["--video", &street(), "--listen", "127.0.0.1:0"]);
    let (let_go, held) = std::sync::mpsc::channel();
    let ward = Ward::new(Box::new(Stuck(held)));
    let goes_on = ward.detector.goes_on(Duration::from_secs(2));
    assert!(goes_on(), "nothing is looked at yet");
    let mut camera = ward.watch(camera_at("cam-1", &sim.urls[0], None));
    camera.until(20, is_online).await;
    let is_noticed = async {
        while goes_on() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(Duration::from_secs(20), is_noticed).await.expect("it is noticed");
    drop(let_go);
    ward.close(vec![camera]).await;
}

#[test]
fn a_video_that_is_none_is_refused_before_anything_listens() {
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("text.mp4");
    std::fs::write(&text, "camera,zone\n".repeat(400)).unwrap();
    let missing = dir.path().join("none.mp4");
    for (file, expected) in [(&text, "not a video"), (&missing, "no such file")] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_vong-e2e"))
            .args(["sim", "camera", "--listen", "127.0.0.1:0", "--video"])
            .arg(file)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && stderr.contains(expected), "{stderr}");
        assert!(output.stdout.is_empty());
    }
}
