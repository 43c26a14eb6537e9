//! What kinds of rules there are, and the keys that each has: an area or a line, a direction, a time,
//! a number.

use std::time::Duration;

use models::{Heading, Line, LineDirection, Polygon, RuleKind};

use super::DAY;
use crate::config::problems::{Field, Reader};
use crate::config::{raw, sections};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Enter,
    Leave,
    Line,
    Loiter,
    Crowd,
    StoppedVehicle,
    WrongWay,
}

/// Each kind, its name, and those of the keys of shape and time that it has.
const KINDS: [(Kind, &str, &[&str]); 7] = [
    (Kind::Enter, "enter", &["area"]),
    (Kind::Leave, "leave", &["area"]),
    (Kind::Line, "line", &["line", "direction"]),
    (Kind::Loiter, "loiter", &["area", "dwell"]),
    (Kind::Crowd, "crowd", &["area", "at_least", "dwell"]),
    (Kind::StoppedVehicle, "stopped_vehicle", &["area", "dwell"]),
    (Kind::WrongWay, "wrong_way", &["area", "direction"]),
];
/// What i-LIDS calls a parked vehicle (Home Office, "Imagery Library for Intelligent Detection
/// Systems").
const PARKED_AFTER: Duration = Duration::from_mins(1);
/// Long enough that people who only pass each other are none.
const CROWD_AFTER: Duration = Duration::from_secs(10);

const HEADING: &str = "say where traffic may go, in degrees (0 up, 90 right, 180 down, 270 left) or as an arrow \
     [[x, y], [x, y]]";

impl Kind {
    pub(super) fn read(reader: &mut Reader<'_>, key: &str, field: Field<String>) -> Option<Self> {
        if field.is_absent() {
            return Some(Kind::Enter);
        }
        let name = reader.optional(key, field)?;
        let found = KINDS.iter().find(|(_, it, _)| *it == name).map(|(kind, ..)| *kind);
        if found.is_none() {
            let known = KINDS.map(|(_, it, _)| it).join(", ");
            reader.problem(key, format!("{name:?} is none of {known}"));
        }
        found
    }
}

/// Those keys of a rule of which each kind has its own.
pub(super) struct Shape {
    pub(super) area: Field<Vec<[f32; 2]>>,
    pub(super) line: Field<Vec<[f32; 2]>>,
    pub(super) direction: Field<raw::Direction>,
    pub(super) dwell: Field<String>,
    pub(super) at_least: Field<u16>,
}

impl Shape {
    /// `kind`: `None` when it is not known; then what can be checked without it is.
    pub(super) fn believe(
        mut self,
        reader: &mut Reader<'_>,
        key: &str,
        kind: Option<Kind>,
    ) -> Option<RuleKind> {
        if let Some(kind) = kind {
            self.refuse_what_others_have(reader, key, kind);
        }
        let of = |name: &str| format!("{key}.{name}");
        let area = reader.optional(&of("area"), self.area).map(Polygon::new);
        let area = area.and_then(|it| it.map_err(|err| reader.problem(&of("area"), err)).ok());
        let line = reader.optional(&of("line"), self.line).map(Line::new);
        let line = line.and_then(|it| it.map_err(|err| reader.problem(&of("line"), err)).ok());
        let default = if kind == Some(Kind::Crowd) { CROWD_AFTER } else { PARKED_AFTER };
        let dwell = sections::duration(reader, &of("dwell"), self.dwell, default, DAY);
        let at_least = sections::within(reader, &of("at_least"), self.at_least, 2, 2..=1000);
        Some(match kind? {
            Kind::Enter => RuleKind::Enter { area: area? },
            Kind::Leave => RuleKind::Leave { area: area? },
            Kind::Line => {
                let direction = side(reader, &of("direction"), self.direction);
                RuleKind::Line { line: line?, direction: direction? }
            }
            Kind::Loiter => RuleKind::Loiter { area: area?, dwell: dwell? },
            Kind::Crowd => {
                let at_least = usize::from(at_least?);
                RuleKind::Crowd { area: area?, at_least, dwell: dwell? }
            }
            Kind::StoppedVehicle => RuleKind::StoppedVehicle { area: area?, dwell: dwell? },
            Kind::WrongWay => {
                let allowed = heading(reader, &of("direction"), self.direction);
                RuleKind::WrongWay { area: area?, allowed: allowed? }
            }
        })
    }

