//! Puts the cameras before the detector: a session for each thread, a place for each camera.

use std::sync::Arc;
use std::time::Duration;

use base::Clock;
use base::Score;
use models::{Detect, Manifest, open_detector};
use serde_json::json;
use tokio::sync::{mpsc, watch};
use tracing::info;

use super::camera::{
    Analyst, CameraFact, CameraHandle, CameraParts, CameraView, Outlet, PictureDesk,
};
use super::detector::{self, DetectorThreads, FAINTEST_SCORE};
use crate::config;
use crate::daemon::Progress;
use crate::engine::{self, Choice};
use crate::report::health::Health;

/// A look takes tens of milliseconds, on the slowest board a second: such a one does not come back, or
/// its thread is dead.
const STUCK_AFTER: Duration = Duration::from_secs(30);

pub(super) struct Sight {
    pub(super) threads: DetectorThreads,
    pub(super) progress: Progress,
    /// Each to be spawned with [`super::camera::run`].
    pub(super) cameras: Vec<(CameraParts, CameraHandle)>,
}

/// # Errors
/// What is wrong with the library, the model, or a zone that the model cannot serve. A box that
/// cannot see refuses to start, so that nobody takes its silence for peace.
pub(super) fn open(
    config: &config::Ward,
    clock: &Arc<dyn Clock>,
    facts: &mpsc::Sender<CameraFact>,
    health: &Health,
) -> anyhow::Result<Sight> {
    let detectors = detectors(config)?;
    let labels = detectors.first().map(|it| it.labels().to_vec()).unwrap_or_default();
    health.set("detector", json!({ "model": config.detector.model, "threads": detectors.len() }));
    let (handle, threads) = detector::spawn(detectors)?;
    let mut cameras = Vec::new();
    for camera in &config.cameras {
        let desk = PictureDesk::default();
        let out = Outlet {
            data_dir: config.data_dir.clone(),
            facts: facts.clone(),
            desk: desk.clone(),
            clock: Arc::clone(clock),
        };
        let analyst = Analyst::new(camera, &labels, config.detector.min_score, out)?;
        let view = watch::Sender::new(CameraView::new(clock.now()));
        let own = CameraHandle {
            id: camera.id.clone(),
            name: camera.name.clone(),
            view: view.subscribe(),
            desk,
        };
        let parts = CameraParts {
            camera: camera.clone(),
            fps: config.detector.fps,
            eye: handle.add(analyst),
            facts: facts.clone(),
            view,
            clock: Arc::clone(clock),
        };
        cameras.push((parts, own));
    }
    let progress = Progress { name: "detector", goes_on: Box::new(handle.goes_on(STUCK_AFTER)) };
    Ok(Sight { threads, progress, cameras })
}

fn detectors(config: &config::Ward) -> anyhow::Result<Vec<Box<dyn Detect>>> {
    let config::Detector { library, model_dir, model, n_threads, .. } = &config.detector;
    let manifest = Manifest::built_in()?;
    let entry = manifest.entry(model)?;
    let choice = Choice { library: library.clone(), model_dir: model_dir.clone() };
    let engine = engine::find(&manifest, entry, choice, 1)?;
    let least = Score::try_from(FAINTEST_SCORE)?;
    let mut detectors: Vec<Box<dyn Detect>> = Vec::new();
    for _ in 0..*n_threads {
        detectors.push(Box::new(open_detector(entry, &engine, least)?));
    }
    info!(model, library = %engine.library.display(), n_threads, "the detector is ready");
    Ok(detectors)
}
