//! One VEVENT: what its lines say before anybody looks at the others.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::component::Block;
use super::line::{Line, unescaped};
use super::time;
use super::zone::Zones;
use crate::schedule::{Rule, Schedule};

/// What identifies an event or tells of it, and is given once.
const SINGLE: [&str; 8] =
    ["UID", "SUMMARY", "DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "STATUS", "RRULE"];
const LONGEST_UID: usize = 255;
const LONGEST_SUMMARY: usize = 1_000;

#[derive(Debug)]
pub(super) struct Raw {
    pub number: usize,
    pub uid: String,
    pub summary: String,
    pub is_all_day: bool,
    pub is_cancelled: bool,
    pub schedule: Schedule,
    pub duration: Option<Duration>,
    /// The start that it replaces.
    pub replaces: Option<Timestamp>,
}

/// The UID, as it is written, of an event that may be wrong in other ways.
pub(super) fn uid(block: &Block) -> Option<&str> {
    let found = block.lines.iter().find(|it| it.name == "UID");
    found.map(|it| it.value.trim()).filter(|it| !it.is_empty() && it.len() <= LONGEST_UID)
}

pub(super) fn parse(block: &Block, zones: &Zones) -> Result<Raw, String> {
    let reader = Reader { block, zones };
    reader.check_names()?;
    let uid = unescaped(uid(block).ok_or("has no UID, or one longer than 255 bytes")?);
    let start = reader.line("DTSTART").ok_or("has no DTSTART")?;
    let is_all_day = start.param("VALUE") == Some("DATE") || !start.value.contains('T');
    let at = reader.instant(start, is_all_day)?;
    let replaces = match reader.line("RECURRENCE-ID") {
        Some(it) if it.param("RANGE").is_some() => {
            return Err(
                "RECURRENCE-ID with a RANGE is not understood: make two events of it".into()
            );
        }
        Some(it) => Some(reader.instant(it, is_all_day)?),
        None => None,
    };
    let summary = reader.line("SUMMARY").map_or_else(String::new, |it| unescaped(&it.value));
    if summary.len() > LONGEST_SUMMARY {
        return Err(format!("SUMMARY is longer than {LONGEST_SUMMARY} bytes"));
    }
    Ok(Raw {
        number: block.number,
        uid,
        summary,
        is_all_day,
        is_cancelled: reader.line("STATUS").is_some_and(|it| it.is("STATUS", "CANCELLED")),
        schedule: reader.schedule(start, at, is_all_day)?,
        duration: reader.duration(at, is_all_day)?,
        replaces,
    })
}

struct Reader<'a> {
    block: &'a Block,
    zones: &'a Zones,
}

impl<'a> Reader<'a> {
    fn check_names(&self) -> Result<(), String> {
        for name in SINGLE {
            if self.block.lines.iter().filter(|it| it.name == name).count() > 1 {
                return Err(format!("{name} is given twice"));
            }
        }
        if self.line("EXRULE").is_some() {
            return Err("EXRULE is not understood: use EXDATE".to_owned());
        }
        Ok(())
    }

    fn line(&self, name: &str) -> Option<&'a Line> {
        self.block.lines.iter().find(|it| it.name == name)
    }

    fn instant(&self, line: &Line, is_all_day: bool) -> Result<Timestamp, String> {
        let value = line.value.trim();
        let parsed = if is_all_day {
            time::date(value).map(time::midnight)
        } else {
            let (_, zone) = self.zones.find(line.param("TZID"))?;
            time::instant(value, &zone)
        };
        parsed.map_err(|err| format!("{}: {err}", line.name))
    }

    fn duration(&self, at: Timestamp, is_all_day: bool) -> Result<Option<Duration>, String> {
        let a_day = Duration::from_hours(24);
        let duration = match (self.line("DTEND"), self.line("DURATION")) {
            (Some(_), Some(_)) => return Err("has DTEND and DURATION: leave one out".to_owned()),
            (Some(end), None) => {
                let length = self.instant(end, is_all_day)?.duration_since(at);
                let length = Duration::try_from(length).ok().filter(|it| !it.is_zero());
                Some(length.ok_or("DTEND is not after DTSTART")?)
            }
            (None, Some(it)) => Some(time::duration(it.value.trim())?),
            (None, None) => is_all_day.then_some(a_day),
        };
        if is_all_day && duration.is_some_and(|it| it.as_secs() % a_day.as_secs() != 0) {
            return Err("is of whole days, but its length is not".to_owned());
        }
        Ok(duration)
    }

    fn schedule(&self, start: &Line, at: Timestamp, is_all_day: bool) -> Result<Schedule, String> {
        let of_rule = |it: &&Line| matches!(it.name.as_str(), "RRULE" | "RDATE" | "EXDATE");
        let lines: Vec<&Line> = self.block.lines.iter().filter(of_rule).collect();
        if lines.is_empty() {
            return Ok(Schedule::At(at));
        }
        let mut text = vec![self.dates("DTSTART", start, is_all_day)?];
        for line in &lines {
            text.push(match line.name.as_str() {
                "RRULE" => format!("RRULE:{}", line.value.trim()),
                name => self.dates(name, line, is_all_day)?,
            });
        }
        if !lines.iter().any(|it| it.name == "RRULE") {
            // Without a rule the start is the first of the dates.
            let first = text[0].replacen("DTSTART", "RDATE", 1);
            if !text.contains(&first) {
                text.push(first);
            }
        }
        let rule = Rule::parse(&text.join("\n"), "UTC").map_err(|err| err.to_string())?;
        Ok(Schedule::Rule(rule))
    }

    /// A line of dates in the words of a rule: with an IANA name, and midnights for whole days.
    fn dates(&self, name: &str, line: &Line, is_all_day: bool) -> Result<String, String> {
        if line.param("VALUE") == Some("PERIOD") {
            return Err(format!("{name} with periods is not understood: list the starts"));
        }
        let values: Vec<&str> = line.value.split(',').map(str::trim).collect();
        if is_all_day {
            let midnights: Result<Vec<String>, String> = values
                .iter()
                .map(|it| time::date(it).map(|it| time::utc(time::midnight(it))))
                .collect();
            return midnights.map(|it| format!("{name}:{}", it.join(",")));
        }
        if values.iter().all(|it| it.ends_with('Z')) {
            return Ok(format!("{name}:{}", values.join(",")));
        }
        let (zone_name, zone) = self.zones.find(line.param("TZID"))?;
        if zone == TimeZone::UTC {
            let utc: Vec<String> =
                values.iter().map(|it| format!("{}Z", it.trim_end_matches('Z'))).collect();
            return Ok(format!("{name}:{}", utc.join(",")));
        }
        Ok(format!("{name};TZID={zone_name}:{}", values.join(",")))
    }
}
