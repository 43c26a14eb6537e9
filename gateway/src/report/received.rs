//! What others reported, as rows: each event once, how far each stream is complete, what is missing.

use std::collections::BTreeMap;

use base::DeviceId;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::Value;
use uuid::Uuid;

use super::wire::envelope_to_json;
use super::{Ack, Envelope, Kind, Stream, rows};

/// Ranges that one `device.evicted` may close; its sender makes far fewer.
const MOST_RANGES: usize = 1024;

/// One numbered sequence of one sender.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StreamKey {
    pub device: DeviceId,
    pub epoch: Uuid,
    pub stream: Stream,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    New,
    Duplicate,
}

/// Numbers that did not come although later ones did: on their way, or lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub key: StreamKey,
    /// Both ends included.
    pub from: u64,
    pub to: u64,
}

impl StreamKey {
    pub fn of(envelope: &Envelope) -> Self {
        let Envelope { device, epoch, stream, .. } = envelope;
        Self { device: device.clone(), epoch: *epoch, stream: *stream }
    }
}

/// Stores `envelope` unless it is here already.
pub fn store(
    conn: &Connection,
    envelope: &Envelope,
    received_at: Timestamp,
) -> rusqlite::Result<Arrival> {
    let key = StreamKey::of(envelope);
    if envelope.seq <= up_to(conn, &key)? {
        return Ok(Arrival::Duplicate);
    }
    let n_new = conn
        .prepare_cached(
            "INSERT OR IGNORE INTO received_event (device, epoch, stream, seq, event_id, kind, \
             occurred_at_ms, recorded_at_ms, clock_trusted, site, data, received_at_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            key.device.as_str(),
            key.epoch.to_string(),
            key.stream.as_str(),
            envelope.seq,
            envelope.id.to_string(),
            envelope.kind,
            envelope.occurred_at.as_millisecond(),
            envelope.recorded_at.as_millisecond(),
            envelope.clock_trusted,
            envelope.site,
            envelope.data.to_string(),
            received_at.as_millisecond(),
        ])?;
    if n_new == 0 {
        return Ok(Arrival::Duplicate);
    }
    advance(conn, &key, envelope.seq)?;
    if envelope.known_kind() == Some(Kind::DeviceEvicted) {
        close_gap(conn, envelope)?;
    }
    Ok(Arrival::New)
}

/// What to acknowledge after the commit, when `seqs` of each stream have just come in.
pub fn acks(
    conn: &Connection,
    came_in: BTreeMap<StreamKey, Vec<u64>>,
) -> rusqlite::Result<Vec<(StreamKey, Ack)>> {
    came_in
        .into_iter()
        .map(|(key, mut seqs)| {
            let up_to = up_to(conn, &key)?;
            seqs.retain(|it| *it > up_to);
            let ack = Ack { epoch: key.epoch, stream: key.stream, up_to, also: rows::ranges(seqs) };
            Ok((key, ack))
        })
        .collect()
}

/// How far each stream of this sender is complete: what it is told when it, or we, come back.
pub fn progress(conn: &Connection, device: &DeviceId, epoch: Uuid) -> rusqlite::Result<Vec<Ack>> {
    conn.prepare_cached(
        "SELECT stream, up_to FROM received_stream WHERE device = ?1 AND epoch = ?2",
    )?
    .query_map([device.as_str(), &epoch.to_string()], |row| {
        Ok(Ack { epoch, stream: rows::stream(row, 0)?, up_to: row.get(1)?, also: Vec::new() })
    })?
    .collect()
}

/// An entry of an audit log as it came, byte for byte: envelopes serialise to what they were read from.
#[derive(Clone, Debug)]
pub struct Logged {
    pub envelope: Envelope,
    pub bytes: Vec<u8>,
}

/// The audit log of each device, by numbers within its epochs. Those are in the order in which they arrived:
/// their ids hold a time, and the box may not have known it.
pub fn audit_log(conn: &Connection) -> rusqlite::Result<BTreeMap<String, Vec<Logged>>> {
    let mut query = conn.prepare_cached(
        "SELECT device, epoch, stream, seq, event_id, kind, occurred_at_ms, recorded_at_ms, \
         clock_trusted, site, data FROM received_event WHERE stream = 'audit' \
         ORDER BY device, min(id) OVER (PARTITION BY device, epoch), epoch, seq",
    )?;
    let mut logs: BTreeMap<String, Vec<Logged>> = BTreeMap::new();
    let mut found = query.query([])?;
    while let Some(row) = found.next()? {
        let device: String = row.get(0)?;
        let envelope = rows::received(row)?;
        let bytes = envelope_to_json(&envelope);
        logs.entry(device).or_default().push(Logged { envelope, bytes });
    }
    Ok(logs)
}

/// What is missing now, at most `limit` gaps.
pub fn gaps(conn: &Connection, limit: usize) -> rusqlite::Result<Vec<Gap>> {
    let mut gaps = Vec::new();
    let mut streams = conn.prepare_cached(
        "SELECT device, epoch, stream, up_to FROM received_stream WHERE highest > up_to",
    )?;
    let mut streams = streams.query([])?;
    while let Some(row) = streams.next()? {
        let device: String = row.get(0)?;
        // Only ids that were parsed are ever stored.
        let Ok(device) = device.parse() else { continue };
        let key = StreamKey { device, epoch: rows::uuid(row, 1)?, stream: rows::stream(row, 2)? };
        gaps_of(conn, &key, row.get(3)?, limit, &mut gaps)?;
        if gaps.len() >= limit {
            break;
        }
    }
    Ok(gaps)
}

