//! The users of the console, as rows.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::json;

use super::password::PasswordDigest;
use super::role::Roles;
use crate::report::{Kind, NewEvent};

/// Invariant: `[a-z0-9._-]{1,32}`, so that `Lan` and `lan` cannot be two persons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserName(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a user name: use 1 to 32 of a-z, 0-9, '.', '_' and '-'")]
pub struct UserNameError(String);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct User {
    pub name: String,
    pub roles: Roles,
    pub created_at: Timestamp,
}

impl UserName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for UserName {
    type Err = UserNameError;

    fn from_str(text: &str) -> Result<Self, UserNameError> {
        let fits = (1..=32).contains(&text.len())
            && text.bytes().all(|it| matches!(it, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'));
        if fits { Ok(Self(text.to_owned())) } else { Err(UserNameError(text.to_owned())) }
    }
}

pub(super) fn count(conn: &Connection) -> rusqlite::Result<u32> {
    conn.query_row("SELECT count(*) FROM user", [], |row| row.get(0))
}

/// For the audit log. The first user makes itself.
pub(super) fn added(name: &UserName, roles: &Roles, by: &str, now: Timestamp) -> NewEvent {
    let data = json!({
        "action": "user.add",
        "user": by,
        "added": name.as_str(),
        "roles": roles.to_string(),
    });
    NewEvent { kind: Kind::AuditEntry, occurred_at: now, data }
}

/// False when the name is taken.
pub(super) fn add(
    conn: &Connection,
    name: &UserName,
    digest: &PasswordDigest,
    roles: &Roles,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let n_added = conn.execute(
        "INSERT INTO user (name, password_phc, roles, created_at_ms) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (name) DO NOTHING",
        params![name.as_str(), digest.expose_secret(), roles.to_string(), now.as_millisecond()],
    )?;
    Ok(n_added == 1)
}

pub(super) fn list(conn: &Connection) -> rusqlite::Result<Vec<User>> {
    let mut rows = conn.prepare("SELECT name, roles, created_at_ms FROM user ORDER BY name")?;
    rows.query_map([], read)?.collect()
}

pub(super) fn digest(conn: &Connection, name: &str) -> rusqlite::Result<Option<PasswordDigest>> {
    conn.query_row("SELECT password_phc FROM user WHERE name = ?1", [name], |row| row.get(0))
        .optional()
        .map(|found| found.map(PasswordDigest::from_stored))
}

pub(super) fn roles(conn: &Connection, name: &str) -> rusqlite::Result<Option<Roles>> {
    conn.query_row("SELECT roles FROM user WHERE name = ?1", [name], |row| roles_in(row, 0))
        .optional()
}

fn read(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User { name: row.get(0)?, roles: roles_in(row, 1)?, created_at: instant_in(row, 2)? })
}

pub(super) fn roles_in(row: &Row<'_>, column: usize) -> rusqlite::Result<Roles> {
    let text: String = row.get(column)?;
    text.parse().map_err(|err| unreadable(column, err))
}

pub(super) fn instant_in(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_millisecond(row.get(column)?).map_err(|err| unreadable(column, err))
}

fn unreadable(
    column: usize,
    err: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(err))
}
