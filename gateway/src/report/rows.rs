//! The outbox as rows: numbers, inserts, loads, deletes, eviction. SQL only, no decisions on sending.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::{DeviceId, new_uuid};
use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Value, json};
use tracing::{info, warn};
use uuid::Uuid;

use super::outbox::Lane;
use super::{Envelope, Kind, Stream};

/// Evicted at a time: one event reports them all, so evicting must pay.
const EVICT_AT_ONCE: i64 = 64;

/// How much the outbox may hold. 200 000 events are about 72 h of a busy box without an uplink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    pub n_rows: u64,
    pub n_bytes: u64,
}

/// Whose file it is: another device, or another inode, begins a new epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    pub device: DeviceId,
    pub inode: u64,
}

/// The columns of a new row, besides its time and its JSON.
#[derive(Clone, Copy, Debug)]
pub struct NewRow {
    pub epoch: Uuid,
    pub stream: Stream,
    pub seq: u64,
    pub kind: Kind,
}

/// An event that waits for its acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// Order of recording.
    pub id: i64,
    pub epoch: Uuid,
    pub stream: Stream,
    pub seq: u64,
    pub is_urgent: bool,
    /// The envelope as JSON.
    pub payload: Arc<[u8]>,
}

/// What was dropped of one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evicted {
    pub epoch: Uuid,
    pub stream: Stream,
    /// Both ends included, rising, not touching.
    pub ranges: Vec<(u64, u64)>,
    pub n_events: u64,
}

/// How full the outbox is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth {
    pub n_rows: u64,
    pub n_bytes: u64,
    pub oldest_recorded_at: Option<Timestamp>,
}

impl Default for Bound {
    fn default() -> Self {
        Self { n_rows: 200_000, n_bytes: 256 << 20 }
    }
}

impl Evicted {
    /// The data of `device.evicted`.
    pub fn to_data(&self) -> Value {
        let from = self.ranges.first().map(|it| it.0);
        let to = self.ranges.last().map(|it| it.1);
        json!({
            "epoch": self.epoch, "stream": self.stream.as_str(), "from": from, "to": to,
            "ranges": self.ranges, "n_events": self.n_events,
        })
    }
}

/// The epoch of this file, or a new one when the file is new, copied, or another device's.
pub fn epoch(conn: &Connection, owner: &Owner, now: Timestamp) -> rusqlite::Result<Uuid> {
    let inode = i64::from_ne_bytes(owner.inode.to_ne_bytes());
    let found = conn
        .query_row("SELECT epoch, device, file_inode FROM outbox_epoch", [], |row| {
            Ok((uuid(row, 0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
        })
        .optional()?;
    if let Some((epoch, device, old_inode)) = found {
        if device == owner.device.as_str() && old_inode == inode {
            return Ok(epoch);
        }
        if device != owner.device.as_str() {
            // They are that device's to send; under our name they would be false.
            warn!(
                from = device,
                "the database is a copy of another device's: its outbox is dropped"
            );
            conn.execute("DELETE FROM outbox", [])?;
        }
        info!("the database was copied or restored: a new epoch begins");
    }
    let epoch = new_uuid(now);
    conn.execute("DELETE FROM outbox_sequence", [])?;
    conn.execute(
        "INSERT OR REPLACE INTO outbox_epoch VALUES (1, ?1, ?2, ?3, ?4)",
        params![epoch.to_string(), owner.device.as_str(), inode, now.as_millisecond()],
    )?;
    Ok(epoch)
}

/// The next number of `stream`; given back if the transaction is rolled back.
pub fn next_seq(conn: &Connection, stream: Stream) -> rusqlite::Result<u64> {
    conn.prepare_cached(
        "INSERT INTO outbox_sequence VALUES (?1, 1) \
         ON CONFLICT DO UPDATE SET last_seq = last_seq + 1 RETURNING last_seq",
    )?
    .query_row([stream.as_str()], |row| row.get(0))
}

pub fn insert(
    conn: &Connection,
    row: &NewRow,
    now: Timestamp,
    envelope: &[u8],
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO outbox (epoch, stream, seq, is_urgent, worth, recorded_at_ms, envelope) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        row.epoch.to_string(),
        row.stream.as_str(),
        row.seq,
        row.kind.is_urgent(),
        row.kind.worth().rank(),
        now.as_millisecond(),
        envelope,
    ])
    .map(drop)
}

pub fn load(conn: &Connection, lane: Lane, limit: usize) -> rusqlite::Result<Vec<OutboxRow>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    match lane {
        Lane::All { after } => conn
            .prepare_cached(
                "SELECT id, epoch, stream, seq, is_urgent, envelope FROM outbox \
                 WHERE id > ?1 ORDER BY id LIMIT ?2",
            )?
            .query_map(params![after, limit], outbox_row)?
            .collect(),
        Lane::Urgent { after } => conn
            .prepare_cached(
                "SELECT id, epoch, stream, seq, is_urgent, envelope FROM outbox \
                 INDEXED BY outbox_urgent WHERE is_urgent = 1 AND id > ?1 ORDER BY id LIMIT ?2",
            )?
            .query_map(params![after, limit], outbox_row)?
            .collect(),
    }
}

