//! A whole file: its events put together with their changes, and bounded.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::ToSpan as _;

use super::component::components;
use super::event::{self, Raw};
use super::line::lines;
use super::zone::Zones;
use super::{Calendar, Change, Event, MAX_BYTES, MAX_CHANGES, MAX_STARTS_A_DAY, Refused};
use crate::schedule::Schedule;

/// Reads a file. Local times without a TZID are in `default_zone`, an IANA name.
///
/// All or nothing: one wrong event refuses the file, and every wrong one is listed, up to a hundred.
/// Refused are files of more than [`MAX_BYTES`], [`MAX_EVENTS`](super::MAX_EVENTS), [`MAX_CHANGES`] or,
/// all rules taken together, [`MAX_STARTS_A_DAY`].
pub fn read(bytes: &[u8], default_zone: &str) -> Result<Calendar, Refused> {
    read_checked(bytes, default_zone, |_| None)
}

/// As [`read`], for bulletins: events of whole days are refused, because they have no time to play at.
pub fn read_schedules(bytes: &[u8], default_zone: &str) -> Result<Calendar, Refused> {
    read_checked(bytes, default_zone, |it| {
        it.is_all_day.then_some("is of whole days: a bulletin needs a time of day")
    })
}

/// `wrong` says what else is wrong with an event.
pub(super) fn read_checked(
    bytes: &[u8],
    default_zone: &str,
    wrong: impl Fn(&Raw) -> Option<&'static str>,
) -> Result<Calendar, Refused> {
    if bytes.len() > MAX_BYTES {
        let what = format!("the file is larger than {MAX_BYTES} bytes: import it in parts");
        return Err(Refused::of_file(what));
    }
    let mut refused = Refused::default();
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let found = components(lines(bytes, &mut refused), &mut refused);
    if found.events.is_empty() && refused.problems.is_empty() {
        return Err(Refused::of_file("there is no event (BEGIN:VEVENT) in the file"));
    }
    let zones = Zones::new(default_zone, &found.zones);
    let mut raws = Vec::with_capacity(found.events.len());
    for block in &found.events {
        let raw = event::parse(block, &zones);
        let raw = raw.and_then(|it| wrong(&it).map_or(Ok(it), |what| Err(what.to_owned())));
        match raw {
            Ok(raw) => raws.push(raw),
            Err(what) => refused.add(block.number, event::uid(block), what),
        }
    }
    check_load(&raws, &mut refused);
    if refused.problems.iter().any(|it| it.line == 0) {
        // Looking closer at too much is what the bounds are there to prevent.
        return refused.unless_any(Calendar::default());
    }
    let mut calendar = assemble(raws, &mut refused);
    calendar.name = found.name;
    refused.unless_any(calendar)
}

fn check_load(raws: &[Raw], refused: &mut Refused) {
    let n_a_day: usize = raws
        .iter()
        .map(|it| match &it.schedule {
            Schedule::Rule(rule) => rule.most_a_day(),
            Schedule::At(_) => 0,
        })
        .sum();
    if n_a_day > MAX_STARTS_A_DAY {
        let what = format!(
            "all rules together start up to {n_a_day} plays a day, more than {MAX_STARTS_A_DAY}"
        );
        refused.add(0, None, what);
    }
    let n_changes = raws.iter().filter(|it| it.replaces.is_some()).count();
    if n_changes > MAX_CHANGES {
        let what = format!(
            "{n_changes} single starts are changed, more than {MAX_CHANGES}: import the file in parts"
        );
        refused.add(0, None, what);
    }
}

/// Gives every change to its event.
fn assemble(raws: Vec<Raw>, refused: &mut Refused) -> Calendar {
    let mut calendar = Calendar::default();
    let mut cancelled = HashSet::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let (changes, masters): (Vec<Raw>, Vec<Raw>) =
        raws.into_iter().partition(|it| it.replaces.is_some());
    for raw in masters {
        let place = calendar.events.len();
        let is_known = cancelled.contains(&raw.uid) || places.contains_key(&raw.uid);
        if is_known {
            refused.add(raw.number, Some(&raw.uid), "its UID is used twice");
        } else if raw.is_cancelled {
            cancelled.insert(raw.uid.clone());
            calendar.cancelled.push(raw.uid);
        } else {
            places.insert(raw.uid.clone(), place);
            calendar.events.push(Event {
                uid: raw.uid,
                summary: raw.summary,
                is_all_day: raw.is_all_day,
                schedule: raw.schedule,
                duration: raw.duration,
                changes: BTreeMap::new(),
            });
        }
    }
    for raw in changes {
        if cancelled.contains(&raw.uid) {
            continue;
        }
        let event = places.get(&raw.uid).map(|place| &mut calendar.events[*place]);
        if let Err(what) = change(event, &raw) {
            refused.add(raw.number, Some(&raw.uid), what);
        }
    }
    calendar
}

fn change(event: Option<&mut Event>, raw: &Raw) -> Result<(), String> {
    let event = event.ok_or("changes an event that is not in the file")?;
    let replaces = raw.replaces.ok_or("has no RECURRENCE-ID")?;
    if event.is_all_day != raw.is_all_day {
        return Err("is of whole days and the event it changes is not, or the reverse".to_owned());
    }
    let next = replaces.checked_add(1.second()).map_err(|err| err.to_string())?;
    let starts = event.schedule.starts(replaces, next).map_err(|err| err.to_string())?;
    if starts.is_empty() {
        return Err("its RECURRENCE-ID is no start of the event it changes".to_owned());
    }
    let change = match &raw.schedule {
        _ if raw.is_cancelled => Change::Cancelled,
        Schedule::At(at) => {
            Change::Moved { at: *at, duration: raw.duration, summary: raw.summary.clone() }
        }
        Schedule::Rule(_) => {
            return Err("changes one start and has a rule: leave it out".to_owned());
        }
    };
    match event.changes.insert(replaces, change) {
        Some(_) => Err("changes a start that is changed already".to_owned()),
        None => Ok(()),
    }
}
