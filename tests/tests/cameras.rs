//! Cameras as a box sees them: a real RTSP server in its own process, the real detector, the real
//! database. Those that misbehave are in `bad_cameras.rs`, models that do in `bad_models.rs`.

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
use gateway::ward::alert::{Ending, News, Snapshot, Update};
use gateway::ward::camera::{CameraFact, CameraState};
use gateway::ward::detector::FAINTEST_SCORE;
use gateway::ward::record;
use gateway::ward::room::RoomCall;
use models::RuleKind;
use tokio::sync::mpsc;
use tokio::time::timeout;

const STEPS: &[&str] = &[
    report::SCHEMA,
    record::SCHEMA,
    record::SCHEMA_EVIDENCE,
    record::SCHEMA_PROOF,
    record::SCHEMA_KEEPING,
];

fn sim(arguments: &[&str]) -> SimCamera {
    SimCamera::start(env!("CARGO_BIN_EXE_vong-e2e"), arguments).unwrap()
}

fn street() -> String {
    sim_camera::media("vtest-360.mp4").to_string_lossy().into_owned()
}

fn sim_good() -> SimCamera {
    sim(&["--video", &street(), "--listen", "127.0.0.1:0"])
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
    let mut ward = Ward::new(move || sim_camera::detector(faintest).unwrap());
    let (first, second) = (format!("/a={}", street()), format!("/b={}", street()));
    let sim = sim(&["--camera", &first, "--camera", &second, "--listen", "127.0.0.1:0"]);
    let mut a = ward.watch(camera_at("cam-a", &sim.urls[0], None));
    let mut b = ward.watch(camera_at("cam-b", &sim.urls[1], None));
    let (store, thread, reporter) = open_store(ward.dir.path()).await;
    let (to_store, stored) = mpsc::channel(16);
    let recording =
        tokio::spawn(record::run(stored, store.clone(), reporter.clone(), RoomCall::default()));
    let mut latencies_ms = Vec::new();
    let mut kept = Vec::new();
    let mut n_clips = 0;
    while kept.len() < 8 || n_clips < 2 {
        let fact = timeout(Duration::from_secs(60), ward.received.recv()).await.unwrap().unwrap();
        if let CameraFact::Updated(Update { news: News::Clip(clip), .. }) = &fact {
            let mp4 = std::fs::read(ward.dir.path().join(&clip.file.path)).unwrap();
            assert_eq!(Sha256::of(&mp4), clip.file.sha256);
            // Ten seconds after; before it, as much as was there since the start.
            assert!((10..18).contains(&clip.duration.as_secs()), "{:?}", clip.duration);
            n_clips += 1;
        }
        if let CameraFact::Raised(alert) = &fact {
            let Snapshot::Kept(pictures) = &alert.snapshot else { panic!("{:?}", alert.snapshot) };
            let file = &pictures.boxed;
            let jpeg = std::fs::read(ward.dir.path().join(&file.path)).unwrap();
            assert_eq!(Sha256::of(&jpeg), file.sha256);
            let size = image::load_from_memory(&jpeg).unwrap();
            assert_eq!((size.width(), size.height()), (640, 360));
            assert_eq!(alert.label, "person");
            // The object's feet are in the right half.
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
        assert!(view.analysed_fps > 0.5, "{view:?}");
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
    let ward = Ward::new(|| Box::new(Blind));
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

/// The next alert is cleared, whichever it is.
async fn next_cleared(ward: &mut Ward, seconds: u64) -> Ending {
    let cleared = async {
        loop {
            if let CameraFact::Cleared(ending) = ward.received.recv().await.unwrap() {
                return ending;
            }
        }
    };
    timeout(Duration::from_secs(seconds), cleared).await.expect("an alert is cleared")
}

#[tokio::test]
async fn rules_that_are_edited_are_obeyed_on_the_same_connection_and_end_with_the_camera() {
    let faintest = Score::try_from(FAINTEST_SCORE).unwrap();
    let mut ward = Ward::new(move || sim_camera::detector(faintest).unwrap());
    let sim = sim_good();
    let mut config = camera_at("cam", &sim.urls[0], None);
    let mut rules = std::mem::take(&mut config.rules);
    rules[0].id = "drawn".parse().unwrap();
    rules[0].kind = RuleKind::Loiter {
        area: rules[0].kind.area().unwrap().clone(),
        dwell: Duration::from_secs(1),
    };
    let mut camera = ward.watch(config);
    let since = camera.until(20, |it| is_online(it) && it.analysed_fps > 0.5).await.since;
    camera.orders.draw_rules(rules);
    let raised = async {
        loop {
            match ward.received.recv().await.unwrap() {
                CameraFact::Raised(alert) => return alert,
                CameraFact::State(change) => assert_eq!(change.since, since, "{change:?}"),
                _ => {}
            }
        }
    };
    let alert = timeout(Duration::from_secs(60), raised).await.expect("the new rule fires");
    assert_eq!((alert.zone.as_str(), alert.rule), ("drawn", "loiter"));
    assert_eq!(camera.view.borrow().since, since, "the connection is the same");
    drop(sim);
    camera.until(20, |it| !is_online(it)).await;
    let ending = loop {
        let ending = next_cleared(&mut ward, 75).await;
        if ending.reason == "camera_offline" {
            break ending;
        }
    };
    let lost_for = ending.at.duration_since(camera.view.borrow().since).as_secs();
    assert!((50..70).contains(&lost_for), "{lost_for} s");
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
