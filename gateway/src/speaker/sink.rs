//! The horn, or the file that stands in for it. GStreamer is loaded with the first play: an idle
//! cluster does without its memory.

use std::future::poll_fn;
use std::path::PathBuf;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use base::{Clock as _, Sha256, SystemClock};
use broadcast::PlayId;
use broadcast::player::{Level, Sound};
use jiff::{SignedDuration, Timestamp};
use media::playout::{self, Ended, Output, PlayClock, Playout, Request};
use serde_json::json;
use tracing::warn;

use super::cache::Cache;
use super::clock::{BoxClock, STEP};
use crate::config::{SpeakerSink, SpeakerSound};
use crate::report::wire::time_text;

pub(super) struct Sink {
    settings: SpeakerSound,
    cache: Cache,
    /// One, or two where the player puts one below the other.
    open: Vec<Open>,
}

struct Open {
    playout: Playout,
    /// Its own: what moves the time of the next sound does not move this one.
    clock: PlayClock,
    sound: Sound,
    wav: Option<PathBuf>,
    /// Box time and the system's own, of the first sample.
    started: Option<(Timestamp, Option<Timestamp>)>,
}

pub(super) enum Heard {
    Started {
        /// Box time, without the acoustic delay that was asked for.
        at: Timestamp,
        error: SignedDuration,
    },
    Ended(Ended),
}

pub(super) enum CannotPlay {
    /// The file was not what its hash says, and is removed.
    Damaged(Sha256),
    Sink(String),
}

impl Sink {
    pub(super) fn new(settings: SpeakerSound, cache: Cache) -> Self {
        Self { settings, cache, open: Vec::new() }
    }

    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// What is open.
    pub(super) fn plays(&self) -> Vec<PlayId> {
        self.open.iter().map(|it| it.sound.play).collect()
    }

    /// Beside what is open: that there is room for it is the player's matter.
    pub(super) async fn open(&mut self, sound: Sound, clock: &BoxClock) -> Result<(), CannotPlay> {
        let sha256 = sound.content.sha256;
        let is_whole = self.cache.has(sha256).await;
        if !is_whole.map_err(|err| CannotPlay::Sink(format!("the cache: {err}")))? {
            return Err(CannotPlay::Damaged(sha256));
        }
        let wav = self.wav_path(&sound);
        let output = self.output(wav.clone()).await.map_err(CannotPlay::Sink)?;
        let request = self.request(&sound);
        let broken = |err: &dyn std::fmt::Display| CannotPlay::Sink(err.to_string());
        let play_clock = PlayClock::new().map_err(|err| broken(&err))?;
        set(&play_clock, clock);
        let playout = Playout::start(request, output, &play_clock).map_err(|err| broken(&err))?;
        self.open.push(Open { playout, clock: play_clock, sound, wav, started: None });
        Ok(())
    }

    pub(super) fn silence(&self, play: PlayId) {
        for open in self.open.iter().filter(|it| it.sound.play == play) {
            open.playout.stop();
        }
    }

    pub(super) fn set_level(&mut self, play: PlayId, level: Level) {
        for open in self.open.iter_mut().filter(|it| it.sound.play == play) {
            open.sound.level = level;
            open.playout.set_amplitude(level.amplitude());
        }
    }

    /// Sets the sink's clocks to what is known of box time now. Where that was stepped, a sound in
    /// progress keeps its own time to its end: it would be cut, or stand still until the new time came.
    pub(super) fn correct(&self, clock: &BoxClock) {
        for open in &self.open {
            let apart = clock.now().duration_since(open.clock.now());
            if apart.unsigned_abs() < STEP {
                set(&open.clock, clock);
            }
        }
    }

    /// What the sounds in progress have to say; never, without one. Cancel-safe.
    pub(super) async fn event(&mut self) -> (PlayId, Heard) {
        poll_fn(|context| {
            for open in &mut self.open {
                if let Poll::Ready(said) = open.playout.poll_event(context) {
                    return Poll::Ready(open.take(said, self.settings.acoustic_delay));
                }
            }
            Poll::Pending
        })
        .await
    }

