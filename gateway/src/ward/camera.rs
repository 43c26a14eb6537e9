//! One camera: keeps its connection, shows its pictures to the detector, tells how it is.

mod analyst;
mod casebook;
mod connection;
mod main_stream;
mod orders;
mod picture;
mod privacy;
mod vitals;

use std::sync::Arc;
use std::time::Duration;

use base::{Clock, DeviceId};
use jiff::{SignedDuration, Timestamp};
use media::{
    CaptureClock, DecoderMemory, DecoderUse, Masks, Ring, RtspCamera, RtspSettings, RtspTransport,
};
use models::Complaint;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

pub use analyst::{Analyst, Outlet, Sees};
pub use connection::{CameraState, Trouble, TroubleKind};
pub use main_stream::{MainStream, run as run_main_stream};
pub use orders::CameraOrders;
pub use picture::{LatestPicture, PictureDesk};

use super::alert::{Alert, Ending, Update};
use super::detector::{Eye, Figures, Watched};
use crate::config;
use connection::{Connection, Event};
use vitals::{Change, Measured, Vitals};

/// How often the figures of a view are renewed.
const VIEW_EVERY: SignedDuration = SignedDuration::from_secs(1);

/// Something that a camera has to say to the rest of the box.
#[derive(Clone, Debug)]
pub enum CameraFact {
    Raised(Box<Alert>),
    Updated(Update),
    Cleared(Ending),
    /// An alarm about nothing, as proof that one about something would be heard.
    Tested(Box<Alert>),
    State(StateChange),
    Complaint(ComplaintChange),
}

/// Pictures come, but something is wrong with them, or with how they come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComplaintChange {
    pub camera: DeviceId,
    pub complaint: CameraComplaint,
    /// False where it ends.
    pub begins: bool,
    pub at: Timestamp,
    /// For people: by how much.
    pub detail: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CameraComplaint {
    Lens(Complaint),
    /// The camera's clock is wrong by more than a few seconds.
    ClockSkew,
    /// Fewer pictures than are to be watched.
    LowFps,
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
    /// What is wrong although pictures come, and since when.
    pub complaints: Vec<(CameraComplaint, Timestamp)>,
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
    /// What it is for, in the ward's words; empty where nobody said.
    pub purpose: String,
    /// Whether parts of its picture are painted over.
    pub has_masks: bool,
    pub view: watch::Receiver<CameraView>,
    pub figures: Arc<Figures>,
    pub desk: PictureDesk,
    pub orders: CameraOrders,
}

/// Everything that one camera's task needs.
pub struct CameraParts {
    pub camera: config::Camera,
    /// Pictures a second that are looked at.
    pub fps: u32,
    pub eye: Eye,
    /// Keeps the stream for clips, unless the main stream does.
    pub ring: Option<Ring>,
    pub facts: mpsc::Sender<CameraFact>,
    pub view: watch::Sender<CameraView>,
    pub clock: Arc<dyn Clock>,
}

impl From<Complaint> for CameraComplaint {
    fn from(complaint: Complaint) -> Self {
        Self::Lens(complaint)
    }
}

impl CameraComplaint {
    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lens(complaint) => complaint.as_str(),
            Self::ClockSkew => "clock_skew",
            Self::LowFps => "low_fps",
        }
    }
}

impl CameraView {
    /// Before the first connection.
    pub fn new(now: Timestamp) -> Self {
        Self {
            state: CameraState::Connecting,
            since: now,
            last_picture_at: None,
            capture_clock: None,
            complaints: Vec::new(),
            fps: 0.0,
            analysed_fps: 0.0,
            dropped_fps: 0.0,
        }
    }

    /// Once for each complaint, however often it is told.
    pub(in crate::ward) fn note(&mut self, change: &ComplaintChange) {
        self.complaints.retain(|(it, _)| *it != change.complaint);
        if change.begins {
            self.complaints.push((change.complaint, change.at));
        }
    }
}

