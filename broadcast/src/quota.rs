//! How much a ward may broadcast: plays, sessions and minutes a day, by days of the week and hours.
//!
//! The numbers are a city's, not the country's: Hà Nội's come with the preset [`Quota::hanoi_urban`].

use std::fmt;
use std::time::Duration;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::Priority;

/// Plays that follow each other within this are one session for those who listen.
pub const SESSION_GAP: Duration = Duration::from_mins(5);

/// A limit on what sounds on one cluster in one band of one day. A play belongs, with all its length,
/// to the band in which it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// For people and for [`Reason::Quota`](crate::plan::Reason::Quota).
    pub name: String,
    pub band: Band,
    /// Whichever of them are there hold at once. None at all limits nothing.
    pub limits: Vec<Limit>,
    /// Plays that begin at most this long after another ended are of its session.
    pub session_gap: Duration,
    /// This priority and those above are not limited and not counted. An emergency never is.
    pub exempt: Priority,
}

/// Hours of some days of the week, on the wall clock of the ward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    pub weekdays: Vec<Weekday>,
    pub from: Time,
    /// Not in it itself. Before `from`, the band ends on the next day; equal to it, it is a whole day.
    pub to: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// At most so many plays a day. Zero closes the band.
    Plays(u32),
    /// At most so many sessions a day.
    Sessions(u32),
    /// At most so much sound a day.
    Sound(Duration),
    /// No session longer than this, from its first sound to its last.
    Session(Duration),
}

/// What a cluster would have on one day of a band, in order of time and without overlaps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Usage {
    plays: Vec<(Timestamp, Timestamp)>,
}

const WORKDAYS: [Weekday; 5] =
    [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];

impl Quota {
    /// Hà Nội since 2021-03-12, for urban wards: at most two sessions a day on five days of the week, of
    /// at most a quarter of an hour, and at weekends only in special cases. For us a special case is a
    /// bulletin of priority *ưu tiên*.
    pub fn hanoi_urban() -> Vec<Self> {
        let limits = vec![Limit::Sessions(2), Limit::Session(Duration::from_mins(15))];
        let workdays = Self {
            name: "hanoi-urban".to_owned(),
            band: Band::whole(&WORKDAYS),
            limits,
            session_gap: SESSION_GAP,
            exempt: Priority::Emergency,
        };
        let weekend = Self {
            name: "hanoi-urban-weekend".to_owned(),
            band: Band::whole(&[Weekday::Saturday, Weekday::Sunday]),
            limits: vec![Limit::Plays(0)],
            session_gap: SESSION_GAP,
            exempt: Priority::Priority,
        };
        vec![workdays, weekend]
    }

    /// The quotas of a preset: "hanoi-urban" is the one there is.
    pub fn preset(name: &str) -> Option<Vec<Self>> {
        (name == "hanoi-urban").then(Self::hanoi_urban)
    }

    pub fn covers(&self, priority: Priority) -> bool {
        priority < self.exempt && priority < Priority::Emergency
    }

    /// The first limit that `usage` breaks.
    pub(crate) fn broken(&self, usage: &Usage) -> Option<Limit> {
        self.limits.iter().copied().find(|it| match *it {
            Limit::Plays(most) => exceeds(usage.plays.len(), most),
            Limit::Sessions(most) => exceeds(usage.sessions(self.session_gap).len(), most),
            Limit::Sound(most) => usage.sound() > most,
            Limit::Session(most) => {
                usage.sessions(self.session_gap).iter().any(|(from, to)| length(*from, *to) > most)
            }
        })
    }
}

impl Band {
    /// All hours of these days.
    pub fn whole(weekdays: &[Weekday]) -> Self {
        Self { weekdays: weekdays.to_vec(), from: Time::MIN, to: Time::MIN }
    }

    /// The day on which the band that holds `at` begins; none if `at` is in no band.
    pub fn day_of(&self, at: Timestamp, zone: &TimeZone) -> Option<Date> {
        let local = Zoned::new(at, zone.clone());
        let (today, time) = (local.date(), local.time());
        let is_over_midnight = self.to <= self.from;
        let day = match (is_over_midnight, time >= self.from, time < self.to) {
            (false, true, true) | (true, true, _) => today,
            (true, false, true) => today.yesterday().ok()?,
            (false, _, _) | (true, false, false) => return None,
        };
        self.weekdays.contains(&day.weekday()).then_some(day)
    }
}

