//! Plays written to SQL, when the calendar is turned into orders. Read back in `play_row`.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use base::new_uuid;
use broadcast::plan::Targets;
use broadcast::reconciliation::{Change, Known, PlayStage, Start, Told};
use broadcast::{PlayId, Resume};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use super::orders::play_until;
use super::play_row::play_stage;
use super::policy::on_cluster;
use super::row::{Kept, count, millis, optional_time, parsed, time};
use super::view::TargetStage;
use super::{Cluster, Ward, held_back};

/// How exactly it is kept how far the calendar was planned. Rounds that change nothing write nothing:
/// an SD card wears out, and starts that have their row already are not planned twice.
const NOTED_EVERY: Duration = Duration::from_mins(5);

/// No one index serves the three reasons why a play is known, and each play has a row for each cluster: this
/// is asked each round, so every part of it is a look into an index of its own.
pub(super) const KNOWN: &str = "WITH wanted AS ( \
        SELECT bulletin_id, occurrence_ms FROM play WHERE start_at_ms >= ?1 AND start_at_ms < ?2 \
        UNION SELECT bulletin_id, occurrence_ms FROM play WHERE closed_at_ms IS NULL \
        UNION SELECT bulletin_id, occurrence_ms FROM play \
            WHERE recurrence_ms >= ?1 AND recurrence_ms < ?2) \
     SELECT play.*, bulletin.stage IN ('approved', 'scheduled') \
            AND bulletin.approved_sha256 = play.audio_sha256 AS is_approved, \
        bulletin.stage = 'approved' AND bulletin.schedule_at_ms IS NULL \
            AND bulletin.schedule_rule IS NULL AS is_called_off, \
        EXISTS (SELECT 1 FROM play_target AS heard INDEXED BY play_target_heard \
            WHERE heard.bulletin_id = play.bulletin_id \
            AND heard.occurrence_ms = play.occurrence_ms AND (heard.started_at_us IS NOT NULL \
                OR heard.stage IN ('started', 'played', 'partial'))) AS is_heard, \
        EXISTS (SELECT 1 FROM play_target AS waiting INDEXED BY play_target_waiting \
            WHERE waiting.bulletin_id = play.bulletin_id \
            AND waiting.occurrence_ms = play.occurrence_ms \
            AND waiting.stage IN ('pending', 'ordered', 'cached')) AS is_waiting \
     FROM wanted CROSS JOIN play USING (bulletin_id, occurrence_ms) \
        CROSS JOIN bulletin ON bulletin.id = play.bulletin_id";

/// Every play whose start, or whose recurrence, is in `from..to`, and every one that is not over.
pub(super) fn known(
    conn: &Connection,
    from: Timestamp,
    to: Timestamp,
) -> rusqlite::Result<Vec<Known>> {
    let mut query = conn.prepare_cached(KNOWN)?;
    let rows = query.query_map([from.as_millisecond(), to.as_millisecond()], |row| {
        let start_at = time(row, "start_at_ms")?;
        Ok(Known {
            id: play_id(row)?,
            recurrence: optional_time(row, "recurrence_ms")?.unwrap_or(start_at),
            start_at,
            stage: play_stage(row)?,
            is_closed: optional_time(row, "closed_at_ms")?.is_some(),
            play_until: time(row, "play_until_ms")?,
            is_approved: row.get("is_approved")?,
            is_called_off: row.get("is_called_off")?,
            told: told(row)?,
        })
    })?;
    rows.collect()
}

fn told(row: &Row<'_>) -> rusqlite::Result<Told> {
    let told = if row.get("is_heard")? {
        Told::Started
    } else if row.get("is_waiting")? {
        Told::NotYet
    } else {
        Told::Silence
    };
    Ok(told)
}

