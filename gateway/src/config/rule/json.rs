//! Rules as JSON, with the keys of `[[camera.rule]]`: what the console and the centre send, and what
//! they are shown.

use std::path::Path;

use jiff::tz::TimeZone;
use models::{Entry, Heading, Line, LineDirection, Polygon, RuleKind, WeekSpan};
use serde_json::{Map, Value, json};

use super::{Rule, rule};
use crate::config::problems::Reader;
use crate::config::{raw, sections};

/// What is wrong with one of the rules that somebody sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleProblem {
    /// Its place among them, from 0.
    pub rule: usize,
    /// Of its keys, `active[2]` where the second of several is meant; empty where the rule as a whole is.
    pub key: String,
    pub text: String,
}

/// Believes each rule just as the configuration file's are believed.
///
/// # Errors
/// Everything that is wrong with any of them.
pub fn rules_from_json(
    rules: &[Value],
    model: &Entry,
    zone: &TimeZone,
) -> Result<Vec<Rule>, Vec<RuleProblem>> {
    let (mut believed, mut taken, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    for (index, value) in rules.iter().enumerate() {
        let mut raw: raw::Rule = match serde_json::from_value(value.clone()) {
            Ok(raw) => raw,
            Err(err) => {
                problems.push(RuleProblem {
                    rule: index,
                    key: String::new(),
                    text: err.to_string(),
                });
                continue;
            }
        };
        let mut reader = Reader::new(Path::new(""));
        let id = std::mem::take(&mut raw.id);
        let (key, id) = sections::id_of(&mut reader, LIST, index, id, &taken);
        taken.extend(id.clone());
        believed.extend(rule(&mut reader, Some(model), Some(zone), &key, id, raw));
        let said = reader.into_problems();
        problems.extend(said.iter().map(|it| problem(index, &key, it)));
    }
    if problems.is_empty() { Ok(believed) } else { Err(problems) }
}

/// What keys begin with; nobody sees it.
const LIST: &str = "rule";

/// `said` begins with the rule's key, or with its place where it has no id.
fn problem(rule: usize, key: &str, said: &str) -> RuleProblem {
    let place = format!("{LIST}[{}]", rule + 1);
    let rest = said.strip_prefix(key).or_else(|| said.strip_prefix(&place)).unwrap_or(said);
    let (key, text) = match rest.strip_prefix('.').and_then(|it| it.split_once(": ")) {
        Some((key, text)) => (key, text),
        None => ("", rest.trim_start_matches(": ")),
    };
    RuleProblem { rule, key: key.to_owned(), text: text.to_owned() }
}

/// The rule with every key that its kind has; read back, it is the same.
pub fn rule_to_json(rule: &Rule) -> Value {
    let Rule { id, name, kind, labels, hours, cooldown, severity } = rule;
    let mut keys = Map::new();
    let mut put = |key: &str, value: Value| keys.insert(key.to_owned(), value);
    put("id", json!(id.as_str()));
    put("name", json!(name));
    put("kind", json!(kind.name()));
    match kind {
        RuleKind::Enter { area } | RuleKind::Leave { area } => {
            put("area", corners(area));
        }
        RuleKind::Line { line, direction } => {
            put("line", points(line));
            put("direction", json!(side(*direction)));
        }
        RuleKind::Loiter { area, dwell } | RuleKind::StoppedVehicle { area, dwell } => {
            put("area", corners(area));
            put("dwell", seconds(*dwell));
        }
        RuleKind::Crowd { area, at_least, dwell } => {
            put("area", corners(area));
            put("at_least", json!(at_least));
            put("dwell", seconds(*dwell));
        }
        RuleKind::WrongWay { area, allowed } => {
            put("area", corners(area));
            put("direction", heading(*allowed));
        }
    }
    put("labels", json!(labels));
    for (key, spans) in [("active", hours.active()), ("quiet", hours.quiet())] {
        // The file knows no empty list of hours: it leaves the key out.
        if !spans.is_empty() {
            put(key, json!(spans.iter().map(WeekSpan::to_string).collect::<Vec<_>>()));
        }
    }
    put("cooldown", seconds(*cooldown));
    put("severity", json!(severity.as_str()));
    Value::Object(keys)
}

fn corners(area: &Polygon) -> Value {
    json!(area.corners().iter().map(|it| it.map(exact)).collect::<Vec<_>>())
}

fn points(line: &Line) -> Value {
    json!(line.points().iter().map(|it| it.map(exact)).collect::<Vec<_>>())
}

fn side(direction: LineDirection) -> &'static str {
    match direction {
        LineDirection::LeftToRight => "left_to_right",
        LineDirection::RightToLeft => "right_to_left",
        LineDirection::Both => "both",
    }
}

fn heading(allowed: Heading) -> Value {
    match allowed {
        Heading::Degrees(angle) => json!(exact(angle)),
        Heading::Arrow(arrow) => json!(arrow.map(|it| it.map(exact))),
    }
}

fn seconds(length: std::time::Duration) -> Value {
    json!(format!("{}s", length.as_secs_f64()))
}

/// The shortest number that is read back as the same: 0.1, where widening says 0.10000000149.
fn exact(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| f64::from(value))
}

#[cfg(test)]
mod tests;
