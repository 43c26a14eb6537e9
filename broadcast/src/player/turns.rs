//! Whose turn it is at the horn, and how loud what is there may be.

use jiff::Timestamp;

use super::play::{Play, Verdict};
use super::{Effect, Player};
use crate::order::PlayId;

impl Player {
    /// The most urgent play that is due gets the horn. One that cannot begin any more gives its turn
    /// to the next.
    pub(super) fn take_turns(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        while let Some(next) = self.next_due(now) {
            if let Some(current) = self.sounding {
                self.make_way(current, next, effects);
                return;
            }
            let Some(play) = self.plays.get_mut(&next) else { return };
            match play.begin(now, &self.rules, &self.heard) {
                Verdict::Sound(record, sound) => {
                    self.sounding = Some(next);
                    effects.extend(self.begin_stretch(&sound));
                    effects.extend([record, Effect::Play(sound)]);
                    return;
                }
                Verdict::Over(record) => effects.push(record),
            }
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

    /// Silences `current` if `next` is more urgent. The horn is free when the sink says so:
    /// `SoundEnded` settles again.
    fn make_way(&mut self, current: PlayId, next: PlayId, effects: &mut Vec<Effect>) {
        let priority = |id: &PlayId| self.plays.get(id).map(|it| it.order.priority);
        if priority(&next) <= priority(&current) {
            return;
        }
        if let Some(play) = self.plays.get_mut(&current)
            && play.interrupt()
        {
            effects.push(Effect::Silence(current));
        }
    }

    /// Tells the sink where the hour has made a sound louder or quieter.
    pub(super) fn set_volumes(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        for play in self.plays.values_mut() {
            effects.extend(play.set_volume(now, &self.rules));
        }
    }
}
