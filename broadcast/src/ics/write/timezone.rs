//! A VTIMEZONE for readers that do not know the IANA list: what its clocks do from a year on.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Dst, Offset, TimeZone};

use super::push;

/// Laws change clocks more often than that.
const N_YEARS: i16 = 15;

/// What the clocks change from and to, and what the time is called then.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    is_summer: bool,
    from: Offset,
    to: Offset,
    name: String,
}

pub(super) fn write(out: &mut String, name: &str, first_year: i16) {
    let Ok(zone) = TimeZone::get(name) else { return };
    // A year early, for a first of January on whatever clock.
    let beginning = new_year(first_year.saturating_sub(1));
    let end = new_year(first_year.saturating_add(N_YEARS));
    push(out, "BEGIN:VTIMEZONE");
    push(out, &format!("TZID:{name}"));
    push(out, &format!("X-LIC-LOCATION:{name}"));
    // The time at the beginning has no change that it came from.
    let first = zone.to_offset_info(beginning);
    let mut offset = first.offset();
    observance(
        out,
        &Change {
            is_summer: first.dst() == Dst::Yes,
            from: offset,
            to: offset,
            name: first.abbreviation().to_owned(),
        },
        &[local(beginning, offset)],
    );
    let mut changes: BTreeMap<Change, Vec<String>> = BTreeMap::new();
    for transition in zone.following(beginning).take_while(|it| it.timestamp() < end) {
        let change = Change {
            is_summer: transition.dst() == Dst::Yes,
            from: offset,
            to: transition.offset(),
            name: transition.abbreviation().to_owned(),
        };
        if change.from == change.to {
            // Nobody's clock changes then.
            continue;
        }
        changes.entry(change).or_default().push(local(transition.timestamp(), offset));
        offset = transition.offset();
    }
    for (change, onsets) in &changes {
        observance(out, change, onsets);
    }
    push(out, "END:VTIMEZONE");
}

fn new_year(year: i16) -> Timestamp {
    let day = Date::new(year, 1, 1).unwrap_or(Date::MAX);
    day.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |it| it.timestamp())
}

fn observance(out: &mut String, change: &Change, onsets: &[String]) {
    let kind = if change.is_summer { "DAYLIGHT" } else { "STANDARD" };
    push(out, &format!("BEGIN:{kind}"));
    for (nth, onset) in onsets.iter().enumerate() {
        let property = if nth == 0 { "DTSTART" } else { "RDATE" };
        push(out, &format!("{property}:{onset}"));
    }
    push(out, &format!("TZOFFSETFROM:{}", written(change.from)));
    push(out, &format!("TZOFFSETTO:{}", written(change.to)));
    push(out, &format!("TZNAME:{}", change.name));
    push(out, &format!("END:{kind}"));
}

/// Onsets are on the clock before the change.
fn local(at: Timestamp, offset: Offset) -> String {
    offset.to_datetime(at).strftime("%Y%m%dT%H%M%S").to_string()
}

fn written(offset: Offset) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
}
