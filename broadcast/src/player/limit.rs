//! How long a cluster may sound in a local day, and what of it is used up. An emergency neither
//! counts nor asks.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::play::Play;
use super::{Effect, Player, Sound};
use crate::order::PlayId;

/// The most sound of a day, in the ward's own zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DailyLimit {
    most: Duration,
    zone: TimeZone,
}

/// One stretch of sound that counts. It is stored with its planned end before it begins, and with its
/// real one afterwards, so that what a power cut leaves is never too little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub play: PlayId,
    pub from: Timestamp,
    /// Invariant: not before `from`.
    pub to: Timestamp,
}

impl DailyLimit {
    pub fn new(most: Duration, zone: TimeZone) -> Self {
        Self { most, zone }
    }

    pub fn most(&self) -> Duration {
        self.most
    }

    /// The first instant of `from..to` at which a day would have had more than its share; `to` where
    /// there is none. A sound over midnight has the rest of one day and then the next.
    pub(super) fn silent_from(
        &self,
        heard: &[Stretch],
        from: Timestamp,
        to: Timestamp,
    ) -> Timestamp {
        let mut at = from;
        while at < to {
            // A day that cannot be computed is at the end of the calendar: silence is the safe side.
            let Some((begins, ends)) = self.day_of(at) else { return at };
            let used = heard.iter().map(|it| it.within(begins, ends)).sum();
            let room = self.most.saturating_sub(used);
            let day_ends = ends.min(to);
            if length(at, day_ends) > room {
                return at.saturating_add(room).unwrap_or(at);
            }
            at = day_ends;
        }
        to
    }

    /// The first instant of the local day that `at` is in, and of the next one.
    fn day_of(&self, at: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let day = self.zone.to_datetime(at).date();
        let begins = |day: Date| day.to_zoned(self.zone.clone()).ok().map(|it| it.timestamp());
        let (begins, ends) = (begins(day)?, begins(day.tomorrow().ok()?)?);
        (begins <= at && at < ends).then_some((begins, ends))
    }
}

impl Stretch {
    fn within(&self, from: Timestamp, to: Timestamp) -> Duration {
        length(self.from.max(from), self.to.min(to))
    }
}

/// Zero, for one that runs backwards.
fn length(from: Timestamp, to: Timestamp) -> Duration {
    let length = to.duration_since(from);
    if length > SignedDuration::ZERO { length.unsigned_abs() } else { Duration::ZERO }
}

impl Player {
    /// To be stored before the play's own `playing`: a crash in between counts too much, not too little.
    pub(super) fn begin_stretch(&mut self, sound: &Sound) -> Option<Effect> {
        if self.rules.daily.is_none() || self.plays.get(&sound.play).is_none_or(Play::is_emergency)
        {
            return None;
        }
        let left = sound.content.duration.saturating_sub(sound.seek);
        let end = sound.start_at.saturating_add(left).map_or(sound.until, |it| it.min(sound.until));
        let stretch =
            Stretch { play: sound.play, from: sound.start_at, to: end.max(sound.start_at) };
        self.heard.push(stretch);
        Some(Effect::Sounded(stretch))
    }

    pub(super) fn end_stretch(&mut self, play: PlayId, heard: Duration) -> Option<Effect> {
        let stretch = self.heard.iter_mut().rev().find(|it| it.play == play)?;
        let to = stretch.from.saturating_add(heard).unwrap_or(stretch.to);
        (stretch.to != to).then(|| {
            stretch.to = to;
            Effect::Sounded(*stretch)
        })
    }

    /// What was to sound beyond now when the program died did not.
    pub(super) fn end_planned(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        if !self.is_clock_trusted || !std::mem::take(&mut self.has_planned_ends) {
            return;
        }
        for stretch in self.heard.iter_mut().filter(|it| it.to > now.max(it.from)) {
            stretch.to = now.max(stretch.from);
            effects.push(Effect::Sounded(*stretch));
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn stretch(from: &str, to: &str) -> Stretch {
        let play = PlayId { bulletin: Uuid::nil(), occurrence: at(from) };
        Stretch { play, from: at(from), to: at(to) }
    }

    fn hour(zone: &str) -> DailyLimit {
        DailyLimit::new(Duration::from_hours(1), TimeZone::get(zone).unwrap())
    }

    #[test]
    fn a_day_has_its_share_and_no_more() {
        let heard = [
            stretch("2026-01-05T05:30:00+07:00", "2026-01-05T05:45:00+07:00"),
            stretch("2026-01-05T17:00:00+07:00", "2026-01-05T17:30:00+07:00"),
        ];
        let (from, to) = (at("2026-01-05T18:00:00+07:00"), at("2026-01-05T18:30:00+07:00"));
        let limit = hour("Asia/Ho_Chi_Minh");
        assert_eq!(limit.silent_from(&heard, from, to), at("2026-01-05T18:15:00+07:00"));
        assert_eq!(limit.silent_from(&heard[..1], from, to), to);
        let full = stretch("2026-01-05T07:00:00+07:00", "2026-01-05T08:00:00+07:00");
        assert_eq!(limit.silent_from(&[full], from, to), from);
    }

    #[test]
    fn midnight_is_the_wards_own_and_begins_a_new_share() {
        let heard = [stretch("2026-01-05T10:00:00+07:00", "2026-01-05T10:50:00+07:00")];
        let limit = hour("Asia/Ho_Chi_Minh");
        let (from, to) = (at("2026-01-05T23:52:00+07:00"), at("2026-01-06T00:30:00+07:00"));
        assert_eq!(limit.silent_from(&heard, from, to), to, "eight minutes, then thirty");
        let from = at("2026-01-05T23:45:00+07:00");
        assert_eq!(limit.silent_from(&heard, from, to), at("2026-01-05T23:55:00+07:00"));
    }

    #[test]
    fn days_of_23_and_25_hours_and_one_that_was_left_out_have_one_share_each() {
        for (zone, from, to) in [
            ("Europe/Paris", "2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00"),
            ("Europe/Paris", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"),
            ("Australia/Lord_Howe", "2026-04-05T01:30:00+11:00", "2026-04-05T02:00:00+10:30"),
        ] {
            let limit = hour(zone);
            let whole = [stretch(from, to)];
            let noon = at(from) + Duration::from_hours(12);
            let used = limit.silent_from(&whole, noon, noon + Duration::from_hours(1));
            let most = Duration::from_hours(1).saturating_sub(length(at(from), at(to)));
            assert_eq!(length(noon, used), most, "{zone}");
        }
        let before = at("2011-12-29T23:30:00-10:00");
        let to = before + Duration::from_hours(1);
        assert_eq!(hour("Pacific/Apia").silent_from(&[], before, to), to);
    }
}
