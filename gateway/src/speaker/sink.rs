//! The horn, or the file that stands in for it. GStreamer is loaded with the first play: an idle
//! cluster does without its memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::{Clock as _, Sha256, SystemClock};
use broadcast::PlayId;
use broadcast::player::{Level, Sound};
use futures_util::future::select_all;
use jiff::{SignedDuration, Timestamp};
use media::playout::{self, Ended, Output, PlayClock, Playout, Request};
use serde_json::json;
use tracing::warn;

use super::cache::Cache;
use super::clock::{BoxClock, STEP};
use super::stamp::Stamp;
use crate::config::{SpeakerSink, SpeakerSound};
use crate::report::wire::time_text;

pub(super) struct Sink {
    settings: SpeakerSound,
    cache: Cache,
    /// One, or two where the player puts one below the other.
    open: Vec<Open>,
}

struct Open {
    voice: Voice,
    sound: Sound,
    /// Where it is noted when the first sample left, where anybody wants to know.
    note: Option<PathBuf>,
    /// Box time and the system's own, of the first sample.
    started: Option<(Timestamp, Option<Timestamp>)>,
}

enum Voice {
    /// With a clock of its own: what moves the time of the next sound does not move this one.
    Playout {
        playout: Playout,
        clock: PlayClock,
    },
    Stamp(Stamp),
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
        let note = self.note_path(&sound).await.map_err(CannotPlay::Sink)?;
        let voice = self.voice(&sound, note.as_deref(), clock).await.map_err(CannotPlay::Sink)?;
        self.open.push(Open { voice, sound, note, started: None });
        Ok(())
    }

    async fn voice(
        &self,
        sound: &Sound,
        note: Option<&Path>,
        clock: &BoxClock,
    ) -> Result<Voice, String> {
        let request = self.request(sound);
        let output = match (&self.settings.sink, note) {
            (SpeakerSink::Timestamp { .. }, _) => {
                let stamp = Stamp::open(&request, sound.content.duration, clock.clone());
                return stamp.await.map(Voice::Stamp);
            }
            (SpeakerSink::Wav { .. }, Some(note)) => {
                Output::Wav { path: note.with_extension("wav"), true_time: Arc::new(SystemClock) }
            }
            (SpeakerSink::Wav { .. }, None) => return Err("no file to play into".to_owned()),
            (SpeakerSink::Alsa { device }, _) => {
                Output::Alsa { device: device.clone(), buffer: self.settings.latency }
            }
        };
        let play_clock = PlayClock::new().map_err(|err| err.to_string())?;
        set(&play_clock, clock);
        let playout = Playout::start(request, output, &play_clock);
        let playout = playout.map_err(|err| err.to_string())?;
        Ok(Voice::Playout { playout, clock: play_clock })
    }

    pub(super) fn silence(&self, play: PlayId) {
        for open in self.open.iter().filter(|it| it.sound.play == play) {
            match &open.voice {
                Voice::Playout { playout, .. } => playout.stop(),
                Voice::Stamp(stamp) => stamp.stop(),
            }
        }
    }

    pub(super) fn set_level(&mut self, play: PlayId, level: Level) {
        for open in self.open.iter_mut().filter(|it| it.sound.play == play) {
            open.sound.level = level;
            open.voice.set_amplitude(level.amplitude());
        }
    }

    /// Sets the sink's clocks to what is known of box time now. Where that was stepped, a sound in
    /// progress keeps its own time to its end: it would be cut, or stand still until the new time came.
    pub(super) fn correct(&self, clock: &BoxClock) {
        for open in &self.open {
            // A stamp reads the box's clock itself.
            let Voice::Playout { clock: own, .. } = &open.voice else { continue };
            let apart = clock.now().duration_since(own.now());
            if apart.unsigned_abs() < STEP {
                set(own, clock);
            }
        }
    }

    /// What the sounds in progress have to say; never, without one. Cancel-safe.
    pub(super) async fn event(&mut self) -> (PlayId, Heard) {
        if self.open.is_empty() {
            return std::future::pending().await;
        }
        let acoustic_delay = self.settings.acoustic_delay;
        let events = self.open.iter_mut().map(|it| Box::pin(it.event(acoustic_delay)));
        let (said, ..) = select_all(events).await;
        said
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

    async fn note_path(&self, sound: &Sound) -> Result<Option<PathBuf>, String> {
        let (SpeakerSink::Wav { dir } | SpeakerSink::Timestamp { dir }) = &self.settings.sink
        else {
            return Ok(None);
        };
        let made = tokio::fs::create_dir_all(dir).await;
        made.map_err(|err| format!("{}: {err}", dir.display()))?;
        let (second, bulletin) = (sound.start_at.as_second(), sound.play.bulletin);
        Ok(Some(dir.join(format!("{second}-{bulletin}.json"))))
    }
}

impl Voice {
    fn set_amplitude(&self, amplitude: f64) {
        match self {
            Self::Playout { playout, .. } => playout.set_amplitude(amplitude),
            // It makes no sound.
            Self::Stamp(_) => {}
        }
    }
}

impl Open {
    /// Cancel-safe.
    async fn event(&mut self, acoustic_delay: Duration) -> (PlayId, Heard) {
        let said = match &mut self.voice {
            Voice::Playout { playout, .. } => playout.event().await,
            Voice::Stamp(stamp) => Some(stamp.event().await),
        };
        self.take(said, acoustic_delay)
    }

    fn take(&mut self, said: Option<playout::Heard>, acoustic_delay: Duration) -> (PlayId, Heard) {
        let play = self.sound.play;
        match said {
            Some(playout::Heard::Started { at, true_time }) => {
                let at = at.checked_sub(acoustic_delay).unwrap_or(at);
                self.started = Some((at, true_time));
                // What changed while the sink was being opened went nowhere.
                self.voice.set_amplitude(self.sound.level.amplitude());
                (play, Heard::Started { at, error: at.duration_since(self.sound.start_at) })
            }
            Some(playout::Heard::Ended(ended)) => (play, Heard::Ended(ended)),
            None => (play, Heard::Ended(lost())),
        }
    }

    /// Beside the WAV file, or in its place: when the first sample was played, by this cluster's box time and by the
    /// system's clock, which several clusters on one machine share.
    async fn note(&self, ended: &Ended) {
        let Self { sound, note: Some(path), started, .. } = self else { return };
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
        if let Err(err) = tokio::fs::write(path, note.to_string()).await {
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
