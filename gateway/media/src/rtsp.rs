//! A camera over RTSP: decoded pictures, the newest first, each with its capture time.
//!
//! One `RtspCamera` is one connection. It never heals itself: after any error, drop it, wait, and
//! connect again. How long to wait is the caller's matter.

mod capture;
mod error;
mod pipeline;
mod recorder;
mod shared;
mod tap;

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
pub use recorder::RtspRecorder;

use crate::frame::VideoFrame;
use crate::mask::{Masker, Masks};
use crate::ring::Ring;
use shared::Shared;
use tap::Tap;

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
    /// Hidden in every picture that is handed over. A ring holds the stream as it was sent: whoever cuts
    /// out of it gives the masks again.
    pub masks: Masks,
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
    masker: Masker,
}

impl RtspCamera {
    /// Starts to connect, and returns at once: what goes wrong shows in [`Self::next`].
    pub fn connect(settings: &RtspSettings, clock: Arc<dyn Clock>) -> Result<Self, CameraError> {
        Self::start(settings, clock, None)
    }

    /// As [`Self::connect`], and keeps the stream in `ring`, undecoded: for a camera whose clips are
    /// cut from the stream that is looked at.
    pub fn connect_recording(
        settings: &RtspSettings,
        ring: &Ring,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CameraError> {
        Self::start(settings, clock, Some(ring))
    }

    fn start(
        settings: &RtspSettings,
        clock: Arc<dyn Clock>,
        ring: Option<&Ring>,
    ) -> Result<Self, CameraError> {
        let shared = Arc::new(Shared::default());
        let tap = ring.map(|ring| Tap::new(ring, &shared, &clock));
        let (pipeline, sink) = pipeline::build(settings, &shared, tap)?;
        let deadline = Instant::now() + CONNECT_WITHIN;
        let masker = Masker::new(settings.masks.clone());
        let camera = Self { pipeline, sink, shared, clock, deadline, has_pictures: false, masker };
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
                return self.frame(sample);
            }
            if let Some(err) = self.shared.take_error() {
                return Err(err.seen_later(self.has_pictures));
            }
            let news = self.shared.news();
            if tokio::time::timeout_at(self.deadline, news).await.is_err() {
                return Err(self.shared.out_of_patience());
            }
        }
    }

    fn frame(&mut self, sample: gst::Sample) -> Result<CameraFrame, CameraError> {
        let frame = if self.masker.is_idle() {
            VideoFrame::from_sample(&sample)
        } else {
            VideoFrame::painted(sample, |it| self.masker.hide(it))
        };
        let frame = frame.map_err(|err| CameraError::Undecodable { why: err.to_string() })?;
        let running_time = self.pipeline.current_running_time();
        let (captured_at, clock) =
            self.shared.captured_at(frame.pts(), running_time, self.clock.as_ref());
        Ok(CameraFrame { frame, captured_at, clock })
    }
}

impl Drop for RtspCamera {
    fn drop(&mut self) {
        tear_down(&self.pipeline);
    }
}

/// Off this thread: a teardown waits for the camera, and a lookup of its name for longer.
fn tear_down(pipeline: &gst::Pipeline) {
    pipeline.call_async(|pipeline| {
        let _ = pipeline.set_state(gst::State::Null);
    });
}
