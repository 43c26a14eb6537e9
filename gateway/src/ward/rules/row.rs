//! Rows of `camera_rules`.

use base::DeviceId;
use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) camera: String,
    /// `None`: the file's were put back.
    pub(super) rules: Option<Vec<Value>>,
    pub(super) revision: u64,
    pub(super) edited_by: String,
    pub(super) edited_at: Timestamp,
}

const COLUMNS: &str = "camera, rules, revision, edited_by, edited_at_ms";

pub(super) fn all(conn: &Connection) -> rusqlite::Result<Vec<Row>> {
    let mut query = conn.prepare(&format!("SELECT {COLUMNS} FROM camera_rules"))?;
    query.query_map([], read)?.collect()
}

pub(super) fn find(conn: &Connection, camera: &DeviceId) -> rusqlite::Result<Option<Row>> {
    let query = format!("SELECT {COLUMNS} FROM camera_rules WHERE camera = ?1");
    conn.prepare_cached(&query)?.query_row([camera.as_str()], read).optional()
}

impl Row {
    /// Answers with the rules as stored.
    pub(super) fn put(&self, conn: &Connection) -> rusqlite::Result<String> {
        let text = match &self.rules {
            Some(rules) => Value::from(rules.clone()).to_string(),
            None => Value::Null.to_string(),
        };
        conn.prepare_cached(
            "INSERT INTO camera_rules (camera, rules, revision, edited_by, edited_at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (camera) DO UPDATE SET rules = excluded.rules,
                revision = excluded.revision, edited_by = excluded.edited_by,
                edited_at_ms = excluded.edited_at_ms",
        )?
        .execute(params![
            self.camera,
            text,
            i64::try_from(self.revision).unwrap_or(i64::MAX),
            self.edited_by,
            self.edited_at.as_millisecond(),
        ])?;
        Ok(text)
    }
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let text: String = row.get(1)?;
    let unreadable =
        |column, err| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(err));
    let rules = serde_json::from_str(&text).map_err(|err| unreadable(1, err))?;
    let edited_at = Timestamp::from_millisecond(row.get(4)?).map_err(|err| {
        rusqlite::Error::FromSqlConversionFailure(4, Type::Integer, Box::new(err))
    })?;
    let revision = u64::try_from(row.get::<_, i64>(2)?).unwrap_or(0);
    Ok(Row { camera: row.get(0)?, rules, revision, edited_by: row.get(3)?, edited_at })
}
