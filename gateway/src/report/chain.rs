//! The audit log as a chain of hashes: each entry's `data.prev` is the SHA-256 of the entry before, byte for
//! byte as it went out. The centre holds them all, and with the newest one the head of the chain.

use base::Sha256;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Value, json};

use super::wire::{WireError, envelope_from_json};

/// Where in a row of entries the chain does not hold.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error(
        "entry {at} of the audit log does not name the one before: one was changed, left out or put in"
    )]
    Link { at: usize },
    #[error("entry {at} of the audit log cannot be read")]
    Unreadable { at: usize, source: WireError },
}

/// Names the entry before in the new entry's data, which must be an object.
pub(super) fn link(conn: &Connection, data: &mut Value) -> rusqlite::Result<()> {
    let head: Option<String> = conn
        .prepare_cached("SELECT sha256 FROM audit_head")?
        .query_row([], |row| row.get(0))
        .optional()?;
    data["prev"] = json!(head);
    Ok(())
}

/// In the transaction of the entry: both are there, or neither is.
pub(super) fn advance(conn: &Connection, envelope: &[u8]) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO audit_head VALUES (1, ?1, 1) ON CONFLICT (only_row) DO UPDATE SET \
         sha256 = excluded.sha256, n_entries = n_entries + 1",
    )?
    .execute(params![Sha256::of(envelope).to_string()])
    .map(drop)
}

/// Whether an entry is of a version that keeps the chain: it has the key, be it null.
pub fn is_linked(data: &Value) -> bool {
    data.get("prev").is_some()
}

/// Whether it is the first of a chain, which names nothing.
pub fn is_first(data: &Value) -> bool {
    data.get("prev").is_some_and(Value::is_null)
}

/// Follows the chain through `envelopes`, in the order of their numbers. The first may follow one that is
/// not among them; each other must name the one before. In front may be entries from before there was a
/// chain: it then begins anew with one that names nothing. Gives the head.
pub fn verify<'a>(envelopes: impl IntoIterator<Item = &'a [u8]>) -> Result<Option<Sha256>, Broken> {
    let mut head: Option<Sha256> = None;
    let mut has_begun = false;
    for (at, bytes) in envelopes.into_iter().enumerate() {
        let envelope =
            envelope_from_json(bytes).map_err(|source| Broken::Unreadable { at, source })?;
        let data = &envelope.data;
        let named: Option<Sha256> = data["prev"].as_str().and_then(|it| it.parse().ok());
        let follows = if has_begun { named == head } else { !is_linked(data) || is_first(data) };
        if head.is_some() && !follows {
            return Err(Broken::Link { at });
        }
        has_begun |= is_linked(data);
        head = Some(Sha256::of(bytes));
    }
    Ok(head)
}