/// Where the next look at the calendar begins; `now` on the very first one.
pub(super) fn planned_up_to(conn: &Connection, now: Timestamp) -> rusqlite::Result<Timestamp> {
    let sql = "SELECT coalesce(max(up_to_ms), ?1) AS up_to_ms FROM planned";
    conn.query_row(sql, [now.as_millisecond()], |row| time(row, "up_to_ms"))
}

/// Bulletins with a play that is not over.
pub(super) fn open_bulletins(conn: &Connection) -> rusqlite::Result<HashSet<Uuid>> {
    let sql = "SELECT DISTINCT bulletin_id FROM play WHERE closed_at_ms IS NULL";
    let mut query = conn.prepare_cached(sql)?;
    query.query_map([], |row| parsed::<Uuid>(row, "bulletin_id"))?.collect()
}

pub(super) fn set_planned_up_to(conn: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "INSERT INTO planned VALUES (1, ?1) \
               ON CONFLICT (only_row) DO UPDATE SET up_to_ms = excluded.up_to_ms \
               WHERE excluded.up_to_ms >= up_to_ms + ?2";
    conn.execute(sql, [now.as_millisecond(), millis(NOTED_EVERY)]).map(|_| ())
}

/// Writes one decision down. Whatever is sent for it is sent after the commit.
pub(super) fn apply(
    conn: &Connection,
    change: &Change,
    scheduled: &HashMap<Uuid, &Kept>,
    ward: &Ward,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let clusters = ward.clusters.as_slice();
    let targets = |kept: &Kept, start_at| ward.places.map().targets(&kept.view, start_at);
    match change {
        Change::Order(start) => {
            let Some(kept) = scheduled.get(&start.id.bulletin) else { return Ok(()) };
            insert(conn, *start, kept, PlayStage::Ordered, None, now)?;
            insert_targets(conn, start.id, &targets(kept, start.start_at), clusters, now)
        }
        Change::HoldBack(start, reason) => {
            let Some(kept) = scheduled.get(&start.id.bulletin) else { return Ok(()) };
            insert(conn, *start, kept, PlayStage::HeldBack, Some(reason), now)?;
            held_back::insert(conn, start.id, &targets(kept, start.start_at), clusters)
        }
        // Ordered, with a window that is over or nearly so: closing it reports what was missed.
        Change::Missed(start, reason) => {
            let Some(kept) = scheduled.get(&start.id.bulletin) else { return Ok(()) };
            insert(conn, *start, kept, PlayStage::Ordered, Some(reason), now)?;
            insert_targets(conn, start.id, &targets(kept, start.start_at), clusters, now)?;
            end_targets(conn, start.id, TargetStage::Missed, reason)
        }
        Change::Promote(id) => {
            let Some(kept) = scheduled.get(&id.bulletin) else { return Ok(()) };
            set_stage(conn, *id, PlayStage::Ordered, None, now)?;
            // Whoever signed since it was held back answers for it as well.
            set_approved_by(conn, *id, kept)?;
            held_back::delete(conn, *id)?;
            let start_at = start_at(conn, *id)?;
            insert_targets(conn, *id, &targets(kept, start_at), clusters, now)
        }
        Change::Withdraw(id, reason) => withdraw(conn, *id, reason, now),
        Change::Forget(id) => {
            held_back::delete(conn, *id)?;
            let sql = "DELETE FROM play WHERE bulletin_id = ?1 AND occurrence_ms = ?2 \
                       AND stage = 'held_back'";
            conn.execute(sql, key(*id)).map(|_| ())
        }
    }
}