    /// Names what this kind has not, and what it needs and is not there. What it has not is then
    /// looked at no further.
    fn refuse_what_others_have(&mut self, reader: &mut Reader<'_>, key: &str, kind: Kind) {
        let (_, name, own) = KINDS.iter().find(|(it, ..)| *it == kind).expect("each is listed");
        let given = self.given();
        let is_given = |key: &str| given.iter().any(|(it, is_given)| *it == key && *is_given);
        for (foreign, _) in given.iter().filter(|(it, is_given)| *is_given && !own.contains(it)) {
            let why = if matches!(*foreign, "area" | "line") {
                let needed = if own.contains(&"line") { "line" } else { "area" };
                format!("kind = {name:?} needs {needed}, not {foreign}")
            } else {
                let has = KINDS.iter().filter(|(.., keys)| keys.contains(foreign));
                let has: Vec<&str> = has.map(|(_, it, _)| *it).collect();
                format!("kind = {name:?} has no {foreign}; it is for {}", has.join(", "))
            };
            reader.problem(&format!("{key}.{foreign}"), why);
        }
        let is_drawn = is_given("area") || is_given("line");
        for needed in ["area", "line", "at_least"].into_iter().filter(|it| own.contains(it)) {
            if !is_given(needed) && (needed == "at_least" || !is_drawn) {
                reader.problem(&format!("{key}.{needed}"), "is missing");
            }
        }
        if kind == Kind::WrongWay && !is_given("direction") {
            reader.problem(&format!("{key}.direction"), format!("is missing: {HEADING}"));
        }
        self.drop_all_but(own);
    }

    fn given(&self) -> [(&'static str, bool); 5] {
        [
            ("area", !self.area.is_absent()),
            ("line", !self.line.is_absent()),
            ("direction", !self.direction.is_absent()),
            ("dwell", !self.dwell.is_absent()),
            ("at_least", !self.at_least.is_absent()),
        ]
    }

    fn drop_all_but(&mut self, own: &[&str]) {
        if !own.contains(&"area") {
            self.area = Field::Absent;
        }
        if !own.contains(&"line") {
            self.line = Field::Absent;
        }
        if !own.contains(&"direction") {
            self.direction = Field::Absent;
        }
        if !own.contains(&"dwell") {
            self.dwell = Field::Absent;
        }
        if !own.contains(&"at_least") {
            self.at_least = Field::Absent;
        }
    }
}

fn side(reader: &mut Reader<'_>, key: &str, field: Field<raw::Direction>) -> Option<LineDirection> {
    if field.is_absent() {
        return Some(LineDirection::Both);
    }
    let side = match reader.optional(key, field)? {
        raw::Direction::Side(side) => side,
        raw::Direction::Degrees(_) | raw::Direction::Arrow(_) => String::new(),
    };
    match side.as_str() {
        "left_to_right" => Some(LineDirection::LeftToRight),
        "right_to_left" => Some(LineDirection::RightToLeft),
        "both" => Some(LineDirection::Both),
        _ => {
            let sides = "\"left_to_right\", \"right_to_left\" and \"both\"";
            reader.problem(key, format!("is none of {sides}, as kind = \"line\" needs"));
            None
        }
    }
}

fn heading(reader: &mut Reader<'_>, key: &str, field: Field<raw::Direction>) -> Option<Heading> {
    let heading = match reader.optional(key, field)? {
        raw::Direction::Degrees(angle) => Heading::Degrees(angle),
        raw::Direction::Arrow(arrow) => Heading::Arrow(arrow),
        raw::Direction::Side(side) => {
            reader.problem(key, format!("{side:?} is no direction: {HEADING}"));
            return None;
        }
    };
    heading.checked().map_err(|err| reader.problem(key, err)).ok()
}
