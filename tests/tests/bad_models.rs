//! A model that hangs, crashes or fails on the pictures of a camera, as a box sees it: the camera is told, and
//! its neighbour is watched on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::{Clock as _, Picture, Size, SystemClock};
use e2e::sim_camera::{self, SimCamera};
use e2e::watched::{INPUT, Ward, Watched, camera_at, is_online};
use gateway::report::health::Measured;
use gateway::report::outbox::Mode;
use gateway::ward::camera::{CameraComplaint, CameraFact, ComplaintChange};
use models::{Detect, DetectError, Detection};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

fn sim(video: &str) -> SimCamera {
    let video = sim_camera::media(video);
    let arguments = ["--video", video.to_str().unwrap(), "--listen", "127.0.0.1:0"];
    SimCamera::start(env!("CARGO_BIN_EXE_vong-e2e"), &arguments).unwrap()
}

/// What a detector does with a picture of 768 x 576; it sees nothing in all others.
#[derive(Clone)]
struct Poison {
    kind: Kind,
    /// When it was given each of them.
    given_at: Arc<Mutex<Vec<Instant>>>,
}

#[derive(Clone, Copy)]
enum Kind {
    Stuck,
    Panic,
}

impl Detect for Poison {
    fn detect(&mut self, picture: &Picture<'_>) -> Result<Vec<Detection>, DetectError> {
        if picture.size().width != 768 {
            return Ok(Vec::new());
        }
        self.given_at.lock().unwrap().push(Instant::now());
        match self.kind {
            // Longer than the test: nobody can wake it.
            Kind::Stuck => std::thread::sleep(Duration::from_secs(600)),
            Kind::Panic => panic!("a picture that the model does not survive"),
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

/// One thread, two cameras: the model makes something bad of the pictures of the second.
struct Scene {
    ward: Ward,
    good: Watched,
    bad: Watched,
    given_at: Arc<Mutex<Vec<Instant>>>,
    _sims: [SimCamera; 2],
}

impl Scene {
    async fn new(kind: Kind) -> Self {
        let given_at = Arc::<Mutex<Vec<Instant>>>::default();
        let poison = Poison { kind, given_at: Arc::clone(&given_at) };
        let ward = Ward::new(move || Box::new(poison.clone()));
        let sims = [sim("vtest-360.mp4"), sim("vtest.mp4")];
        let mut good = ward.watch(camera_at("good", &sims[0].urls[0], None));
        good.until(20, |it| is_online(it) && it.analysed_fps > 0.5).await;
        let mut bad = ward.watch(camera_at("bad", &sims[1].urls[0], None));
        bad.until(20, is_online).await;
        Self { ward, good, bad, given_at, _sims: sims }
    }

    fn detector_health(&self) -> Value {
        let measured = Measured {
            at: SystemClock.now(),
            clock_trusted: true,
            epoch: base::new_uuid(SystemClock.now()),
            mode: Mode::Offline,
            depth: None,
            disk: None,
            temperature_c: None,
        };
        let health = self.ward.health.to_json(&measured);
        serde_json::from_slice::<Value>(&health).unwrap()["detector"].clone()
    }

    /// Until so many threads were replaced; answers with how long ago the last was given its
    /// picture.
    async fn replaced(&self, n: usize, within: Duration) -> Duration {
        let replaced = async {
            while self.detector_health()["replaced"] != n {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(within, replaced).await.unwrap_or_else(|_| panic!("thread {n} is not replaced"));
        self.given_at.lock().unwrap()[n - 1].elapsed()
    }

    fn good_blind_ms(&self) -> u64 {
        self.good.figures.watched(Instant::now()).blind_ms
    }

    /// Until the second camera is told to rest for so long.
    async fn rests(&mut self, minutes: u64) {
        let words = format!("they are not looked at for {minutes} min");
        loop {
            let (change, _) = told(&mut self.ward, 30).await;
            assert!(change.begins && change.camera.as_str() == "bad", "{change:?}");
            if change.detail.unwrap().ends_with(&words) {
                return;
            }
        }
    }
}

async fn check_poison(kind: Kind, reason: &str) {
    let mut scene = Scene::new(kind).await;
    let blind_before_ms = scene.good_blind_ms();
    for n in 1..=2 {
        let took = scene.replaced(n, Duration::from_secs(15)).await;
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
    let rest_began = Instant::now();
    assert_eq!(scene.given_at.lock().unwrap().len(), 2, "what waited is not looked at either");
    assert_eq!(
        scene.detector_health()["last_replaced"],
        json!({ "camera": "bad", "reason": reason })
    );
    scene.rests(1).await;
    let view = scene.bad.until(5, |it| it.analysed_fps == 0.0).await;
    assert!(view.complaints.iter().any(|(it, _)| *it == CameraComplaint::DetectorFailing));
    // It is tried once more after its rest, and then rests for longer.
    let took = scene.replaced(3, Duration::from_secs(75)).await;
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(rest_began.elapsed() > Duration::from_secs(55), "{:?}", rest_began.elapsed());
    scene.rests(5).await;
    assert_eq!(scene.given_at.lock().unwrap().len(), 3, "one picture each time");
    scene.good.until(20, |it| it.analysed_fps > 0.5).await;
    let blind_ms = scene.good_blind_ms() - blind_before_ms;
    assert!(blind_ms < 3 * 5000, "{blind_ms}");
    assert!((scene.ward.detector.goes_on())(), "no reason to start afresh");
    scene.ward.close(vec![scene.bad, scene.good]).await;
}

#[tokio::test]
async fn a_detection_thread_that_does_not_come_back_is_replaced() {
    check_poison(Kind::Stuck, "stuck").await;
}

#[tokio::test]
async fn a_detection_thread_that_dies_is_replaced() {
    check_poison(Kind::Panic, "crashed").await;
}

/// Sees nothing, and fails on every picture while it is told to.
struct Broken(Arc<AtomicBool>);

impl Detect for Broken {
    fn detect(&mut self, picture: &Picture<'_>) -> Result<Vec<Detection>, DetectError> {
        let Size { width, height } = picture.size();
        if self.0.load(Ordering::Relaxed) {
            return Err(DetectError::Picture { width, height, reason: "the model is broken" });
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

/// What is told of the detector next, and whether a test alarm came before.
async fn told(ward: &mut Ward, seconds: u64) -> (ComplaintChange, bool) {
    let mut is_tested = false;
    let told = async {
        loop {
            match ward.received.recv().await.unwrap() {
                CameraFact::Complaint(change)
                    if change.complaint == CameraComplaint::DetectorFailing =>
                {
                    return change;
                }
                CameraFact::Tested(_) => is_tested = true,
                _ => {}
            }
        }
    };
    let change = timeout(Duration::from_secs(seconds), told).await.expect("the camera is told");
    (change, is_tested)
}

#[tokio::test]
async fn a_model_that_fails_at_run_time_is_told_and_does_not_count_as_watching() {
    let is_broken = Arc::new(AtomicBool::new(false));
    let own = Arc::clone(&is_broken);
    let mut ward = Ward::new(move || Box::new(Broken(Arc::clone(&own))));
    let sim = sim("vtest-360.mp4");
    let mut camera = ward.watch(camera_at("cam", &sim.urls[0], None));
    camera.until(20, |it| is_online(it) && it.analysed_fps > 3.0).await;
    is_broken.store(true, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = camera.figures.watched(Instant::now());
    camera.orders.test();
    let (change, is_tested) = told(&mut ward, 30).await;
    assert!(change.begins && change.detail.unwrap().contains("the model is broken"));
    assert!(!is_tested, "it proves no life");
    let after = camera.figures.watched(Instant::now());
    assert_eq!(after.n_analysed, before.n_analysed);
    assert!(after.blind_ms > before.blind_ms + 5000, "{before:?} {after:?}");
    camera.until(5, |it| is_online(it) && it.analysed_fps == 0.0).await;
    is_broken.store(false, Ordering::Relaxed);
    camera.until(5, |it| it.analysed_fps > 3.0).await;
    let (change, is_tested) = told(&mut ward, 30).await;
    assert!(!change.begins && is_tested, "{change:?}");
    assert!(camera.view.borrow().complaints.is_empty());
    ward.close(vec![camera]).await;
}
