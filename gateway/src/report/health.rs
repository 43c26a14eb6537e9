//! `up/health`: what each part says of itself, and what the reporting itself knows.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use uuid::Uuid;

use super::Reporter;
use super::outbox::Mode;
use super::rows::Depth;
use super::wire::time_text;

/// Degrees Celsius, in thousandths (Linux, Documentation/driver-api/thermal/sysfs-api.rst).
const TEMPERATURE: &str = "/sys/class/thermal/thermal_zone0/temp";

/// Each part sets its own entry. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Health(watch::Sender<BTreeMap<&'static str, Value>>);

/// What is looked at for each message, besides what the parts say of themselves.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    pub at: Timestamp,
    pub clock_trusted: bool,
    pub epoch: Uuid,
    pub mode: Mode,
    /// `None` when the store did not say.
    pub depth: Option<Depth>,
    pub disk: Option<Disk>,
    /// Whole degrees; `None` without a sensor.
    pub temperature_c: Option<i64>,
}

/// Room on the file system of the data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    /// For us: what is kept for root is not in it.
    pub free_bytes: u64,
    pub total_bytes: u64,
}

impl Health {
    /// Replaces what `part` says of itself; sent soon, if it is new. Values that change with every
    /// look (a frame rate) are to be rounded, or each look becomes a message.
    pub fn set(&self, part: &'static str, value: Value) {
        self.0.send_if_modified(|parts| parts.insert(part, value.clone()) != Some(value));
    }

    /// What `part` said last.
    #[cfg(test)]
    pub(crate) fn of(&self, part: &str) -> Option<Value> {
        self.0.borrow().get(part).cloned()
    }

    pub(crate) fn changes(&self) -> watch::Receiver<BTreeMap<&'static str, Value>> {
        self.0.subscribe()
    }

    /// The whole message, with what is so now.
    pub(super) fn message(
        &self,
        reporter: &Reporter,
        mode: Mode,
        depth: Option<Depth>,
        data_dir: &Path,
    ) -> Vec<u8> {
        self.to_json(&Measured {
            at: reporter.clock().now(),
            clock_trusted: reporter.trust().is_trusted(),
            epoch: reporter.epoch(),
            mode,
            depth,
            disk: Disk::of(data_dir),
            temperature_c: temperature(Path::new(TEMPERATURE)),
        })
    }

    /// Frozen by `tests/tests/wire_v1.rs`, but for what the parts say: that grows with them.
    pub fn to_json(&self, measured: &Measured) -> Vec<u8> {
        let mut message = Map::new();
        message.insert("at".into(), time_text(measured.at).into());
        message.insert("clock_trusted".into(), measured.clock_trusted.into());
        message.insert("epoch".into(), measured.epoch.to_string().into());
        message.insert("outbox".into(), outbox(measured));
        message.insert("disk".into(), measured.disk.map_or(Value::Null, Disk::to_json));
        if let Some(celsius) = measured.temperature_c {
            message.insert("temperature_c".into(), celsius.into());
        }
        for (part, value) in self.0.borrow().iter() {
            message.insert((*part).to_owned(), value.clone());
        }
        Value::Object(message).to_string().into_bytes()
    }
}

fn outbox(measured: &Measured) -> Value {
    let mode = match measured.mode {
        Mode::Offline => "offline",
        Mode::Backlog => "backlog",
        Mode::Live => "live",
    };
    let Some(depth) = measured.depth else { return json!({ "mode": mode }) };
    let age = |at| measured.at.duration_since(at).as_secs().max(0);
    json!({
        "mode": mode, "n_events": depth.n_rows, "n_bytes": depth.n_bytes,
        "oldest_age_s": depth.oldest_recorded_at.map(age),
    })
}

impl Disk {
    pub(crate) fn of(dir: &Path) -> Option<Self> {
        let it = rustix::fs::statvfs(dir).ok()?;
        Some(Self {
            free_bytes: it.f_bavail.saturating_mul(it.f_frsize),
            total_bytes: it.f_blocks.saturating_mul(it.f_frsize),
        })
    }

    fn to_json(self) -> Value {
        json!({ "free_bytes": self.free_bytes, "total_bytes": self.total_bytes })
    }
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