/// Runs until `stop`. Nothing that a camera does ends it.
pub async fn run(parts: CameraParts, stop: CancellationToken) {
    let connection = Connection::new(parts.clock.now());
    let settings = rtsp_settings(&parts.camera, &parts.camera.url, parts.fps);
    let mut driver = Driver {
        settings,
        parts,
        connection,
        seen: Seen::default(),
        vitals: Vitals::default(),
        decoder: None,
    };
    stop.run_until_cancelled(driver.run()).await;
}

struct Driver {
    parts: CameraParts,
    settings: RtspSettings,
    connection: Connection,
    seen: Seen,
    vitals: Vitals,
    /// As it was last told.
    decoder: Option<DecoderUse>,
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
        let connected = match &self.parts.ring {
            Some(ring) => RtspCamera::connect_recording(&self.settings, ring, clock),
            None => RtspCamera::connect(&self.settings, clock),
        };
        let mut source = match connected {
            Ok(source) => source,
            Err(err) => return err.into(),
        };
        loop {
            match source.next().await {
                Ok(frame) => {
                    self.tell_decoder(&source);
                    self.step(Event::PictureCame, 0.0).await;
                    if let Some(measured) = self.renew_view(frame.captured_at, frame.clock) {
                        self.check(Measured { skew: source.clock_skew(), ..measured }).await;
                    }
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

    /// One line when it is another one than before, not one a connection.
    fn tell_decoder(&mut self, source: &RtspCamera) {
        let decoder = source.decoder();
        if decoder == self.decoder {
            return;
        }
        let camera = &self.parts.camera.id;
        if let Some(DecoderUse { name, is_hardware, fell_back }) = &decoder {
            if let Some(why) = fell_back {
                warn!(%camera, decoder = name, %why, "decodes in software: hardware failed");
            } else {
                info!(%camera, decoder = name, is_hardware, "decodes");
            }
        }
        self.decoder = decoder;
    }

    async fn check(&mut self, measured: Measured) {
        let at = self.parts.clock.now();
        for Change { complaint, begins, detail } in self.vitals.observe(measured, at) {
            let (camera, detail) = (self.parts.camera.id.clone(), Some(detail));
            let change = ComplaintChange { camera, complaint, begins, at, detail };
            self.parts.view.send_modify(|view| view.note(&change));
            // Refused only when the program stops.
            let _ = self.parts.facts.send(CameraFact::Complaint(change)).await;
        }
    }

    /// Once a second; what was measured since the last time.
    fn renew_view(
        &mut self,
        captured_at: Timestamp,
        capture_clock: CaptureClock,
    ) -> Option<Measured> {
        self.seen.n_pictures = self.seen.n_pictures.saturating_add(1);
        let now = self.parts.clock.now();
        let renewed_at = *self.seen.renewed_at.get_or_insert(now);
        let passed = now.duration_since(renewed_at);
        // A clock that was set back starts a new second too.
        if (SignedDuration::ZERO..VIEW_EVERY).contains(&passed) {
            return None;
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
        let wanted_fps = u16::try_from(self.parts.fps).map_or(f32::from(u16::MAX), f32::from);
        Some(Measured { fps, wanted_fps, skew: None })
    }
}

/// How to reach the stream at `url` of a camera.
pub fn rtsp_settings(camera: &config::Camera, url: &str, fps: u32) -> RtspSettings {
    RtspSettings {
        url: url.to_owned(),
        username: camera.username.clone(),
        password: camera.password.clone(),
        transport: match camera.transport {
            config::Transport::Tcp => RtspTransport::Tcp,
            config::Transport::Udp => RtspTransport::Udp,
        },
        fps,
        decoders: DecoderMemory::default(),
        masks: masks(camera),
    }
}

pub fn masks(camera: &config::Camera) -> Masks {
    let polygons: Vec<_> = camera.masks.iter().map(|it| it.corners().to_vec()).collect();
    Masks::new(&polygons)
}

/// `0.0..=1.0`. Without a source of randomness all cameras wait alike, which only costs a moment.
fn dice() -> f64 {
    let thrown = getrandom::u32().unwrap_or(0);
    f64::from(thrown) / f64::from(u32::MAX)
}