impl Usage {
    pub(crate) fn new(mut plays: Vec<(Timestamp, Timestamp)>) -> Self {
        plays.sort_unstable();
        Self { plays }
    }

    fn sound(&self) -> Duration {
        self.plays.iter().map(|(from, to)| length(*from, *to)).sum()
    }

    fn sessions(&self, gap: Duration) -> Vec<(Timestamp, Timestamp)> {
        let mut sessions: Vec<(Timestamp, Timestamp)> = Vec::new();
        for (from, to) in &self.plays {
            match sessions.last_mut() {
                Some((_, end)) if *from <= *end || length(*end, *from) <= gap => {
                    *end = (*end).max(*to);
                }
                Some(_) | None => sessions.push((*from, *to)),
            }
        }
        sessions
    }
}

fn exceeds(n: usize, most: u32) -> bool {
    u32::try_from(n).map_or(true, |n| n > most)
}

fn length(from: Timestamp, to: Timestamp) -> Duration {
    to.duration_since(from).unsigned_abs()
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plays(0) => f.write_str("no plays"),
            Self::Plays(most) => write!(f, "at most {most} plays a day"),
            Self::Sessions(most) => write!(f, "at most {most} sessions a day"),
            Self::Sound(most) => write!(f, "at most {} minutes a day", most.as_secs() / 60),
            Self::Session(most) => {
                write!(f, "at most {} minutes a session", most.as_secs() / 60)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WARD: &str = "Asia/Ho_Chi_Minh";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// Minutes of a Monday, from..to.
    fn usage(plays: &[(i64, i64)]) -> Usage {
        let monday = at("2026-01-05T00:00:00+07:00").as_second();
        let minute = |it: i64| Timestamp::from_second(monday + it * 60).unwrap();
        Usage::new(plays.iter().map(|(from, to)| (minute(*from), minute(*to))).collect())
    }

    fn broken(limit: Limit, plays: &[(i64, i64)]) -> bool {
        let quota = Quota { limits: vec![limit], ..Quota::hanoi_urban().remove(0) };
        quota.broken(&usage(plays)).is_some()
    }

    #[test]
    fn three_items_in_a_row_are_one_session() {
        let morning = [(360, 365), (365, 370), (372, 375)];
        assert!(!broken(Limit::Sessions(1), &morning));
        assert!(broken(Limit::Plays(2), &morning));
        assert!(!broken(Limit::Session(Duration::from_mins(15)), &morning));
        assert!(broken(Limit::Session(Duration::from_mins(14)), &morning));
        assert!(!broken(Limit::Sound(Duration::from_mins(13)), &morning));
        assert!(broken(Limit::Sound(Duration::from_mins(12)), &morning));
        assert!(broken(Limit::Sessions(1), &[(360, 365), (371, 372)]));
    }

    #[test]
    fn a_band_over_midnight_belongs_to_the_day_it_begins_on() {
        let band = Band {
            weekdays: vec![Weekday::Monday],
            from: Time::constant(22, 0, 0, 0),
            to: Time::constant(2, 0, 0, 0),
        };
        let zone = TimeZone::get(WARD).unwrap();
        let day = |text: &str| band.day_of(at(text), &zone).map(|it| it.to_string());
        assert_eq!(day("2026-01-05T22:00:00+07:00").as_deref(), Some("2026-01-05"));
        assert_eq!(day("2026-01-06T01:59:59+07:00").as_deref(), Some("2026-01-05"));
        assert_eq!(day("2026-01-06T02:00:00+07:00"), None);
        assert_eq!(day("2026-01-05T01:00:00+07:00"), None, "that band began on Sunday");
    }

    #[test]
    fn emergencies_are_never_limited() {
        for quota in Quota::hanoi_urban() {
            assert!(!quota.covers(Priority::Emergency));
            assert!(quota.covers(Priority::Normal));
        }
        assert_eq!(Quota::preset("hanoi-rural"), None);
        assert!(Quota::preset("hanoi-urban").is_some());
    }
}
