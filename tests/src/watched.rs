//! The cameras of a box with everything that they report to, and what its console shows of them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base::{Clock as _, Picture, Score, Secret, Size, SystemClock};
use gateway::config::{self, Severity, Transport};
use gateway::report::health::Health;
use gateway::ward::camera::{
    self, Analyst, CameraFact, CameraOrders, CameraParts, CameraState, CameraView, MainStream,
    Outlet, PictureDesk, Sees, TroubleKind,
};
use gateway::ward::detector::{self, Crew, DetectorHandle, Figures};
use gateway::ward::evidence::{self, Clips, Source};
use gateway::ward::room::RoomCall;
use media::{Ring, RingLimits};
use models::{Detect, DetectError, Detection, Hours, Polygon, RuleKind};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Of the detectors that are not one.
pub const INPUT: Size = Size { width: 416, height: 416 };
const RING: RingLimits = RingLimits { keep: Duration::from_secs(12), most_bytes: 16 << 20 };

/// The right half of the street is watched.
pub fn camera_at(id: &str, url: &str, password: Option<&str>) -> config::Camera {
    let half = vec![[0.5, 0.0], [1.0, 0.0], [1.0, 1.0], [0.5, 1.0]];
    config::Camera {
        id: id.parse().unwrap(),
        name: id.to_owned(),
        url: url.to_owned(),
        main_url: None,
        username: password.map(|_| "an".to_owned()),
        password: password.map(|it| Secret::new(it.to_owned())),
        transport: Transport::Tcp,
        purpose: String::new(),
        masks: Vec::new(),
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
pub struct Blind;

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
pub struct Watched {
    pub view: watch::Receiver<CameraView>,
    pub desk: PictureDesk,
    pub figures: Arc<Figures>,
    task: JoinHandle<()>,
}

/// The cameras of a box with everything that they report to.
pub struct Ward {
    pub detector: DetectorHandle,
    threads: JoinHandle<()>,
    facts: mpsc::Sender<CameraFact>,
    pub received: mpsc::Receiver<CameraFact>,
    pub labels: Vec<String>,
    input: Size,
    pub health: Health,
    stop: CancellationToken,
    pub dir: tempfile::TempDir,
}

impl Ward {
    /// One detection thread.
    pub fn new(make: impl Fn() -> Box<dyn Detect> + Send + Sync + 'static) -> Self {
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

    pub fn watch(&self, camera: config::Camera) -> Watched {
        let clock = Arc::new(SystemClock);
        let desk = PictureDesk::default();
        let (view_tx, view) = watch::channel(CameraView::new(clock.now()));
        let (ring, masks) = (Ring::new(RING), camera::masks(&camera));
        let sources = HashMap::from([(camera.id.clone(), Source { ring: ring.clone(), masks })]);
        let folder = self.dir.path().to_owned();
        let clips = Clips::start(&folder, sources, &self.facts, &RoomCall::default()).unwrap();
        let (evidence, _) =
            evidence::start(folder, self.facts.clone(), Box::new(clips), RoomCall::default())
                .unwrap();
        let out = Outlet {
            evidence,
            desk: desk.clone(),
            orders: CameraOrders::default(),
            view: view_tx.clone(),
            clock: clock.clone(),
        };
        let min_score = Score::try_from(0.5).unwrap();
        let model = Sees { labels: &self.labels, input: self.input };
        let analyst = Analyst::new(&camera, &model, min_score, out).unwrap();
        let eye = self.detector.add(analyst);
        let figures = Arc::clone(eye.figures());
        let facts = self.facts.clone();
        // As a box does it: clips come from the main stream where there is one.
        let main = camera.main_url.as_ref().map(|url| MainStream {
            camera: camera.id.clone(),
            settings: camera::rtsp_settings(&camera, url, 5),
            ring: ring.clone(),
            clock: clock.clone(),
        });
        let ring = main.is_none().then_some(ring);
        if let Some(main) = main {
            tokio::spawn(camera::run_main_stream(main, self.stop.clone()));
        }
        let parts = CameraParts { camera, fps: 5, eye, ring, facts, view: view_tx, clock };
        Watched { view, desk, figures, task: tokio::spawn(camera::run(parts, self.stop.clone())) }
    }

    /// Everything ends by itself once the cameras are told to stop.
    pub async fn close(self, watched: Vec<Watched>) {
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
    pub async fn until(
        &mut self,
        seconds: u64,
        wanted: impl Fn(&CameraView) -> bool,
    ) -> CameraView {
        let seen = timeout(Duration::from_secs(seconds), self.view.wait_for(|it| wanted(it))).await;
        let seen = seen.map(|it| it.unwrap().clone());
        seen.unwrap_or_else(|_| panic!("{:?} after {seconds} s", *self.view.borrow()))
    }

    pub async fn until_trouble(&mut self, seconds: u64, kind: TroubleKind) -> String {
        let is_it =
            |it: &CameraView| matches!(&it.state, CameraState::Offline(it) if it.kind == kind);
        let CameraState::Offline(trouble) = self.until(seconds, is_it).await.state else {
            unreachable!("waited for it")
        };
        trouble.text
    }
}

pub fn is_online(view: &CameraView) -> bool {
    view.state == CameraState::Online
}
