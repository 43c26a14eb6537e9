//! What is between BEGIN and END: events and time zones. Everything else is passed over.

use super::line::Line;
use super::{MAX_EVENTS, Refused};

/// VCALENDAR, VEVENT, VALARM, and one more for whoever needs it.
const DEEPEST: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Components {
    pub name: Option<String>,
    pub events: Vec<Block>,
    pub zones: Vec<Block>,
}

/// The lines of a component, without those of the components inside it, but for a time zone, whose
/// parts are what it is about.
#[derive(Debug)]
pub(super) struct Block {
    /// Where it begins.
    pub number: usize,
    pub lines: Vec<Line>,
}

pub(super) fn components(lines: Vec<Line>, refused: &mut Refused) -> Components {
    let mut found = Components::default();
    let mut open: Vec<(String, usize)> = Vec::new();
    let mut n_events = 0;
    let mut block = Vec::new();
    for line in lines {
        let number = line.number;
        let value = line.value.trim().to_ascii_uppercase();
        match line.name.as_str() {
            "BEGIN" if open.len() >= DEEPEST || (open.is_empty() && value != "VCALENDAR") => {
                refused.add(number, None, format!("BEGIN:{value} is out of place"));
                return found;
            }
            "BEGIN" => {
                if open.len() == 1 {
                    block.clear();
                    n_events += usize::from(value == "VEVENT");
                }
                open.push((value, number));
            }
            "END" if open.last().is_none_or(|(name, _)| *name != value) => {
                refused.add(number, None, format!("END:{value} closes nothing"));
                return found;
            }
            "END" => {
                let begun = open.pop().map_or(number, |(_, begun)| begun);
                let is_whole = open.len() == 1;
                let done =
                    |block: &mut Vec<Line>| Block { number: begun, lines: std::mem::take(block) };
                if is_whole && value == "VEVENT" && n_events <= MAX_EVENTS {
                    found.events.push(done(&mut block));
                } else if is_whole && value == "VTIMEZONE" {
                    found.zones.push(done(&mut block));
                }
            }
            _ if open.is_empty() => refused.add(number, None, "is outside BEGIN:VCALENDAR"),
            "NAME" | "X-WR-CALNAME" if open.len() == 1 => {
                found.name = Some(super::line::unescaped(&line.value));
            }
            _ if open.len() == 2 || open.get(1).is_some_and(|(name, _)| name == "VTIMEZONE") => {
                block.push(line);
            }
            _ => {}
        }
    }
    if let Some((name, number)) = open.last() {
        refused.add(*number, None, format!("BEGIN:{name} is never closed: the file is cut short"));
    }
    if n_events > MAX_EVENTS {
        let what = format!("{n_events} events are more than {MAX_EVENTS}: import them in parts");
        refused.add(0, None, what);
    }
    found
}
