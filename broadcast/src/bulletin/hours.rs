//! When one signature is enough: a ward's normal hours, and how many people a schedule asks for.

use std::fmt;
use std::time::Duration;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::approval::Need;
use crate::Priority;
use crate::quiet::QuietHours;
use crate::schedule::Schedule;

/// An emergency that starts later than this after it was planned leaves time for a second signature.
const IMMINENT: SignedDuration = SignedDuration::from_hours(24);

/// When a ward is used to hearing its loudspeakers, on its own wall clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NormalHours {
    /// The rest of the day. `None`: every hour is normal.
    pub outside: Option<QuietHours>,
    /// Nothing in them is normal, whatever `outside` says.
    pub quiet: Option<QuietHours>,
    /// Whether Saturday and Sunday are like other days.
    pub weekends: bool,
    pub zone: TimeZone,
}

/// What asks for a second signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It would sound, at least in part, outside the normal hours.
    OutsideHours {
        at: Timestamp,
    },
    /// It would sound in quiet hours, which alone an emergency does.
    QuietHours {
        at: Timestamp,
    },
    Weekend {
        at: Timestamp,
    },
}

impl NormalHours {
    /// 06:00 to 21:00 on every day.
    pub fn day(zone: TimeZone) -> Self {
        let outside = Some(QuietHours::night(zone.clone()));
        Self { outside, quiet: None, weekends: true, zone }
    }

    /// What is not normal about a sound that starts at `at` and lasts `length`.
    pub fn objection(&self, at: Timestamp, length: Duration) -> Option<Why> {
        let touched = |hours: &Option<QuietHours>| {
            hours.as_ref().is_some_and(|hours| hours.touch(at, length))
        };
        if touched(&self.quiet) {
            return Some(Why::QuietHours { at });
        }
        if touched(&self.outside) {
            return Some(Why::OutsideHours { at });
        }
        let day = self.zone.to_datetime(at).date().weekday();
        let is_weekend = matches!(day, Weekday::Saturday | Weekday::Sunday);
        (is_weekend && !self.weekends).then_some(Why::Weekend { at })
    }

    /// How many people must have signed for `schedule`, of which `starts` are the ones to come.
    ///
    /// One, if every start is in normal hours. An emergency within a day is one person's decision at
    /// any hour: waiting for a second would cost what it is to save. One that is planned further ahead,
    /// or by a rule, is no emergency yet, and is asked like everything else. A start in quiet hours is
    /// not asked about at all, unless it is an emergency's: it does not play, whoever signs. What day rules
    /// may move, `may_move`, is not within a day.
    pub fn need(
        &self,
        schedule: &Schedule,
        starts: &[Timestamp],
        length: Duration,
        priority: Priority,
        may_move: bool,
        now: Timestamp,
    ) -> Need {
        if priority == Priority::Emergency
            && !may_move
            && let Schedule::At(at) = schedule
            && at.duration_since(now) <= IMMINENT
        {
            return Need::One;
        }
        let mut objections = starts.iter().filter_map(|at| self.objection(*at, length));
        let is_heard =
            |it: &Why| priority == Priority::Emergency || !matches!(it, Why::QuietHours { .. });
        objections.find(is_heard).map_or(Need::One, Need::Two)
    }
}

impl Why {
    /// One word for a machine.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::OutsideHours { .. } => "outside_hours",
            Self::QuietHours { .. } => "quiet_hours",
            Self::Weekend { .. } => "weekend",
        }
    }

    /// The first start that it is about.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::OutsideHours { at } | Self::QuietHours { at } | Self::Weekend { at } => *at,
        }
    }

    /// From what [`Why::as_str`] and [`Why::at`] gave.
    pub fn parse(word: &str, at: Timestamp) -> Option<Self> {
        [Self::OutsideHours { at }, Self::QuietHours { at }, Self::Weekend { at }]
            .into_iter()
            .find(|it| it.as_str() == word)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutsideHours { at } => write!(f, "it would sound outside normal hours ({at})"),
            Self::QuietHours { at } => write!(f, "it would sound in quiet hours ({at})"),
            Self::Weekend { at } => write!(f, "it would sound on a weekend ({at})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn hours() -> NormalHours {
        NormalHours::day(TimeZone::get("Asia/Ho_Chi_Minh").unwrap())
    }

    fn word(hours: &NormalHours, start: &str) -> &'static str {
        hours.objection(at(start), MINUTE).map_or("", |it| it.as_str())
    }

    #[test]
    fn normal_is_six_to_nine_with_the_last_sound_inside() {
        for (start, expected) in [
            ("2026-01-05T05:59:59+07:00", "outside_hours"),
            ("2026-01-05T06:00:00+07:00", ""),
            ("2026-01-05T20:59:00+07:00", ""),
            ("2026-01-05T20:59:01+07:00", "outside_hours"),
            ("2026-01-04T12:00:00+07:00", ""),
        ] {
            assert_eq!(word(&hours(), start), expected, "{start}");
        }
    }

    #[test]
    fn weekends_and_a_midday_rest_may_be_out_of_the_ordinary_too() {
        let noon = jiff::civil::time(12, 0, 0, 0);
        let rest = QuietHours::new(noon, jiff::civil::time(13, 30, 0, 0), hours().zone).unwrap();
        let strict = NormalHours { quiet: Some(rest), weekends: false, ..hours() };
        assert_eq!(word(&strict, "2026-01-04T09:00:00+07:00"), "weekend");
        assert_eq!(word(&strict, "2026-01-05T12:10:00+07:00"), "quiet_hours");
        assert_eq!(word(&strict, "2026-01-05T09:00:00+07:00"), "");
        let need = |starts: &[&str], priority| {
            let starts: Vec<Timestamp> = starts.iter().map(|it| at(it)).collect();
            let rule = Schedule::At(starts[0]);
            let now = at("2026-01-01T00:00:00Z");
            match strict.need(&rule, &starts, MINUTE, priority, false, now) {
                Need::One => "",
                Need::Two(why) => why.as_str(),
            }
        };
        let rest = "2026-01-05T12:10:00+07:00";
        assert_eq!(need(&[rest], Priority::Normal), "", "it is silent, whoever signs");
        assert_eq!(need(&[rest], Priority::Emergency), "quiet_hours");
        let night = "2026-01-05T22:00:00+07:00";
        assert_eq!(need(&[rest, night], Priority::Normal), "outside_hours");
    }

    #[test]
    fn an_emergency_waits_for_nobody_unless_it_was_planned() {
        let now = at("2026-01-05T20:00:00+07:00");
        let night = at("2026-01-06T02:00:00+07:00");
        let later = at("2026-01-08T02:00:00+07:00");
        let need = |start, priority| {
            hours().need(&Schedule::At(start), &[start], MINUTE, priority, false, now)
        };
        assert_eq!(need(night, Priority::Emergency), Need::One);
        let (once, urgent) = (Schedule::At(night), Priority::Emergency);
        let moved = hours().need(&once, &[night], MINUTE, urgent, true, now);
        assert_eq!(moved, Need::Two(Why::OutsideHours { at: night }));
        assert_eq!(need(later, Priority::Emergency), Need::Two(Why::OutsideHours { at: later }));
        assert_eq!(need(night, Priority::Normal), Need::Two(Why::OutsideHours { at: night }));
        assert_eq!(Why::parse("weekend", now), Some(Why::Weekend { at: now }));
        assert_eq!(Why::parse("sunday", now), None);
    }
}
