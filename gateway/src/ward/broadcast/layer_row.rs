//! Layers, and what schedules do on their days, in SQL.

use std::collections::BTreeMap;

use broadcast::calendar::{Computed, Effect, Layer, Origin};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use super::row::{optional_time, parsed, unreadable};

/// By the name of a layer.
pub type Days = BTreeMap<String, Effect>;

/// A layer as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLayer {
    pub name: String,
    pub origin: Origin,
    /// Who edited it last, and when; none came with the program.
    pub edited: Option<(String, Timestamp)>,
}

impl StoredLayer {
    /// As in the database and in JSON.
    pub fn origin_word(&self) -> &'static str {
        word(self.origin)
    }
}

/// In the order of their names.
pub(super) fn all(conn: &Connection) -> rusqlite::Result<Vec<StoredLayer>> {
    let mut query = conn.prepare_cached("SELECT * FROM layer ORDER BY name")?;
    query.query_map([], stored)?.collect()
}

pub(super) fn find(conn: &Connection, name: &str) -> rusqlite::Result<Option<StoredLayer>> {
    conn.query_row("SELECT * FROM layer WHERE name = ?1", [name], stored).optional()
}

/// Those of a listed or imported layer, in order.
pub(super) fn days(conn: &Connection, name: &str) -> rusqlite::Result<Vec<(Date, String)>> {
    let sql = "SELECT day, label FROM layer_day WHERE layer = ?1 ORDER BY day";
    let mut query = conn.prepare_cached(sql)?;
    query.query_map([name], |row| Ok((parsed(row, "day")?, row.get("label")?)))?.collect()
}

/// In place of the layer of that name, if there is one.
pub(super) fn put(
    conn: &Connection,
    name: &str,
    origin: Origin,
    layer: Option<&Layer>,
    by: &str,
    now: Timestamp,
) -> rusqlite::Result<()> {
    conn.execute(
        "INSERT INTO layer (name, origin, edited_by, edited_at_ms) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (name) DO UPDATE SET origin = excluded.origin, \
         edited_by = excluded.edited_by, edited_at_ms = excluded.edited_at_ms",
        params![name, word(origin), by, now.as_millisecond()],
    )?;
    conn.execute("DELETE FROM layer_day WHERE layer = ?1", [name])?;
    let sql = "INSERT INTO layer_day (layer, day, label) VALUES (?1, ?2, ?3)";
    let mut insert = conn.prepare_cached(sql)?;
    for (day, label) in layer.into_iter().flat_map(Layer::days) {
        insert.execute(params![name, day.to_string(), label])?;
    }
    Ok(())
}

pub(super) fn delete(conn: &Connection, name: &str) -> rusqlite::Result<()> {
    conn.execute("DELETE FROM layer WHERE name = ?1", [name]).map(|_| ())
}

/// Titles of the bulletins whose schedules name the layer.
pub(super) fn users(conn: &Connection, name: &str) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT title FROM bulletin_day JOIN bulletin ON id = bulletin_id \
               WHERE layer = ?1 ORDER BY id";
    let mut query = conn.prepare_cached(sql)?;
    query.query_map([name], |row| row.get(0))?.collect()
}

/// What the schedule of `bulletin` does on days of layers.
pub(super) fn days_of(conn: &Connection, bulletin: Uuid) -> rusqlite::Result<Days> {
    let sql = "SELECT layer, effect FROM bulletin_day WHERE bulletin_id = ?1";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map([bulletin.to_string()], |row| {
        Ok((row.get("layer")?, parsed::<Effect>(row, "effect")?))
    })?;
    rows.collect()
}

pub(super) fn set_days_of(conn: &Connection, bulletin: Uuid, days: &Days) -> rusqlite::Result<()> {
    let id = bulletin.to_string();
    if days_of(conn, bulletin)? == *days {
        return Ok(());
    }
    conn.execute("DELETE FROM bulletin_day WHERE bulletin_id = ?1", [&id])?;
    let sql = "INSERT INTO bulletin_day (bulletin_id, layer, effect) VALUES (?1, ?2, ?3)";
    for (layer, effect) in days {
        conn.execute(sql, params![id, layer, effect.as_str()])?;
    }
    Ok(())
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredLayer> {
    let name: String = row.get("name")?;
    let origin = match row.get::<_, String>("origin")?.as_str() {
        "listed" => Origin::Listed,
        "imported" => Origin::Imported,
        _ => Origin::Computed(name.parse::<Computed>().map_err(|err| unreadable("name", err))?),
    };
    let by: Option<String> = row.get("edited_by")?;
    let edited = by.zip(optional_time(row, "edited_at_ms")?);
    Ok(StoredLayer { name, origin, edited })
}

/// As in the database and in JSON.
pub(super) fn word(origin: Origin) -> &'static str {
    match origin {
        Origin::Computed(_) => "computed",
        Origin::Listed => "listed",
        Origin::Imported => "imported",
    }
}
