//! How long pictures and clips of alerts stay, and what goes first when room is needed. What an alert
//! was is kept; its files go, and the log of deletions says when and why.

mod files;
mod plan;
mod rows;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::room::{self, Level, RoomCall};
use crate::config;
use crate::report::health::Disk;
use crate::report::{Kind, NewEvent, Reporter};
use crate::store::{Store, StoreError};
use plan::Reason;

/// For what grows old: a day's alerts are a few hundred files.
const EVERY: Duration = Duration::from_mins(10);
/// What was said of an alert outlives its files: a bit more than a year, for whoever asks again.
const RECORDS: Duration = Duration::from_hours(24 * 400);
/// For the room on the disk, which others fill too.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// After a round. Where nothing can be done, each write that fails calls again.
const REST: Duration = Duration::from_millis(300);
/// Alerts whose files go together: the ballast holds the log of their rows, and no more.
const AT_ONCE: usize = 32;

pub struct Keeper {
    data_dir: PathBuf,
    retention: config::Retention,
    reporter: Reporter,
    room: RoomCall,
    level: Level,
    has_complained_of_holds: bool,
}

impl Keeper {
    pub fn new(data_dir: PathBuf, retention: config::Retention, reporter: Reporter) -> Self {
        let (room, level) = (RoomCall::default(), Level::default());
        Self { data_dir, retention, reporter, room, level, has_complained_of_holds: false }
    }

    /// How writers that find the disk full call this one.
    pub fn room_call(&self) -> RoomCall {
        self.room.clone()
    }

    /// Deletes files that were written, and whose alert was never stored. MUST be over before the first
    /// camera opens: what a running box is about to name is named by nobody yet.
    pub async fn clear_leftovers(&self) {
        let swept = async {
            let named = self.reporter.store().read(rows::named).await?;
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

    /// Before [`Self::clear_leftovers`], where the store began anew and set `database` aside.
    pub fn set_aside(&self, database: &Path) -> std::io::Result<()> {
        files::set_aside(&self.data_dir, database)?;
        error!(
            "the pictures and clips of the damaged database were kept beside it, in folders of the same \
             ending: save what is needed of them, then delete them"
        );
        Ok(())
    }

    /// Until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut rounds = tokio::time::interval(EVERY);
        let mut looks = tokio::time::interval(LOOK_EVERY);
        loop {
            let is_due = tokio::select! {
                () = stop.cancelled() => return,
                _ = rounds.tick() => true,
                () = self.room.heard() => true,
                _ = looks.tick() => self.missing_bytes() > 0,
            };
            let mut is_helpless = false;
            if is_due {
                match self.keep_house().await {
                    Ok(0) => is_helpless = true,
                    Ok(n_files) => info!(n_files, "old pictures and clips were deleted"),
                    Err(err) => warn!(%err, "old pictures and clips could not be deleted"),
                }
                self.room.answer();
                if stop.run_until_cancelled(tokio::time::sleep(REST)).await.is_none() {
                    return;
                }
            }
            self.tell_level(is_helpless).await;
        }
    }

    /// One round; how many files went.
    pub async fn keep_house(&mut self) -> Result<usize, StoreError> {
        let store = self.reporter.store().clone();
        let now = self.reporter.clock().now();
        let trusted = self.reporter.trust().is_trusted().then_some(now);
        // Writes only where there is news: cards wear out.
        if trusted.is_some() && store.read(rows::has_ageless).await? {
            free(&store, move |conn| rows::begin_to_age(conn, now)).await?;
        }
        if trusted.is_some() {
            let before = now - RECORDS;
            free(&store, move |conn| rows::forget_records(conn, before)).await?;
        }
        let mut n_files = self.delete_due(&store).await?;
        let kept = store.read(rows::kept).await?;
        if plan::is_full_of_holds(&kept, self.retention) {
            self.complain_of_holds();
        }
        let goes = plan::goes(&kept, self.retention, self.missing_bytes(), trusted);
        for some in goes.chunks(AT_ONCE) {
            for (alert, reason) in some {
                self.forget(&store, alert, *reason).await?;
            }
            n_files += self.delete_due(&store).await?;
        }
        Ok(n_files)
    }

    /// Before its files go, the books say so. Where not even the books can be written, the files go first:
    /// what is half done after a power cut is done in the next round, which finds the room for it. No hold
    /// comes in between, for it cannot be written either.
    async fn forget(&self, store: &Store, alert: &str, reason: Reason) -> Result<(), StoreError> {
        let now = self.reporter.clock().now();
        let id = alert.to_owned();
        let forget = move |conn: &Connection| rows::forget(conn, &id, reason, now);
        let mut forgotten = free(store, forget.clone()).await;
        if let Err(StoreError::Full(_)) = forgotten {
            let id = alert.to_owned();
            for path in store.read(move |conn| rows::files(conn, &id)).await? {
                self.delete(&path);
            }
            forgotten = free(store, forget).await;
        }
        if !forgotten? {
            info!(alert, "put on hold just before its files were to go: they stay");
        }
        Ok(())
    }

    /// What the log says is to go. Again after a power cut in the middle.
    async fn delete_due(&self, store: &Store) -> Result<usize, StoreError> {
        let due = store.read(rows::due).await?;
        let n_files = due.len();
        for (id, path) in due {
            if self.delete(&path) {
                free(store, move |conn| rows::done(conn, id)).await?;
            }
        }
        Ok(n_files)
    }

    fn delete(&self, path: &str) -> bool {
        let deleted = files::delete(&self.data_dir, Path::new(path));
        if let Err(err) = &deleted {
            warn!(path, %err, "a file that is to go cannot be deleted");
        }
        deleted.is_ok()
    }

    /// Once: it stays so until somebody releases some of them.
    fn complain_of_holds(&mut self) {
        if !std::mem::replace(&mut self.has_complained_of_holds, true) {
            let max_bytes = self.retention.max_bytes;
            warn!(
                max_bytes,
                "what is on legal hold takes more than `retention.max_bytes`: other evidence keeps a \
                 quarter of it; release what is not needed any more, or allow more"
            );
        }
    }

    fn missing_bytes(&self) -> u64 {
        // A disk that does not answer has other troubles than room.
        Disk::of(&self.data_dir).map_or(0, room::missing_bytes)
    }

    /// Tried again and again until the event is stored, for which a full disk may have no room.
    async fn tell_level(&mut self, is_helpless: bool) {
        let Some(disk) = Disk::of(&self.data_dir) else { return };
        let Some(level) = self.level.after(disk, is_helpless) else { return };
        let Disk { free_bytes, total_bytes } = disk;
        let data = json!({
            "is_so": level.is_full, "free_bytes": free_bytes, "total_bytes": total_bytes,
        });
        let (kind, occurred_at) = (Kind::DeviceStorageFull, self.reporter.clock().now());
        if let Err(err) = self.reporter.record(NewEvent { kind, occurred_at, data }).await {
            return warn!(%err, free_bytes, "the disk is full, and the centre cannot be told yet");
        }
        self.level = level;
        if level.is_full {
            error!(free_bytes, "the disk is full, and no evidence is left that may go: make room");
        } else {
            info!(free_bytes, "the disk has room again");
        }
    }
}

/// A job that makes room. Twice, because the first one that finds no room has the ballast freed for it.
async fn free<T, F>(store: &Store, job: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnOnce(&Connection) -> rusqlite::Result<T> + Clone + Send + 'static,
{
    match store.free_space(job.clone()).await {
        Err(StoreError::Full(_)) => store.free_space(job).await,
        other => other,
    }
}

#[cfg(test)]
mod tests;
