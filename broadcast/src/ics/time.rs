//! Dates, times and lengths as .ics writes them.

use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// Nothing in a ward's calendar is longer.
const LONGEST: Duration = Duration::from_hours(366 * 24);

pub(super) fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The date that a midnight in UTC stands for.
pub(super) fn date_of(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}

pub(super) fn midnight(date: Date) -> Timestamp {
    let midnight = date.to_zoned(TimeZone::UTC);
    midnight.map_or(Timestamp::MAX, |it| it.timestamp())
}

pub(super) fn date(text: &str) -> Result<Date, String> {
    let is_plain = text.len() == 8 && text.bytes().all(|it| it.is_ascii_digit());
    let parsed = Date::strptime("%Y%m%d", text).ok().filter(|_| is_plain);
    parsed.ok_or_else(|| format!("{text:?} is not a date such as 20260902"))
}

/// An instant: in UTC with a Z, else on the wall clock of `zone`, where a time in a gap is after it and
/// one in a fold is its first pass.
pub(super) fn instant(text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    let (text, zone) = match text.strip_suffix('Z') {
        Some(text) => (text, &TimeZone::UTC),
        None => (text, zone),
    };
    let local = DateTime::strptime("%Y%m%dT%H%M%S", text).ok();
    let instant = local.and_then(|it| zone.to_ambiguous_timestamp(it).compatible().ok());
    instant.ok_or_else(|| format!("{text:?} is not a time such as 20260902T053000"))
}

/// RFC 5545 section 3.3.6. A day is 24 hours.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("DURATION:{text} is not a length of time within a year, such as PT15M");
    let span: Span = text.trim_start_matches('+').parse().map_err(|_| wrong())?;
    let n_days = i64::from(span.get_weeks()) * 7 + i64::from(span.get_days());
    let n_hours = n_days * 24 + i64::from(span.get_hours());
    let n_seconds = (n_hours * 60 + span.get_minutes()) * 60 + span.get_seconds();
    let is_plain = span.get_years() == 0 && span.get_months() == 0;
    let seconds = u64::try_from(n_seconds).ok().filter(|it| *it > 0 && is_plain);
    let duration = seconds.map(Duration::from_secs).filter(|it| *it <= LONGEST);
    duration.ok_or_else(wrong)
}

pub(super) fn written_duration(duration: Duration) -> String {
    format!("PT{}S", duration.as_secs())
}
