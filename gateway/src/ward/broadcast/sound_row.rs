//! What the library found out about a bulletin's sound, in SQL: outline, identity, words that are not
//! known, and which bulletin it repeats.

use std::time::Duration;

use base::Sha256;
use broadcast::library::{Identity, Waveform};
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use super::row::{Kept, count, parsed, parsed_if_any, unreadable};
use super::view::{Repeat, SameAs};

/// Of the same length, the newest first: whoever repeats something repeats what is not long ago.
const MOST_COMPARED: u32 = 200;

/// The facts of a new bulletin.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub waveform: Waveform,
    pub identity: Identity,
    pub unknown: Vec<String>,
}

/// A bulletin that a new one may repeat.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub id: Uuid,
    pub title: String,
    pub identity: Identity,
}

pub(super) fn insert(
    conn: &Connection,
    id: Uuid,
    facts: &Facts,
    same_as: Option<&SameAs>,
) -> rusqlite::Result<()> {
    let Facts { waveform, identity, unknown } = facts;
    conn.execute(
        "INSERT INTO bulletin_sound (bulletin_id, unknown_words, same_as, same_how, file_sha256, \
         samples_sha256, block_us, peaks, levels) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            id.to_string(),
            unknown.join("\n"),
            same_as.map(|it| it.id.to_string()),
            same_as.map(|it| it.how.as_str()),
            identity.file.to_string(),
            identity.samples.to_string(),
            count(u64::try_from(waveform.block().as_micros()).unwrap_or(u64::MAX)).max(1),
            waveform.peaks(),
            identity.levels(),
        ],
    )?;
    Ok(())
}

/// Of a bulletin from before there were facts: none.
pub(super) fn read(conn: &Connection, kept: &mut Kept) -> rusqlite::Result<()> {
    let mut query = conn.prepare_cached(
        "SELECT unknown_words, same_as, same_how, title FROM bulletin_sound \
         LEFT JOIN bulletin ON bulletin.id = same_as WHERE bulletin_id = ?1",
    )?;
    let found = query.query_row([kept.view.id.to_string()], |row| {
        let unknown: String = row.get("unknown_words")?;
        let Some(id) = parsed_if_any::<Uuid>(row, "same_as")? else { return Ok((unknown, None)) };
        let how: String = row.get("same_how")?;
        let how = Repeat::parse(&how).ok_or_else(|| unreadable("same_how", how))?;
        let title = row.get::<_, Option<String>>("title")?.unwrap_or_default();
        Ok((unknown, Some(SameAs { id, title, how })))
    });
    if let Some((unknown, same_as)) = found.optional()? {
        kept.view.unknown = unknown.lines().map(str::to_owned).collect();
        kept.view.same_as = same_as;
    }
    Ok(())
}

pub(super) fn waveform(conn: &Connection, id: Uuid) -> rusqlite::Result<Option<Waveform>> {
    let sql = "SELECT peaks, block_us FROM bulletin_sound WHERE bulletin_id = ?1";
    let found = conn.prepare_cached(sql)?.query_row([id.to_string()], |row| {
        let block = Duration::from_micros(row.get::<_, i64>("block_us")?.unsigned_abs());
        Ok(Waveform::restore(row.get("peaks")?, block))
    });
    found.optional()
}

/// What `identity` may be a repetition of: whatever lasts as long.
pub(super) fn candidates(
    conn: &Connection,
    identity: &Identity,
) -> rusqlite::Result<Vec<Candidate>> {
    let n = i64::try_from(identity.levels().len()).unwrap_or(i64::MAX);
    let slack = i64::try_from(Identity::MOST_LONGER).unwrap_or(i64::MAX);
    let mut query = conn.prepare_cached(
        "SELECT id, title, file_sha256, samples_sha256, levels FROM bulletin_sound \
         JOIN bulletin ON id = bulletin_id WHERE length(levels) BETWEEN ?1 AND ?2 \
         ORDER BY bulletin_id DESC LIMIT ?3",
    )?;
    let rows =
        query.query_map(params![n - slack, n.saturating_add(slack), MOST_COMPARED], |row| {
            let file = parsed::<Sha256>(row, "file_sha256")?;
            let samples = parsed::<Sha256>(row, "samples_sha256")?;
            let identity = Identity::restore(file, samples, row.get("levels")?);
            Ok(Candidate { id: parsed(row, "id")?, title: row.get("title")?, identity })
        })?;
    rows.collect()
}

/// The newest bulletin that says the same words, by whatever voice.
pub(super) fn same_text(conn: &Connection, normalised: &str) -> rusqlite::Result<Option<SameAs>> {
    let sql = "SELECT id, title FROM bulletin WHERE normalised = ?1 ORDER BY id DESC LIMIT 1";
    let found = conn.prepare_cached(sql)?.query_row([normalised], |row| {
        Ok(SameAs { id: parsed(row, "id")?, title: row.get("title")?, how: Repeat::Text })
    });
    found.optional()
}
