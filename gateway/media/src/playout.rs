//! Sound out: an Ogg/Opus file leaves the horn so that its first sample is there at an instant of
//! the box's clock.
//!
//! The pipeline runs on a [`PlayClock`], a GStreamer clock that reads box time. The sink is slaved to
//! it by resampling, so a drifting oscillator never makes a gap; the chain is a file's, so its
//! latency is zero and the same everywhere, and what the card adds is in the card's own clock.

mod chain;
mod clock;
mod run;
mod wav;

use std::path::PathBuf;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use base::Clock;
use gstreamer as gst;
use gstreamer::prelude::*;
use jiff::Timestamp;
use tokio::sync::mpsc;

pub use chain::come_first;
pub use clock::PlayClock;

/// One play, as the player ordered it.
#[derive(Clone, Debug)]
pub struct Request {
    /// An Ogg/Opus file, whole and verified.
    pub path: PathBuf,
    /// When the sample at `seek` leaves the sink, in box time.
    pub start_at: Timestamp,
    pub seek: Duration,
    /// Where in the content it ends, if that is before its end.
    pub stop: Option<Duration>,
    /// Amplitude, `0.0..=1.0`.
    pub amplitude: f64,
}

/// Where the sound goes.
#[derive(Clone)]
pub enum Output {
    Alsa {
        /// An ALSA PCM name, for example `default` or `hw:0,0`.
        device: String,
        /// The card's buffer. It does not delay the sound; a longer one survives a busier board.
        buffer: Duration,
    },
    /// A file in the place of a horn, for tests and demonstrations: what was played, and when by a
    /// clock that several of them share.
    Wav { path: PathBuf, true_time: Arc<dyn Clock> },
}

#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// The first sample left the sink.
    Started {
        /// Box time, measured at the sink.
        at: Timestamp,
        /// The same instant by [`Output::Wav`]'s own clock.
        true_time: Option<Timestamp>,
    },
    /// The sink is closed. Always the last.
    Ended(Ended),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// How much of the content left the sink.
    pub heard: Duration,
    /// How often a card stumbled: the board was too busy to fill its buffer.
    pub n_gaps: u32,
    /// The largest distance from the clock that was seen, before a gap or without one.
    pub worst_error: Duration,
    pub failed: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum PlayoutError {
    #[error("GStreamer cannot start")]
    Init(#[from] gst::glib::Error),
    #[error("no thread for the sound")]
    Thread(#[source] std::io::Error),
}

/// A play in progress, on a thread of its own. Dropping it stops the sound.
#[derive(Debug)]
pub struct Playout {
    stop: gst::Bus,
    /// The pipeline belongs to its thread.
    pipeline: gst::glib::WeakRef<gst::Pipeline>,
    events: mpsc::Receiver<Heard>,
}

impl Playout {
    /// Opens the sink at once, so that amplifier and card are awake, and is silent until
    /// `request.start_at`. Everything that goes wrong from here on is an [`Ended`] with a reason.
    pub fn start(
        request: Request,
        output: Output,
        clock: &PlayClock,
    ) -> Result<Self, PlayoutError> {
        gst::init()?;
        // Room for every event there is: the thread never waits for the listener.
        let (events_tx, events) = mpsc::channel(4);
        let pipeline = gst::Pipeline::new();
        let stop = pipeline.bus().expect("a pipeline has a bus");
        let (clock, for_volume) = (clock.clone(), pipeline.downgrade());
        std::thread::Builder::new()
            .name("playout".to_owned())
            .spawn(move || {
                let ended = run::play(&pipeline, &request, output, &clock, &events_tx);
                // The listener may be gone: then nobody is left to tell.
                let _ = events_tx.blocking_send(Heard::Ended(ended));
            })
            .map_err(PlayoutError::Thread)?;
        Ok(Self { stop, pipeline: for_volume, events })
    }

    /// Ends the sound within a few milliseconds; `Ended` follows.
    pub fn stop(&self) {
        let stop = gst::message::Application::new(gst::Structure::new_empty(run::STOP));
        // Refused only by a bus that is flushing, and then the sound is over already.
        let _ = self.stop.post(stop);
    }

    /// It goes on at this amplitude, `0.0..=1.0`; heard when what the card has buffered is over.
    pub fn set_amplitude(&self, amplitude: f64) {
        let volume = self.pipeline.upgrade().and_then(|it| it.by_name(chain::VOLUME));
        // Gone with the sound, or not there yet: the thread is still building its chain.
        if let Some(volume) = volume {
            volume.set_property("volume", amplitude.clamp(0.0, 1.0));
        }
    }

    /// As [`Playout::event`], for who listens to several.
    pub fn poll_event(&mut self, context: &mut std::task::Context<'_>) -> Poll<Option<Heard>> {
        self.events.poll_recv(context)
    }

    /// What happens next; `None` after [`Heard::Ended`]. Cancel-safe.
    pub async fn event(&mut self) -> Option<Heard> {
        self.events.recv().await
    }
}

impl Drop for Playout {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests;
