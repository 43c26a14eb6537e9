//! What makes a table of places a tree, told all at once.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Place, PlaceCode, Problem};
use crate::sheet::FORMULA;

/// More is a mistake, and would be walked for nothing.
const MOST_LEVELS: usize = 32;
const LONGEST_NAME: usize = 100;

/// Rows by code, then by day.
struct Table<'a> {
    rows: BTreeMap<&'a PlaceCode, Vec<&'a (u64, Place)>>,
    /// Codes of lines that could not be read: nothing is said about what they would hold.
    unread: &'a BTreeSet<PlaceCode>,
}

/// By line. `unread`: codes of lines that are told already.
pub(super) fn problems(rows: &[(u64, Place)], unread: &BTreeSet<PlaceCode>) -> Vec<Problem> {
    let mut table = Table { rows: BTreeMap::new(), unread };
    for row in rows {
        table.rows.entry(&row.1.code).or_default().push(row);
    }
    table.rows.values_mut().for_each(|it| it.sort_by_key(|(_, place)| place.period.from));
    let mut problems = Vec::new();
    for row in rows {
        problems.extend(own(row));
        problems.extend(table.parent(row));
        problems.extend(table.depth(row));
        table.successors(row, &mut problems);
    }
    problems.extend(table.overlaps());
    problems.sort();
    problems
}

/// What is wrong with a row by itself.
fn own((line, place): &(u64, Place)) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut tell = |column, text: String| problems.push(Problem { line: *line, column, text });
    if let Err(err) = place.code.fits(place.kind) {
        tell("code", err.to_string());
    }
    let n_chars = place.name.chars().count();
    if !(1..=LONGEST_NAME).contains(&n_chars) || place.name.trim() != place.name {
        tell(
            "name",
            format!("has {n_chars} characters: give it 1 to {LONGEST_NAME}, no space around"),
        );
    }
    if place.name.starts_with(FORMULA) || place.name.contains(char::is_control) {
        tell("name", "begins as a spreadsheet's formula does, or holds a line break".to_owned());
    }
    if place.period.to.is_some_and(|to| to <= place.period.from) {
        tell("valid_to", format!("is not after valid_from, {}", place.period.from));
    }
    if place.period.to.is_none() && !place.successors.is_empty() {
        tell("successors", "take over when a place ends: give valid_to".to_owned());
    }
    problems
}

impl<'a> Table<'a> {
    fn of(&self, code: &PlaceCode) -> &[&'a (u64, Place)] {
        self.rows.get(code).map_or(&[], Vec::as_slice)
    }

    fn at(&self, code: &PlaceCode, day: Date) -> Option<&'a Place> {
        self.of(code).iter().map(|(_, it)| it).find(|it| it.period.contains(day))
    }

    fn overlaps(&self) -> Vec<Problem> {
        let pairs = self.rows.values().flat_map(|it| it.windows(2));
        let twice = pairs.filter(|it| it[0].1.period.overlaps(it[1].1.period));
        let tell = |it: &[&(u64, Place)]| {
            let (first, second) = (it[0], it[1]);
            let text = format!(
                "{} holds twice from {} on: line {} says so too. End the older row on that day",
                second.1.code, second.1.period.from, first.0
            );
            Problem { line: second.0, column: "code", text }
        };
        twice.map(tell).collect()
    }

    /// A parent must be there, and of a kind that holds this one, for as long as its child.
    fn parent(&self, (line, place): &(u64, Place)) -> Option<Problem> {
        let code = place.parent.as_ref()?;
        let tell = |text| Some(Problem { line: *line, column: "parent", text });
        if self.unread.contains(code) {
            return None;
        }
        let rows = self.of(code);
        if rows.is_empty() {
            return tell(format!("{code} is not in the table"));
        }
        let beside = rows.iter().map(|(_, it)| it).filter(|it| it.period.overlaps(place.period));
        if let Some(wrong) = beside.clone().find(|it| !it.kind.may_hold(place.kind)) {
            let (upper, lower) = (wrong.kind.as_str(), place.kind.as_str());
            return tell(format!("{code} is a {upper}, which holds no {lower}"));
        }
        let mut covered = place.period.from;
        for row in beside.filter(|it| it.kind.may_hold(place.kind)) {
            if row.period.from > covered {
                break;
            }
            covered = row.period.to.unwrap_or(Date::MAX);
        }
        let until = place.period.to.unwrap_or(Date::MAX);
        if covered >= until {
            return None;
        }
        tell(format!(
            "{code} does not hold on {covered}: end this row there, and say in another to what it \
             belongs from then on"
        ))
    }

    /// A circle is there on the day when its youngest row begins.
    fn depth(&self, (line, place): &(u64, Place)) -> Option<Problem> {
        let mut way = vec![&place.code];
        let mut upper = place.parent.as_ref();
        while let Some(code) = upper {
            if way.contains(&code) || way.len() == MOST_LEVELS {
                way.push(code);
                let way: Vec<&str> = way.into_iter().map(PlaceCode::as_str).collect();
                let text = format!("goes in a circle, or too deep: {}", way.join(" in "));
                return Some(Problem { line: *line, column: "parent", text });
            }
            way.push(code);
            upper = self.at(code, place.period.from).and_then(|it| it.parent.as_ref());
        }
        None
    }

    /// What takes over must be there on that day, and be of the same kind.
    fn successors(&self, (line, place): &(u64, Place), problems: &mut Vec<Problem>) {
        let Some(end) = place.period.to else { return };
        for code in place.successors.iter().filter(|it| !self.unread.contains(it)) {
            let text = match self.at(code, end).map(|it| it.kind) {
                Some(kind) if kind == place.kind => continue,
                Some(kind) => {
                    format!("{code} is a {}, not a {}", kind.as_str(), place.kind.as_str())
                }
                None => format!("{code} does not hold on {end}, when it should take over"),
            };
            problems.push(Problem { line: *line, column: "successors", text });
        }
    }
}
