//! Commands are obeyed once: the ids that were seen, until they are expired anyway.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use uuid::Uuid;

/// Whether a command with this id was obeyed already, and MUST be refused.
pub fn is_known_command(conn: &Connection, id: Uuid) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM seen_command WHERE id = ?1")?.exists([id.to_string()])
}

/// Stores the id of a command that was verified, and forgets expired ones. To be committed before
/// the command is acted on, together with what it changes.
pub fn remember_command(
    conn: &Connection,
    id: Uuid,
    not_after: Timestamp,
    now: Timestamp,
) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM seen_command WHERE not_after_ms < ?1")?
        .execute([now.as_millisecond()])?;
    conn.prepare_cached("INSERT OR IGNORE INTO seen_command VALUES (?1, ?2)")?
        .execute(params![id.to_string(), not_after.as_millisecond()])
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_new_once() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(crate::report::SCHEMA).unwrap();
        let at = |s| Timestamp::from_second(s).unwrap();
        let (id, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert!(!is_known_command(&conn, id).unwrap());
        remember_command(&conn, id, at(60), at(0)).unwrap();
        remember_command(&conn, id, at(60), at(60)).unwrap();
        assert!(is_known_command(&conn, id).unwrap());
        // Forgotten when it is expired anyway.
        remember_command(&conn, other, at(120), at(61)).unwrap();
        let n: i64 =
            conn.query_row("SELECT count(*) FROM seen_command", [], |it| it.get(0)).unwrap();
        assert_eq!(n, 1);
    }
}
