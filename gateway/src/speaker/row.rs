//! Plays and the clock's fit, to and from their tables.

use std::time::Duration;

use broadcast::discipline::Fit;
use broadcast::player::{Bar, Stage, Stretch};
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

pub(super) fn save_stretch(conn: &Connection, stretch: Stretch) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO cluster_sound VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            stretch.play.bulletin.to_string(),
            stretch.play.occurrence.as_microsecond(),
            stretch.from.as_microsecond(),
            stretch.to.as_microsecond(),
        ])
        .map(drop)
}

pub(super) fn stretches(conn: &Connection) -> rusqlite::Result<Vec<Stretch>> {
    let mut select = conn.prepare_cached("SELECT * FROM cluster_sound")?;
    let rows = select.query_map([], |row| {
        let (bulletin, occurrence): (String, i64) = (row.get(0)?, row.get(1)?);
        let (from, to): (i64, i64) = (row.get(2)?, row.get(3)?);
        let (from, to) = (Timestamp::from_microsecond(from), Timestamp::from_microsecond(to));
        let times = from.ok().zip(to.ok());
        let play = play_id(&bulletin, occurrence);
        Ok(play.zip(times).map(|(play, (from, to))| Stretch { play, from, to }))
    })?;
    rows.filter_map(Result::transpose).collect()
}

pub(super) fn save_mute(conn: &Connection, is_muted: bool) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO cluster_mute VALUES (1, ?1)")?
        .execute([is_muted])
        .map(drop)
}

pub(super) fn was_muted(conn: &Connection) -> rusqlite::Result<bool> {
    let mut select = conn.prepare_cached("SELECT is_muted FROM cluster_mute")?;
    select.query_row([], |row| row.get(0)).optional().map(Option::unwrap_or_default)
}

fn play_id(bulletin: &str, occurrence_us: i64) -> Option<PlayId> {
    let occurrence = Timestamp::from_microsecond(occurrence_us).ok()?;
    Some(PlayId { bulletin: bulletin.parse().ok()?, occurrence })
}

/// Whatever is stored of an old play.
pub(super) fn forget_play(conn: &Connection, play: PlayId) -> rusqlite::Result<()> {
    for table in ["cluster_play", "cluster_bar", "cluster_sound"] {
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

    use super::super::app::STEPS;
    use super::*;

    /// As a database of the first release takes each later step.
    fn conn() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        for step in STEPS {
            conn.execute_batch(step).unwrap();
        }
        conn
    }

    fn at(us: i64) -> Timestamp {
        Timestamp::from_microsecond(us).unwrap()
    }

    #[test]
    fn a_bar_and_a_sound_are_read_back_until_their_play_is_forgotten() {
        let conn = conn();
        let play = PlayId { bulletin: Uuid::from_u128(7), occurrence: at(1_234_567) };
        let bar = Bar { owner_level: 2, at: at(5_000) };
        save_bar(&conn, play, bar).unwrap();
        let planned = Stretch { play, from: at(1_234_567), to: at(9_000_001) };
        let heard = Stretch { to: at(2_000_001), ..planned };
        for stretch in [planned, heard] {
            save_stretch(&conn, stretch).unwrap();
        }
        assert_eq!(
            (bars(&conn).unwrap(), stretches(&conn).unwrap()),
            (vec![(play, bar)], vec![heard])
        );
        forget_play(&conn, play).unwrap();
        assert_eq!((bars(&conn).unwrap(), stretches(&conn).unwrap()), (vec![], vec![]));
    }
}
