//! One camera: keeps its connection, shows its pictures to the detector, tells how it is.

mod analyst;
mod connection;
mod picture;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base::{Clock, DeviceId, Score, Sha256};
use jiff::{SignedDuration, Timestamp};
use media::{CaptureClock, RtspCamera, RtspSettings, RtspTransport};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

pub use analyst::{Analyst, Outlet, Sees};
pub use connection::{CameraState, Trouble, TroubleKind};
pub use picture::{LatestPicture, PictureDesk};

use super::detector::{Eye, Figures, Watched};
use crate::config;
use connection::{Connection, Event};

/// How often the figures of a view are renewed.
const VIEW_EVERY: SignedDuration = SignedDuration::from_secs(1);

/// Something that a camera has to say to the rest of the box.
#[derive(Clone, Debug)]
pub enum CameraFact {
    Alert(Box<Alert>),
    State(StateChange),
}

/// Something that a rule of a camera told.
#[derive(Clone, Debug)]
pub struct Alert {
    pub id: Uuid,
    pub camera: DeviceId,
    /// The rule's id and name; the table and the messages call them its zone.
    pub zone: DeviceId,
    pub zone_name: String,
    /// The rule's kind, as files and messages call it.
    pub rule: &'static str,
    pub severity: config::Severity,
    pub label: String,
    pub score: Score,
    /// Unique for this camera and this run of the program.
    pub track: u64,
    /// Left, top, right, bottom, in parts of the picture.
    pub area: [f32; 4],
    pub captured_at: Timestamp,
    /// Which clock `captured_at` comes from.
    pub clock: CaptureClock,
    /// When the rule fired, by our clock.
    pub raised_at: Timestamp,
    pub snapshot: Snapshot,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Snapshot {
    /// On disk, synced.
    Kept(SnapshotFile),
    Missing {
        why: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotFile {
    /// Below the data folder.
    pub path: PathBuf,
    pub sha256: Sha256,
    pub bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    pub camera: DeviceId,
    pub state: CameraState,
    pub since: Timestamp,
}

/// What the console shows of a camera.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraView {
    pub state: CameraState,
    pub since: Timestamp,
    pub last_picture_at: Option<Timestamp>,
    pub capture_clock: Option<CaptureClock>,
    /// Pictures a second that came from the camera, over the last second or so.
    pub fps: f32,
    /// Pictures a second that were judged, over the last second or so.
    pub analysed_fps: f32,
    /// Pictures a second that were not, because newer ones came first.
    pub dropped_fps: f32,
}

/// What the rest of the box holds of a camera.
#[derive(Clone, Debug)]
pub struct CameraHandle {
    pub id: DeviceId,
    pub name: String,
    pub view: watch::Receiver<CameraView>,
    pub figures: Arc<Figures>,
    pub desk: PictureDesk,
}

/// Everything that one camera's task needs.
pub struct CameraParts {
    pub camera: config::Camera,
    /// Pictures a second that are looked at.
    pub fps: u32,
    pub eye: Eye,
    pub facts: mpsc::Sender<CameraFact>,
    pub view: watch::Sender<CameraView>,
    pub clock: Arc<dyn Clock>,
}

impl CameraView {
    /// Before the first connection.
    pub fn new(now: Timestamp) -> Self {
        Self {
            state: CameraState::Connecting,
            since: now,
            last_picture_at: None,
            capture_clock: None,
            fps: 0.0,
            analysed_fps: 0.0,
            dropped_fps: 0.0,
        }
    }
}

/// Runs until `stop`. Nothing that a camera does ends it.
pub async fn run(parts: CameraParts, stop: CancellationToken) {
    let connection = Connection::new(parts.clock.now());
    let mut driver =
        Driver { settings: rtsp_settings(&parts), parts, connection, seen: Seen::default() };
    stop.run_until_cancelled(driver.run()).await;
}

struct Driver {
    parts: CameraParts,
    settings: RtspSettings,
    connection: Connection,
    seen: Seen,
}

/// What came since the view was last renewed.
#[derive(Debug, Default)]
struct Seen {
    n_pictures: u16,
    renewed_at: Option<Timestamp>,
    watched: Watched,
}

impl Driver {
    async fn run(&mut self) {
        loop {
            let trouble = self.watch().await;
            let dice = dice();
            let wait =
                self.step(Event::Failed(trouble), dice).await.unwrap_or(Duration::from_secs(1));
            tokio::time::sleep(wait).await;
        }
    }

    /// One connection, from its beginning to its trouble.
    async fn watch(&mut self) -> Trouble {
        let clock = Arc::clone(&self.parts.clock);
        let mut source = match RtspCamera::connect(&self.settings, clock) {
            Ok(source) => source,
            Err(err) => return err.into(),
        };
        loop {
            match source.next().await {
                Ok(frame) => {
                    self.step(Event::PictureCame, 0.0).await;
                    self.renew_view(frame.captured_at, frame.clock);
                    self.parts.eye.show(frame);
                }
                Err(err) => return err.into(),
            }
        }
    }

    /// Answers with how long to wait before the next connection.
    async fn step(&mut self, event: Event, dice: f64) -> Option<Duration> {
        let step = self.connection.step(event, self.parts.clock.now(), dice);
        if step.is_changed {
            self.tell().await;
        }
        step.reconnect_in
    }

    async fn tell(&mut self) {
        let camera = &self.parts.camera.id;
        let (state, since) = (self.connection.state.clone(), self.connection.since);
        match &state {
            CameraState::Offline(trouble) => warn!(%camera, reason = trouble.text, "offline"),
            CameraState::Online | CameraState::Connecting => info!(%camera, "{}", state.as_str()),
        }
        self.parts.view.send_modify(|view| {
            (view.state, view.since) = (state.clone(), since);
            (view.fps, view.analysed_fps, view.dropped_fps) = (0.0, 0.0, 0.0);
        });
        let change = StateChange { camera: camera.clone(), state, since };
        // Refused only when the program stops.
        let _ = self.parts.facts.send(CameraFact::State(change)).await;
    }

    fn renew_view(&mut self, captured_at: Timestamp, capture_clock: CaptureClock) {
        self.seen.n_pictures = self.seen.n_pictures.saturating_add(1);
        let now = self.parts.clock.now();
        let renewed_at = *self.seen.renewed_at.get_or_insert(now);
        let passed = now.duration_since(renewed_at);
        // A clock that was set back starts a new second too.
        if (SignedDuration::ZERO..VIEW_EVERY).contains(&passed) {
            return;
        }
        let seconds = passed.as_secs_f32().max(0.001);
        let watched = self.parts.eye.figures().watched(tokio::time::Instant::now());
        let before = std::mem::replace(&mut self.seen.watched, watched);
        let analysed = watched.n_analysed.saturating_sub(before.n_analysed);
        let dropped = watched.n_dropped.saturating_sub(before.n_dropped);
        let each = |n: u64| u16::try_from(n).map_or(f32::from(u16::MAX), f32::from) / seconds;
        let fps = each(self.seen.n_pictures.into());
        (self.seen.n_pictures, self.seen.renewed_at) = (0, Some(now));
        self.parts.view.send_modify(|view| {
            view.last_picture_at = Some(captured_at);
            view.capture_clock = Some(capture_clock);
            (view.fps, view.analysed_fps, view.dropped_fps) = (fps, each(analysed), each(dropped));
        });
    }
}

fn rtsp_settings(parts: &CameraParts) -> RtspSettings {
    let camera = &parts.camera;
    RtspSettings {
        url: camera.url.clone(),
        username: camera.username.clone(),
        password: camera.password.clone(),
        transport: match camera.transport {
            config::Transport::Tcp => RtspTransport::Tcp,
            config::Transport::Udp => RtspTransport::Udp,
        },
        fps: parts.fps,
        masks: media::Masks::default(),
    }
}

/// `0.0..=1.0`. Without a source of randomness all cameras wait alike, which only costs a moment.
fn dice() -> f64 {
    let thrown = getrandom::u32().unwrap_or(0);
    f64::from(thrown) / f64::from(u32::MAX)
}
