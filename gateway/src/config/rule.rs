//! What a camera watches for.

mod json;
mod shape;

use std::time::Duration;

use base::DeviceId;
use jiff::tz::TimeZone;
use models::{Entry, Hours, RuleKind, RuleSettings, WeekSpan};

use super::problems::{Field, Reader};
use super::{raw, sections};
pub use json::{RuleProblem, rule_to_json, rules_from_json};
use shape::{Kind, Shape};

/// Something in the picture that raises an alert.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub id: DeviceId,
    pub name: String,
    pub kind: RuleKind,
    /// Never empty, and the model knows each.
    pub labels: Vec<String>,
    pub hours: Hours,
    pub cooldown: Duration,
    pub severity: Severity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Info,
    Warning,
    Critical,
}

/// As COCO calls them.
const VEHICLES: [&str; 4] = ["car", "truck", "bus", "motorcycle"];
/// Longest cooldown and dwell.
const DAY: Duration = Duration::from_hours(24);

impl Severity {
    /// As files and messages call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl Rule {
    /// `classes`: the places of [`Self::labels`] among those of the model.
    pub fn settings(&self, classes: Vec<usize>) -> RuleSettings {
        let Self { kind, hours, cooldown, .. } = self.clone();
        RuleSettings { kind, classes, hours, cooldown }
    }
}

/// `model`: `None` when the file names one that does not exist, so that no label can be wrong.
pub(super) fn rules(
    reader: &mut Reader<'_>,
    model: Option<&Entry>,
    zone: Option<&TimeZone>,
    list: &str,
    field: Field<Vec<raw::Rule>>,
) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut taken = Vec::new();
    for (index, mut raw) in reader.optional(list, field).unwrap_or_default().into_iter().enumerate()
    {
        let id = std::mem::take(&mut raw.id);
        let (key, id) = sections::id_of(reader, list, index, id, &taken);
        taken.extend(id.clone());
        rules.extend(rule(reader, model, zone, &key, id, raw));
    }
    rules
}

fn rule(
    reader: &mut Reader<'_>,
    model: Option<&Entry>,
    zone: Option<&TimeZone>,
    key: &str,
    id: Option<DeviceId>,
    mut raw: raw::Rule,
) -> Option<Rule> {
    if raw.unknown.remove("polygon").is_some() {
        raw.area = Field::Wrong("is missing: polygon is now called area".to_owned());
    }
    reader.unknown(key, &raw.unknown);
    let name = reader.optional(&format!("{key}.name"), raw.name);
    let kind = Kind::read(reader, &format!("{key}.kind"), raw.kind);
    let labels = labels(reader, model, kind, &format!("{key}.labels"), raw.labels);
    let shape = Shape {
        area: raw.area,
        line: raw.line,
        direction: raw.direction,
        dwell: raw.dwell,
        at_least: raw.at_least,
    };
    let kind = shape.believe(reader, key, kind);
    let active = spans(reader, &format!("{key}.active"), raw.active);
    let quiet = spans(reader, &format!("{key}.quiet"), raw.quiet);
    let cooldown_key = format!("{key}.cooldown");
    let default = Duration::from_secs(30);
    let cooldown = sections::duration(reader, &cooldown_key, raw.cooldown, default, DAY);
    let severity = severity(reader, &format!("{key}.severity"), raw.severity);
    let id = id?;
    Some(Rule {
        name: name.unwrap_or_else(|| id.to_string()),
        id,
        kind: kind?,
        labels,
        hours: Hours::new(active?, quiet?, zone?.clone()),
        cooldown: cooldown?,
        severity: severity?,
    })
}

fn spans(reader: &mut Reader<'_>, key: &str, field: Field<Vec<String>>) -> Option<Vec<WeekSpan>> {
    if field.is_absent() {
        return Some(Vec::new());
    }
    let texts = reader.optional(key, field)?;
    if texts.is_empty() {
        reader.problem(key, "names no hours: leave the key out");
        return None;
    }
    // Each by its place, so that the console can say it beside the field in which it was written.
    let span = |(at, text)| reader.parsed(&format!("{key}[{}]", at + 1), Some(text));
    let spans: Vec<_> = texts.into_iter().enumerate().map(span).collect();
    spans.into_iter().collect()
}

fn severity(reader: &mut Reader<'_>, key: &str, field: Field<String>) -> Option<Severity> {
    match reader.optional(key, field).as_deref() {
        Some("info") => Some(Severity::Info),
        None | Some("warning") => Some(Severity::Warning),
        Some("critical") => Some(Severity::Critical),
        Some(other) => {
            reader.problem(key, format!("{other:?} is not info, warning or critical"));
            None
        }
    }
}

fn labels(
    reader: &mut Reader<'_>,
    model: Option<&Entry>,
    kind: Option<Kind>,
    key: &str,
    field: Field<Vec<String>>,
) -> Vec<String> {
    if field.is_absent() && matches!(kind, Some(Kind::StoppedVehicle | Kind::WrongWay)) {
        let is_known = |it: &&str| model.is_none_or(|model| model.labels.find(it).is_some());
        let known: Vec<String> =
            VEHICLES.iter().filter(|it| is_known(it)).map(|it| (*it).to_owned()).collect();
        if known.is_empty() {
            let model = model.map_or("the model", |it| it.name.as_str());
            reader
                .problem(key, format!("is missing: {model} knows none of {}", VEHICLES.join(", ")));
        }
        return known;
    }
    let labels = reader.optional(key, field).unwrap_or_else(|| vec!["person".to_owned()]);
    if labels.is_empty() {
        reader.problem(key, "names nothing to look for");
    }
    let Some(Entry { name, labels: known, .. }) = model else { return labels };
    for label in labels.iter().filter(|it| known.find(it).is_none()) {
        let near = known.near(label);
        let hint = match near.as_slice() {
            [] => format!("it knows {}", known.names().join(", ")),
            near => format!("did you mean {}?", near.join(" or ")),
        };
        reader.problem(key, format!("{name} knows no {label:?}: {hint}"));
    }
    labels
}

#[cfg(test)]
mod tests;
