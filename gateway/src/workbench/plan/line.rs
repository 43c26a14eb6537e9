//! A start as a line of JSON, with everything that can be said about it.

use std::fmt::Display;

use broadcast::plan::{Decision, Explained};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

pub(super) fn line<Id: Display>(it: &Explained<Id>, title: Option<&str>, zone: &TimeZone) -> Value {
    let play = &it.planned;
    let causes = it.because.iter();
    let causes = causes.map(|it| json!({ "cause": it.as_str(), "why": it.to_string() }));
    let mut line = json!({
        "id": play.id.to_string(),
        "title": title,
        "occurrence": it.occurrence.to_string(),
        "at": play.at.to_string(),
        "local": local(play.at, zone),
        "ends_at": play.ends_at.to_string(),
        "priority": play.priority.as_str(),
        "plays": matches!(play.decision, Decision::Plays),
        "causes": causes.collect::<Vec<_>>(),
    });
    if let Decision::HeldBack(reason) = &play.decision {
        line["reason"] = reason.as_str().into();
        line["why"] = reason.to_string().into();
    }
    line
}

/// On the ward's wall clock.
pub(super) fn local(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
