//! Calendars as .ics files (RFC 5545): read whole or not at all, and written so that reading gives the
//! same again.
//!
//! Understood of a VEVENT: DTSTART, DTEND or DURATION, RRULE, RDATE, EXDATE, SUMMARY, UID,
//! STATUS:CANCELLED and RECURRENCE-ID. To-dos, journals, alarms and all other properties are passed over.
//! Refused, with the line and the event: RANGE=THISANDFUTURE, EXRULE, RDATE periods, and whatever
//! [`Rule`](crate::schedule::Rule) refuses.

mod component;
mod event;
mod layer;
mod line;
mod read;
mod refused;
mod time;
mod write;
mod zone;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::schedule::{Rule, RuleError, Schedule};

pub use layer::{read_layer, write_layer};
pub use read::{read, read_schedules};
pub use refused::{Problem, Refused};
pub use write::write;

/// A ward's calendar of years is a tenth of it.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;
pub const MAX_EVENTS: usize = 2_000;
/// What all rules of a file together may start in a day.
pub const MAX_STARTS_A_DAY: usize = 1_000;

/// Single starts that are changed, in a file. Each costs a walk through its rule.
pub const MAX_CHANGES: usize = 500;

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    pub name: Option<String>,
    pub events: Vec<Event>,
    /// UIDs of events that the file calls off as a whole. [`write`] leaves them out.
    pub cancelled: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Never empty, and once in a calendar.
    pub uid: String,
    pub summary: String,
    /// Of whole days. Then starts are midnights in UTC that stand for their dates, whatever the ward's
    /// zone, and `duration` is of whole days.
    pub is_all_day: bool,
    pub schedule: Schedule,
    /// From DTEND or DURATION. How long a bulletin sounds is for its audio to say.
    pub duration: Option<Duration>,
    /// Single starts that are something else, by the start that the schedule gives (RECURRENCE-ID).
    pub changes: BTreeMap<Timestamp, Change>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Cancelled,
    Moved { at: Timestamp, duration: Option<Duration>, summary: String },
}

/// A part of an event that can be planned by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub schedule: Schedule,
    pub summary: String,
    pub duration: Option<Duration>,
}

impl Event {
    /// The event as schedules that know no changes: itself without the starts that changed, and each of
    /// those that moved. It may be none. Refuses a rule that its exceptions make too long.
    pub fn parts(&self) -> Result<Vec<Part>, RuleError> {
        let unchanged = match &self.schedule {
            Schedule::At(at) => (!self.changes.contains_key(at)).then_some(Schedule::At(*at)),
            Schedule::Rule(rule) if self.changes.is_empty() => Some(Schedule::Rule(rule.clone())),
            Schedule::Rule(rule) => {
                let without: Vec<String> = self.changes.keys().map(|it| time::utc(*it)).collect();
                let text = format!("{}\nEXDATE:{}", rule.as_str(), without.join(","));
                Some(Schedule::Rule(Rule::parse(&text, "UTC")?))
            }
        };
        let mut parts: Vec<Part> = unchanged
            .into_iter()
            .map(|schedule| Part {
                schedule,
                summary: self.summary.clone(),
                duration: self.duration,
            })
            .collect();
        parts.extend(self.changes.values().filter_map(|it| match it {
            Change::Cancelled => None,
            Change::Moved { at, duration, summary } => Some(Part {
                schedule: Schedule::At(*at),
                summary: summary.clone(),
                duration: *duration,
            }),
        }));
        Ok(parts)
    }
}

#[cfg(test)]
mod tests;
