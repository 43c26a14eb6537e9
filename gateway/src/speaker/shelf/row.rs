//! The shelf as it was last listed, to and from its table.

use std::time::Duration;

use broadcast::Content;
use rusqlite::{Connection, params};
use tracing::error;

/// In place of what was stored.
pub(super) fn save_shelf(conn: &Connection, sounds: &[Content]) -> rusqlite::Result<()> {
    conn.execute("DELETE FROM cluster_shelf", [])?;
    let mut insert = conn.prepare_cached("INSERT INTO cluster_shelf VALUES (?1, ?2, ?3, ?4)")?;
    for (place, sound) in sounds.iter().enumerate() {
        let length = u64::try_from(sound.duration.as_millis()).unwrap_or(u64::MAX);
        insert.execute(params![place, sound.sha256.to_string(), sound.bytes, length])?;
    }
    Ok(())
}

/// A row that cannot be read is reported and left out: the box lists it again.
pub(in crate::speaker) fn shelf(conn: &Connection) -> rusqlite::Result<Vec<Content>> {
    let mut select =
        conn.prepare_cached("SELECT sha256, bytes, duration_ms FROM cluster_shelf ORDER BY place")?;
    let rows = select.query_map([], |row| {
        let (sha256, bytes, length): (String, u64, u64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let content = |sha256| Content { sha256, bytes, duration: Duration::from_millis(length) };
        let parsed = sha256.parse().map(content);
        if parsed.is_err() {
            error!(sha256, "a stored sound of the shelf cannot be read and is left out");
        }
        Ok(parsed.ok())
    })?;
    rows.filter_map(Result::transpose).collect()
}

#[cfg(test)]
mod tests {
    use base::Sha256;

    use super::super::super::app::STEPS;
    use super::*;

    #[test]
    fn the_last_list_is_read_back_in_its_order() {
        let conn = Connection::open_in_memory().unwrap();
        for step in STEPS {
            conn.execute_batch(step).unwrap();
        }
        assert_eq!(shelf(&conn).unwrap(), []);
        let sound = |n: u8| Content {
            sha256: Sha256::of(&[n]),
            bytes: 10,
            duration: Duration::from_millis(1_500),
        };
        save_shelf(&conn, &[sound(1), sound(2)]).unwrap();
        save_shelf(&conn, &[sound(3), sound(1)]).unwrap();
        assert_eq!(shelf(&conn).unwrap(), [sound(3), sound(1)]);
        save_shelf(&conn, &[]).unwrap();
        assert_eq!(shelf(&conn).unwrap(), []);
    }
}
