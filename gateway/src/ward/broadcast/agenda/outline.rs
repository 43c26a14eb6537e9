//! Plays read back for a page of the calendar, counted by the database: two thousand plays of 272 clusters
//! are half a million rows that nobody looks at one by one.

use broadcast::reconciliation::PlayStage;
use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::ward::broadcast::play_row::play_stage;
use crate::ward::broadcast::row::{parsed, span, time};
use crate::ward::broadcast::settle::play_id;
use crate::ward::broadcast::skew::Summary;
use crate::ward::broadcast::view::PlayOutline;

/// Plays that start in `from..to`, in order. Only of what is over is every cluster counted.
pub(super) fn plays(
    conn: &Connection,
    from: Timestamp,
    to: Timestamp,
    limit: u32,
) -> rusqlite::Result<Vec<PlayOutline>> {
    let mut query = conn.prepare_cached(
        "SELECT play.bulletin_id, play.occurrence_ms, start_at_ms, play.duration_ms, \
                play.priority, play.stage, play.reason, coalesce(played_as, title) AS title, \
                count(cluster) AS n_targets, \
                count(cluster) FILTER (WHERE play_target.stage = 'played') AS n_played, \
                count(cluster) FILTER (WHERE play_target.stage = 'partial') AS n_partial, \
                count(cluster) FILTER (WHERE play_target.stage = 'stopped') AS n_stopped, \
                EXISTS (SELECT 1 FROM play_target AS heard INDEXED BY play_target_heard \
                    WHERE heard.bulletin_id = play.bulletin_id \
                    AND heard.occurrence_ms = play.occurrence_ms AND heard.stage = 'started' \
                    AND (heard.started_at_us IS NOT NULL \
                        OR heard.stage IN ('started', 'played', 'partial'))) AS is_heard \
         FROM (SELECT * FROM play WHERE start_at_ms >= ?1 AND start_at_ms < ?2 \
               ORDER BY start_at_ms, occurrence_ms LIMIT ?3) AS play \
            JOIN bulletin ON bulletin.id = play.bulletin_id \
            LEFT JOIN play_target ON play.stage = 'closed' \
                AND play_target.bulletin_id = play.bulletin_id \
                AND play_target.occurrence_ms = play.occurrence_ms \
         GROUP BY play.bulletin_id, play.occurrence_ms ORDER BY start_at_ms, play.occurrence_ms",
    )?;
    let window = params![from.as_millisecond(), to.as_millisecond(), limit];
    let rows = query.query_map(window, |row| {
        let stage = play_stage(row)?;
        let sum = Summary {
            n_targets: row.get("n_targets")?,
            n_played: row.get("n_played")?,
            n_partial: row.get("n_partial")?,
            n_stopped: row.get("n_stopped")?,
            ..Summary::default()
        };
        Ok(PlayOutline {
            play: play_id(row)?,
            title: row.get("title")?,
            start_at: time(row, "start_at_ms")?,
            duration: span(row, "duration_ms")?,
            priority: parsed(row, "priority")?,
            stage,
            reason: row.get("reason")?,
            is_heard: row.get("is_heard")?,
            outcome: (stage == PlayStage::Closed).then(|| sum.outcome()),
        })
    })?;
    rows.collect()
}
