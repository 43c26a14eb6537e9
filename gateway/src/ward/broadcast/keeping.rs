//! Removes sound that no bulletin needs any more, so that a box's disk is not full one day: never what is
//! to be approved, is approved, or plays again, and nothing within the retention after it last played.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use base::Sha256;
use broadcast::bulletin::Stage;
use broadcast::schedule::Schedule;
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;
use tokio::fs;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::row::{self, Kept};
use crate::report::{Kind, NewEvent, Reporter};
use crate::store::StoreError;

/// A day more or less does not matter after half a year.
const LOOK_EVERY: Duration = Duration::from_hours(6);
/// A rule without a start in so long will not have one: leap days come every four years, or eight.
const LONGEST_WAIT: Duration = Duration::from_hours(8 * 366 * 24);
/// A file without a bulletin may be one that is being handed in.
const ORPHAN_AGE: Duration = Duration::from_hours(24);

pub struct ContentKeeper {
    /// Holds `<sha256>.opus`.
    pub dir: PathBuf,
    /// How long after its last use.
    pub keep: Duration,
    pub reporter: Reporter,
}

#[derive(Debug, thiserror::Error)]
enum KeepingError {
    #[error("the folder of the content cannot be read")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is known of one sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sound {
    /// A bulletin with it may still play.
    is_needed: bool,
    /// The last time that anything was done with it.
    last_used_at: Option<Timestamp>,
}

impl ContentKeeper {
    /// Until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut every = tokio::time::interval(LOOK_EVERY);
        while stop.run_until_cancelled(every.tick()).await.is_some() {
            // By a clock that nobody vouches for, everything may be old.
            if !self.reporter.trust().is_trusted() {
                continue;
            }
            match self.look().await {
                Ok(()) => {}
                Err(KeepingError::Store(StoreError::Stopped)) => return,
                Err(err) => warn!(error = ?err, "old sound was not removed, and is tried again"),
            }
        }
    }

    async fn look(&self) -> Result<(), KeepingError> {
        let now = self.reporter.clock().now();
        // The files first: what is handed in meanwhile is not among them.
        let files = self.files(now).await?;
        let sounds = self.reporter.store().read(move |conn| sounds(conn, now)).await?;
        for (sha256, age) in files {
            if !is_old(sounds.get(&sha256), age, self.keep, now) {
                continue;
            }
            // Written before it is done, so that no sound is gone without a trace.
            let data = json!({ "action": "content.removed", "sha256": sha256.to_string() });
            let entry = NewEvent { kind: Kind::AuditEntry, occurred_at: now, data };
            self.reporter.record(entry).await?;
            fs::remove_file(self.dir.join(format!("{sha256}.opus"))).await?;
            info!(%sha256, "sound that no bulletin needs any more was removed");
        }
        Ok(())
    }

    /// Each sound with its age.
    async fn files(&self, now: Timestamp) -> io::Result<Vec<(Sha256, Duration)>> {
        let mut files = Vec::new();
        let mut entries = fs::read_dir(&self.dir).await?;
        while let Some(entry) = entries.next_entry().await? {
            let path = entry.path();
            let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
            // Anything else is not ours to remove.
            let Some(Ok(sha256)) = name.strip_suffix(".opus").map(str::parse) else { continue };
            let written_at =
                Timestamp::try_from(entry.metadata().await?.modified()?).unwrap_or(now);
            let age = Duration::try_from(now.duration_since(written_at)).unwrap_or_default();
            files.push((sha256, age));
        }
        Ok(files)
    }
}

fn is_old(sound: Option<&Sound>, age: Duration, keep: Duration, now: Timestamp) -> bool {
    let Some(sound) = sound else { return age > ORPHAN_AGE };
    let unused = sound
        .last_used_at
        .map_or(Duration::MAX, |at| Duration::try_from(now.duration_since(at)).unwrap_or_default());
    !sound.is_needed && age > keep && unused > keep
}

fn sounds(conn: &Connection, now: Timestamp) -> rusqlite::Result<BTreeMap<Sha256, Sound>> {
    let mut sounds: BTreeMap<Sha256, Sound> = BTreeMap::new();
    for kept in row::all(conn)? {
        let sound = sounds.entry(kept.view.content.sha256).or_default();
        sound.is_needed |= may_play(&kept, now);
        let view = &kept.view;
        sound.last_used_at = sound.last_used_at.max(view.submitted_at).max(Some(view.created_at));
    }
    // Whoever signed listened to it.
    let sql =
        "SELECT audio_sha256, max(at_ms) AS at_ms FROM bulletin_approval GROUP BY audio_sha256";
    let mut query = conn.prepare_cached(sql)?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let sound = sounds.entry(row::parsed(row, "audio_sha256")?).or_default();
        sound.last_used_at = sound.last_used_at.max(Some(row::time(row, "at_ms")?));
    }
    let sql = "SELECT audio_sha256, max(play_until_ms) AS until_ms, \
               max(closed_at_ms IS NULL) AS is_open FROM play GROUP BY audio_sha256";
    let mut query = conn.prepare_cached(sql)?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let sound = sounds.entry(row::parsed(row, "audio_sha256")?).or_default();
        sound.is_needed |= row.get::<_, bool>("is_open")?;
        sound.last_used_at = sound.last_used_at.max(Some(row::time(row, "until_ms")?));
    }
    // Chimes and alarm clips stay until somebody takes them off the shelf.
    let mut query = conn.prepare_cached("SELECT audio_sha256 FROM stored_sound")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        sounds.entry(row::parsed(row, "audio_sha256")?).or_default().is_needed = true;
    }
    Ok(sounds)
}

/// Whether anybody may still hear it without touching it first.
fn may_play(kept: &Kept, now: Timestamp) -> bool {
    let view = &kept.view;
    if view.expires_at.is_some_and(|at| at <= now) {
        return false;
    }
    match view.stage {
        Stage::Submitted | Stage::Approved => true,
        Stage::Scheduled => view.schedule.as_ref().is_none_or(|it| plays_again(it, now)),
        // Nobody has said yes; within the retention it may still become something.
        Stage::Draft | Stage::Rejected => false,
    }
}

fn plays_again(schedule: &Schedule, now: Timestamp) -> bool {
    let last = now.checked_add(LONGEST_WAIT).unwrap_or(Timestamp::MAX);
    let mut to = now;
    // Step by step: a rule with a start an hour is not to be expanded for years.
    for days in [8, 366] {
        to = to.checked_add(Duration::from_hours(days * 24)).unwrap_or(Timestamp::MAX).min(last);
        // A rule that cannot be expanded plays again for all that we know.
        if schedule.starts(now, to).map_or(true, |it| !it.is_empty()) {
            return true;
        }
    }
    schedule.starts(now, last).map_or(true, |it| !it.is_empty())
}

#[cfg(test)]
mod tests;
