//! Plays read back for a report: a line for each cluster that each occurrence was for.

use broadcast::reconciliation::PlayStage;
use std::time::Duration;

use base::DeviceId;
use broadcast::tally::Outcome;
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::super::play_row::{play_stage, target_stage};
use super::super::row::{parsed, time};
use super::super::view::TargetStage;

pub(super) struct Line {
    pub start_at: Timestamp,
    pub title: String,
    /// `None`: it was held back because it was for nobody.
    pub cluster: Option<DeviceId>,
    pub outcome: Outcome,
    pub reason: Option<String>,
    /// Of the sound.
    pub length: Duration,
}

const PLAYS: &str = "play JOIN bulletin ON bulletin.id = play.bulletin_id";

/// Of plays that start in `from..to`, in order of time.
pub(super) fn lines(
    conn: &Connection,
    from: Timestamp,
    to: Timestamp,
) -> rusqlite::Result<Vec<Line>> {
    let window = params![from.as_millisecond(), to.as_millisecond()];
    let sql = format!(
        "SELECT play.start_at_ms, play.duration_ms, play.stage, title, cluster, \
         play_target.stage AS target_stage, started_at_us, \
         coalesce(play_target.reason, play.reason) AS reason \
         FROM {PLAYS} JOIN play_target USING (bulletin_id, occurrence_ms) \
         WHERE play.start_at_ms >= ?1 AND play.start_at_ms < ?2"
    );
    let mut query = conn.prepare_cached(&sql)?;
    let mut lines: Vec<Line> = query.query_map(window, ordered)?.collect::<Result<_, _>>()?;
    let sql = format!(
        "SELECT play.start_at_ms, play.duration_ms, title, play.reason, cluster \
         FROM {PLAYS} LEFT JOIN play_held_back USING (bulletin_id, occurrence_ms) \
         WHERE play.start_at_ms >= ?1 AND play.start_at_ms < ?2 AND play.stage = 'held_back'"
    );
    let mut query = conn.prepare_cached(&sql)?;
    for line in query.query_map(window, held_back)? {
        lines.push(line?);
    }
    lines.sort_by(|one, other| (one.start_at, &one.cluster).cmp(&(other.start_at, &other.cluster)));
    Ok(lines)
}

fn ordered(row: &Row<'_>) -> rusqlite::Result<Line> {
    let is_withdrawn = play_stage(row)? == PlayStage::Withdrawn;
    let has_begun = row.get::<_, Option<i64>>("started_at_us")?.is_some();
    let outcome = match target_stage(row, "target_stage")? {
        TargetStage::Played => Outcome::Played,
        TargetStage::Partial => Outcome::Partial,
        TargetStage::Pending
        | TargetStage::Ordered
        | TargetStage::Cached
        | TargetStage::Started
        | TargetStage::Missed
        | TargetStage::Stopped
            if is_withdrawn && !has_begun =>
        {
            Outcome::Withdrawn
        }
        TargetStage::Missed => Outcome::Missed,
        TargetStage::Stopped => Outcome::Stopped,
        TargetStage::Pending
        | TargetStage::Ordered
        | TargetStage::Cached
        | TargetStage::Started => Outcome::Open,
    };
    line(row, Some(parsed(row, "cluster")?), outcome)
}

fn held_back(row: &Row<'_>) -> rusqlite::Result<Line> {
    let cluster: Option<String> = row.get("cluster")?;
    let cluster = cluster.map(|_| parsed(row, "cluster")).transpose()?;
    line(row, cluster, Outcome::HeldBack)
}

fn line(row: &Row<'_>, cluster: Option<DeviceId>, outcome: Outcome) -> rusqlite::Result<Line> {
    Ok(Line {
        start_at: time(row, "start_at_ms")?,
        title: row.get("title")?,
        cluster,
        outcome,
        reason: row.get("reason")?,
        length: Duration::from_millis(row.get::<_, i64>("duration_ms")?.unsigned_abs()),
    })
}
