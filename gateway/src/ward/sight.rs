//! Puts the cameras before the detector: a session for each thread, a place for each camera.

use std::sync::Arc;

use anyhow::Context as _;
use base::Clock;
use base::Score;
use models::{Detect, Manifest, open_detector};
use tokio::sync::{mpsc, watch};
use tracing::info;

use super::camera::{
    Analyst, CameraFact, CameraHandle, CameraParts, CameraView, Outlet, PictureDesk, Sees,
};
use super::detector::{self, Crew, DetectorThreads, FAINTEST_SCORE, Maker};
use crate::config;
use crate::daemon::Progress;
use crate::engine::self_test::{self, Fitness};
use crate::engine::{self, Choice};
use crate::report::health::Health;

pub(super) struct Sight {
    pub(super) threads: DetectorThreads,
    pub(super) progress: Progress,
    /// Each to be spawned with [`super::camera::run`].
    pub(super) cameras: Vec<(CameraParts, CameraHandle)>,
}

/// # Errors
/// What is wrong with the library, the model, or a rule that the model cannot serve. A box that
/// cannot see refuses to start, so that nobody takes its silence for peace.
pub(super) async fn open(
    config: &config::Ward,
    clock: &Arc<dyn Clock>,
    facts: &mpsc::Sender<CameraFact>,
    health: &Health,
) -> anyhow::Result<Sight> {
    // Before there is a session here: the memory of a small box holds one crew.
    let fitness = self_test::passed(&config.detector).await?;
    let crew = crew(config, health, fitness)?;
    let first = crew.detectors.first().context("a box needs at least one detection thread")?;
    let (labels, input) = (first.labels().to_vec(), first.input());
    let (handle, threads) = detector::spawn(crew)?;
    let model = Sees { labels: &labels, input };
    let mut cameras = Vec::new();
    for camera in &config.cameras {
        let desk = PictureDesk::default();
        let out = Outlet {
            data_dir: config.data_dir.clone(),
            facts: facts.clone(),
            desk: desk.clone(),
            clock: Arc::clone(clock),
        };
        let analyst = Analyst::new(camera, &model, config.detector.min_score, out)?;
        let view = watch::Sender::new(CameraView::new(clock.now()));
        let eye = handle.add(analyst);
        let own = CameraHandle {
            id: camera.id.clone(),
            name: camera.name.clone(),
            view: view.subscribe(),
            figures: Arc::clone(eye.figures()),
            desk,
        };
        let parts = CameraParts {
            camera: camera.clone(),
            fps: config.detector.fps,
            eye,
            facts: facts.clone(),
            view,
            clock: Arc::clone(clock),
        };
        cameras.push((parts, own));
    }
    let progress = progress(handle.goes_on(), facts);
    Ok(Sight { threads, progress, cameras })
}

/// With the disk full, the threads wait until their facts are taken: that is no fault of theirs, and a
/// restart would lose what waits.
fn progress<T: Send + 'static>(
    goes_on: impl Fn() -> bool + Send + 'static,
    facts: &mpsc::Sender<T>,
) -> Progress {
    let facts = facts.downgrade();
    let are_waited_for = move || facts.upgrade().is_some_and(|it| it.capacity() == 0);
    Progress { name: "detector", goes_on: Box::new(move || goes_on() || are_waited_for()) }
}

fn crew(config: &config::Ward, health: &Health, fitness: Fitness) -> anyhow::Result<Crew> {
    let config::Detector { model, n_threads, .. } = &config.detector;
    let manifest = Manifest::built_in()?;
    let entry = manifest.entry(model)?.clone();
    let engine = engine::find(&manifest, &entry, Choice::from(&config.detector), 1)?;
    let least = Score::try_from(FAINTEST_SCORE)?;
    let library = engine.library.display().to_string();
    let maker: Maker = Arc::new(move || {
        let detector: Box<dyn Detect> = Box::new(open_detector(&entry, &engine, least)?);
        Ok(detector)
    });
    let detectors = (0..*n_threads).map(|_| maker()).collect::<anyhow::Result<_>>()?;
    info!(model, library, n_threads, "the detector is ready");
    let (model, health) = (model.clone(), health.clone());
    Ok(Crew { model, fitness: Some(fitness), detectors, maker, health })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_that_wait_for_a_full_disk_are_not_stuck() {
        let (facts_tx, mut facts) = mpsc::channel(1);
        let progress = progress(|| false, &facts_tx);
        assert!(!(progress.goes_on)(), "nothing waits, and still it does not go on");
        facts_tx.try_send("an alert").unwrap();
        assert!((progress.goes_on)(), "the alert is not taken yet");
        facts.try_recv().unwrap();
        assert!(!(progress.goes_on)());
    }
}
