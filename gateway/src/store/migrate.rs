//! Brings the database to the schema this binary expects. Forward only, one transaction a step.

use rusqlite::{Connection, Result};

/// How many steps the file has behind it.
pub(super) fn version(conn: &Connection) -> Result<usize> {
    conn.query_row("PRAGMA user_version", [], |row| row.get(0))
}

pub(super) fn migrate(conn: &mut Connection, steps: &[&str]) -> Result<()> {
    let done = version(conn)?;
    for (n, step) in (1..).zip(steps).skip(done) {
        let tx = conn.transaction()?;
        tx.execute_batch(step)?;
        tx.pragma_update(None, "user_version", n)?;
        tx.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE a (x INTEGER NOT NULL) STRICT;";
    const SECOND: &str = "CREATE TABLE b (y TEXT) STRICT; ALTER TABLE a ADD COLUMN z TEXT;";

    fn schema(conn: &Connection) -> Vec<String> {
        let sql = "SELECT m.name || '.' || c.name || ' ' || c.type || c.\"notnull\" \
                   FROM sqlite_schema m JOIN pragma_table_info(m.name) c ORDER BY 1";
        conn.prepare(sql)
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    }

    #[test]
    fn a_file_that_took_each_step_in_its_time_is_like_a_fresh_one() {
        let mut migrated = Connection::open_in_memory().unwrap();
        migrate(&mut migrated, &[FIRST]).unwrap();
        migrate(&mut migrated, &[FIRST, SECOND]).unwrap();
        migrate(&mut migrated, &[FIRST, SECOND]).unwrap(); // Twice is once.

        let mut fresh = Connection::open_in_memory().unwrap();
        migrate(&mut fresh, &[FIRST, SECOND]).unwrap();
        assert_eq!(schema(&migrated), schema(&fresh));
        assert_eq!(schema(&fresh).len(), 3);
        assert_eq!(version(&migrated).unwrap(), 2);
    }

    #[test]
    fn a_step_that_fails_leaves_nothing_of_itself() {
        let mut conn = Connection::open_in_memory().unwrap();
        let broken = "CREATE TABLE b (y TEXT) STRICT; CREATE TABLE a (again TEXT) STRICT;";
        assert!(migrate(&mut conn, &[FIRST, broken]).is_err());
        assert_eq!(version(&conn).unwrap(), 1);
        assert_eq!(schema(&conn), ["a.x INTEGER1"]);
    }
}