/// Deletes the oldest events, but for the newest `keep` and those above a gap. What is complete stays
/// known, so that a late duplicate is still one.
pub fn prune(conn: &Connection, keep: u64) -> rusqlite::Result<usize> {
    conn.execute(
        "DELETE FROM received_event WHERE id <= (SELECT max(id) FROM received_event) - ?1 \
         AND seq <= (SELECT up_to FROM received_stream s WHERE s.device = received_event.device \
                     AND s.epoch = received_event.epoch AND s.stream = received_event.stream)",
        [keep],
    )
}

fn gaps_of(
    conn: &Connection,
    key: &StreamKey,
    up_to: u64,
    limit: usize,
    gaps: &mut Vec<Gap>,
) -> rusqlite::Result<()> {
    let mut present = conn.prepare_cached(
        "SELECT seq, seq FROM received_event \
         WHERE device = ?1 AND epoch = ?2 AND stream = ?3 AND seq > ?4 \
         UNION ALL SELECT from_seq, to_seq FROM received_evicted \
         WHERE device = ?1 AND epoch = ?2 AND stream = ?3 AND to_seq > ?4 ORDER BY 1",
    )?;
    let epoch = key.epoch.to_string();
    let mut present =
        present.query(params![key.device.as_str(), epoch, key.stream.as_str(), up_to])?;
    let mut expected = up_to + 1;
    while let Some(row) = present.next()? {
        let (from, to): (u64, u64) = (row.get(0)?, row.get(1)?);
        if from > expected && gaps.len() < limit {
            gaps.push(Gap { key: key.clone(), from: expected, to: from - 1 });
        }
        expected = expected.max(to + 1);
    }
    Ok(())
}

fn up_to(conn: &Connection, key: &StreamKey) -> rusqlite::Result<u64> {
    conn.prepare_cached(
        "SELECT up_to FROM received_stream WHERE device = ?1 AND epoch = ?2 AND stream = ?3",
    )?
    .query_row([key.device.as_str(), &key.epoch.to_string(), key.stream.as_str()], |row| row.get(0))
    .optional()
    .map(|it| it.unwrap_or(0))
}

/// Moves the mark over everything that is stored or known to be evicted.
fn advance(conn: &Connection, key: &StreamKey, seen: u64) -> rusqlite::Result<()> {
    let epoch = key.epoch.to_string();
    let mut is_stored = conn.prepare_cached(
        "SELECT seq FROM received_event \
         WHERE device = ?1 AND epoch = ?2 AND stream = ?3 AND seq = ?4 \
         UNION ALL SELECT to_seq FROM received_evicted \
         WHERE device = ?1 AND epoch = ?2 AND stream = ?3 AND from_seq <= ?4 AND to_seq >= ?4 \
         ORDER BY 1 DESC LIMIT 1",
    )?;
    let mut up_to = up_to(conn, key)?;
    loop {
        let next = params![key.device.as_str(), epoch, key.stream.as_str(), up_to + 1];
        match is_stored.query_row(next, |row| row.get(0)).optional()? {
            Some(to) => up_to = to,
            None => break,
        }
    }
    conn.prepare_cached(
        "INSERT INTO received_stream VALUES (?1, ?2, ?3, ?4, max(?4, ?5)) ON CONFLICT DO UPDATE \
         SET up_to = excluded.up_to, highest = max(highest, excluded.highest)",
    )?
    .execute(params![key.device.as_str(), epoch, key.stream.as_str(), up_to, seen])
    .map(drop)
}

/// The sender says which numbers of its own will never come.
fn close_gap(conn: &Connection, envelope: &Envelope) -> rusqlite::Result<()> {
    let Some((key, ranges)) = evicted(envelope) else { return Ok(()) };
    let mut insert =
        conn.prepare_cached("INSERT OR REPLACE INTO received_evicted VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let (epoch, stream) = (key.epoch.to_string(), key.stream.as_str());
    let mut highest = 0;
    for (from, to) in ranges {
        insert.execute(params![key.device.as_str(), epoch, stream, from, to])?;
        highest = highest.max(to);
    }
    advance(conn, &key, highest)?;
    let done = up_to(conn, &key)?;
    conn.prepare_cached(
        "DELETE FROM received_evicted \
         WHERE device = ?1 AND epoch = ?2 AND stream = ?3 AND to_seq <= ?4",
    )?
    .execute(params![key.device.as_str(), epoch, stream, done])
    .map(drop)
}

/// None for data that makes no sense: it is stored as it is, and closes nothing.
fn evicted(envelope: &Envelope) -> Option<(StreamKey, Vec<(u64, u64)>)> {
    let data = &envelope.data;
    let stream = Stream::parse(data.get("stream")?.as_str()?)?;
    let epoch = match data.get("epoch") {
        Some(epoch) => epoch.as_str()?.parse().ok()?,
        None => envelope.epoch,
    };
    let pair = |from: Option<&Value>, to: Option<&Value>| Some((from?.as_u64()?, to?.as_u64()?));
    let ranges: Option<Vec<(u64, u64)>> = match data.get("ranges").and_then(Value::as_array) {
        Some(ranges) => {
            ranges.iter().take(MOST_RANGES).map(|it| pair(it.get(0), it.get(1))).collect()
        }
        None => pair(data.get("from"), data.get("to")).map(|it| vec![it]),
    };
    let makes_sense =
        |&(from, to): &(u64, u64)| from >= 1 && from <= to && i64::try_from(to).is_ok();
    let ranges = ranges?.into_iter().filter(makes_sense).collect();
    Some((StreamKey { device: envelope.device.clone(), epoch, stream }, ranges))
}
