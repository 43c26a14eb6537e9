//! Whose turn it is at the horn, who makes way or goes on below, and how loud each is.

use std::time::Duration;

use jiff::Timestamp;

use super::play::{Closing, Play, Verdict};
use super::{Effect, Player};
use crate::order::{PlayId, Resume};

/// What goes below is turned down this long before the more urgent begins: a card plays what it has
/// buffered first, which is at most this (`sound.latency`).
const DUCK_AHEAD: Duration = Duration::from_secs(2);

const INTERRUPTED: &str = "interrupted by a more urgent play";
const TAKES_ONE: &str =
    "interrupted by a more urgent play: the sound device takes one sound at a time";
const BELOW_IS_TAKEN: &str = "interrupted by a more urgent play: two others sound already";

/// Who has it.
#[derive(Debug, Default)]
pub(super) struct Horn {
    /// Whose sink is open, also while it is being closed.
    pub(super) sounding: Option<PlayId>,
    /// Goes on below `sounding`, attenuated.
    pub(super) below: Option<PlayId>,
    /// The sink takes one sound at a time, it seems.
    takes_one: bool,
    is_muted: bool,
}

impl Player {
    /// The most urgent play that is due gets the horn. One that cannot begin any more gives its turn
    /// to the next.
    pub(super) fn take_turns(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        while let Some(next) = self.next_due(now) {
            if !self.is_free_for(next, effects) {
                break;
            }
            let is_muted = self.is_muted(next);
            let Some(play) = self.plays.get_mut(&next) else { break };
            match play.begin(now, &self.rules, &self.heard, is_muted) {
                Verdict::Sound(record, sound) => {
                    self.horn.sounding = Some(next);
                    effects.extend(self.begin_stretch(&sound));
                    effects.extend([record, Effect::Play(sound)]);
                    break;
                }
                Verdict::Over(record) => effects.push(record),
            }
        }
        if self.horn.sounding.is_none() {
            self.horn.sounding = self.horn.below.take();
        }
    }

    /// Among equals, the earliest ordered start.
    fn next_due(&self, now: Timestamp) -> Option<PlayId> {
        let due = self.plays.values().filter(|it| it.is_due(now, self.rules.lead));
        let rank = |it: &&Play| {
            let order = &it.order;
            (std::cmp::Reverse(order.priority), order.start_at, order.play)
        };
        due.min_by_key(rank).map(|it| it.order.play)
    }

    /// Whether `next` may begin now. Who has to make way for it is silenced; the horn is free when the
    /// sink says so: `SoundEnded` settles again.
    fn is_free_for(&mut self, next: PlayId, effects: &mut Vec<Effect>) -> bool {
        let Some(current) = self.horn.sounding else {
            return self
                .horn
                .below
                .is_none_or(|it| self.is_above(next, it) && !self.is_closing(it));
        };
        if !self.is_above(next, current) {
            return false;
        }
        let wants_below = self
            .plays
            .get(&current)
            .is_some_and(|it| it.order.resume == Resume::Duck && !it.is_closing());
        match self.horn.below {
            _ if !wants_below => self.close(current, Closing::Interrupted(INTERRUPTED), effects),
            _ if self.horn.takes_one => {
                self.close(current, Closing::Interrupted(TAKES_ONE), effects);
            }
            None => {
                self.horn.below = self.horn.sounding.take();
                return true;
            }
            Some(below) => self.close(below, Closing::Interrupted(BELOW_IS_TAKEN), effects),
        }
        false
    }

    fn is_above(&self, one: PlayId, other: PlayId) -> bool {
        let priority = |id| self.plays.get(&id).map(|it| it.order.priority);
        priority(one) > priority(other)
    }

    fn is_closing(&self, play: PlayId) -> bool {
        self.plays.get(&play).is_some_and(Play::is_closing)
    }

    fn close(&mut self, id: PlayId, why: Closing, effects: &mut Vec<Effect>) {
        if self.plays.get_mut(&id).is_some_and(|it| it.close(why)) {
            effects.push(Effect::Silence(id));
        }
    }

    pub(super) fn sound_ended(
        &mut self,
        id: PlayId,
        heard: Duration,
        failed: Option<String>,
        effects: &mut Vec<Effect>,
    ) {
        let is_refused = failed.is_some() && heard.is_zero() && self.horn.sounding == Some(id);
        for place in [&mut self.horn.sounding, &mut self.horn.below] {
            place.take_if(|it| *it == id);
        }
        let below = self.horn.below.filter(|it| !self.is_closing(*it));
        if let Some(play) = self.plays.get_mut(&id) {
            // Beside another one it could not be opened. Whether it can alone is tried once that has
            // made way: the more urgent is not lost for it.
            if is_refused && below.is_some() && !play.is_closing() {
                self.horn.takes_one = true;
                effects.push(play.put_back());
            } else {
                // It was not for the company, if it is refused alone.
                self.horn.takes_one &= !is_refused;
                effects.extend(play.ended(heard, failed));
            }
        }
        if let (true, Some(below)) = (self.horn.takes_one, below) {
            self.close(below, Closing::Interrupted(TAKES_ONE), effects);
        }
        effects.extend(self.end_stretch(id, heard));
    }

    /// A mute on site holds whatever the clock says.
    pub(super) fn mute(&mut self, is_muted: bool, effects: &mut Vec<Effect>) {
        self.horn.is_muted = is_muted;
        for id in [self.horn.sounding, self.horn.below].into_iter().flatten() {
            if self.is_muted(id) {
                self.close(id, Closing::Muted, effects);
            }
        }
    }

    fn is_muted(&self, id: PlayId) -> bool {
        let is_spared = |it: &Play| it.is_emergency() && !self.rules.mutes_emergency;
        self.horn.is_muted && !self.plays.get(&id).is_some_and(is_spared)
    }

    /// When what is below is to be turned down.
    pub(super) fn ducks_at(&self) -> Option<Timestamp> {
        self.horn.below?;
        let (start_at, _) = self.plays.get(&self.horn.sounding?)?.in_sink?;
        Some(start_at.checked_sub(DUCK_AHEAD).unwrap_or(start_at))
    }

    /// Tells the sink where the hour, or another sound, has made one louder or quieter.
    pub(super) fn set_volumes(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let is_ducked = self.ducks_at().is_some_and(|it| it <= now);
        let above = self.horn.sounding.filter(|_| is_ducked);
        let above = above.and_then(|it| self.plays.get(&it)?.in_sink).map(|(_, level)| level);
        let below = self.horn.below;
        for (id, play) in &mut self.plays {
            let above = above.filter(|_| below == Some(*id));
            effects.extend(play.set_volume(now, &self.rules, above));
        }
    }
}
