//! A camera over RTSP: decoded pictures, the newest first, each with its capture time.
//!
//! One `RtspCamera` is one connection. It never heals itself: after any error, drop it, wait, and
//! connect again. How long to wait is the caller's matter. The one exception: when a hardware decoder
//! gives no picture, it connects once more by itself and goes on with another one.

mod capture;
pub(crate) mod codec;
pub(crate) mod decoder;
mod error;
pub(crate) mod gate;
mod pipeline;
mod recorder;
mod shared;
mod source;
mod tap;
mod thin;

use std::sync::Arc;
use std::time::Duration;

use base::{Clock, Secret};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

pub use capture::CaptureClock;
pub use decoder::{DecoderMemory, DecoderUse};
pub use error::CameraError;
pub use recorder::RtspRecorder;

use crate::frame::VideoFrame;
use crate::mask::{Masker, Masks};
use crate::ring::Ring;
use error::{LOSSY, NOT_PICTURES};
use shared::Shared;
use tap::Tap;

/// A camera is unreachable when nothing is described or sent for this long after connecting.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// A stream is stalled when no picture comes for this long.
const STALL_AFTER: Duration = Duration::from_secs(5);
/// Where packets get lost, a whole keyframe may be seconds away, and another connection loses as many.
const LOSSY_STALL_AFTER: Duration = Duration::from_secs(15);

#[derive(Clone, Debug)]
pub struct RtspSettings {
    /// `rtsp://host[:port]/path`. A login inside of it is taken out and used.
    pub url: String,
    pub username: Option<String>,
    pub password: Option<Secret<String>>,
    pub transport: RtspTransport,
    /// Pictures a second that are handed over at most. Those between are dropped: before decoding where
    /// no other picture needs them, else after it.
    pub fps: u32,
    /// Which decoders failed this camera. Keep it from one connection to the next.
    pub decoders: DecoderMemory,
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
    settings: RtspSettings,
    stream: Streaming,
    clock: Arc<dyn Clock>,
    /// When patience ends, unless a picture comes.
    deadline: Instant,
    /// When the last picture came, or else the connection began.
    picture_at: Instant,
    has_pictures: bool,
    clock_skew: Option<SignedDuration>,
    /// Filled with what comes, undecoded.
    ring: Option<Ring>,
    masker: Masker,
}

/// One pipeline and what its threads leave for us.
struct Streaming {
    pipeline: gst::Pipeline,
    sink: gst_app::AppSink,
    shared: Arc<Shared>,
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
        let now = Instant::now();
        Ok(Self {
            settings: settings.clone(),
            stream: Streaming::start(settings, ring, &clock)?,
            clock,
            deadline: now + CONNECT_WITHIN,
            picture_at: now,
            has_pictures: false,
            clock_skew: None,
            ring: ring.cloned(),
            masker: Masker::new(settings.masks.clone()),
        })
    }

    /// What decodes the stream. `None` until the camera said what it sends.
    pub fn decoder(&self) -> Option<DecoderUse> {
        self.stream.shared.decoder()
    }

    /// How far the camera's clock is ahead of ours, by its latest sender report and the latest picture's
    /// arrival; behind when negative. Off by what the network takes, some milliseconds. `None` where
    /// the camera does not tell the time, which many do only some seconds into the stream.
    pub fn clock_skew(&self) -> Option<SignedDuration> {
        self.clock_skew
    }

    /// The newest picture that was not handed over yet. Cancel-safe. After an error, nothing more.
    pub async fn next(&mut self) -> Result<CameraFrame, CameraError> {
        loop {
            if let Some(sample) = self.stream.sink.try_pull_sample(gst::ClockTime::ZERO) {
                self.picture_at = Instant::now();
                self.deadline = self.picture_at + STALL_AFTER;
                self.has_pictures = true;
                return self.frame(sample);
            }
            let mut trouble = self.stream.shared.take_error();
            if trouble.is_none() {
                let news = self.stream.shared.news();
                let waited = tokio::time::timeout_at(self.deadline, news).await;
                trouble = waited.err().and_then(|_| self.out_of_patience());
            }
            if let Some(err) = trouble {
                self.try_another_decoder(err)?;
            }
        }
    }

    /// Goes on without the hardware decoder if it is to blame; else the trouble is the camera's.
    fn try_another_decoder(&mut self, err: CameraError) -> Result<(), CameraError> {
        let hardware = self.decoder().filter(|it| it.is_hardware);
        let (Some(hardware), CameraError::Undecodable { why }) = (hardware, &err) else {
            return Err(err.seen_later(self.has_pictures));
        };
        let now = Instant::now();
        self.settings.decoders.note_failure(&hardware.name, why, !self.has_pictures, now);
        if self.has_pictures {
            return Err(err);
        }
        self.stream = Streaming::start(&self.settings, self.ring.as_ref(), &self.clock)?;
        (self.picture_at, self.deadline) = (now, now + CONNECT_WITHIN);
        Ok(())
    }

    fn frame(&mut self, sample: gst::Sample) -> Result<CameraFrame, CameraError> {
        let frame = if self.masker.is_idle() {
            VideoFrame::from_sample(&sample)
        } else {
            VideoFrame::painted(sample, |it| self.masker.hide(it))
        };
        let frame = frame.map_err(|err| CameraError::Undecodable { why: err.to_string() })?;
        let Streaming { pipeline, shared, .. } = &self.stream;
        let running_time = pipeline.current_running_time();
        let (sent_at, arrived_at) = shared.times(frame.pts(), running_time, self.clock.as_ref());
        self.clock_skew = sent_at.map(|it| it.duration_since(arrived_at));
        let (captured_at, clock) = capture::choose(sent_at, arrived_at);
        Ok(CameraFrame { frame, captured_at, clock })
    }

    /// `None` when it is worth waiting on.
    fn out_of_patience(&mut self) -> Option<CameraError> {
        let shared = &self.stream.shared;
        let now = Instant::now();
        // Whether they still come: the picture of the last ones may have been one too many.
        let (has_packets, has_losses) = (
            shared.has_packets_since(now - STALL_AFTER / 2),
            shared.has_losses_since(now - STALL_AFTER),
        );
        if !shared.has_stream() {
            let why = format!("no answer for {} s", CONNECT_WITHIN.as_secs());
            return Some(CameraError::Unreachable { why });
        }
        if has_packets && has_losses {
            let last_chance = self.picture_at + LOSSY_STALL_AFTER;
            self.deadline = last_chance;
            return (now >= last_chance)
                .then(|| CameraError::Undecodable { why: LOSSY.to_owned() });
        }
        Some(if has_packets {
            CameraError::Undecodable { why: NOT_PICTURES.to_owned() }
        } else {
            CameraError::Stalled { after: STALL_AFTER }
        })
    }
}

impl Streaming {
    fn start(
        settings: &RtspSettings,
        ring: Option<&Ring>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, CameraError> {
        let shared = Arc::new(Shared::default());
        let tap = ring.map(|ring| Tap::new(ring, &shared, clock));
        let (pipeline, sink) = pipeline::build(settings, &shared, tap)?;
        let stream = Self { pipeline, sink, shared };
        // What goes wrong here arrives as a message, which says more.
        let _ = stream.pipeline.set_state(gst::State::Playing);
        Ok(stream)
    }
}

impl Drop for Streaming {
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
