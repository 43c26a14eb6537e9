//! Cameras as a box sees them: a real RTSP server in its own process, the real detector, the real
//! database. Those that misbehave are in `bad_cameras.rs`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base::{Clock as _, DeviceId, Picture, Score, Sha256, Size, SystemClock};
use e2e::sim_camera::{self, SimCamera};
use e2e::watched::{Blind, INPUT, Ward, camera_at, is_online};
use gateway::clock_trust::ClockTrust;
use gateway::report::health::Measured;
use gateway::report::outbox::Mode;
use gateway::report::rows::Bound;
use gateway::report::{self, Reporter, ReporterSettings};
use gateway::store::{Store, StoreThread};
use gateway::ward::alert::{News, Snapshot, Update};
use gateway::ward::camera::{CameraFact, CameraState};
use gateway::ward::detector::FAINTEST_SCORE;
use gateway::ward::record;
use gateway::ward::room::RoomCall;
use models::{Detect, DetectError, Detection};
use serde_json::{Value, json};
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

/// What a detector does with a picture of 768 x 576; all others it takes its time for.
#[derive(Clone, Copy)]
enum Poison {
    Stuck,
    Panic,
}

impl Detect for Poison {
    fn detect(&mut self, picture: &Picture<'_>) -> Result<Vec<Detection>, DetectError> {
        match (self, picture.size().width) {
            // Longer than the test: nobody can wake it.
            (Self::Stuck, 768) => std::thread::sleep(Duration::from_secs(600)),
            (Self::Panic, 768) => panic!("a picture that the model does not survive"),
            (Self::Stuck | Self::Panic, _) => {}
        }
        Ok(Vec::new())
    }

    fn labels(&self) -> &[String] {
        &[]
    }

    fn input(&self) -> Size {
        INPUT
    }
}

/// One thread, two cameras: the pictures of one end it, and the other one is watched on.
async fn check_poison(poison: Poison, reason: &str) {
    let ward = Ward::new(move || Box::new(poison));
    let (bad, good) = (sim_camera::media("vtest.mp4"), street());
    let bad = sim(&["--video", bad.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    let good = sim(&["--video", &good, "--listen", "127.0.0.1:0"]);
    let mut good = ward.watch(camera_at("good", &good.urls[0], None));
    good.until(20, |it| is_online(it) && it.analysed_fps > 0.5).await;
    let mut bad = ward.watch(camera_at("bad", &bad.urls[0], None));
    bad.until(20, is_online).await;
    let said = || {
        let health: Value = serde_json::from_slice(&ward.health.to_json(&measured())).unwrap();
        health["detector"].clone()
    };
    // The second time in a row, the camera is left alone for a minute.
    let replaced = async {
        while said()["replaced"] != 2 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(Duration::from_secs(30), replaced).await.expect("it is replaced");
    assert_eq!(said()["last_replaced"], json!({ "camera": "bad", "reason": reason }));
    good.until(20, |it| it.analysed_fps > 0.5).await;
    let blind_ms = good.figures.watched(tokio::time::Instant::now()).blind_ms;
    assert!(blind_ms < 20_000, "{blind_ms}");
    assert!((ward.detector.goes_on())(), "no reason to start afresh yet");
    ward.close(vec![bad, good]).await;
}

#[tokio::test]
async fn a_detection_thread_that_does_not_come_back_is_replaced() {
    check_poison(Poison::Stuck, "stuck").await;
}

#[tokio::test]
async fn a_detection_thread_that_dies_is_replaced() {
    check_poison(Poison::Panic, "crashed").await;
}

fn measured() -> Measured {
    Measured {
        at: SystemClock.now(),
        clock_trusted: true,
        epoch: base::new_uuid(SystemClock.now()),
        mode: Mode::Offline,
        depth: None,
        disk: None,
        temperature_c: None,
    }
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
