//! Evidence in the books: what there is, what is let go of, and what is still to be deleted.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::plan::{Kept, Reason};
use crate::config;

/// Whether there are alerts that have no age yet.
pub(super) fn has_ageless(conn: &Connection) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM camera_alert WHERE ages_from_ms IS NULL")?.exists([])
}

/// What came while nobody trusted the clock is young at the first moment that somebody does.
pub(super) fn begin_to_age(conn: &Connection, now: Timestamp) -> rusqlite::Result<usize> {
    conn.prepare_cached("UPDATE camera_alert SET ages_from_ms = ?1 WHERE ages_from_ms IS NULL")?
        .execute([now.as_millisecond()])
}

/// Alerts with files, oldest first: in the order they were stored, which no clock can change.
pub(super) fn kept(conn: &Connection) -> rusqlite::Result<Vec<Kept>> {
    let mut query = conn.prepare_cached(
        "SELECT id, severity, ages_from_ms, held_at_ms IS NOT NULL OR cleared_at_ms IS NULL,
            coalesce(snapshot_bytes, 0) + coalesce(original_bytes, 0) + coalesce(clip_bytes, 0)
                + (SELECT coalesce(sum(boxed_bytes + original_bytes), 0) FROM camera_picture
                   WHERE alert = camera_alert.id)
         FROM camera_alert WHERE snapshot_path IS NOT NULL OR clip_path IS NOT NULL
         ORDER BY rowid",
    )?;
    query
        .query_map([], |row| {
            let severity: String = row.get(1)?;
            Ok(Kept {
                alert: row.get(0)?,
                severity: match severity.as_str() {
                    "info" => config::Severity::Info,
                    "critical" => config::Severity::Critical,
                    _ => config::Severity::Warning,
                },
                ages_from_ms: row.get(2)?,
                must_stay: row.get(3)?,
                n_bytes: row.get(4)?,
            })
        })?
        .collect()
}

/// The log first, then the row lets go of its files; the files themselves go after the commit. False
/// where it was put on hold since the plan was made: then nothing of it goes.
pub(super) fn forget(
    conn: &Connection,
    alert: &str,
    reason: Reason,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    if !may_go(conn, alert)? {
        return Ok(false);
    }
    let files = [
        "SELECT id, camera, captured_at_ms, snapshot_path, snapshot_sha256, snapshot_bytes
         FROM camera_alert WHERE id = ?1 AND snapshot_path IS NOT NULL",
        "SELECT id, camera, captured_at_ms, original_path, original_sha256, original_bytes
         FROM camera_alert WHERE id = ?1 AND original_path IS NOT NULL",
        "SELECT id, camera, captured_at_ms, clip_path, clip_sha256, clip_bytes
         FROM camera_alert WHERE id = ?1 AND clip_path IS NOT NULL",
        "SELECT a.id, camera, captured_at_ms, boxed_path, boxed_sha256, boxed_bytes
         FROM camera_picture p JOIN camera_alert a ON a.id = p.alert WHERE a.id = ?1",
        "SELECT a.id, camera, captured_at_ms, p.original_path, p.original_sha256, p.original_bytes
         FROM camera_picture p JOIN camera_alert a ON a.id = p.alert WHERE a.id = ?1",
    ];
    for selected in files {
        let log = format!(
            "INSERT INTO camera_deletion
                (alert, camera, captured_at_ms, path, sha256, bytes, reason, deleted_at_ms)
             SELECT *, ?2, ?3 FROM ({selected})"
        );
        let at_ms = now.as_millisecond();
        conn.prepare_cached(&log)?.execute(params![alert, reason.as_str(), at_ms])?;
    }
    conn.prepare_cached("DELETE FROM camera_picture WHERE alert = ?1")?.execute([alert])?;
    conn.prepare_cached(
        "UPDATE camera_alert SET
            snapshot_path = NULL, snapshot_sha256 = NULL, snapshot_bytes = NULL,
            snapshot_missing = coalesce(snapshot_missing, ?2),
            original_path = NULL, original_sha256 = NULL, original_bytes = NULL, hidden = '[]',
            clip_missing = CASE WHEN clip_path IS NULL THEN clip_missing ELSE ?2 END,
            clip_path = NULL, clip_sha256 = NULL, clip_bytes = NULL
         WHERE id = ?1",
    )?
    .execute(params![alert, reason.in_words()])
    .map(|_| true)
}

