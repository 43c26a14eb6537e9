//! Rows of `camera_alert`: read for people, and written where people say something of one.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Alert, Cleared, Clip, Word};
use crate::report::{Kind, NewEvent, Reporter};
use crate::web::user::instant_in;

const COLUMNS: &str = "id, camera, zone, zone_name, rule, label, score, n_objects, severity, \
                       captured_at_ms, raised_at_ms, began_at_ms, cleared_at_ms, clear_reason, \
                       snapshot_path IS NOT NULL, clip_path IS NOT NULL, clip_ms, clip_missing, \
                       acknowledged_by, acknowledged_at_ms, held_by, held_at_ms, held_reason";

/// Where an alert's pictures lie below the data folder.
#[derive(Debug)]
pub(super) struct Pictures {
    pub(super) camera: String,
    pub(super) boxed: Option<String>,
    pub(super) original: Option<String>,
    /// JSON, see the table.
    pub(super) hidden: String,
}

/// Where an alert's clip lies below the data folder.
#[derive(Debug)]
pub(super) struct ClipPlace {
    pub(super) camera: String,
    pub(super) path: Option<String>,
    pub(super) missing: Option<String>,
}

/// `camera`: of this one alone. `open`: those that go on, or those that are over.
pub(super) fn newest(
    conn: &Connection,
    limit: u32,
    camera: Option<&str>,
    open: Option<bool>,
) -> rusqlite::Result<Vec<Alert>> {
    let when = match open {
        Some(true) => "cleared_at_ms IS NULL",
        Some(false) => "cleared_at_ms IS NOT NULL",
        None => "1",
    };
    let query = format!(
        "SELECT {COLUMNS} FROM camera_alert WHERE {when} AND (?2 IS NULL OR camera = ?2) \
         ORDER BY captured_at_ms DESC, id DESC LIMIT ?1"
    );
    conn.prepare_cached(&query)?.query_map(params![limit, camera], read)?.collect()
}

pub(super) fn find(conn: &Connection, id: Uuid) -> rusqlite::Result<Option<Alert>> {
    let query = format!("SELECT {COLUMNS} FROM camera_alert WHERE id = ?1");
    conn.prepare_cached(&query)?.query_row([id.to_string()], read).optional()
}

pub(super) fn pictures(conn: &Connection, id: Uuid) -> rusqlite::Result<Option<Pictures>> {
    let query =
        "SELECT camera, snapshot_path, original_path, hidden FROM camera_alert WHERE id = ?1";
    let read = |row: &Row<'_>| {
        let (camera, boxed) = (row.get(0)?, row.get(1)?);
        Ok(Pictures { camera, boxed, original: row.get(2)?, hidden: row.get(3)? })
    };
    conn.prepare_cached(query)?.query_row([id.to_string()], read).optional()
}

pub(super) fn clip(conn: &Connection, id: Uuid) -> rusqlite::Result<Option<ClipPlace>> {
    let query = "SELECT camera, clip_path, clip_missing FROM camera_alert WHERE id = ?1";
    let read = |row: &Row<'_>| {
        Ok(ClipPlace { camera: row.get(0)?, path: row.get(1)?, missing: row.get(2)? })
    };
    conn.prepare_cached(query)?.query_row([id.to_string()], read).optional()
}

/// Somebody says something of an alert.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) alert: Uuid,
    pub(super) by: String,
    pub(super) at: Timestamp,
}

/// Stores and reports the first word alone.
pub(super) fn acknowledge(
    conn: &Connection,
    reporter: &Reporter,
    said: &Said,
) -> rusqlite::Result<Option<Alert>> {
    let Said { alert: id, by, at } = said;
    let n_changed = conn
        .prepare_cached(
            "UPDATE camera_alert SET acknowledged_by = ?2, acknowledged_at_ms = ?3
             WHERE id = ?1 AND acknowledged_by IS NULL",
        )?
        .execute(params![id.to_string(), by, at.as_millisecond()])?;
    let found = find(conn, *id)?;
    if let Some(alert) = found.as_ref().filter(|_| n_changed == 1) {
        let data = json!({ "alert": alert.id, "camera": alert.camera, "by": by });
        let kind = Kind::AlertAcknowledged;
        reporter.record_in(conn, NewEvent { kind, occurred_at: *at, data })?;
    }
    Ok(found)
}

