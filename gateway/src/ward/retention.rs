//! How long pictures and clips of alerts stay, and what goes first when room is needed. What an alert
//! was is kept; its files go, and the log of deletions says when and why.

mod files;
mod plan;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, params};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::config;
use crate::report::Reporter;
use crate::store::{Store, StoreError};
use plan::{Kept, Reason};

/// A day's alerts are a few hundred files: often enough for any disk.
const EVERY: Duration = Duration::from_mins(10);

pub struct Keeper {
    data_dir: PathBuf,
    retention: config::Retention,
    reporter: Reporter,
    has_complained_of_holds: AtomicBool,
}

impl Keeper {
    pub fn new(data_dir: PathBuf, retention: config::Retention, reporter: Reporter) -> Self {
        Self { data_dir, retention, reporter, has_complained_of_holds: AtomicBool::new(false) }
    }

    /// Deletes files that were written, and whose alert was never stored. MUST be over before the first
    /// camera opens: what a running box is about to name is named by nobody yet.
    pub async fn clear_leftovers(&self) {
        let swept = async {
            let named = self.reporter.store().read(named).await?;
            let data_dir = self.data_dir.clone();
            let sweep = move || files::clear_leftovers(&data_dir, &named);
            anyhow::Ok(tokio::task::spawn_blocking(sweep).await?)
        };
        match swept.await {
            Ok(0) => {}
            Ok(n_files) => info!(n_files, "files that no alert names were deleted"),
            Err(err) => warn!("leftovers of a power cut were not cleared: {err:#}"),
        }
    }

    /// Until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(EVERY);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            match self.keep_house().await {
                Ok(0) => {}
                Ok(n_files) => info!(n_files, "old pictures and clips were deleted"),
                Err(err) => warn!(%err, "old pictures and clips could not be deleted"),
            }
        }
    }

    /// One round; how many files went.
    pub async fn keep_house(&self) -> Result<usize, StoreError> {
        let store = self.reporter.store();
        let now = self.reporter.clock().now();
        let trusted = self.reporter.trust().is_trusted().then_some(now);
        if let Some(now) = trusted {
            begin_to_age(store, now).await?;
        }
        let kept = store.read(kept).await?;
        let goes = plan::goes(&kept, self.retention, trusted);
        if plan::is_full_of_holds(&kept, self.retention) {
            self.complain_of_holds();
        }
        for (alert, reason) in &goes {
            let (alert, reason) = (alert.clone(), *reason);
            let is_forgotten = store.free_space(move |conn| forget(conn, &alert, reason, now));
            if !is_forgotten.await? {
                info!("an alert was put on hold just before its files were to go: they stay");
            }
        }
        self.delete_due(store).await
    }

    /// Once: it stays so until somebody releases some of them.
    fn complain_of_holds(&self) {
        if !self.has_complained_of_holds.swap(true, Ordering::Relaxed) {
            let max_bytes = self.retention.max_bytes;
            warn!(
                max_bytes,
                "what is on legal hold takes more than `retention.max_bytes`: other evidence keeps a \
                 quarter of it; release what is not needed any more, or allow more"
            );
        }
    }

    /// What the log says is to go. Again after a power cut in the middle.
    async fn delete_due(&self, store: &Store) -> Result<usize, StoreError> {
        let due = store.read(due).await?;
        let n_files = due.len();
        for (id, path) in due {
            if let Err(err) = files::delete(&self.data_dir, Path::new(&path)) {
                warn!(path, %err, "a file that is to go cannot be deleted");
                continue;
            }
            let done = move |conn: &Connection| {
                conn.prepare_cached("UPDATE camera_deletion SET is_done = 1 WHERE id = ?1")?
                    .execute([id])
            };
            store.free_space(done).await?;
        }
        Ok(n_files)
    }
}

/// What came while nobody trusted the clock is young at the first moment that somebody does. Writes only
/// where there is such: cards wear out.
async fn begin_to_age(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    let is_ageless = |conn: &Connection| {
        conn.prepare_cached("SELECT 1 FROM camera_alert WHERE ages_from_ms IS NULL")?.exists([])
    };
    if !store.read(is_ageless).await? {
        return Ok(());
    }
    let begin = move |conn: &Connection| {
        conn.prepare_cached("UPDATE camera_alert SET ages_from_ms = ?1 WHERE ages_from_ms IS NULL")?
            .execute([now.as_millisecond()])
            .map(drop)
    };
    store.write(begin).await
}

/// Alerts with files, oldest first: in the order they were stored, which no clock can change.
fn kept(conn: &Connection) -> rusqlite::Result<Vec<Kept>> {
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
fn forget(
    conn: &Connection,
    alert: &str,
    reason: Reason,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let may_go = "SELECT 1 FROM camera_alert
                  WHERE id = ?1 AND held_at_ms IS NULL AND cleared_at_ms IS NOT NULL";
    if !conn.prepare_cached(may_go)?.exists([alert])? {
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

fn due(conn: &Connection) -> rusqlite::Result<Vec<(i64, String)>> {
    let mut query =
        conn.prepare_cached("SELECT id, path FROM camera_deletion WHERE is_done = 0")?;
    query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

fn named(conn: &Connection) -> rusqlite::Result<std::collections::HashSet<String>> {
    let mut query = conn.prepare(
        "SELECT snapshot_path FROM camera_alert WHERE snapshot_path IS NOT NULL
         UNION SELECT original_path FROM camera_alert WHERE original_path IS NOT NULL
         UNION SELECT clip_path FROM camera_alert WHERE clip_path IS NOT NULL
         UNION SELECT boxed_path FROM camera_picture
         UNION SELECT original_path FROM camera_picture",
    )?;
    query.query_map([], |row| row.get(0))?.collect()
}

#[cfg(test)]
mod tests;