fn insert(
    conn: &Connection,
    start: Start,
    kept: &Kept,
    stage: PlayStage,
    reason: Option<&str>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let Start { id, recurrence, start_at } = start;
    let view = &kept.view;
    // Without an approval that stands there is no play, whatever the plan says.
    let is_of_this = view.approval().is_some_and(|it| it.audio == view.content.sha256);
    let Some(approved_by) = view.approved_by().filter(|_| is_of_this) else { return Ok(()) };
    let policy = view.policy();
    let until = play_until(start_at, view.content, policy.resume);
    // What was interrupted may end later than planned, but nothing sounds once it has expired.
    let until = view.expires_at.map_or(until, |it| it.min(until));
    conn.execute(
        "INSERT INTO play (bulletin_id, occurrence_ms, start_at_ms, play_until_ms, priority, \
         approved_by, audio_sha256, audio_bytes, duration_ms, stage, reason, decided_at_ms, \
         recurrence_ms, resume, catch_up_ms, played_as) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        params![
            id.bulletin.to_string(),
            id.occurrence.as_millisecond(),
            start_at.as_millisecond(),
            until.as_millisecond(),
            view.priority.as_str(),
            approved_by,
            view.content.sha256.to_string(),
            count(view.content.bytes),
            millis(view.content.duration),
            stage.as_str(),
            reason,
            now.as_millisecond(),
            (recurrence != start_at).then(|| recurrence.as_millisecond()),
            policy.resume.as_str(),
            millis(policy.catch_up),
            view.title,
        ],
    )?;
    Ok(())
}

pub(super) fn insert_targets(
    conn: &Connection,
    id: PlayId,
    targets: &Targets,
    clusters: &[Cluster],
    now: Timestamp,
) -> rusqlite::Result<()> {
    let (bulletin, occurrence) = key(id);
    let Some(resume) = resume_of(conn, id)? else { return Ok(()) };
    for cluster in clusters.iter().filter(|it| targets.contains(it.id.as_str())) {
        // Decided here, once: whatever the cluster says later, its order stays the same to the byte.
        let instead = on_cluster(resume, cluster.can_duck);
        conn.execute(
            "INSERT INTO play_target (bulletin_id, occurrence_ms, cluster, command_id, \
             issued_at_ms, volume_percent, resume, stage) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'pending')",
            params![
                bulletin,
                occurrence,
                cluster.id.as_str(),
                new_uuid(now).to_string(),
                now.as_millisecond(),
                cluster.volume.percent(),
                (instead != resume).then(|| instead.as_str()),
            ],
        )?;
    }
    Ok(())
}

/// What the play was decided on; none where there is no play.
fn resume_of(conn: &Connection, id: PlayId) -> rusqlite::Result<Option<Resume>> {
    let sql = "SELECT resume FROM play WHERE bulletin_id = ?1 AND occurrence_ms = ?2";
    conn.query_row(sql, key(id), |row| parsed(row, "resume")).optional()
}

fn start_at(conn: &Connection, id: PlayId) -> rusqlite::Result<Timestamp> {
    let sql = "SELECT start_at_ms FROM play WHERE bulletin_id = ?1 AND occurrence_ms = ?2";
    conn.query_row(sql, key(id), |row| time(row, "start_at_ms"))
}

/// Recalls a play: clusters that may have the order get a stop, the others are done with it.
fn withdraw(conn: &Connection, id: PlayId, reason: &str, now: Timestamp) -> rusqlite::Result<()> {
    set_stage(conn, id, PlayStage::Withdrawn, Some(reason), now)?;
    let (bulletin, occurrence) = key(id);
    conn.execute(
        "UPDATE play_target SET stage = 'stopped', reason = ?3 WHERE bulletin_id = ?1 \
         AND occurrence_ms = ?2 AND n_sent = 0 AND stage = 'pending'",
        params![bulletin, occurrence, reason],
    )?;
    let mut query = conn.prepare_cached(
        "SELECT cluster FROM play_target WHERE bulletin_id = ?1 AND occurrence_ms = ?2 \
         AND stage IN ('pending', 'ordered', 'cached', 'started')",
    )?;
    let clusters: Vec<String> =
        query.query_map(key(id), |row| row.get(0))?.collect::<Result<_, _>>()?;
    for cluster in clusters {
        conn.execute(
            "UPDATE play_target SET stop_command_id = ?4, issued_at_ms = ?5, n_sent = 0, \
             sent_at_ms = NULL WHERE bulletin_id = ?1 AND occurrence_ms = ?2 AND cluster = ?3",
            params![bulletin, occurrence, cluster, new_uuid(now).to_string(), now.as_millisecond()],
        )?;
    }
    Ok(())
}

