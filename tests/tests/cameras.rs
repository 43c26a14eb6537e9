//! Cameras as a box sees them: a real RTSP server in its own process, the real detector, the real
//! database; and what a camera that misbehaves looks like from the console.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base::{Clock as _, DeviceId, Picture, Score, Secret, Sha256, Size, SystemClock};
use e2e::sim_camera::{self, SimCamera};
use gateway::clock_trust::ClockTrust;
use gateway::config::{self, Severity, Transport};
use gateway::report::health::{Health, Measured};
use gateway::report::outbox::Mode;
use gateway::report::rows::Bound;
use gateway::report::{self, Reporter, ReporterSettings};
use gateway::store::{Store, StoreThread};
use gateway::ward::camera::{
    self, Analyst, CameraFact, CameraParts, CameraState, CameraView, Outlet, PictureDesk, Sees,
    Snapshot, TroubleKind,
};
use gateway::ward::detector::{self, Crew, DetectorHandle, FAINTEST_SCORE, Figures};
use gateway::ward::record;
use models::{Detect, DetectError, Detection, Hours, Polygon, RuleKind};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Of the detectors that are not one.
const INPUT: Size = Size { width: 416, height: 416 };

const STEPS: &[&str] = &[report::SCHEMA, record::SCHEMA];

fn sim(arguments: &[&str]) -> SimCamera {
    SimCamera::start(env!("CARGO_BIN_EXE_vong-e2e"), arguments).unwrap()
}

fn street() -> String {
    sim_camera::media("vtest-360.mp4").to_string_lossy().into_owned()
}

/// The right half of the street is watched.
fn camera_at(id: &str, url: &str, password: Option<&str>) -> config::Camera {
    let half = vec![[0.5, 0.0], [1.0, 0.0], [1.0, 1.0], [0.5, 1.0]];
    config::Camera {
        id: id.parse().unwrap(),
        name: id.to_owned(),
        url: url.to_owned(),
        username: password.map(|_| "an".to_owned()),
        password: password.map(|it| Secret::new(it.to_owned())),
        transport: Transport::Tcp,
        rules: vec![config::Rule {
            id: "half".parse().unwrap(),
            name: "Nửa phải".to_owned(),
            kind: RuleKind::Enter { area: Polygon::new(half).unwrap() },
            labels: vec!["person".to_owned()],
            hours: Hours::always(),
            cooldown: Duration::from_secs(2),
            severity: Severity::Warning,
        }],
    }
}

/// Sees nothing: for the tests in which only the connection matters.
struct Blind;

impl Detect for Blind {
    fn detect(&mut self, _: &Picture<'_>) -> Result<Vec<Detection>, DetectError> {
        Ok(Vec::new())
    }

    fn labels(&self) -> &[String] {
        &[]
    }

    fn input(&self) -> Size {
        INPUT
    }
}

/// One camera of a box, and what the console holds of it.
struct Watched {
    view: watch::Receiver<CameraView>,
    desk: PictureDesk,
    figures: Arc<Figures>,
    task: JoinHandle<()>,
}

/// The cameras of a box with everything that they report to.
struct Ward {
    detector: DetectorHandle,
    threads: JoinHandle<()>,
    facts: mpsc::Sender<CameraFact>,
    received: mpsc::Receiver<CameraFact>,
    labels: Vec<String>,
    input: Size,
    health: Health,
    stop: CancellationToken,
    dir: tempfile::TempDir,
}

impl Ward {
    /// One detection thread.
    fn new(make: impl Fn() -> Box<dyn Detect> + Send + Sync + 'static) -> Self {
        media::init().unwrap();
        let first = make();
        let (mut labels, input) = (first.labels().to_vec(), first.input());
        if labels.is_empty() {
            labels.push("person".to_owned());
        }
        let health = Health::default();
        let crew = Crew {
            model: "test".to_owned(),
            fitness: None,
            detectors: vec![first],
            maker: Arc::new(move || Ok(make())),
            health: health.clone(),
        };
        let (detector, threads) = detector::spawn(crew).unwrap();
        let threads = tokio::spawn(threads.ended());
        let (facts, received) = mpsc::channel(16);
        let stop = CancellationToken::new();
        let dir = tempfile::tempdir().unwrap();
        Self { detector, threads, facts, received, labels, input, health, stop, dir }
    }

