//! Places in SQL, converted by hand.

use std::error::Error;
use std::str::FromStr;

use broadcast::place::{Kind, Period, Place, PlaceCode};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::super::row::{parsed, time, unreadable};

/// Which import it was, whose, and when.
type Imported = (u64, (String, Timestamp));

pub(super) fn all(conn: &Connection) -> rusqlite::Result<(Vec<Place>, Option<Imported>)> {
    let mut query = conn.prepare("SELECT * FROM place ORDER BY code, valid_from")?;
    let rows = query.query_map([], place_from)?.collect::<Result<_, _>>()?;
    let imported = conn.query_row("SELECT * FROM place_import", [], |row| {
        let revision = row.get::<_, i64>("revision")?.unsigned_abs();
        Ok((revision, (row.get("imported_by")?, time(row, "imported_at_ms")?)))
    });
    Ok((rows, imported.optional()?))
}

/// Writes a table in the place of the last one; answers with its revision.
pub(super) fn replace(
    conn: &Connection,
    rows: &[Place],
    user: &str,
    now: Timestamp,
) -> rusqlite::Result<u64> {
    conn.execute("DELETE FROM place", [])?;
    let mut insert = conn.prepare("INSERT INTO place VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
    for place in rows {
        let successors: Vec<&str> = place.successors.iter().map(PlaceCode::as_str).collect();
        insert.execute(params![
            place.code.as_str(),
            place.kind.as_str(),
            place.name,
            place.parent.as_ref().map(PlaceCode::as_str),
            place.period.from.to_string(),
            place.period.to.map(|it| it.to_string()),
            place.population,
            successors.join(" "),
        ])?;
    }
    let sql = "INSERT INTO place_import VALUES (1, 1, ?1, ?2) ON CONFLICT (only_row) DO UPDATE SET \
               revision = revision + 1, imported_by = excluded.imported_by, \
               imported_at_ms = excluded.imported_at_ms RETURNING revision";
    let revision: i64 =
        conn.query_row(sql, params![user, now.as_millisecond()], |row| row.get(0))?;
    Ok(revision.unsigned_abs())
}

fn place_from(row: &Row<'_>) -> rusqlite::Result<Place> {
    let successors: String = row.get("successors")?;
    let successors = successors.split_whitespace().map(PlaceCode::from_str);
    Ok(Place {
        code: parsed(row, "code")?,
        kind: parsed::<Kind>(row, "kind")?,
        name: row.get("name")?,
        parent: optional(row, "parent")?,
        period: Period { from: parsed::<Date>(row, "valid_from")?, to: optional(row, "valid_to")? },
        population: row.get("population")?,
        successors: successors
            .collect::<Result<_, _>>()
            .map_err(|err| unreadable("successors", err))?,
    })
}

fn optional<T>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    let text: Option<String> = row.get(column)?;
    text.map(|it| it.parse().map_err(|err| unreadable(column, err))).transpose()
}
