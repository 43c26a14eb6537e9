//! Stores what cameras tell, together with the event that reports it: both, or neither.

use std::time::Duration;

use base::Backoff;
use jiff::Timestamp;
use media::CaptureClock;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tracing::{error, info, warn};

use super::camera::{Alert, CameraFact, CameraState, Snapshot, StateChange};
use crate::config::Severity;
use crate::report::wire::time_text;
use crate::report::{Kind, NewEvent, Reporter};
use crate::store::{Store, StoreError};

/// The tables of this file, in the box's database.
pub const SCHEMA: &str = include_str!("camera.sql");

/// While the disk is full. Meanwhile the cameras' facts wait, and the cameras go on.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How often a fact is tried that the database refuses for another reason than room: a card that
/// hiccups recovers, a fact that can never be stored must not hold up those behind it.
const N_TRIES: u32 = 10;

/// Ends when the cameras and the detector are gone. A fact that was received is kept trying.
pub async fn run(mut facts: mpsc::Receiver<CameraFact>, store: Store, reporter: Reporter) {
    while let Some(fact) = facts.recv().await {
        record(&fact, &store, &reporter).await;
    }
}

async fn record(fact: &CameraFact, store: &Store, reporter: &Reporter) {
    let mut backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
    let mut n_left = N_TRIES;
    loop {
        let (own_fact, own_reporter) = (fact.clone(), reporter.clone());
        let written = store.write(move |conn| insert(conn, &own_fact, &own_reporter)).await;
        match written {
            Ok(()) => return log(fact),
            Err(err @ StoreError::Full(_)) => {
                let wait = backoff.next_wait();
                warn!(%err, "a camera's fact waits for room on the disk");
                tokio::time::sleep(wait).await;
            }
            Err(err @ StoreError::Sql(_)) if n_left > 0 => {
                n_left -= 1;
                warn!(%err, "a camera's fact could not be stored, trying again");
                tokio::time::sleep(backoff.next_wait()).await;
            }
            Err(err) => {
                let err = anyhow::Error::new(err);
                return error!("a camera's fact is lost: {err:#}");
            }
        }
    }
}

fn insert(conn: &Connection, fact: &CameraFact, reporter: &Reporter) -> rusqlite::Result<()> {
    match fact {
        CameraFact::Alert(alert) => {
            let event = NewEvent {
                kind: Kind::AlertRaised,
                occurred_at: alert.captured_at,
                data: alert_data(alert),
            };
            let event_id = reporter.record_in(conn, event)?;
            insert_alert(conn, alert, &event_id.to_string())
        }
        CameraFact::State(change) => {
            let kind = match change.state {
                CameraState::Online => Kind::CameraOnline,
                CameraState::Offline(_) => Kind::CameraOffline,
                // The start of the program says nothing about the camera.
                CameraState::Connecting => return Ok(()),
            };
            let data = state_data(change);
            reporter.record_in(conn, NewEvent { kind, occurred_at: change.since, data })?;
            Ok(())
        }
    }
}

fn insert_alert(conn: &Connection, alert: &Alert, event_id: &str) -> rusqlite::Result<()> {
    let (path, sha256, bytes, missing) = match &alert.snapshot {
        Snapshot::Kept(file) => {
            let path = file.path.to_string_lossy().into_owned();
            let bytes = i64::try_from(file.bytes).unwrap_or(i64::MAX);
            (Some(path), Some(file.sha256.to_string()), Some(bytes), None)
        }
        Snapshot::Missing { why } => (None, None, None, Some(why.as_str())),
    };
    conn.execute(
        "INSERT INTO camera_alert (id, event_id, camera, zone, zone_name, severity, label, score, track,
            captured_at_ms, capture_clock, raised_at_ms,
            snapshot_path, snapshot_sha256, snapshot_bytes, snapshot_missing)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        params![
            alert.id.to_string(),
            event_id,
            alert.camera.as_str(),
            alert.zone.as_str(),
            alert.zone_name,
            severity_text(alert.severity),
            alert.label,
            f64::from(alert.score.get()),
            i64::try_from(alert.track).unwrap_or(i64::MAX),
            alert.captured_at.as_millisecond(),
            clock_text(alert.clock),
            alert.raised_at.as_millisecond(),
            path,
            sha256,
            bytes,
            missing,
        ],
    )
    .map(drop)
}

/// `data` of `alert.raised`. Pictures travel by reference: they are fetched when somebody looks.
fn alert_data(alert: &Alert) -> Value {
    let [left, top, right, bottom] = alert.area.map(thousandths);
    let mut data = json!({
        "alert": alert.id.to_string(),
        "camera": alert.camera.as_str(),
        "zone": alert.zone.as_str(),
        "zone_name": alert.zone_name,
        "rule": alert.rule,
        "severity": severity_text(alert.severity),
        "label": alert.label,
        "score": thousandths(alert.score.get()),
        "track": alert.track,
        "box": [left, top, right, bottom],
        "capture_clock": clock_text(alert.clock),
        "raised_at": time_text(alert.raised_at),
    });
    match &alert.snapshot {
        Snapshot::Kept(file) => {
            let sha256 = file.sha256.to_string();
            data["snapshot"] = json!({ "sha256": sha256, "bytes": file.bytes });
        }
        Snapshot::Missing { why } => data["snapshot_missing"] = json!(why),
    }
    data
}

fn state_data(change: &StateChange) -> Value {
    let mut data = json!({ "camera": change.camera.as_str() });
    if let CameraState::Offline(trouble) = &change.state {
        data["reason"] = json!(trouble.kind.as_str());
        data["text"] = json!(trouble.text);
    }
    data
}

/// Three decimals are finer than any detector, and shorter than an `f32` widened to `f64`.
fn thousandths(value: f32) -> f64 {
    (f64::from(value) * 1000.0).round() / 1000.0
}

fn severity_text(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

fn clock_text(clock: CaptureClock) -> &'static str {
    match clock {
        CaptureClock::Camera => "camera",
        CaptureClock::Arrival => "arrival",
    }
}

fn log(fact: &CameraFact) {
    if let CameraFact::Alert(alert) = fact {
        let captured_at: Timestamp = alert.captured_at;
        info!(
            camera = %alert.camera, zone = %alert.zone, label = alert.label, %captured_at,
            "alert raised"
        );
    }
}

#[cfg(test)]
mod tests;
