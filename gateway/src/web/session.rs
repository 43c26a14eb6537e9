//! Sessions, as rows: who is logged in, and until when.

use base::Sha256;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::role::Roles;
use super::token::Token;
use super::user::{instant_in, roles_in};

/// One log-in a shift: a session ends then, whatever happens.
pub(super) const LONGEST: SignedDuration = SignedDuration::from_hours(12);
/// A session nobody uses ends earlier. An open live page counts as use, because the alert screen of
/// a guard room is looked at and never clicked.
pub(super) const IDLE: SignedDuration = SignedDuration::from_hours(2);
/// A use is written down this seldom, to spare the box's flash.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(1);

#[derive(Clone, Debug)]
pub(super) struct Session {
    pub user: String,
    pub roles: Roles,
    started_at: Timestamp,
    used_at: Timestamp,
}

impl Session {
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        // A clock that was stepped back makes no session older, nor eternal.
        now.duration_since(self.started_at) >= LONGEST
            || now.duration_since(self.used_at) >= IDLE
            || now.duration_since(self.used_at) <= -IDLE
    }

    pub(super) fn wants_touch(&self, now: Timestamp) -> bool {
        now.duration_since(self.used_at).abs() >= TOUCH_EVERY
    }
}

/// Also forgets the sessions that are over, so that the table stays as small as the ward's staff.
pub(super) fn start(
    conn: &Connection,
    token: &Token,
    user: &str,
    now: Timestamp,
) -> rusqlite::Result<()> {
    conn.execute(
        "DELETE FROM session WHERE started_at_ms <= ?1 OR used_at_ms <= ?2",
        params![(now - LONGEST).as_millisecond(), (now - IDLE).as_millisecond()],
    )?;
    conn.execute(
        "INSERT INTO session (id_sha256, user, started_at_ms, used_at_ms) VALUES (?1, ?2, ?3, ?3)",
        params![token.digest().as_bytes(), user, now.as_millisecond()],
    )?;
    Ok(())
}

/// `None` for an unknown id and for a session that is over.
pub(super) fn find(
    conn: &Connection,
    id: &Sha256,
    now: Timestamp,
) -> rusqlite::Result<Option<Session>> {
    let found = conn
        .query_row(
            "SELECT user, roles, started_at_ms, used_at_ms FROM session \
             JOIN user ON user.name = session.user WHERE id_sha256 = ?1",
            [id.as_bytes()],
            |row| {
                Ok(Session {
                    user: row.get(0)?,
                    roles: roles_in(row, 1)?,
                    started_at: instant_in(row, 2)?,
                    used_at: instant_in(row, 3)?,
                })
            },
        )
        .optional()?;
    Ok(found.filter(|it| !it.is_over(now)))
}

pub(super) fn touch(conn: &Connection, id: &Sha256, now: Timestamp) -> rusqlite::Result<()> {
    conn.execute(
        "UPDATE session SET used_at_ms = ?2 WHERE id_sha256 = ?1",
        params![id.as_bytes(), now.as_millisecond()],
    )?;
    Ok(())
}

pub(super) fn end(conn: &Connection, id: &Sha256) -> rusqlite::Result<()> {
    conn.execute("DELETE FROM session WHERE id_sha256 = ?1", [id.as_bytes()])?;
    Ok(())
}
