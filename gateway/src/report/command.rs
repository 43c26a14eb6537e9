//! Commands are obeyed once: the ids that were seen, until they are expired anyway.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use uuid::Uuid;

/// Stores the id of a command that was verified, and forgets expired ones. False: it was seen
/// before, and MUST be refused. To be committed before the command is acted on.
pub fn remember_command(
    conn: &Connection,
    id: Uuid,
    not_after: Timestamp,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    conn.prepare_cached("DELETE FROM seen_command WHERE not_after_ms < ?1")?
        .execute([now.as_millisecond()])?;
    let n_new = conn
        .prepare_cached("INSERT OR IGNORE INTO seen_command VALUES (?1, ?2)")?
        .execute(params![id.to_string(), not_after.as_millisecond()])?;
    Ok(n_new == 1)
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
        assert!(remember_command(&conn, id, at(60), at(0)).unwrap());
        assert!(!remember_command(&conn, id, at(60), at(60)).unwrap());
        assert!(remember_command(&conn, other, at(120), at(61)).unwrap());
        let n: i64 =
            conn.query_row("SELECT count(*) FROM seen_command", [], |it| it.get(0)).unwrap();
        assert_eq!(n, 1);
    }
}
