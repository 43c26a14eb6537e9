//! One line for each thing that was committed: for a person, or as JSON for a program.

use std::fmt::Write as _;

use base::DeviceId;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::report::Envelope;
use crate::report::wire::{Presence, Status, time_text};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Json,
}

/// The details of an event that a person wants to see, in this order, where they are there.
const DETAILS: [&str; 12] = [
    "cluster",
    "camera",
    "zone",
    "label",
    "score",
    "state",
    "reason",
    "title",
    "bulletin_id",
    "occurrence",
    "start_error_ms",
    "skew_ms",
];

/// An event and the instant at which its commit was on disk.
pub(super) fn event(format: Format, envelope: &Envelope, committed_at: Timestamp) -> String {
    match format {
        Format::Text => event_text(envelope, committed_at),
        Format::Json => json!({
            "device": envelope.device.as_str(),
            "kind": envelope.kind,
            "stream": envelope.stream.as_str(),
            "seq": envelope.seq,
            "id": envelope.id,
            "occurred_at": time_text(envelope.occurred_at),
            "committed_at": time_text(committed_at),
            "latency_ms": latency_ms(envelope, committed_at),
            "clock_trusted": envelope.clock_trusted,
            "skew_ms": envelope.data.get("skew_ms"),
            "site": envelope.site,
            "data": envelope.data,
        })
        .to_string(),
    }
}

pub(super) fn status(format: Format, device: &DeviceId, status: &Status, at: Timestamp) -> String {
    let state = match status.state {
        Presence::Online => "online",
        Presence::Offline => "offline",
    };
    match format {
        Format::Text => format!("{}  {device:<23}  status {state}", time_text(at)),
        Format::Json => json!({
            "device": device.as_str(), "kind": "status", "state": state, "at": time_text(at),
            "version": status.version, "site": status.site,
        })
        .to_string(),
    }
}

fn event_text(envelope: &Envelope, committed_at: Timestamp) -> String {
    let mut line = format!(
        "{}  {:<23}  {:<20}",
        time_text(envelope.occurred_at),
        envelope.device.as_str(),
        envelope.kind
    );
    for key in DETAILS {
        if let Some(value) = envelope.data.get(key).and_then(short) {
            let _ = write!(line, "  {key}={value}");
        }
    }
    if let Some(length) = envelope.data.pointer("/clip/duration_ms").and_then(Value::as_f64) {
        let _ = write!(line, "  clip={:.1}s", length / 1000.0);
    }
    // A clock that is not trusted makes the difference meaningless.
    let about = if envelope.clock_trusted { "" } else { "~" };
    let _ = write!(line, "  [{about}{} ms]", latency_ms(envelope, committed_at));
    line
}

fn latency_ms(envelope: &Envelope, committed_at: Timestamp) -> i64 {
    let latency = committed_at.duration_since(envelope.occurred_at);
    i64::try_from(latency.as_millis()).unwrap_or(i64::MAX)
}

/// Numbers with at most three decimals, texts without control characters; nothing else fits a line.
fn short(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => {
            let text: String = text.chars().filter(|it| !it.is_control()).take(60).collect();
            Some(if text.contains(' ') { format!("{text:?}") } else { text })
        }
        Value::Number(number) if number.is_f64() => {
            Some(format!("{:.3}", number.as_f64().unwrap_or_default()))
        }
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is) => Some(is.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::report::Stream;

    fn envelope(data: Value, clock_trusted: bool) -> Envelope {
        Envelope {
            id: Uuid::nil(),
            device: "box-cau-tre-1".parse().unwrap(),
            epoch: Uuid::nil(),
            stream: Stream::Alert,
            seq: 7,
            kind: "alert.raised".to_owned(),
            occurred_at: "2026-09-02T05:30:00.250Z".parse().unwrap(),
            recorded_at: "2026-09-02T05:30:00.400Z".parse().unwrap(),
            clock_trusted,
            site: "da-nang".to_owned(),
            data,
        }
    }

    #[test]
    fn a_line_says_where_what_and_how_late() {
        let data = json!({ "camera": "gate", "label": "person", "score": 0.871_234 });
        let at = "2026-09-02T05:30:00.750Z".parse().unwrap();
        assert_eq!(
            event(Format::Text, &envelope(data.clone(), true), at),
            "2026-09-02T05:30:00.250Z  box-cau-tre-1            alert.raised        \
             \x20 camera=gate  label=person  score=0.871  [500 ms]"
        );
        assert!(event(Format::Text, &envelope(data, false), at).ends_with("[~500 ms]"));
    }

    #[test]
    fn a_clip_is_told_by_its_length() {
        let data = json!({ "camera": "gate", "clip": { "duration_ms": 15_240, "bytes": 1 } });
        let line = event(Format::Text, &envelope(data, true), Timestamp::UNIX_EPOCH);
        assert!(line.contains("  camera=gate  clip=15.2s  ["), "{line}");
    }

    #[test]
    fn what_a_device_sends_cannot_break_the_line() {
        let data = json!({ "camera": "gate\n\u{1b}[2J" });
        let line = event(Format::Text, &envelope(data, true), Timestamp::UNIX_EPOCH);
        assert!(!line.chars().any(char::is_control), "{line:?}");
        let data = json!({ "skew_ms": 1.5 });
        let line = event(Format::Json, &envelope(data, true), Timestamp::UNIX_EPOCH);
        let back: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(back["skew_ms"], 1.5);
    }
}
