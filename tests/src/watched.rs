//! The cameras of a box with everything that they report to, and what its console shows of them.

use std::sync::Arc;
use std::time::Duration;

use base::{Clock as _, Score, Secret, SystemClock};
use gateway::config::{self, Severity, Transport, Zone};
use gateway::ward::camera::{
    self, Analyst, CameraFact, CameraParts, CameraState, CameraView, Outlet, PictureDesk,
    TroubleKind,
};
use gateway::ward::detector::{self, DetectorHandle, DetectorThreads};
use models::{Detect, DetectError, Detection};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// The right half of the street is a zone.
pub fn camera_at(id: &str, url: &str, password: Option<&str>) -> config::Camera {
    config::Camera {
        id: id.parse().unwrap(),
        name: id.to_owned(),
        url: url.to_owned(),
        username: password.map(|_| "an".to_owned()),
        password: password.map(|it| Secret::new(it.to_owned())),
        transport: Transport::Tcp,
        zones: vec![Zone {
            id: "half".parse().unwrap(),
            name: "Nửa phải".to_owned(),
            polygon: vec![[0.5, 0.0], [1.0, 0.0], [1.0, 1.0], [0.5, 1.0]],
            labels: vec!["person".to_owned()],
            cooldown: Duration::from_secs(2),
            severity: Severity::Warning,
        }],
    }
}

/// Sees nothing: for the tests in which only the connection matters.
pub struct Blind;

impl Detect for Blind {
    fn detect(&mut self, _: &base::Picture<'_>) -> Result<Vec<Detection>, DetectError> {
        Ok(Vec::new())
    }

    fn labels(&self) -> &[String] {
        &[]
    }
}

/// One camera of a box, and what the console holds of it.
pub struct Watched {
    pub view: watch::Receiver<CameraView>,
    pub desk: PictureDesk,
    task: JoinHandle<()>,
}

/// The cameras of a box with everything that they report to.
pub struct Ward {
    pub detector: DetectorHandle,
    threads: DetectorThreads,
    facts: mpsc::Sender<CameraFact>,
    pub received: mpsc::Receiver<CameraFact>,
    labels: Vec<String>,
    stop: CancellationToken,
    pub dir: tempfile::TempDir,
}

impl Ward {
    pub fn new(detector: Box<dyn Detect>) -> Self {
        media::init().unwrap();
        let mut labels = detector.labels().to_vec();
        if labels.is_empty() {
            labels.push("person".to_owned());
        }
        let (detector, threads) = detector::spawn(vec![detector]).unwrap();
        let (facts, received) = mpsc::channel(16);
        let stop = CancellationToken::new();
        let dir = tempfile::tempdir().unwrap();
        Self { detector, threads, facts, received, labels, stop, dir }
    }

    pub fn watch(&self, camera: config::Camera) -> Watched {
        let clock = Arc::new(SystemClock);
        let desk = PictureDesk::default();
        let out = Outlet {
            data_dir: self.dir.path().to_owned(),
            facts: self.facts.clone(),
            desk: desk.clone(),
            clock: clock.clone(),
        };
        let min_score = Score::try_from(0.5).unwrap();
        let analyst = Analyst::new(&camera, &self.labels, min_score, out).unwrap();
        let (view_tx, view) = watch::channel(CameraView::new(clock.now()));
        let eye = self.detector.add(analyst);
        let facts = self.facts.clone();
        let parts = CameraParts { camera, fps: 5, eye, facts, view: view_tx, clock };
        Watched { view, desk, task: tokio::spawn(camera::run(parts, self.stop.clone())) }
    }

    /// Everything ends by itself once the cameras are told to stop.
    pub async fn close(self, watched: Vec<Watched>) {
        self.stop.cancel();
        drop((self.detector, self.facts, self.received));
        for watched in watched {
            timeout(Duration::from_secs(5), watched.task).await.unwrap().unwrap();
        }
        timeout(Duration::from_secs(5), self.threads.ended()).await.unwrap();
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
