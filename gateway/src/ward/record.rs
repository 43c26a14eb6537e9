//! Stores what cameras tell, together with the event that reports it: both, or neither.

mod alert;
mod backlog;
pub(super) mod proof;

use std::pin::pin;
use std::time::Duration;

use base::{Backoff, DeviceId};
use models::Complaint;
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tracing::{error, info, warn};
use uuid::Uuid;

use super::alert::{Ending, News, Update};
use super::camera::{CameraComplaint, CameraFact, CameraState, ComplaintChange, StateChange};
use super::room::RoomCall;
use crate::report::{Kind, NewEvent, Reporter};
use crate::store::{Store, StoreError};
use backlog::Backlog;

/// The tables of this file, in the box's database.
pub const SCHEMA: &str = include_str!("camera.sql");
/// What became of alerts, a later step.
pub const SCHEMA_EVIDENCE: &str = include_str!("evidence.sql");
/// The test alarm that came back last, a later step.
pub const SCHEMA_PROOF: &str = include_str!("proof.sql");
/// How long it is kept, one more.
pub const SCHEMA_KEEPING: &str = include_str!("keeping.sql");

/// While the disk is full. Meanwhile the cameras' facts wait, and the cameras go on.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How often a fact is tried that the database refuses for another reason than room: a card that
/// hiccups recovers, a fact that can never be stored must not hold up those behind it.
const N_TRIES: u32 = 10;

/// Ends when the cameras and the detector are gone. A fact that was received is kept trying, and those
/// behind it are received meanwhile: a full disk holds up no camera.
pub async fn run(
    mut facts: mpsc::Receiver<CameraFact>,
    store: Store,
    reporter: Reporter,
    room: RoomCall,
) {
    let mut backlog = Backlog::default();
    while let Some(fact) = next(&mut facts, &mut backlog).await {
        let mut stored = pin!(record(&fact, &store, &reporter, &room));
        let mut is_open = true;
        loop {
            tokio::select! {
                () = &mut stored => break,
                received = facts.recv(), if is_open && backlog.has_room() => match received {
                    Some(fact) => take(&mut backlog, fact),
                    None => is_open = false,
                },
            }
        }
    }
}

/// `None` when nothing waits and nothing will come.
async fn next(facts: &mut mpsc::Receiver<CameraFact>, backlog: &mut Backlog) -> Option<CameraFact> {
    match backlog.pop() {
        Some(fact) => Some(fact),
        None => facts.recv().await,
    }
}

fn take(backlog: &mut Backlog, fact: CameraFact) {
    if backlog.push(fact) {
        warn!("too much waits for the database: what goes on is not told of until it is over");
    }
}

async fn record(fact: &CameraFact, store: &Store, reporter: &Reporter, room: &RoomCall) {
    let mut backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
    let mut n_left = N_TRIES;
    loop {
        let (own_fact, own_reporter) = (fact.clone(), reporter.clone());
        let written = store.write(move |conn| insert(conn, &own_fact, &own_reporter)).await;
        match written {
            Ok(()) => return log(fact),
            Err(err @ StoreError::Full(_)) => {
                room.call();
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
        CameraFact::Raised(alert) => alert::raise(conn, alert, reporter),
        CameraFact::Updated(update) => alert::update(conn, update, reporter),
        CameraFact::Cleared(ending) => alert::clear(conn, ending, reporter),
        CameraFact::Tested(alert) => proof::raised(conn, alert, reporter),
        CameraFact::Complaint(change) => {
            let (kind, data) = complaint(change);
            let event = NewEvent { kind, occurred_at: change.at, data };
            reporter.record_in(conn, event).map(drop)
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

/// What the last run of the program did not see the end of is over, and its clips will not come.
pub async fn close_the_past(store: &Store, reporter: &Reporter) -> Result<usize, StoreError> {
    let now = reporter.clock().now();
    let reporter = reporter.clone();
    store
        .write(move |conn| {
            for (alert, camera) in alerts(conn, "clip_path IS NULL AND clip_missing IS NULL")? {
                let news = News::NoClip { why: "the box was restarted".to_owned() };
                alert::update(conn, &Update { alert, camera, at: now, news }, &reporter)?;
            }
            let open = alerts(conn, "cleared_at_ms IS NULL")?;
            for (alert, camera) in &open {
                let (alert, camera) = (*alert, camera.clone());
                let ending = Ending { alert, camera, at: now, reason: "restart" };
                alert::clear(conn, &ending, &reporter)?;
            }
            Ok(open.len())
        })
        .await
}

/// `such`: a condition of SQL.
fn alerts(conn: &Connection, such: &str) -> rusqlite::Result<Vec<(Uuid, DeviceId)>> {
    let mut query = conn.prepare(&format!("SELECT id, camera FROM camera_alert WHERE {such}"))?;
    let rows =
        query.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let mut open = Vec::new();
    for row in rows {
        let (id, camera) = row?;
        // Both were checked when they were written.
        if let (Ok(id), Ok(camera)) = (id.parse(), camera.parse()) {
            open.push((id, camera));
        }
    }
    Ok(open)
}

fn complaint(change: &ComplaintChange) -> (Kind, Value) {
    let kind = match change.complaint {
        CameraComplaint::Lens(Complaint::Frozen) => Kind::CameraFrozen,
        CameraComplaint::Lens(Complaint::Dark) => Kind::CameraDark,
        CameraComplaint::Lens(Complaint::Blurred) => Kind::CameraBlurred,
        CameraComplaint::Lens(Complaint::Moved) => Kind::CameraMoved,
        CameraComplaint::ClockSkew => Kind::CameraClockSkew,
        CameraComplaint::LowFps => Kind::CameraLowFps,
    };
    let mut data = json!({ "camera": change.camera.as_str(), "is_so": change.begins });
    if let Some(detail) = &change.detail {
        data["text"] = json!(detail);
    }
    (kind, data)
}

fn state_data(change: &StateChange) -> Value {
    let mut data = json!({ "camera": change.camera.as_str() });
    if let CameraState::Offline(trouble) = &change.state {
        data["reason"] = json!(trouble.kind.as_str());
        data["text"] = json!(trouble.text);
    }
    data
}

fn log(fact: &CameraFact) {
    match fact {
        CameraFact::Raised(alert) => info!(
            camera = %alert.camera, zone = %alert.zone, rule = alert.rule, label = alert.label,
            captured_at = %alert.captured_at, "alert raised"
        ),
        CameraFact::Complaint(change) if change.begins => {
            let complaint = change.complaint.as_str();
            warn!(camera = %change.camera, complaint, "something is wrong with the picture");
        }
        CameraFact::Complaint(change) => {
            let complaint = change.complaint.as_str();
            info!(camera = %change.camera, complaint, "over");
        }
        CameraFact::Updated(_)
        | CameraFact::Cleared(_)
        | CameraFact::Tested(_)
        | CameraFact::State(_) => {}
    }
}

#[cfg(test)]
mod tests;