/// And whether it was this word that holds it.
pub(super) fn hold(
    conn: &Connection,
    reporter: &Reporter,
    said: &Said,
    reason: &str,
) -> rusqlite::Result<Option<(Alert, bool)>> {
    let Said { alert: id, by, at } = said;
    let n_changed = conn
        .prepare_cached(
            "UPDATE camera_alert SET held_by = ?2, held_at_ms = ?3, held_reason = ?4
             WHERE id = ?1 AND held_by IS NULL",
        )?
        .execute(params![id.to_string(), by, at.as_millisecond(), reason])?;
    let found = find(conn, *id)?;
    if let Some(alert) = found.as_ref().filter(|_| n_changed == 1) {
        let more = json!({ "reason": reason });
        audit(conn, reporter, "alert.held", said, alert, &more)?;
    }
    Ok(found.map(|it| (it, n_changed == 1)))
}

pub(super) fn release(
    conn: &Connection,
    reporter: &Reporter,
    said: &Said,
) -> rusqlite::Result<Option<Alert>> {
    let Some(before) = find(conn, said.alert)? else { return Ok(None) };
    let Some(held) = &before.held else { return Ok(Some(before)) };
    conn.prepare_cached(
        "UPDATE camera_alert SET held_by = NULL, held_at_ms = NULL, held_reason = NULL
         WHERE id = ?1",
    )?
    .execute([&before.id])?;
    let more = json!({ "held_by": held.by, "reason": held.reason });
    audit(conn, reporter, "alert.released", said, &before, &more)?;
    find(conn, said.alert)
}

fn audit(
    conn: &Connection,
    reporter: &Reporter,
    action: &str,
    said: &Said,
    alert: &Alert,
    more: &Value,
) -> rusqlite::Result<()> {
    let data = json!({
        "action": action,
        "user": said.by,
        "alert": alert.id,
        "camera": alert.camera,
        "detail": more,
    });
    reporter
        .record_in(conn, NewEvent { kind: Kind::AuditEntry, occurred_at: said.at, data })
        .map(drop)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Alert> {
    let clip = match (row.get(15)?, row.get(17)?) {
        (true, _) => Clip::Kept { ms: row.get::<_, Option<i64>>(16)?.unwrap_or(0) },
        (false, Some(why)) => Clip::Missing { why },
        (false, None) => Clip::Awaited,
    };
    let cleared = if is_null(row, 12)? {
        None
    } else {
        Some(Cleared { at: instant_in(row, 12)?, reason: row.get(13)? })
    };
    let began_at = if is_null(row, 11)? { None } else { Some(instant_in(row, 11)?) };
    let mut held = word(row, 20)?;
    if let Some(held) = &mut held {
        held.reason = row.get::<_, Option<String>>(22)?.unwrap_or_default();
    }
    Ok(Alert {
        id: row.get(0)?,
        camera: row.get(1)?,
        zone: row.get(2)?,
        zone_name: row.get(3)?,
        rule: row.get(4)?,
        label: row.get(5)?,
        score: row.get(6)?,
        n_objects: row.get(7)?,
        severity: row.get(8)?,
        captured_at: instant_in(row, 9)?,
        raised_at: instant_in(row, 10)?,
        began_at,
        cleared,
        has_picture: row.get(14)?,
        clip,
        acknowledged: word(row, 18)?,
        held,
    })
}

/// Name and time, from this column on.
fn word(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Word>> {
    let Some(by) = row.get(column)? else { return Ok(None) };
    Ok(Some(Word { by, at: instant_in(row, column + 1)?, reason: String::new() }))
}

fn is_null(row: &Row<'_>, column: usize) -> rusqlite::Result<bool> {
    Ok(row.get_ref(column)? == rusqlite::types::ValueRef::Null)
}
