//! When a cluster fetches what it is to play later. Pure: two instants in, one out.
//!
//! Orders come a week ahead, and every cluster of a ward has them within seconds. Content that is needed
//! soon is fetched at once; content that is not waits for the hours in which the ward's links are idle. Either
//! way each cluster begins at another time, which its own id decides, so that a ward that comes back from a
//! power cut does not ask its box for everything in the same second.

use std::time::Duration;

use base::{DeviceId, Sha256};
use jiff::{SignedDuration, Timestamp};

use crate::quiet::QuietHours;

/// What is needed within this is never put off: the box needs seconds for a warning to reach a ward.
const AT_ONCE: Duration = Duration::from_mins(1);
/// Of the time that is left, so much may pass before a fetch begins.
const SHARE_OF_LEFT: u32 = 8;
/// Of an idle stretch, so much is spread over: who begins last has the rest for fetching.
const SHARE_OF_IDLE: u32 = 2;

/// How a cluster fetches ahead.
#[derive(Clone, Debug)]
pub struct Prefetch {
    /// `None`: at any hour.
    pub off_peak: Option<QuietHours>,
    /// What is needed within this is fetched whatever the hour.
    pub within: Duration,
    /// Over how long a ward spreads what is fetched whatever the hour.
    pub spread: Duration,
    /// This cluster's place in the spread.
    pub place: Place,
}

/// Where in a spread a device begins. Invariant: `0.0..1.0`, the same for ever for one device.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Place(f64);

impl Prefetch {
    /// Never puts anything off: for tests, and for a ward whose links are idle by day as well.
    pub fn at_once() -> Self {
        let (within, spread) = (Duration::MAX, Duration::ZERO);
        Self { off_peak: None, within, spread, place: Place::default() }
    }

    /// When to begin fetching what is needed at `needed_at` and was ordered, or is asked for again after
    /// a start, at `known_at`. Never before `known_at`, and always before `needed_at` if that is ahead.
    pub fn begin_at(&self, needed_at: Timestamp, known_at: Timestamp) -> Timestamp {
        let left = Duration::try_from(needed_at.duration_since(known_at)).unwrap_or_default();
        let soon = self.soon(known_at, left);
        let Some(last) = left.checked_sub(self.within).filter(|it| !it.is_zero()) else {
            return soon;
        };
        let Some(off_peak) = &self.off_peak else { return soon };
        // From then on the hour does not matter any more.
        let last = self.soon(add(known_at, last), self.within);
        let Some((from, to)) = off_peak.next_stretch(known_at) else { return soon };
        let from = from.max(known_at);
        let idle = Duration::try_from(to.duration_since(from)).unwrap_or_default();
        add(from, self.place.of(idle / SHARE_OF_IDLE)).min(last)
    }

    /// When to begin fetching what nobody ordered yet but anybody may at any time, asked for since
    /// `known_at`: at any hour, and spread like what is needed today.
    pub fn begin_ahead(&self, known_at: Timestamp) -> Timestamp {
        self.soon(known_at, self.within)
    }

    fn soon(&self, from: Timestamp, left: Duration) -> Timestamp {
        let spread = left.saturating_sub(AT_ONCE) / SHARE_OF_LEFT;
        add(from, self.place.of(spread.min(self.spread)))
    }
}

impl Place {
    /// Evenly, by the hash of its id.
    pub fn of_device(device: &DeviceId) -> Self {
        let [a, b, c, d, ..] = *Sha256::of(device.as_str().as_bytes()).as_bytes();
        Self(f64::from(u32::from_be_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0))
    }

    /// How long after the first of a ward this one begins.
    pub fn of(self, spread: Duration) -> Duration {
        spread.mul_f64(self.0)
    }
}