fn set_approved_by(conn: &Connection, id: PlayId, kept: &Kept) -> rusqlite::Result<()> {
    let Some(approved_by) = kept.view.approved_by() else { return Ok(()) };
    let (bulletin, occurrence) = key(id);
    conn.execute(
        "UPDATE play SET approved_by = ?3 WHERE bulletin_id = ?1 AND occurrence_ms = ?2",
        params![bulletin, occurrence, approved_by],
    )?;
    Ok(())
}

fn set_stage(
    conn: &Connection,
    id: PlayId,
    stage: PlayStage,
    reason: Option<&str>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let (bulletin, occurrence) = key(id);
    conn.execute(
        "UPDATE play SET stage = ?3, reason = ?4, decided_at_ms = ?5 \
         WHERE bulletin_id = ?1 AND occurrence_ms = ?2 AND closed_at_ms IS NULL",
        params![bulletin, occurrence, stage.as_str(), reason, now.as_millisecond()],
    )?;
    Ok(())
}

/// Ends the play on every cluster that has not told how it went.
pub(super) fn end_targets(
    conn: &Connection,
    id: PlayId,
    stage: TargetStage,
    reason: &str,
) -> rusqlite::Result<()> {
    let (bulletin, occurrence) = key(id);
    conn.execute(
        "UPDATE play_target SET stage = ?3, reason = ?4 WHERE bulletin_id = ?1 \
         AND occurrence_ms = ?2 AND stage IN ('pending', 'ordered', 'cached', 'started')",
        params![bulletin, occurrence, stage.as_str(), reason],
    )?;
    Ok(())
}

/// For `WHERE bulletin_id = ?1 AND occurrence_ms = ?2`.
pub(super) fn key(id: PlayId) -> (String, i64) {
    (id.bulletin.to_string(), id.occurrence.as_millisecond())
}

pub(super) fn play_id(row: &Row<'_>) -> rusqlite::Result<PlayId> {
    let bulletin = parsed::<Uuid>(row, "bulletin_id")?;
    Ok(PlayId { bulletin, occurrence: time(row, "occurrence_ms")? })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use broadcast::Priority;

    use super::super::testing::{World, at};
    use crate::order::wire::play_from_json;

    #[tokio::test(start_paused = true)]
    async fn an_order_carries_the_volume_of_its_cluster() {
        let world = World::new().await;
        world.scheduled(Priority::Normal, "2026-01-05T09:00:00+07:00").await;
        world.round().await;
        let sent = world.sent();
        let volume = |at: usize| play_from_json(&sent[at].data).unwrap().volume.percent();
        assert_eq!((sent[0].to.as_str(), volume(0)), ("loa-1", 100));
        assert_eq!((sent[1].to.as_str(), volume(1)), ("loa-2", 60));
    }

    #[tokio::test(start_paused = true)]
    async fn an_interrupted_play_does_not_go_on_after_its_bulletin_expired() {
        let world = World::new().await;
        let start = "2026-01-05T09:00:00+07:00";
        world.scheduled(Priority::Priority, start).await;
        let expires_at = at(start) + Duration::from_mins(2);
        let sql = "UPDATE bulletin SET expires_at_ms = ?1";
        let ms = expires_at.as_millisecond();
        world.store.write(move |conn| conn.execute(sql, [ms])).await.unwrap();
        world.round().await;
        let order = play_from_json(&world.sent()[0].data).unwrap();
        assert_eq!(order.play_until, expires_at, "it could take ten minutes more");
    }
}
