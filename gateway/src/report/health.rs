//! `up/health`: what each part says of itself, and what the reporting itself knows.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::Reporter;
use super::outbox::Mode;
use super::rows::Depth;
use super::wire::time_text;

/// Degrees Celsius, in thousandths (Linux, Documentation/driver-api/thermal/sysfs-api.rst).
const TEMPERATURE: &str = "/sys/class/thermal/thermal_zone0/temp";

/// Each part sets its own entry. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Health(watch::Sender<BTreeMap<&'static str, Value>>);

impl Health {
    /// Replaces what `part` says of itself; sent soon, if it is new. Values that change with every
    /// look (a frame rate) are to be rounded, or each look becomes a message.
    pub fn set(&self, part: &'static str, value: Value) {
        self.0.send_if_modified(|parts| parts.insert(part, value.clone()) != Some(value));
    }

    pub(super) fn changes(&self) -> watch::Receiver<BTreeMap<&'static str, Value>> {
        self.0.subscribe()
    }

    /// The whole message.
    pub(super) fn message(
        &self,
        reporter: &Reporter,
        mode: Mode,
        depth: Option<Depth>,
        data_dir: &Path,
    ) -> Vec<u8> {
        let now = reporter.clock().now();
        let mut message = Map::new();
        message.insert("at".into(), time_text(now).into());
        message.insert("clock_trusted".into(), reporter.trust().is_trusted().into());
        message.insert("epoch".into(), reporter.epoch().to_string().into());
        message.insert("outbox".into(), outbox(mode, depth, now));
        message.insert("disk".into(), disk(data_dir));
        if let Some(celsius) = temperature(Path::new(TEMPERATURE)) {
            message.insert("temperature_c".into(), celsius.into());
        }
        for (part, value) in self.0.borrow().iter() {
            message.insert((*part).to_owned(), value.clone());
        }
        Value::Object(message).to_string().into_bytes()
    }
}

fn outbox(mode: Mode, depth: Option<Depth>, now: Timestamp) -> Value {
    let mode = match mode {
        Mode::Offline => "offline",
        Mode::Backlog => "backlog",
        Mode::Live => "live",
    };
    let Some(depth) = depth else { return json!({ "mode": mode }) };
    let oldest_age_s = depth.oldest_recorded_at.map(|at| now.duration_since(at).as_secs().max(0));
    json!({
        "mode": mode, "n_events": depth.n_rows, "n_bytes": depth.n_bytes,
        "oldest_age_s": oldest_age_s,
    })
}

fn disk(dir: &Path) -> Value {
    rustix::fs::statvfs(dir).map_or(Value::Null, |it| {
        json!({
            "free_bytes": it.f_bavail.saturating_mul(it.f_frsize),
            "total_bytes": it.f_blocks.saturating_mul(it.f_frsize),
        })
    })
}

/// Whole degrees; none where the kernel offers no sensor.
fn temperature(path: &Path) -> Option<i64> {
    let text = std::fs::read_to_string(path).ok()?;
    text.trim().parse::<i64>().ok().map(|it| it / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_change_is_a_change() {
        let health = Health::default();
        let mut changes = health.changes();
        health.set("cameras", json!({ "gate": "online" }));
        assert!(changes.has_changed().unwrap());
        changes.mark_unchanged();
        health.set("cameras", json!({ "gate": "online" }));
        assert!(!changes.has_changed().unwrap());
    }

    #[test]
    fn a_sensor_is_read_in_whole_degrees() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("temp");
        std::fs::write(&path, "48312\n").unwrap();
        assert_eq!(temperature(&path), Some(48));
        assert_eq!(temperature(&dir.path().join("none")), None);
    }
}
