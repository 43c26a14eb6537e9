//! The stretch of time that is asked about.

use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// More is not a question about a calendar, and would fill a disk.
const LONGEST: Duration = Duration::from_hours(10 * 366 * 24);
/// A day rule moves a play by up to a month.
const AROUND: Duration = Duration::from_hours(40 * 24);

#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// Start of the window: RFC 3339, or a local date or time such as 2026-09-02 or
    /// 2026-09-02T05:00.
    #[arg(long, value_name = "T")]
    from: String,
    /// End of the window; not in it itself.
    #[arg(long, value_name = "T")]
    to: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Args {
    #[cfg(test)]
    pub(super) fn of(from: &str, to: &str) -> Self {
        Self { from: from.to_owned(), to: to.to_owned() }
    }

    /// With local times on the wall clock of `zone`.
    pub(super) fn believe(&self, zone: &TimeZone) -> Result<Window, String> {
        let from = instant(&self.from, zone).ok_or_else(|| not_a_time("--from", &self.from))?;
        let to = instant(&self.to, zone).ok_or_else(|| not_a_time("--to", &self.to))?;
        let length = to.duration_since(from);
        if length <= SignedDuration::ZERO {
            return Err(format!("--to {} is not after --from {}", self.to, self.from));
        }
        if length.unsigned_abs() > LONGEST {
            return Err("the window is longer than ten years: ask for a part of it".to_owned());
        }
        Ok(Window { from, to })
    }
}

impl Window {
    /// Those of every day that may matter, in any zone.
    pub(super) fn years(self) -> RangeInclusive<i16> {
        let year = |at: Timestamp| TimeZone::UTC.to_datetime(at).year();
        let first = self.from.checked_sub(AROUND).unwrap_or(Timestamp::MIN);
        let last = self.to.checked_add(AROUND).unwrap_or(Timestamp::MAX);
        year(first)..=year(last)
    }
}

fn not_a_time(option: &str, text: &str) -> String {
    format!("{option} {text:?} is not a time: write 2026-09-02, 2026-09-02T05:00 or RFC 3339")
}

/// RFC 3339, or a date or date and time on the wall clock of `zone`.
fn instant(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let local = || {
        let wall_clock: DateTime = text.parse().ok()?;
        zone.to_ambiguous_timestamp(wall_clock).compatible().ok()
    };
    text.parse().ok().or_else(local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_given_in_utc_or_on_the_wards_wall_clock() {
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        let new_year: Timestamp = "2025-12-31T17:00:00Z".parse().unwrap();
        for text in ["2026-01-01", "2026-01-01T00:00", "2026-01-01T00:00:00+07:00"] {
            assert_eq!(instant(text, &zone), Some(new_year), "{text}");
        }
        assert_eq!(instant("tomorrow", &zone), None);
    }

    #[test]
    fn layers_cover_the_years_around_a_window() {
        let args = Args::of("2026-12-01", "2026-12-05");
        assert_eq!(args.believe(&TimeZone::UTC).unwrap().years(), 2026..=2027);
    }
}
