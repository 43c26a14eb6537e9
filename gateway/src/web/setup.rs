//! The one-time set-up code: how the first user is made without any default password.

use anyhow::Context as _;
use base::Clock;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::password::PasswordDigest;
use super::role::Roles;
use super::token::Token;
use super::user::{self, UserName};
use crate::store::Store;

const VALID_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Path and fragment of the set-up link, to be printed after `https://host:port`; `None` when a
/// user exists. Each start without a user makes a new code and voids the one before. The code
/// stands behind `#`, which browsers do not send, so that it gets into no log.
pub async fn link(store: &Store, clock: &dyn Clock) -> anyhow::Result<Option<String>> {
    let code = Token::random::<16>()?;
    let digest = code.digest();
    let now = clock.now();
    let is_needed = store
        .write(move |conn| {
            conn.execute("DELETE FROM setup_code", [])?;
            if user::count(conn)? > 0 {
                return Ok(false);
            }
            conn.execute(
                "INSERT INTO setup_code (code_sha256, expires_at_ms) VALUES (?1, ?2)",
                params![digest.as_bytes(), (now + VALID_FOR).as_millisecond()],
            )?;
            Ok(true)
        })
        .await
        .context("writing the set-up code")?;
    Ok(is_needed.then(|| format!("/setup#{}", code.expose_secret())))
}

pub fn is_valid(conn: &Connection, code: &Token, now: Timestamp) -> rusqlite::Result<bool> {
    let expires_at_ms: Option<i64> = conn
        .query_row(
            "SELECT expires_at_ms FROM setup_code WHERE code_sha256 = ?1",
            [code.digest().as_bytes()],
            |row| row.get(0),
        )
        .optional()?;
    Ok(expires_at_ms.is_some_and(|it| now.as_millisecond() < it) && user::count(conn)? == 0)
}

/// Makes the first user and spends the code; false when the code is not, or no longer, valid.
pub fn spend(
    conn: &Connection,
    code: &Token,
    name: &UserName,
    digest: &PasswordDigest,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    if !is_valid(conn, code, now)? {
        return Ok(false);
    }
    conn.execute("DELETE FROM setup_code", [])?;
    user::add(conn, name, digest, &Roles::all(), now)
}
