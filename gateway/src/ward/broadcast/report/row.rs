//! Plays read back for a report: counted by the database, because a month of a large ward is three hundred
//! thousand lines, and one by one only where somebody was not to hear it.

use std::time::Duration;

use base::DeviceId;
use broadcast::reconciliation::PlayStage;
use broadcast::tally::Outcome;
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::super::play_row::{play_stage, target_stage};
use super::super::row::{parsed, span, time};
use super::super::view::TargetStage;

/// So many times the same came of a cluster's plays.
pub(super) struct Counted {
    /// `None`: they were held back because they were for nobody.
    pub cluster: Option<DeviceId>,
    pub outcome: Outcome,
    pub reason: Option<String>,
    pub n: u64,
    /// Of the sound of all of them.
    pub length: Duration,
}

pub(super) struct Line {
    pub start_at: Timestamp,
    pub title: String,
    /// `None`: it was held back because it was for nobody.
    pub cluster: Option<DeviceId>,
    pub outcome: Outcome,
    pub reason: Option<String>,
}

/// Of plays that start in `from..to`.
pub(super) fn counts(
    conn: &Connection,
    from: Timestamp,
    to: Timestamp,
) -> rusqlite::Result<Vec<Counted>> {
    let window = params![from.as_millisecond(), to.as_millisecond()];
    let mut query = conn.prepare_cached(
        "SELECT cluster, play.stage, play_target.stage AS target_stage, \
                started_at_us IS NOT NULL AS has_begun, \
                coalesce(play_target.reason, play.reason) AS why, \
                count(*) AS n, sum(play.duration_ms) AS length_ms \
         FROM play JOIN play_target USING (bulletin_id, occurrence_ms) \
         WHERE play.start_at_ms >= ?1 AND play.start_at_ms < ?2 GROUP BY 1, 2, 3, 4, 5",
    )?;
    let ordered = query.query_map(window, |row| counted(row, outcome(row)?))?;
    let mut counts: Vec<Counted> = ordered.collect::<Result<_, _>>()?;
    let mut query = conn.prepare_cached(
        "SELECT cluster, play.reason AS why, count(*) AS n, sum(play.duration_ms) AS length_ms \
         FROM play LEFT JOIN play_held_back USING (bulletin_id, occurrence_ms) \
         WHERE play.start_at_ms >= ?1 AND play.start_at_ms < ?2 AND play.stage = 'held_back' \
         GROUP BY 1, 2",
    )?;
    for held_back in query.query_map(window, |row| counted(row, Outcome::HeldBack))? {
        counts.push(held_back?);
    }
    Ok(counts)
}

/// Of plays that start in `from..to`, the `most` first of those that somebody should have heard and did not,
/// in order of time.
pub(super) fn silent(
    conn: &Connection,
    from: Timestamp,
    to: Timestamp,
    most: usize,
) -> rusqlite::Result<Vec<Line>> {
    let most_rows = i64::try_from(most).unwrap_or(i64::MAX);
    let window = params![from.as_millisecond(), to.as_millisecond(), most_rows];
    // What was withdrawn before it began is nobody's silence, see `outcome`.
    let mut query = conn.prepare_cached(
        "SELECT play.start_at_ms, play.stage, coalesce(played_as, title) AS title, cluster, \
                play_target.stage AS target_stage, started_at_us IS NOT NULL AS has_begun, \
                coalesce(play_target.reason, play.reason) AS why \
         FROM play JOIN bulletin ON bulletin.id = play.bulletin_id \
            JOIN play_target USING (bulletin_id, occurrence_ms) \
         WHERE play.start_at_ms >= ?1 AND play.start_at_ms < ?2 \
            AND (play_target.stage = 'partial' OR (play_target.stage IN ('missed', 'stopped') \
                AND (play.stage <> 'withdrawn' OR started_at_us IS NOT NULL))) \
         ORDER BY play.start_at_ms, cluster LIMIT ?3",
    )?;
    let ordered = query.query_map(window, |row| line(row, outcome(row)?))?;
    let mut lines: Vec<Line> = ordered.collect::<Result<_, _>>()?;
    let mut query = conn.prepare_cached(
        "SELECT play.start_at_ms, coalesce(played_as, title) AS title, play.reason AS why, cluster \
         FROM play JOIN bulletin ON bulletin.id = play.bulletin_id \
            LEFT JOIN play_held_back USING (bulletin_id, occurrence_ms) \
         WHERE play.start_at_ms >= ?1 AND play.start_at_ms < ?2 AND play.stage = 'held_back' \
         ORDER BY play.start_at_ms, cluster LIMIT ?3",
    )?;
    for held_back in query.query_map(window, |row| line(row, Outcome::HeldBack))? {
        lines.push(held_back?);
    }
    lines.sort_by(|one, other| (one.start_at, &one.cluster).cmp(&(other.start_at, &other.cluster)));
    lines.truncate(most);
    Ok(lines)
}

fn outcome(row: &Row<'_>) -> rusqlite::Result<Outcome> {
    let is_withdrawn = play_stage(row)? == PlayStage::Withdrawn;
    let has_begun: bool = row.get("has_begun")?;
    Ok(match target_stage(row, "target_stage")? {
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
    })
}

fn counted(row: &Row<'_>, outcome: Outcome) -> rusqlite::Result<Counted> {
    Ok(Counted {
        cluster: cluster(row)?,
        outcome,
        reason: row.get("why")?,
        n: row.get::<_, i64>("n")?.unsigned_abs(),
        length: span(row, "length_ms")?,
    })
}

fn line(row: &Row<'_>, outcome: Outcome) -> rusqlite::Result<Line> {
    Ok(Line {
        start_at: time(row, "start_at_ms")?,
        title: row.get("title")?,
        cluster: cluster(row)?,
        outcome,
        reason: row.get("why")?,
    })
}

fn cluster(row: &Row<'_>) -> rusqlite::Result<Option<DeviceId>> {
    let cluster: Option<String> = row.get("cluster")?;
    cluster.map(|_| parsed(row, "cluster")).transpose()
}