    /// After [`Heard::Ended`].
    pub(super) async fn close(&mut self, play: PlayId, ended: &Ended) {
        if let Some(index) = self.open.iter().position(|it| it.sound.play == play) {
            self.open.swap_remove(index).note(ended).await;
        }
    }

    fn request(&self, sound: &Sound) -> Request {
        let length = sound.until.duration_since(sound.start_at);
        let stop = Duration::try_from(length).ok().map(|it| sound.seek + it);
        Request {
            path: self.cache.path(sound.content.sha256),
            start_at: sound
                .start_at
                .checked_add(self.settings.acoustic_delay)
                .unwrap_or(sound.start_at),
            seek: sound.seek,
            stop: stop.filter(|it| *it < sound.content.duration),
            amplitude: sound.level.amplitude(),
        }
    }

    async fn output(&self, wav: Option<PathBuf>) -> Result<Output, String> {
        match (&self.settings.sink, wav) {
            (SpeakerSink::Wav { dir }, Some(path)) => {
                let made = tokio::fs::create_dir_all(dir).await;
                made.map_err(|err| format!("{}: {err}", dir.display()))?;
                Ok(Output::Wav { path, true_time: Arc::new(SystemClock) })
            }
            (SpeakerSink::Alsa { device }, _) => {
                Ok(Output::Alsa { device: device.clone(), buffer: self.settings.latency })
            }
            (SpeakerSink::Wav { .. }, None) => Err("no file to play into".to_owned()),
        }
    }

    fn wav_path(&self, sound: &Sound) -> Option<PathBuf> {
        let SpeakerSink::Wav { dir } = &self.settings.sink else { return None };
        let (second, bulletin) = (sound.start_at.as_second(), sound.play.bulletin);
        Some(dir.join(format!("{second}-{bulletin}.wav")))
    }
}

impl Open {
    fn take(&mut self, said: Option<playout::Heard>, acoustic_delay: Duration) -> (PlayId, Heard) {
        let play = self.sound.play;
        match said {
            Some(playout::Heard::Started { at, true_time }) => {
                let at = at.checked_sub(acoustic_delay).unwrap_or(at);
                self.started = Some((at, true_time));
                // What changed while the sink was being opened went nowhere.
                self.playout.set_amplitude(self.sound.level.amplitude());
                (play, Heard::Started { at, error: at.duration_since(self.sound.start_at) })
            }
            Some(playout::Heard::Ended(ended)) => (play, Heard::Ended(ended)),
            None => (play, Heard::Ended(lost())),
        }
    }

    /// Beside the WAV file: when its first sample was played, by this cluster's box time and by the
    /// system's clock, which several clusters on one machine share.
    async fn note(&self, ended: &Ended) {
        let Self { sound, wav: Some(wav), started, .. } = self else { return };
        let micros = |at: &Timestamp| format!("{at:.6}");
        let note = json!({
            "bulletin_id": sound.play.bulletin.to_string(),
            "occurrence": time_text(sound.play.occurrence),
            "ordered_start_at": micros(&sound.start_at),
            "seek_ms": sound.seek.as_secs_f64() * 1e3,
            "first_sample_box_time": started.as_ref().map(|(at, _)| micros(at)),
            "first_sample_system_time": started.as_ref().and_then(|(_, at)| at.as_ref().map(micros)),
            "heard_ms": ended.heard.as_secs_f64() * 1e3,
            "n_gaps": ended.n_gaps,
            "worst_error_ms": ended.worst_error.as_secs_f64() * 1e3,
        });
        let path = wav.with_extension("json");
        if let Err(err) = tokio::fs::write(&path, note.to_string()).await {
            warn!(path = %path.display(), error = %err, "the note of a play was not written");
        }
    }
}

fn set(play_clock: &PlayClock, clock: &BoxClock) {
    let drift = clock.fit().map_or(0.0, |fit| fit.drift_ppm() * 1e-6);
    play_clock.set(|| clock.now(), drift);
}

/// The thread of a sound ended without a word: it panicked.
fn lost() -> Ended {
    Ended {
        heard: Duration::ZERO,
        n_gaps: 0,
        worst_error: Duration::ZERO,
        failed: Some("the sound broke off".to_owned()),
    }
}

#[cfg(test)]
mod tests;