/// The newest row recorded before `since`; 0 when all are younger.
pub fn last_before(conn: &Connection, since: Timestamp) -> rusqlite::Result<i64> {
    // Ids rise with time, so this looks at the fresh ones and one more.
    conn.query_row(
        "SELECT id FROM outbox WHERE recorded_at_ms < ?1 ORDER BY id DESC LIMIT 1",
        [since.as_millisecond()],
        |row| row.get(0),
    )
    .optional()
    .map(|it| it.unwrap_or(0))
}

pub fn delete(conn: &Connection, ids: &[i64]) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached("DELETE FROM outbox WHERE id = ?1")?;
    ids.iter().try_for_each(|id| statement.execute([id]).map(drop))
}

pub fn depth(conn: &Connection) -> rusqlite::Result<Depth> {
    let (n_rows, n_bytes) =
        conn.query_row("SELECT n_rows, n_bytes FROM outbox_size", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let oldest: Option<i64> = conn
        .query_row("SELECT recorded_at_ms FROM outbox ORDER BY id LIMIT 1", [], |row| row.get(0))
        .optional()?;
    let oldest_recorded_at = oldest.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    Ok(Depth { n_rows, n_bytes, oldest_recorded_at })
}

/// Drops the least worth, oldest first, until the outbox is within `bound` again.
pub fn evict(conn: &Connection, bound: Bound) -> rusqlite::Result<Vec<Evicted>> {
    let mut dropped: BTreeMap<(Uuid, Stream), Vec<u64>> = BTreeMap::new();
    loop {
        let depth: (u64, u64) = conn
            .prepare_cached("SELECT n_rows, n_bytes FROM outbox_size")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if depth.0 <= bound.n_rows && depth.1 <= bound.n_bytes {
            break;
        }
        let gone = conn
            .prepare_cached(
                "DELETE FROM outbox WHERE id IN \
                 (SELECT id FROM outbox ORDER BY worth, id LIMIT ?1) RETURNING epoch, stream, seq",
            )?
            .query_map([EVICT_AT_ONCE], |row| Ok((uuid(row, 0)?, stream(row, 1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<Vec<(Uuid, Stream, u64)>>>()?;
        if gone.is_empty() {
            break;
        }
        for (epoch, stream, seq) in gone {
            dropped.entry((epoch, stream)).or_default().push(seq);
        }
    }
    Ok(dropped
        .into_iter()
        .map(|((epoch, stream), seqs)| {
            let n_events = u64::try_from(seqs.len()).unwrap_or(u64::MAX);
            Evicted { epoch, stream, ranges: ranges(seqs), n_events }
        })
        .collect())
}

/// Sorts, and joins neighbours: `[3, 1, 2, 7]` is `1..=3, 7..=7`.
pub fn ranges(mut seqs: Vec<u64>) -> Vec<(u64, u64)> {
    seqs.sort_unstable();
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for seq in seqs {
        match ranges.last_mut() {
            Some((_, to)) if seq <= to.saturating_add(1) => *to = seq,
            _ => ranges.push((seq, seq)),
        }
    }
    ranges
}

fn outbox_row(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    let payload: Vec<u8> = row.get(5)?;
    Ok(OutboxRow {
        id: row.get(0)?,
        epoch: uuid(row, 1)?,
        stream: stream(row, 2)?,
        seq: row.get(3)?,
        is_urgent: row.get(4)?,
        payload: payload.into(),
    })
}

pub(super) fn uuid(row: &Row<'_>, column: usize) -> rusqlite::Result<Uuid> {
    let text: String = row.get(column)?;
    text.parse().map_err(|err: uuid::Error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(err))
    })
}

pub(super) fn stream(row: &Row<'_>, column: usize) -> rusqlite::Result<Stream> {
    let text: String = row.get(column)?;
    super::wire::parse_stream(&text)
        .map_err(|err| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(err)))
}

/// Columns: device, epoch, stream, seq, event id, kind, occurred, recorded, clock trusted, site, data.
pub(super) fn received(row: &Row<'_>) -> rusqlite::Result<Envelope> {
    let time = |column: usize| {
        let ms: i64 = row.get(column)?;
        Timestamp::from_millisecond(ms).map_err(|err| unreadable(column, err))
    };
    let data: String = row.get(10)?;
    let device: String = row.get(0)?;
    Ok(Envelope {
        id: uuid(row, 4)?,
        device: device.parse().map_err(|err| unreadable::<base::DeviceIdError>(0, err))?,
        epoch: uuid(row, 1)?,
        stream: stream(row, 2)?,
        seq: row.get(3)?,
        kind: row.get(5)?,
        occurred_at: time(6)?,
        recorded_at: time(7)?,
        clock_trusted: row.get(8)?,
        site: row.get(9)?,
        data: serde_json::from_str(&data).map_err(|err| unreadable(10, err))?,
    })
}

fn unreadable<E: std::error::Error + Send + Sync + 'static>(
    column: usize,
    err: E,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(err))
}
