//! The horn, or the file that stands in for it. GStreamer is loaded with the first play: an idle
//! cluster does without its memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::{Clock as _, Sha256, SystemClock};
use broadcast::PlayId;
use broadcast::player::Sound;
use jiff::{SignedDuration, Timestamp};
use media::playout::{self, Ended, Output, PlayClock, Playout, Request};
use serde_json::json;
use tracing::warn;

use super::cache::Cache;
use super::clock::BoxClock;
use super::stamp::Stamp;
use crate::config::{SpeakerSink, SpeakerSound};
use crate::report::wire::time_text;

pub(super) struct Sink {
    settings: SpeakerSound,
    cache: Cache,
    clock: Option<PlayClock>,
    open: Option<Open>,
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
    Playout(Playout),
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
        Self { settings, cache, clock: None, open: None }
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Only one sound at a time: the player waits for the end of the other.
    pub(super) async fn open(&mut self, sound: Sound, clock: &BoxClock) -> Result<(), CannotPlay> {
        let sha256 = sound.content.sha256;
        let is_whole = self.cache.has(sha256).await;
        if !is_whole.map_err(|err| CannotPlay::Sink(format!("the cache: {err}")))? {
            return Err(CannotPlay::Damaged(sha256));
        }
        let note = self.note_path(&sound).await.map_err(CannotPlay::Sink)?;
        let voice = self.voice(&sound, note.as_deref(), clock).await.map_err(CannotPlay::Sink)?;
        self.open = Some(Open { voice, sound, note, started: None });
        Ok(())
    }

    async fn voice(
        &mut self,
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
        if self.clock.is_none() {
            self.clock = Some(PlayClock::new().map_err(|err| err.to_string())?);
        }
        self.correct(clock);
        let Some(play_clock) = &self.clock else { return Err("no clock to play by".to_owned()) };
        let playout = Playout::start(request, output, play_clock);
        playout.map(Voice::Playout).map_err(|err| err.to_string())
    }

    pub(super) fn silence(&self, play: PlayId) {
        if let Some(open) = self.open.as_ref().filter(|it| it.sound.play == play) {
            match &open.voice {
                Voice::Playout(playout) => playout.stop(),
                Voice::Stamp(stamp) => stamp.stop(),
            }
        }
    }

    /// Sets the sink's clock to what is known of box time now.
    pub(super) fn correct(&self, clock: &BoxClock) {
        if let Some(play_clock) = &self.clock {
            let drift = clock.fit().map_or(0.0, |fit| fit.drift_ppm() * 1e-6);
            play_clock.set(|| clock.now(), drift);
        }
    }

    /// What the sound in progress has to say; never, without one. Cancel-safe.
    pub(super) async fn event(&mut self) -> (PlayId, Heard) {
        let Some(open) = &mut self.open else { return std::future::pending().await };
        let play = open.sound.play;
        let heard = match &mut open.voice {
            Voice::Playout(playout) => playout.event().await,
            Voice::Stamp(stamp) => Some(stamp.event().await),
        };
        match heard {
            Some(playout::Heard::Started { at, true_time }) => {
                let at = at.checked_sub(self.settings.acoustic_delay).unwrap_or(at);
                open.started = Some((at, true_time));
                (play, Heard::Started { at, error: at.duration_since(open.sound.start_at) })
            }
            Some(playout::Heard::Ended(ended)) => (play, Heard::Ended(ended)),
            None => (play, Heard::Ended(lost())),
        }
    }

    /// After [`Heard::Ended`]: the next sound may be opened.
    pub(super) async fn close(&mut self, ended: &Ended) {
        self.note(ended).await;
        self.open = None;
    }

    fn request(&self, sound: &Sound) -> Request {
        let length = sound.until.duration_since(sound.start_at);
        let stop = Duration::try_from(length).ok().map(|it| sound.seek + it);
        let share = |percent: u8| f64::from(percent) / 100.0;
        let volume = share(sound.volume.percent()) * share(self.settings.volume_percent);
        Request {
            path: self.cache.path(sound.content.sha256),
            start_at: sound
                .start_at
                .checked_add(self.settings.acoustic_delay)
                .unwrap_or(sound.start_at),
            seek: sound.seek,
            stop: stop.filter(|it| *it < sound.content.duration),
            // Loudness grows with the cube root, as GStreamer's own "cubic" volume assumes.
            amplitude: volume.powi(3),
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

    /// Beside the WAV file, or in its place: when the first sample was played, by this cluster's box time and by the
    /// system's clock, which several clusters on one machine share.
    async fn note(&self, ended: &Ended) {
        let Some(Open { sound, note: Some(path), started, .. }) = &self.open else { return };
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

/// The thread of a sound ended without a word: it panicked.
fn lost() -> Ended {
    Ended {
        heard: Duration::ZERO,
        n_gaps: 0,
        worst_error: Duration::ZERO,
        failed: Some("the sound broke off".to_owned()),
    }
}
