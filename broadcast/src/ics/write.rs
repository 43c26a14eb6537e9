//! A calendar as a file that others read, too: with the time zones that it names.

mod timezone;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::line::{escaped, push};
use super::time::{date_of, utc, written_duration};
use super::{Calendar, Change, Event};
use crate::schedule::Schedule;

/// Writes `calendar`, stamped `now`. Times are of whole seconds. [`read`](super::read) gives the same
/// calendar again, but for its cancelled events.
pub fn write(calendar: &Calendar, now: Timestamp) -> String {
    let mut out = String::new();
    for line in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Vọng//Vọng//VI", "CALSCALE:GREGORIAN"]
    {
        push(&mut out, line);
    }
    if let Some(name) = &calendar.name {
        push(&mut out, &format!("X-WR-CALNAME:{}", escaped(name)));
    }
    for (name, from) in zones(calendar) {
        timezone::write(&mut out, name, from);
    }
    for event in &calendar.events {
        Writer { out: &mut out, event, now }.write();
    }
    push(&mut out, "END:VCALENDAR");
    out
}

/// The zones of all rules, with the first year that needs them.
fn zones(calendar: &Calendar) -> BTreeMap<&str, i16> {
    let mut zones = BTreeMap::new();
    for event in &calendar.events {
        let Schedule::Rule(rule) = &event.schedule else { continue };
        for (head, values) in rule.as_str().lines().filter_map(|it| it.split_once(':')) {
            let Some((_, name)) = head.split_once(";TZID=") else { continue };
            let year = values.get(..4).and_then(|it| it.parse().ok()).unwrap_or(2000);
            zones.entry(name).and_modify(|it: &mut i16| *it = year.min(*it)).or_insert(year);
        }
    }
    zones
}

struct Writer<'a> {
    out: &'a mut String,
    event: &'a Event,
    now: Timestamp,
}

impl Writer<'_> {
    fn write(&mut self) {
        let Event { schedule, summary, duration, changes, .. } = self.event;
        self.begin();
        match schedule {
            Schedule::At(at) => self.instant("DTSTART", *at),
            Schedule::Rule(rule) => rule.as_str().lines().for_each(|it| self.rule_line(it)),
        }
        self.end(summary, *duration);
        for (replaces, change) in changes {
            self.begin();
            self.replaced(*replaces);
            match change {
                Change::Cancelled => {
                    self.instant("DTSTART", *replaces);
                    push(self.out, "STATUS:CANCELLED");
                    self.end(summary, *duration);
                }
                Change::Moved { at, duration, summary } => {
                    self.instant("DTSTART", *at);
                    self.end(summary, *duration);
                }
            }
        }
    }

    fn begin(&mut self) {
        push(self.out, "BEGIN:VEVENT");
        push(self.out, &format!("UID:{}", escaped(&self.event.uid)));
        push(self.out, &format!("DTSTAMP:{}", utc(self.now)));
    }

    fn end(&mut self, summary: &str, duration: Option<std::time::Duration>) {
        if let Some(duration) = duration {
            let n_days = duration.as_secs() / 86_400;
            let length = if self.event.is_all_day {
                format!("P{n_days}D")
            } else {
                written_duration(duration)
            };
            push(self.out, &format!("DURATION:{length}"));
        }
        push(self.out, &format!("SUMMARY:{}", escaped(summary)));
        push(self.out, "END:VEVENT");
    }

    fn instant(&mut self, name: &str, at: Timestamp) {
        let line = if self.event.is_all_day {
            format!("{name};VALUE=DATE:{}", date_of(at).strftime("%Y%m%d"))
        } else {
            format!("{name}:{}", utc(at))
        };
        push(self.out, &line);
    }

    /// RECURRENCE-ID is to be on the clock of DTSTART, unless that shows it twice.
    fn replaced(&mut self, at: Timestamp) {
        let zone_name = match &self.event.schedule {
            Schedule::Rule(rule) => {
                rule.as_str().lines().next().and_then(|it| it.split_once(";TZID="))
            }
            Schedule::At(_) => None,
        };
        let zone_name = zone_name.and_then(|(_, it)| it.split_once(':')).map(|(name, _)| name);
        let zone = zone_name.and_then(|it| TimeZone::get(it).ok());
        let local = zone.map(|it| (it.to_datetime(at), it.clone()));
        let local =
            local.filter(|(local, zone)| !zone.to_ambiguous_timestamp(*local).is_ambiguous());
        match (zone_name, local) {
            (Some(name), Some((local, _))) => {
                let local = local.strftime("%Y%m%dT%H%M%S");
                push(self.out, &format!("RECURRENCE-ID;TZID={name}:{local}"));
            }
            (_, _) => self.instant("RECURRENCE-ID", at),
        }
    }

    /// A line of a rule as it is, or, for whole days, with dates in place of its midnights.
    fn rule_line(&mut self, line: &str) {
        let (head, value) = line.split_once(':').unwrap_or((line, ""));
        if !self.event.is_all_day {
            push(self.out, line);
        } else if head == "RRULE" {
            let parts: Vec<&str> = value
                .split(';')
                .map(|it| if it.starts_with("UNTIL=") { it.get(..14).unwrap_or(it) } else { it })
                .collect();
            push(self.out, &format!("RRULE:{}", parts.join(";")));
        } else {
            let dates: Vec<&str> = value.split(',').map(|it| it.get(..8).unwrap_or(it)).collect();
            push(self.out, &format!("{head};VALUE=DATE:{}", dates.join(",")));
        }
    }
}
