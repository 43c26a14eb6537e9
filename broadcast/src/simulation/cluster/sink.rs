//! What opens, sounds and closes for a player, and what hinders it.

use std::time::Duration;

use jiff::Timestamp;

use super::super::judge::Sounded;
use super::super::queue::What;
use super::{Cluster, Street};
use crate::PlayId;
use crate::player::{Event, Sound, Stage};

/// From the request to silence until the sink is closed.
const CLOSING: Duration = Duration::from_millis(80);

pub(super) struct Sink {
    pub sound: Sound,
    /// When its first sample is heard.
    pub from: Timestamp,
    nth: u32,
    /// It was silenced, or broke.
    cut: Option<(Timestamp, Option<String>)>,
}

impl Cluster {
    /// What hinders it comes back as the event that the player is to hear.
    pub(super) fn open(
        &mut self,
        sound: Sound,
        now: Timestamp,
        street: &mut Street,
    ) -> Option<Event> {
        let play = sound.play;
        if self.sink.is_some() {
            street.judge.broke(self.place, play, now, "two items at once");
        }
        let stage = self.stored.get(&play).map(|(_, stage)| stage);
        if !matches!(stage, Some(Stage::Playing { .. })) {
            street.judge.broke(self.place, play, now, "it sounds before that is stored");
        }
        if !self.is_trusted {
            street.judge.broke(
                self.place,
                play,
                now,
                "it sounds by a clock that nobody vouches for",
            );
        }
        if !self.cached.contains(&sound.content.sha256) {
            street.judge.broke(self.place, play, now, "it sounds without its content");
        }
        if std::mem::take(&mut self.is_file_damaged) {
            self.cached.remove(&sound.content.sha256);
            street.judge.calm(self.place, now);
            return Some(Event::ContentDamaged(sound.content.sha256));
        }
        if std::mem::take(&mut self.is_sink_broken) {
            street.judge.calm(self.place, now);
            let failed = Some("the sound card is gone".to_owned());
            return Some(Event::SoundEnded { play, heard: Duration::ZERO, failed });
        }
        self.n_sounds += 1;
        let nth = self.n_sounds;
        let from = sound.start_at.max(now);
        let left = sound.content.duration.saturating_sub(sound.seek);
        let to = (from + left).min(sound.until).max(from);
        street.queue.push(from, What::SoundStarts { cluster: self.place, sound: nth });
        street.queue.push(to, What::SoundEnds { cluster: self.place, sound: nth });
        self.sink = Some(Sink { sound, from, nth, cut: None });
        None
    }

    pub(super) fn silence(&mut self, play: PlayId, now: Timestamp, street: &mut Street) {
        let Some(sink) = self.sink.as_mut().filter(|it| it.sound.play == play) else { return };
        if sink.cut.is_none() {
            sink.cut = Some((now, None));
            let what = What::SoundEnds { cluster: self.place, sound: sink.nth };
            street.queue.push(now + CLOSING, what);
        }
    }

    /// The sound card goes, in the middle of a sound if there is one.
    pub(in crate::simulation) fn break_sink(&mut self, now: Timestamp, street: &mut Street) {
        match &mut self.sink {
            Some(sink) if sink.cut.is_none() && sink.from <= now => {
                sink.cut = Some((now, Some("the sound card is gone".to_owned())));
                let what = What::SoundEnds { cluster: self.place, sound: sink.nth };
                street.queue.push(now, what);
                street.judge.calm(self.place, now);
            }
            Some(_) => street.judge.calm(self.place, now),
            None => self.is_sink_broken = true,
        }
    }

    pub(in crate::simulation) fn sound_starts(
        &mut self,
        nth: u32,
        now: Timestamp,
        street: &mut Street,
    ) {
        let sink = self.sink.as_ref().filter(|it| it.nth == nth && it.cut.is_none());
        if let Some(play) = sink.map(|it| it.sound.play) {
            self.step(Event::SoundStarted { play, at: now }, now, street);
        }
    }

    pub(in crate::simulation) fn sound_ends(
        &mut self,
        nth: u32,
        now: Timestamp,
        street: &mut Street,
    ) {
        let is_it = |it: &mut Sink| {
            // The regular end of a sound that was cut means nothing any more, and the other way round.
            it.nth == nth
                && it
                    .cut
                    .as_ref()
                    .is_none_or(|(at, failed)| failed.is_some() || *at + CLOSING <= now)
        };
        let Some(sink) = self.sink.take_if(is_it) else { return };
        let (play, heard) = (sink.sound.play, sink.heard(now));
        let failed = sink.cut.as_ref().and_then(|(_, failed)| failed.clone());
        self.heard(&sink, now, false, street);
        self.step(Event::SoundEnded { play, heard, failed }, now, street);
    }

    pub(super) fn heard(
        &mut self,
        sink: &Sink,
        now: Timestamp,
        is_power_cut: bool,
        street: &mut Street,
    ) {
        let heard = sink.heard(now);
        let is_silenced = matches!(sink.cut, Some((_, None)));
        let sounded = Sounded {
            cluster: self.place,
            play: sink.sound.play,
            from: sink.from,
            to: sink.from + heard,
            seek: sink.sound.seek,
            is_power_cut,
            is_silenced,
        };
        street.judge.sounded(&sounded);
    }
}

impl Sink {
    /// How much of the content was heard until `now`.
    fn heard(&self, now: Timestamp) -> Duration {
        let end = self.cut.as_ref().map_or(now, |(at, _)| *at);
        let heard = end.duration_since(self.from);
        if heard.is_negative() { Duration::ZERO } else { heard.unsigned_abs() }
    }
}