fn add(at: Timestamp, later: Duration) -> Timestamp {
    let later = SignedDuration::try_from(later).unwrap_or(SignedDuration::MAX);
    at.checked_add(later).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::civil::Time;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;

    fn night(place: f64) -> Prefetch {
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        let (from, to) = (Time::constant(22, 0, 0, 0), Time::constant(4, 0, 0, 0));
        Prefetch {
            off_peak: Some(QuietHours::new(from, to, zone).unwrap()),
            within: Duration::from_hours(12),
            spread: Duration::from_mins(5),
            place: Place(place),
        }
    }

    fn at(text: &str) -> Timestamp {
        format!("{text}:00+07:00").parse().unwrap()
    }

    fn begins(place: f64, known: &str, needed: &str) -> Timestamp {
        night(place).begin_at(at(needed), at(known))
    }

    #[test]
    fn a_warning_is_never_put_off() {
        for place in [0.0, 0.999] {
            assert_eq!(
                begins(place, "2026-01-05T09:00", "2026-01-05T09:01"),
                at("2026-01-05T09:00")
            );
            // Its time has come already: late is late enough.
            assert_eq!(
                begins(place, "2026-01-05T09:05", "2026-01-05T09:01"),
                at("2026-01-05T09:05")
            );
        }
    }

    #[test]
    fn what_is_needed_today_is_spread_over_a_few_minutes() {
        assert_eq!(begins(0.0, "2026-01-05T09:00", "2026-01-05T17:00"), at("2026-01-05T09:00"));
        let half = SignedDuration::from_secs(150);
        assert_eq!(
            begins(0.5, "2026-01-05T09:00", "2026-01-05T17:00"),
            at("2026-01-05T09:00") + half
        );
        // Nine minutes ahead: an eighth of eight minutes at most.
        let half = SignedDuration::from_secs(30);
        assert_eq!(
            begins(0.5, "2026-01-05T09:00", "2026-01-05T09:09"),
            at("2026-01-05T09:00") + half
        );
    }

    #[test]
    fn what_anybody_may_order_does_not_wait_for_the_night() {
        let nine = at("2026-01-05T09:00");
        assert_eq!(night(0.0).begin_ahead(nine), nine);
        assert_eq!(night(0.5).begin_ahead(nine), nine + SignedDuration::from_secs(150));
        assert_eq!(Prefetch::at_once().begin_ahead(nine), nine);
    }

    #[test]
    fn what_is_needed_in_days_waits_for_the_night_and_is_spread_over_half_of_it() {
        assert_eq!(begins(0.0, "2026-01-05T09:00", "2026-01-09T17:00"), at("2026-01-05T22:00"));
        assert_eq!(begins(0.5, "2026-01-05T09:00", "2026-01-09T17:00"), at("2026-01-05T23:30"));
        // Ordered by night: what is left of it.
        assert_eq!(begins(0.5, "2026-01-05T02:00", "2026-01-09T17:00"), at("2026-01-05T02:30"));
        // Needed before the night has helped: twelve hours before, and spread.
        let five = SignedDuration::from_secs(150);
        assert_eq!(
            begins(0.5, "2026-01-05T09:00", "2026-01-05T22:00"),
            at("2026-01-05T10:00") + five
        );
    }

    #[test]
    fn devices_are_spread_evenly_and_each_keeps_its_place() {
        let places: Vec<f64> = (1..=272)
            .map(|n| Place::of_device(&format!("loa-demo-{n:03}").parse().unwrap()).0)
            .collect();
        for quarter in [0.0, 0.25, 0.5, 0.75] {
            let n = places.iter().filter(|it| (quarter..quarter + 0.25).contains(*it)).count();
            assert!((45..=95).contains(&n), "{n} of 272 from {quarter} on");
        }
        let one: DeviceId = "loa-demo-001".parse().unwrap();
        assert_eq!(Place::of_device(&one), Place::of_device(&one));
    }

    proptest! {
        #[test]
        fn a_fetch_begins_between_its_order_and_its_play(
            place in 0.0_f64..1.0, known in 0_i64..400 * 86_400, left in 1_i64..8 * 86_400,
        ) {
            let known = Timestamp::from_second(1_767_225_600 + known).unwrap();
            let needed = known + SignedDuration::from_secs(left);
            let begins = night(place).begin_at(needed, known);
            prop_assert!(begins >= known);
            // With at least seven eighths of what is left, or half a night, for the fetching itself.
            prop_assert!(begins.duration_since(known).as_secs() <= left - left.min(12 * 3_600) * 7 / 8);
        }
    }
}
