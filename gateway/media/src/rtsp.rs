//! A camera over RTSP: decoded pictures, the newest first, each with its capture time.
//!
//! One `RtspCamera` is one connection. It never heals itself: after any error, drop it, wait, and
//! connect again. How long to wait is the caller's matter.

mod capture;
mod error;
mod pipeline;
mod shared;

use std::sync::Arc;
use std::time::Duration;

use base::{Clock, Secret};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use jiff::Timestamp;
use tokio::time::Instant;

pub use capture::CaptureClock;
pub use error::CameraError;

use crate::frame::VideoFrame;
use error::NOT_PICTURES;
use shared::Shared;

/// A camera is unreachable when nothing is described or sent for this long after connecting.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// A stream is stalled when no picture comes for this long.
const STALL_AFTER: Duration = Duration::from_secs(5);

#[derive(Clone, Debug)]
pub struct RtspSettings {
    /// `rtsp://host[:port]/path`. A login inside of it is taken out and used.
    pub url: String,
    pub username: Option<String>,
    pub password: Option<Secret<String>>,
    pub transport: RtspTransport,
    /// Pictures a second that are handed over at most; those between are dropped after decoding.
    pub fps: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RtspTransport {
    #[default]
    Tcp,
    Udp,
}

/// A decoded picture and when the light fell on it.
#[derive(Debug)]
pub struct CameraFrame {
    pub frame: VideoFrame,
    pub captured_at: Timestamp,
    pub clock: CaptureClock,
}

/// A running connection; dropping it tears it down in the background.
pub struct RtspCamera {
    pipeline: gst::Pipeline,
    sink: gst_app::AppSink,
    shared: Arc<Shared>,
    clock: Arc<dyn Clock>,
    /// When patience ends, unless a picture comes.
    deadline: Instant,
    has_pictures: bool,
}

impl RtspCamera {
    /// Starts to connect, and returns at once: what goes wrong shows in [`Self::next`].
    pub fn connect(settings: &RtspSettings, clock: Arc<dyn Clock>) -> Result<Self, CameraError> {
        let shared = Arc::new(Shared::default());
        let (pipeline, sink) = pipeline::build(settings, &shared)?;
        let deadline = Instant::now() + CONNECT_WITHIN;
        let camera = Self { pipeline, sink, shared, clock, deadline, has_pictures: false };
        // What goes wrong here arrives as a message, which says more.
        let _ = camera.pipeline.set_state(gst::State::Playing);
        Ok(camera)
    }

    /// The newest picture that was not handed over yet. Cancel-safe. After an error, nothing more.
    pub async fn next(&mut self) -> Result<CameraFrame, CameraError> {
        loop {
            if let Some(sample) = self.sink.try_pull_sample(gst::ClockTime::ZERO) {
                self.deadline = Instant::now() + STALL_AFTER;
                self.has_pictures = true;
                return self.frame(&sample);
            }
            if let Some(err) = self.shared.take_error() {
                return Err(self.seen_from_here(err));
            }
            let news = self.shared.news();
            if tokio::time::timeout_at(self.deadline, news).await.is_err() {
                return Err(self.out_of_patience());
            }
        }
    }

    fn frame(&self, sample: &gst::Sample) -> Result<CameraFrame, CameraError> {
        let frame = VideoFrame::from_sample(sample)
            .map_err(|err| CameraError::Undecodable { why: err.to_string() })?;
        let age = self.age(frame.pts());
        let arrived_at = self.clock.now() - age;
        let sent_at = self.shared.sender_time(frame.pts());
        let (captured_at, clock) = capture::choose(sent_at, arrived_at);
        Ok(CameraFrame { frame, captured_at, clock })
    }

    /// How long ago the picture's packets came in. Stamps and running time share the live zero.
    fn age(&self, pts: base::Pts) -> Duration {
        let now = self.pipeline.current_running_time().map_or(0, gst::ClockTime::nseconds);
        Duration::from_nanos(now.saturating_sub(pts.0))
    }

    /// A connection that breaks is another matter than one that never stood.
    fn seen_from_here(&self, err: CameraError) -> CameraError {
        if let (CameraError::Unreachable { why }, true) = (&err, self.has_pictures) {
            return CameraError::Ended { why: why.clone() };
        }
        err
    }

    fn out_of_patience(&self) -> CameraError {
        match (self.shared.has_stream(), self.shared.packets_since_picture()) {
            (false, _) => CameraError::Unreachable {
                why: format!("no answer for {} s", CONNECT_WITHIN.as_secs()),
            },
            (true, true) => CameraError::Undecodable { why: NOT_PICTURES.to_owned() },
            (true, false) => CameraError::Stalled { after: STALL_AFTER },
        }
    }
}

impl Drop for RtspCamera {
    fn drop(&mut self) {
        // Off this thread: a teardown waits for the camera, and a lookup of its name for longer.
        self.pipeline.call_async(|pipeline| {
            let _ = pipeline.set_state(gst::State::Null);
        });
    }
}
