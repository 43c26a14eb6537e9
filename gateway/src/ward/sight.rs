//! Puts the cameras before the detector: a session for each thread, a place for each camera.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use base::{Clock, DeviceId, Score};
use media::{Ring, RingLimits};
use models::{Detect, Manifest, open_detector};
use tokio::sync::{mpsc, watch};
use tracing::info;

use super::camera::{
    self, Analyst, CameraFact, CameraHandle, CameraOrders, CameraParts, CameraView, MainStream,
    Outlet, PictureDesk, Sees,
};
use super::detector::{self, Crew, DetectorThreads, FAINTEST_SCORE, Maker};
use super::evidence::{self, Clips, Source};
use super::room::RoomCall;
use crate::config;
use crate::daemon::Progress;
use crate::engine::self_test::{self, Fitness};
use crate::engine::{self, Choice};
use crate::report::health::Health;

/// Seconds of each camera in memory: those before an alert, and some for the disk to be slow in.
const RING: Duration = Duration::from_secs(12);
/// Of each camera: twelve seconds at 10 Mb/s.
const RING_BYTES: usize = 16 << 20;

pub(crate) struct Sight {
    pub(crate) threads: DetectorThreads,
    pub(crate) progress: Progress,
    /// Resolves when all evidence is written.
    pub(crate) evidence: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// Each to be spawned with [`camera::run_main_stream`].
    pub(crate) main_streams: Vec<MainStream>,
    /// Each to be spawned with [`camera::run`].
    pub(crate) cameras: Vec<(CameraParts, CameraHandle)>,
}

/// # Errors
/// What is wrong with the library, the model, or a rule that the model cannot serve. A box that
/// cannot see refuses to start, so that nobody takes its silence for peace.
pub(crate) async fn open(
    config: &config::Ward,
    clock: &Arc<dyn Clock>,
    facts: &mpsc::Sender<CameraFact>,
    health: &Health,
    room: &RoomCall,
) -> anyhow::Result<Sight> {
    // Before there is a session here: the memory of a small box holds one crew.
    let fitness = self_test::passed(&config.detector).await?;
    let crew = crew(config, health, fitness)?;
    let first = crew.detectors.first().context("a box needs at least one detection thread")?;
    let (labels, input) = (first.labels().to_vec(), first.input());
    let (handle, threads) = detector::spawn(crew)?;
    let model = Sees { labels: &labels, input };
    let sources = sources(&config.cameras);
    let clips = Clips::start(&config.data_dir, sources.clone(), facts, room)?;
    let (evidence, written) =
        evidence::start(config.data_dir.clone(), facts.clone(), Box::new(clips), room.clone())?;
    let mut cameras = Vec::new();
    let mut main_streams = Vec::new();
    for camera in &config.cameras {
        let (desk, orders) = (PictureDesk::default(), CameraOrders::default());
        let view = watch::Sender::new(CameraView::new(clock.now()));
        let out = Outlet {
            evidence: evidence.clone(),
            desk: desk.clone(),
            orders: orders.clone(),
            view: view.clone(),
            clock: Arc::clone(clock),
        };
        let analyst = Analyst::new(camera, &model, config.detector.min_score, out)?;
        let eye = handle.add(analyst);
        let own = CameraHandle {
            id: camera.id.clone(),
            name: camera.name.clone(),
            purpose: camera.purpose.clone(),
            has_masks: !camera.masks.is_empty(),
            view: view.subscribe(),
            figures: Arc::clone(eye.figures()),
            desk,
            orders,
        };
        let ring = sources[&camera.id].ring.clone();
        let main = camera.main_url.as_ref().map(|url| MainStream {
            camera: camera.id.clone(),
            settings: camera::rtsp_settings(camera, url, config.detector.fps),
            ring: ring.clone(),
            facts: facts.clone(),
            view: view.clone(),
            clock: Arc::clone(clock),
        });
        let parts = CameraParts {
            camera: camera.clone(),
            fps: config.detector.fps,
            eye,
            ring: main.is_none().then_some(ring),
            facts: facts.clone(),
            view,
            clock: Arc::clone(clock),
        };
        main_streams.extend(main);
        cameras.push((parts, own));
    }
    let progress = Progress { name: "detector", goes_on: Box::new(handle.goes_on()) };
    let evidence = Box::pin(written);
    Ok(Sight { threads, progress, evidence, main_streams, cameras })
}

/// One ring a camera, for whichever stream its clips are cut from.
fn sources(cameras: &[config::Camera]) -> HashMap<DeviceId, Source> {
    let source = |camera: &config::Camera| {
        let ring = Ring::new(RingLimits { keep: RING, most_bytes: RING_BYTES });
        (camera.id.clone(), Source { ring, masks: camera::masks(camera) })
    };
    cameras.iter().map(source).collect()
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
