//! The content lines of a rule: unfolded, checked, and with every local time given its zone, so that
//! nothing below us guesses one (a DTSTART without TZID would be read as UTC).

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::RuleError;

/// Longer is not a calendar entry of a ward.
const MAX_BYTES: usize = 16 * 1024;
const MAX_LINES: usize = 64;
const PROPERTIES: [&str; 4] = ["DTSTART", "RRULE", "RDATE", "EXDATE"];

struct Line<'a> {
    name: String,
    params: &'a str,
    value: &'a str,
}

/// Rewrites `text` so that every property names its zone. `default_zone` is an IANA name.
pub(super) fn with_zones(text: &str, default_zone: &str) -> Result<String, RuleError> {
    if text.len() > MAX_BYTES {
        return Err(RuleError::TooLong { max_bytes: MAX_BYTES });
    }
    let unfolded = unfold(text);
    let lines = unfolded.iter().map(|it| Line::parse(it));
    let lines: Vec<Line<'_>> = lines.collect::<Result<_, _>>()?;
    if lines.len() > MAX_LINES {
        return Err(malformed(format!("more than {MAX_LINES} lines")));
    }
    let mut starts = lines.iter().filter(|it| it.name == "DTSTART");
    let start = starts.next().ok_or(RuleError::NoStart)?;
    if starts.next().is_some() {
        return Err(malformed("DTSTART is given twice"));
    }
    let zone_name = start.param("TZID").unwrap_or(default_zone);
    let zone = zone(zone_name)?;
    let written: Result<Vec<String>, RuleError> =
        lines.iter().map(|it| it.written(zone_name, &zone)).collect();
    Ok(written?.join("\n"))
}

/// RFC 5545 section 3.1: a line break and a blank continue the line before. But people indent, too,
/// so a blank in front of a property's name is only that.
fn unfold(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().filter(|it| !it.trim().is_empty()) {
        let is_property = PROPERTIES.iter().any(|name| {
            line.trim_start().get(..name.len()).is_some_and(|it| it.eq_ignore_ascii_case(name))
        });
        match lines.last_mut() {
            Some(last) if !is_property && line.starts_with([' ', '\t']) => {
                last.push_str(line[1..].trim_end());
            }
            Some(_) | None => lines.push(line.trim().to_owned()),
        }
    }
    lines
}

impl<'a> Line<'a> {
    fn parse(line: &'a str) -> Result<Self, RuleError> {
        let (head, value) = line
            .split_once(':')
            .ok_or_else(|| malformed(format!("{line:?} has no colon after its name")))?;
        let (name, params) = head.split_once(';').unwrap_or((head, ""));
        Ok(Self { name: name.to_ascii_uppercase(), params, value })
    }

    fn param(&self, wanted: &str) -> Option<&'a str> {
        let pairs = self.params.split(';').filter_map(|it| it.split_once('='));
        pairs
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value)
    }

    fn written(&self, zone_name: &str, zone: &TimeZone) -> Result<String, RuleError> {
        match self.name.as_str() {
            "DTSTART" | "RDATE" | "EXDATE" => self.dates(zone_name),
            "RRULE" => Ok(format!("RRULE:{}", rule_with_until(self.value, zone)?)),
            other => Err(malformed(format!(
                "{other} is not understood; DTSTART, RRULE, RDATE and EXDATE are"
            ))),
        }
    }

    fn dates(&self, zone_name: &str) -> Result<String, RuleError> {
        for date in self.value.split(',') {
            // A bare date would mean midnight here, and exclude nothing in an EXDATE.
            if !date.contains('T') {
                return Err(RuleError::NoTimeOfDay { property: self.name.clone() });
            }
        }
        let n_utc = self.value.split(',').filter(|it| it.ends_with('Z')).count();
        if n_utc == self.value.split(',').count() {
            return Ok(format!("{}:{}", self.name, self.value));
        }
        if n_utc > 0 {
            return Err(malformed(format!("{} mixes UTC and local times", self.name)));
        }
        self.local_dates(self.param("TZID").unwrap_or(zone_name))
    }

    /// A time that a clock change skips or shows twice cannot be said in local time below us: it is
    /// written in UTC, on a line of its own.
    fn local_dates(&self, zone_name: &str) -> Result<String, RuleError> {
        let zone = zone(zone_name)?;
        let (mut certain, mut resolved) = (Vec::new(), Vec::new());
        for text in self.value.split(',') {
            let Ok(date) = DateTime::strptime("%Y%m%dT%H%M%S", text) else {
                return Err(malformed(format!("{text:?} is not a time such as 20260105T053000")));
            };
            let instant = zone.to_ambiguous_timestamp(date);
            if !instant.is_ambiguous() {
                certain.push(text);
                continue;
            }
            if self.name == "DTSTART" {
                return Err(RuleError::UncertainStart { at: date, zone: zone_name.to_owned() });
            }
            let instant = instant.compatible().map_err(|err| malformed(err.to_string()))?;
            resolved.push(utc(instant));
        }
        let mut lines = Vec::new();
        if !certain.is_empty() {
            lines.push(format!("{};TZID={zone_name}:{}", self.name, certain.join(",")));
        }
        if !resolved.is_empty() {
            lines.push(format!("{}:{}", self.name, resolved.join(",")));
        }
        Ok(lines.join("\n"))
    }
}

fn zone(name: &str) -> Result<TimeZone, RuleError> {
    TimeZone::get(name).map_err(|_| RuleError::UnknownZone { zone: name.to_owned() })
}

fn utc(instant: Timestamp) -> String {
    instant.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// UNTIL as RFC 5545 section 3.3.10 wants it, in UTC. A bare date means to the end of that day.
fn rule_with_until(value: &str, zone: &TimeZone) -> Result<String, RuleError> {
    let parts: Result<Vec<String>, RuleError> = value
        .split(';')
        .map(|part| match part.split_once('=') {
            Some((name, until)) if name.eq_ignore_ascii_case("UNTIL") && !until.ends_with('Z') => {
                Ok(format!("UNTIL={}", in_utc(until, zone)?))
            }
            Some(_) | None => Ok(part.to_owned()),
        })
        .collect();
    Ok(parts?.join(";"))
}

fn in_utc(local: &str, zone: &TimeZone) -> Result<String, RuleError> {
    let parsed: Option<DateTime> = if local.contains('T') {
        DateTime::strptime("%Y%m%dT%H%M%S", local).ok()
    } else {
        let end_of_day = Time::constant(23, 59, 59, 0);
        Date::strptime("%Y%m%d", local).ok().map(|day| day.to_datetime(end_of_day))
    };
    let instant = parsed.and_then(|it| zone.to_ambiguous_timestamp(it).later().ok());
    let instant = instant.ok_or_else(|| malformed(format!("UNTIL={local} is not a date")))?;
    Ok(utc(instant))
}

fn malformed(reason: impl Into<String>) -> RuleError {
    RuleError::Malformed { reason: reason.into() }
}
