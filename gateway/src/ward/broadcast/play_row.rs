//! Plays read back: what is to be sent, what is to be closed, what the console shows.

use std::collections::BTreeSet;

use base::DeviceId;
use broadcast::reconciliation::PlayStage;
use broadcast::{PlayId, Priority, Resume, Volume};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::orders::{Errand, Play};
use super::row::{content_from, optional_time, parsed, span, time, unreadable};
use super::settle::{key, play_id};
use super::skew::{Heard, summary};
use super::view::{PlayView, TargetStage, TargetView};

/// A play that has no terminal event yet, with what its clusters told.
#[derive(Clone, Debug)]
pub(super) struct OpenPlay {
    pub play: Play,
    pub title: String,
    pub stage: PlayStage,
    pub reason: Option<String>,
    pub heard: Vec<Heard>,
}

/// An order or a stop that its cluster has not acknowledged.
#[derive(Clone, Debug)]
pub(super) struct Unacknowledged {
    pub errand: Errand,
    pub n_sent: u32,
    pub sent_at: Option<Timestamp>,
}

/// Emergencies first; then what must not sound, before what takes its place; then the soonest. A play that
/// nobody approved any more is not among them, even before the planner has withdrawn it; nothing for
/// those who are `away` either.
pub(super) fn unacknowledged(
    conn: &Connection,
    away: &BTreeSet<DeviceId>,
    now: Timestamp,
) -> rusqlite::Result<Vec<Unacknowledged>> {
    let mut query = conn.prepare_cached(
        "SELECT play.*, cluster, issued_at_ms, volume_percent, n_sent, sent_at_ms, \
                coalesce(play_target.resume, play.resume) AS target_resume, \
                coalesce(stop_command_id, command_id) AS command_id, \
                stop_command_id IS NOT NULL AS is_stop \
         FROM play_target JOIN play USING (bulletin_id, occurrence_ms) \
                          JOIN bulletin ON bulletin.id = bulletin_id \
         WHERE closed_at_ms IS NULL AND play_until_ms > ?1 \
         AND cluster NOT IN (SELECT value FROM json_each(?2)) AND ( \
            (play.stage = 'ordered' AND play_target.stage = 'pending' \
             AND bulletin.stage = 'scheduled' AND approved_sha256 = play.audio_sha256) \
            OR (play.stage = 'withdrawn' AND stop_command_id IS NOT NULL \
             AND play_target.stage IN ('pending', 'ordered', 'cached', 'started'))) \
         ORDER BY play.priority = 'emergency' DESC, is_stop DESC, start_at_ms, cluster",
    )?;
    let rows = query.query_map(params![now.as_millisecond(), listed(away)], |row| {
        let errand = Errand {
            play: play_from(row)?,
            to: parsed::<DeviceId>(row, "cluster")?,
            command_id: parsed::<Uuid>(row, "command_id")?,
            issued_at: time(row, "issued_at_ms")?,
            volume: volume(row)?,
            resume: parsed::<Resume>(row, "target_resume")?,
            is_stop: row.get("is_stop")?,
        };
        let sent_at = optional_time(row, "sent_at_ms")?;
        Ok(Unacknowledged { errand, n_sent: row.get("n_sent")?, sent_at })
    })?;
    rows.collect()
}

pub(super) fn set_sent(
    conn: &Connection,
    command_id: Uuid,
    now: Timestamp,
) -> rusqlite::Result<()> {
    conn.execute(
        "UPDATE play_target SET n_sent = n_sent + 1, sent_at_ms = ?2 \
         WHERE command_id = ?1 OR stop_command_id = ?1",
        params![command_id.to_string(), now.as_millisecond()],
    )?;
    Ok(())
}

pub(super) const FORGET_SENT: &str = "UPDATE play_target SET sent_at_ms = NULL \
     WHERE (bulletin_id, occurrence_ms) IN \
        (SELECT bulletin_id, occurrence_ms FROM play WHERE closed_at_ms IS NULL) \
     AND cluster IN (SELECT value FROM json_each(?1)) AND sent_at_ms IS NOT NULL \
     AND (stage = 'pending' OR stop_command_id IS NOT NULL)";

/// Whatever these clusters have not acknowledged is due again. Rows are never deleted: only those of open
/// plays are looked at.
pub(super) fn forget_sent(
    conn: &Connection,
    clusters: &BTreeSet<DeviceId>,
) -> rusqlite::Result<()> {
    conn.prepare_cached(FORGET_SENT)?.execute([listed(clusters)]).map(|_| ())
}

/// For `json_each`.
fn listed(clusters: &BTreeSet<DeviceId>) -> String {
    clusters.iter().map(DeviceId::as_str).collect::<serde_json::Value>().to_string()
}

