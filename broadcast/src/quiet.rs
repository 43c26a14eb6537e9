//! The hours in which a ward sleeps, in its own zone. An emergency does not ask here.

use std::time::Duration;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// A daily stretch of local time, over midnight if `to` is not after `from`.
/// Invariant: `from != to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuietHours {
    from: Time,
    to: Time,
    zone: TimeZone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("quiet hours from {0} to {0} are none or all of the day: give two different times")]
pub struct QuietHoursError(Time);

impl QuietHours {
    pub fn new(from: Time, to: Time, zone: TimeZone) -> Result<Self, QuietHoursError> {
        if from == to { Err(QuietHoursError(from)) } else { Ok(Self { from, to, zone }) }
    }

    /// 21:00 to 06:00, what the noise rules call night (QCVN 26, domain notes section 3).
    pub fn night(zone: TimeZone) -> Self {
        Self { from: Time::constant(21, 0, 0, 0), to: Time::constant(6, 0, 0, 0), zone }
    }

    pub fn from(&self) -> Time {
        self.from
    }

    pub fn to(&self) -> Time {
        self.to
    }

    /// Is it quiet time at `at`? The first instant is, the last is not.
    pub fn contain(&self, at: Timestamp) -> bool {
        self.touch(at, Duration::ZERO)
    }

    /// Would a sound that starts at `at` and lasts `length` be heard in quiet time?
    pub fn touch(&self, at: Timestamp, length: Duration) -> bool {
        let end = at.checked_add(length).unwrap_or(Timestamp::MAX);
        let Ok(first) = self.zone.to_datetime(at).date().yesterday() else { return true };
        let last = self.zone.to_datetime(end).date();
        let mut day = first;
        while day <= last {
            // A day that cannot be computed is at the end of the calendar: silence is the safe side.
            let Some((quiet_from, quiet_to)) = self.night_of(day) else { return true };
            let starts_inside = quiet_from <= at && at < quiet_to;
            let runs_into = at < quiet_from && quiet_from < end;
            if starts_inside || runs_into {
                return true;
            }
            let Ok(next) = day.tomorrow() else { return true };
            day = next;
        }
        false
    }

    /// The stretch that `at` is in, or the next one.
    pub fn next_stretch(&self, at: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let mut day = self.zone.to_datetime(at).date().yesterday().ok()?;
        // Yesterday's may still go on, and today's may be over: tomorrow's is not.
        for _ in 0..3 {
            let (from, to) = self.night_of(day)?;
            if at < to {
                return Some((from, to));
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// The quiet stretch that begins on local `day`. A time inside a DST gap moves on by the gap, one
    /// inside a fold is its first pass at the start and its second at the end: never a shorter night.
    fn night_of(&self, day: Date) -> Option<(Timestamp, Timestamp)> {
        let end_day = if self.from < self.to { day } else { day.checked_add(1.day()).ok()? };
        let from = self.zone.to_ambiguous_timestamp(day.to_datetime(self.from));
        let to = self.zone.to_ambiguous_timestamp(end_day.to_datetime(self.to));
        Some((from.earlier().ok()?, to.later().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn night(zone: &str) -> QuietHours {
        QuietHours::night(TimeZone::get(zone).unwrap())
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const QUARTER: Duration = Duration::from_mins(15);

    #[test]
    fn the_music_at_04_45_is_quiet_time() {
        let ward = night("Asia/Ho_Chi_Minh");
        assert!(ward.contain(at("2025-12-08T04:45:00+07:00")));
        assert!(ward.contain(at("2025-12-08T03:15:00+07:00")));
        assert!(!ward.contain(at("2025-12-08T06:00:00+07:00")));
        assert!(!ward.contain(at("2025-12-08T20:59:59+07:00")));
        assert!(ward.contain(at("2025-12-08T21:00:00+07:00")));
    }

    #[test]
    fn a_sound_that_runs_into_the_night_is_heard_in_the_night() {
        let ward = night("Asia/Ho_Chi_Minh");
        assert!(!ward.touch(at("2026-01-05T20:45:00+07:00"), QUARTER));
        assert!(ward.touch(at("2026-01-05T20:45:01+07:00"), QUARTER));
        assert!(ward.touch(at("2026-01-05T07:00:00+07:00"), Duration::from_hours(20)));
    }

    #[test]
    fn hours_within_one_day_do_not_wrap() {
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        let noon = QuietHours::new(Time::constant(12, 0, 0, 0), Time::constant(13, 30, 0, 0), zone);
        let noon = noon.unwrap();
        assert!(noon.contain(at("2026-01-05T13:29:59+07:00")));
        assert!(!noon.contain(at("2026-01-05T23:00:00+07:00")));
    }

    #[test]
    fn the_night_follows_the_wall_clock_through_both_changes() {
        let paris = night("Europe/Paris");
        for (quiet, loud) in [
            ("2026-03-29T05:59:59+02:00", "2026-03-29T06:00:00+02:00"),
            ("2026-10-25T05:59:59+01:00", "2026-10-25T06:00:00+01:00"),
        ] {
            assert!(paris.contain(at(quiet)), "{quiet}");
            assert!(!paris.contain(at(loud)), "{loud}");
        }
    }

    #[test]
    fn an_end_inside_a_fold_is_its_second_pass() {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let hours = QuietHours::new(Time::constant(22, 0, 0, 0), Time::constant(2, 30, 0, 0), zone);
        let hours = hours.unwrap();
        assert!(hours.contain(at("2026-10-25T02:45:00+02:00")));
        assert!(!hours.contain(at("2026-10-25T02:30:00+01:00")));
    }

    #[test]
    fn the_next_stretch_is_the_present_one_while_it_lasts() {
        let ward = night("Asia/Ho_Chi_Minh");
        let next = |text| ward.next_stretch(at(text)).unwrap().0;
        assert_eq!(next("2026-01-05T05:59:59+07:00"), at("2026-01-04T21:00:00+07:00"));
        assert_eq!(next("2026-01-05T06:00:00+07:00"), at("2026-01-05T21:00:00+07:00"));
        assert_eq!(next("2026-01-05T21:00:00+07:00"), at("2026-01-05T21:00:00+07:00"));
    }

    #[test]
    fn equal_times_are_refused() {
        let six = Time::constant(6, 0, 0, 0);
        let refused = QuietHours::new(six, six, TimeZone::UTC).unwrap_err();
        assert!(refused.to_string().contains("two different times"));
    }
}
