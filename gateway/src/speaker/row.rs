//! Plays and the clock's fit, to and from their tables.

use std::time::Duration;

use broadcast::discipline::Fit;
use broadcast::player::{Bar, Stage};
use broadcast::{Order, PlayId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use tracing::error;

use crate::order::wire::{play_from_json, play_to_json};

pub(super) fn save_play(conn: &Connection, order: &Order, stage: &Stage) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO cluster_play VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![
            order.play.bulletin.to_string(),
            order.play.occurrence.as_microsecond(),
            play_to_json(order).to_string(),
            stage.as_str(),
            millis(stage.position()),
            millis(stage.skipped()),
            stage.reason(),
        ])
        .map(drop)
}

pub(super) fn save_bar(conn: &Connection, play: PlayId, bar: Bar) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO cluster_bar VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            play.bulletin.to_string(),
            play.occurrence.as_microsecond(),
            bar.owner_level,
            bar.at.as_millisecond(),
        ])
        .map(drop)
}

pub(super) fn bars(conn: &Connection) -> rusqlite::Result<Vec<(PlayId, Bar)>> {
    let mut select = conn.prepare_cached("SELECT * FROM cluster_bar")?;
    let rows = select.query_map([], |row| {
        let (bulletin, occurrence): (String, i64) = (row.get(0)?, row.get(1)?);
        let (owner_level, at): (u8, i64) = (row.get(2)?, row.get(3)?);
        let at = Timestamp::from_millisecond(at).ok();
        let play = play_id(&bulletin, occurrence);
        Ok(play.zip(at).map(|(play, at)| (play, Bar { owner_level, at })))
    })?;
    rows.filter_map(Result::transpose).collect()
}

fn play_id(bulletin: &str, occurrence_us: i64) -> Option<PlayId> {
    let occurrence = Timestamp::from_microsecond(occurrence_us).ok()?;
    Some(PlayId { bulletin: bulletin.parse().ok()?, occurrence })
}

/// Whatever is stored of an old play.
pub(super) fn forget_play(conn: &Connection, play: PlayId) -> rusqlite::Result<()> {
    for table in ["cluster_play", "cluster_bar"] {
        conn.prepare_cached(&format!(
            "DELETE FROM {table} WHERE bulletin_id = ?1 AND occurrence_us = ?2"
        ))?
        .execute(params![play.bulletin.to_string(), play.occurrence.as_microsecond()])?;
    }
    Ok(())
}

/// A row that cannot be read is reported and left alone: one bad row must not silence a cluster.
pub(super) fn plays(conn: &Connection) -> rusqlite::Result<Vec<(Order, Stage)>> {
    let mut select = conn.prepare_cached(
        "SELECT order_json, stage, position_ms, skipped_ms, reason FROM cluster_play",
    )?;
    let mut rows = select.query([])?;
    let mut plays = Vec::new();
    while let Some(row) = rows.next()? {
        let (order, stage): (String, String) = (row.get(0)?, row.get(1)?);
        let (position, skipped): (u64, u64) = (row.get(2)?, row.get(3)?);
        let (position, skipped) = (Duration::from_millis(position), Duration::from_millis(skipped));
        let reason: String = row.get(4)?;
        let stage = Stage::from_parts(&stage, position, skipped, &reason);
        let order = serde_json::from_str(&order).ok().and_then(|it| play_from_json(&it).ok());
        match (order, stage) {
            (Some(order), Ok(stage)) => plays.push((order, stage)),
            (order, _) => error!(?order, "a stored play cannot be read and is left out"),
        }
    }
    Ok(plays)
}

pub(super) fn save_fit(conn: &Connection, boot_id: &str, fit: &Fit) -> rusqlite::Result<()> {
    let (local, at_box, drift, drift_error, error) = fit.parts();
    conn.prepare_cached("INSERT OR REPLACE INTO cluster_clock VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![
            boot_id,
            nanos(local),
            nanos(at_box),
            drift,
            drift_error,
            i64::try_from(error.as_nanos()).unwrap_or(i64::MAX),
        ])
        .map(drop)
}

/// The fit of this boot, if there is one.
pub(super) fn fit(conn: &Connection, boot_id: &str) -> rusqlite::Result<Option<Fit>> {
    let row = conn
        .prepare_cached(
            "SELECT local_ns, box_ns, drift, drift_error, error_ns FROM cluster_clock \
             WHERE boot_id = ?1",
        )?
        .query_row([boot_id], |row| {
            let (local, at_box): (i64, i64) = (row.get(0)?, row.get(1)?);
            let error: u64 = row.get(4)?;
            Ok((local, at_box, row.get(2)?, row.get(3)?, Duration::from_nanos(error)))
        })
        .optional()?;
    let at = |ns: i64| Timestamp::from_nanosecond(i128::from(ns)).ok();
    Ok(row.and_then(|(local, at_box, drift, drift_error, error)| {
        Fit::from_parts(at(local)?, at(at_box)?, drift, drift_error, error)
    }))
}

fn nanos(at: Timestamp) -> i64 {
    i64::try_from(at.as_nanosecond()).unwrap_or(i64::MAX)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::{SCHEMA, SCHEMA_BARS};
    use super::*;

    #[test]
    fn a_bar_is_read_back_until_it_is_forgotten() {
        let conn = Connection::open_in_memory().unwrap();
        // As a database of the first release takes the second step.
        for step in [SCHEMA, SCHEMA_BARS] {
            conn.execute_batch(step).unwrap();
        }
        let at = |us| Timestamp::from_microsecond(us).unwrap();
        let play = PlayId { bulletin: Uuid::from_u128(7), occurrence: at(1_234_567) };
        let bar = Bar { owner_level: 2, at: at(5_000) };
        save_bar(&conn, play, bar).unwrap();
        assert_eq!(bars(&conn).unwrap(), [(play, bar)]);
        forget_play(&conn, play).unwrap();
        assert_eq!(bars(&conn).unwrap(), []);
    }
}