/// Plays without a terminal event whose start has come.
pub(super) fn open(conn: &Connection, now: Timestamp) -> rusqlite::Result<Vec<OpenPlay>> {
    let mut query = conn.prepare_cached(
        "SELECT play.*, coalesce(played_as, title) AS title FROM play JOIN bulletin ON bulletin.id = bulletin_id \
         WHERE closed_at_ms IS NULL AND (start_at_ms <= ?1 OR play.stage = 'withdrawn')",
    )?;
    let rows = query.query_map([now.as_millisecond()], |row| {
        Ok(OpenPlay {
            play: play_from(row)?,
            title: row.get("title")?,
            stage: play_stage(row)?,
            reason: row.get("reason")?,
            heard: Vec::new(),
        })
    })?;
    let mut plays: Vec<OpenPlay> = rows.collect::<Result<_, _>>()?;
    for play in &mut plays {
        play.heard = heard(&targets(conn, play.play.id)?);
    }
    Ok(plays)
}

/// Plays that start in `from..to`, in order.
pub(super) fn plays(
    conn: &Connection,
    from: Timestamp,
    to: Timestamp,
    limit: u32,
) -> rusqlite::Result<Vec<PlayView>> {
    let mut query = conn.prepare_cached(
        "SELECT play.*, coalesce(played_as, title) AS title FROM play JOIN bulletin ON bulletin.id = bulletin_id \
         WHERE start_at_ms >= ?1 AND start_at_ms < ?2 ORDER BY start_at_ms, occurrence_ms LIMIT ?3",
    )?;
    let window = params![from.as_millisecond(), to.as_millisecond(), limit];
    let rows = query.query_map(window, |row| {
        let play = play_from(row)?;
        Ok(PlayView {
            play: play.id,
            title: row.get("title")?,
            start_at: play.start_at,
            duration: play.content.duration,
            priority: play.priority,
            stage: play_stage(row)?,
            reason: row.get("reason")?,
            targets: Vec::new(),
            summary: None,
        })
    })?;
    let mut views: Vec<PlayView> = rows.collect::<Result<_, _>>()?;
    for view in &mut views {
        view.targets = targets(conn, view.play)?;
        let is_over = view.stage == PlayStage::Closed;
        view.summary = is_over.then(|| summary(&heard(&view.targets)));
    }
    Ok(views)
}

pub(super) fn targets(conn: &Connection, id: PlayId) -> rusqlite::Result<Vec<TargetView>> {
    let mut query = conn.prepare_cached(
        "SELECT * FROM play_target WHERE bulletin_id = ?1 AND occurrence_ms = ?2 ORDER BY cluster",
    )?;
    let rows = query.query_map(key(id), |row| {
        let started_at: Option<i64> = row.get("started_at_us")?;
        let started_at = started_at.map(Timestamp::from_microsecond).transpose();
        let error: Option<i64> = row.get("start_error_us")?;
        Ok(TargetView {
            cluster: parsed(row, "cluster")?,
            stage: target_stage(row, "stage")?,
            reason: row.get("reason")?,
            started_at: started_at.map_err(|err| unreadable("started_at_us", err))?,
            start_error: error.map(SignedDuration::from_micros),
        })
    })?;
    rows.collect()
}

pub(super) fn heard(targets: &[TargetView]) -> Vec<Heard> {
    let heard = |it: &TargetView| Heard {
        stage: it.stage,
        started_at: it.started_at,
        start_error: it.start_error,
    };
    targets.iter().map(heard).collect()
}

fn play_from(row: &Row<'_>) -> rusqlite::Result<Play> {
    Ok(Play {
        id: play_id(row)?,
        start_at: time(row, "start_at_ms")?,
        until: time(row, "play_until_ms")?,
        content: content_from(row)?,
        priority: parsed::<Priority>(row, "priority")?,
        approved_by: row.get("approved_by")?,
        catch_up: span(row, "catch_up_ms")?,
    })
}

fn volume(row: &Row<'_>) -> rusqlite::Result<Volume> {
    let percent: u8 = row.get("volume_percent")?;
    Volume::try_from(percent).map_err(|err| unreadable("volume_percent", err))
}

pub(super) fn play_stage(row: &Row<'_>) -> rusqlite::Result<PlayStage> {
    let text: String = row.get("stage")?;
    let found = PlayStage::ALL.into_iter().find(|it| it.as_str() == text);
    found.ok_or_else(|| unreadable("stage", text))
}

pub(super) fn target_stage(row: &Row<'_>, column: &str) -> rusqlite::Result<TargetStage> {
    let text: String = row.get(column)?;
    TargetStage::parse(&text).ok_or_else(|| unreadable(column, text))
}