    fn watch(&self, camera: config::Camera) -> Watched {
        let clock = Arc::new(SystemClock);
        let desk = PictureDesk::default();
        let out = Outlet {
            data_dir: self.dir.path().to_owned(),
            facts: self.facts.clone(),
            desk: desk.clone(),
            clock: clock.clone(),
        };
        let min_score = Score::try_from(0.5).unwrap();
        let model = Sees { labels: &self.labels, input: self.input };
        let analyst = Analyst::new(&camera, &model, min_score, out).unwrap();
        let (view_tx, view) = watch::channel(CameraView::new(clock.now()));
        let eye = self.detector.add(analyst);
        let figures = Arc::clone(eye.figures());
        let facts = self.facts.clone();
        let parts = CameraParts { camera, fps: 5, eye, facts, view: view_tx, clock };
        Watched { view, desk, figures, task: tokio::spawn(camera::run(parts, self.stop.clone())) }
    }

    /// Everything ends by itself once the cameras are told to stop.
    async fn close(self, watched: Vec<Watched>) {
        self.stop.cancel();
        drop((self.detector, self.facts, self.received));
        for watched in watched {
            timeout(Duration::from_secs(5), watched.task).await.unwrap().unwrap();
        }
        timeout(Duration::from_secs(10), self.threads).await.unwrap().unwrap();
    }
}

impl Watched {
    /// Waits until the console shows what is wanted; the panic says what it shows instead.
    async fn until(&mut self, seconds: u64, wanted: impl Fn(&CameraView) -> bool) -> CameraView {
        let seen = timeout(Duration::from_secs(seconds), self.view.wait_for(|it| wanted(it))).await;
        let seen = seen.map(|it| it.unwrap().clone());
        seen.unwrap_or_else(|_| panic!("{:?} after {seconds} s", *self.view.borrow()))
    }

    async fn until_trouble(&mut self, seconds: u64, kind: TroubleKind) -> String {
        let is_it =
            |it: &CameraView| matches!(&it.state, CameraState::Offline(it) if it.kind == kind);
        let CameraState::Offline(trouble) = self.until(seconds, is_it).await.state else {
            unreachable!("waited for it")
        };
        trouble.text
    }
}

fn is_online(view: &CameraView) -> bool {
    view.state == CameraState::Online
}

/// What a camera is called when it is one kind of bad, and that the box goes on.
async fn check_trouble(arguments: &[&str], password: Option<&str>, kind: TroubleKind, text: &str) {
    let ward = Ward::new(|| Box::new(Blind));
    let sim = sim(arguments);
    let good = sim_good();
    let mut bad = ward.watch(camera_at("bad", &sim.urls[0], password));
    let mut neighbour = ward.watch(camera_at("good", &good.urls[0], None));
    assert_eq!(bad.until_trouble(30, kind).await, text);
    neighbour.until(10, |it| is_online(it) && it.fps > 3.0).await;
    ward.close(vec![bad, neighbour]).await;
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

#[tokio::test]
async fn a_wrong_password_is_told_in_words() {
    let arguments = [
        "--video",
        &street(),
        "--listen",
        "127.0.0.1:0",
        "--user",
        "an",
        "--password-env",
        "VONG_TEST_PASSWORD",
    ];
    let text = "the camera refuses the user name or the password";
    check_trouble(&arguments, Some("ba bon"), TroubleKind::WrongPassword, text).await;
}

#[tokio::test]
async fn a_camera_that_hangs_is_told_in_words() {
    let arguments = ["--video", &street(), "--listen", "127.0.0.1:0", "--freeze-after", "2s"];
    check_trouble(&arguments, None, TroubleKind::Stalled, "no picture came for 5 s").await;
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

#[tokio::test]
async fn a_camera_that_sends_garbage_is_told_in_words() {
    let arguments = ["--video", &street(), "--listen", "127.0.0.1:0", "--garbage-after", "3s"];
    let text = "the stream cannot be decoded: packets come, but no picture can be made of them";
    check_trouble(&arguments, None, TroubleKind::Undecodable, text).await;
}

#[tokio::test]
async fn a_camera_with_another_codec_is_told_in_words() {
    let arguments = ["--video", &street(), "--listen", "127.0.0.1:0", "--codec", "mjpeg"];
    let text = "the camera sends JPEG, which is not supported: set it to H.264 or H.265";
    check_trouble(&arguments, None, TroubleKind::UnsupportedCodec, text).await;
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