pub(super) fn due(conn: &Connection) -> rusqlite::Result<Vec<(i64, String)>> {
    let mut query =
        conn.prepare_cached("SELECT id, path FROM camera_deletion WHERE is_done = 0")?;
    query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

pub(super) fn named(conn: &Connection) -> rusqlite::Result<std::collections::HashSet<String>> {
    let mut query = conn.prepare(
        "SELECT snapshot_path FROM camera_alert WHERE snapshot_path IS NOT NULL
         UNION SELECT original_path FROM camera_alert WHERE original_path IS NOT NULL
         UNION SELECT clip_path FROM camera_alert WHERE clip_path IS NOT NULL
         UNION SELECT boxed_path FROM camera_picture
         UNION SELECT original_path FROM camera_picture",
    )?;
    query.query_map([], |row| row.get(0))?.collect()
}

fn may_go(conn: &Connection, alert: &str) -> rusqlite::Result<bool> {
    conn.prepare_cached(
        "SELECT 1 FROM camera_alert
         WHERE id = ?1 AND held_at_ms IS NULL AND cleared_at_ms IS NOT NULL",
    )?
    .exists([alert])
}

/// The files of an alert that may go, where they lie.
pub(super) fn files(conn: &Connection, alert: &str) -> rusqlite::Result<Vec<String>> {
    if !may_go(conn, alert)? {
        return Ok(Vec::new());
    }
    let mut query = conn.prepare_cached(
        "SELECT snapshot_path FROM camera_alert WHERE id = ?1 AND snapshot_path IS NOT NULL
         UNION SELECT original_path FROM camera_alert WHERE id = ?1 AND original_path IS NOT NULL
         UNION SELECT clip_path FROM camera_alert WHERE id = ?1 AND clip_path IS NOT NULL
         UNION SELECT boxed_path FROM camera_picture WHERE alert = ?1
         UNION SELECT original_path FROM camera_picture WHERE alert = ?1",
    )?;
    query.query_map([alert], |row| row.get(0))?.collect()
}

/// The log has been obeyed there.
pub(super) fn done(conn: &Connection, deletion: i64) -> rusqlite::Result<usize> {
    conn.prepare_cached("UPDATE camera_deletion SET is_done = 1 WHERE id = ?1")?.execute([deletion])
}

/// Of each table, in one round: what a box missed while it was off goes within a day.
const RECORDS_AT_ONCE: u32 = 500;
/// Older times were written by a clock that nobody had set: they say nothing of age.
const FIRST_PLAUSIBLE_MS: i64 = 1_735_689_600_000;

/// Alerts whose files are gone, who saw whom, and the log of deletions, of before this moment. What is on
/// legal hold keeps all of it.
pub(super) fn forget_records(conn: &Connection, before: Timestamp) -> rusqlite::Result<usize> {
    let bounds = params![FIRST_PLAUSIBLE_MS, before.as_millisecond(), RECORDS_AT_ONCE];
    [
        "DELETE FROM camera_view WHERE id IN (
            SELECT id FROM camera_view WHERE at_ms >= ?1 AND at_ms < ?2 AND NOT EXISTS (
                SELECT 1 FROM camera_alert a WHERE a.id = alert AND held_at_ms IS NOT NULL)
            LIMIT ?3)",
        "DELETE FROM camera_deletion WHERE id IN (
            SELECT id FROM camera_deletion
            WHERE deleted_at_ms >= ?1 AND deleted_at_ms < ?2 AND is_done = 1 AND NOT EXISTS (
                SELECT 1 FROM camera_alert a WHERE a.id = alert AND held_at_ms IS NOT NULL)
            LIMIT ?3)",
        "DELETE FROM camera_alert WHERE id IN (
            SELECT id FROM camera_alert
            WHERE ages_from_ms >= ?1 AND ages_from_ms < ?2 AND snapshot_path IS NULL
                AND clip_path IS NULL AND held_at_ms IS NULL AND cleared_at_ms IS NOT NULL
            LIMIT ?3)",
    ]
    .iter()
    .try_fold(0, |n, delete| Ok(n + conn.prepare_cached(delete)?.execute(bounds)?))
}
