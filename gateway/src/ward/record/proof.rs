//! A camera's alarm about nothing: asked for, raised, and back from the centre.

use base::DeviceId;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::alert::raised_data;
use crate::report::rows::Evicted;
use crate::report::{Kind, NewEvent, Reporter, Stream};
use crate::ward::alert::Alert;
use crate::ward::proof::{Proof, RoundTrip};

/// The one that came back last stays known.
pub(in crate::ward) fn ask(
    conn: &Connection,
    camera: &DeviceId,
    now: Timestamp,
) -> rusqlite::Result<Option<Proof>> {
    conn.prepare_cached(
        "INSERT INTO camera_proof (camera, asked_at_ms) VALUES (?1, ?2)
         ON CONFLICT (camera) DO UPDATE SET asked_at_ms = excluded.asked_at_ms, epoch = NULL,
            seq = NULL, raised_at_ms = NULL, proven_at_ms = NULL, is_evicted = 0",
    )?
    .execute(params![camera.as_str(), now.as_millisecond()])?;
    last(conn, camera)
}

/// The camera sees: the alarm goes out as a real one does.
pub(super) fn raised(
    conn: &Connection,
    alert: &Alert,
    reporter: &Reporter,
) -> rusqlite::Result<()> {
    let data = raised_data(alert);
    let event = NewEvent { kind: Kind::AlertTest, occurred_at: alert.captured_at, data };
    let noted = reporter.record_in(conn, event)?;
    // A full outbox may have dropped it at once.
    conn.prepare_cached(
        "UPDATE camera_proof SET epoch = ?2, seq = ?3, raised_at_ms = ?4, is_evicted = NOT EXISTS (
            SELECT 1 FROM outbox o WHERE o.epoch = ?2 AND o.stream = 'alert' AND o.seq = ?3)
         WHERE camera = ?1",
    )?
    .execute(params![
        alert.camera.as_str(),
        reporter.epoch().to_string(),
        noted.seq,
        alert.raised_at.as_millisecond(),
    ])
    .map(drop)
}

/// A full outbox dropped them: no word of theirs will come back.
pub(in crate::ward) fn evicted(conn: &Connection, evicted: &Evicted) -> rusqlite::Result<()> {
    if evicted.stream != Stream::Alert {
        return Ok(());
    }
    let mut mark = conn.prepare_cached(
        "UPDATE camera_proof SET is_evicted = 1
         WHERE epoch = ?1 AND seq BETWEEN ?2 AND ?3 AND proven_at_ms IS NULL",
    )?;
    let epoch = evicted.epoch.to_string();
    evicted
        .ranges
        .iter()
        .try_for_each(|(from, to)| mark.execute(params![epoch, from, to]).map(drop))
}

/// Looks whether the centre has committed it, which is when it leaves the outbox by any other way than eviction.
pub(in crate::ward) fn look(
    conn: &Connection,
    camera: &DeviceId,
    now: Timestamp,
) -> rusqlite::Result<Option<Proof>> {
    conn.prepare_cached(
        "UPDATE camera_proof
         SET proven_at_ms = ?2, good_raised_at_ms = raised_at_ms, good_proven_at_ms = ?2
         WHERE camera = ?1 AND seq IS NOT NULL AND proven_at_ms IS NULL AND is_evicted = 0 AND NOT EXISTS (
            SELECT 1 FROM outbox o
            WHERE o.epoch = camera_proof.epoch AND o.stream = 'alert' AND o.seq = camera_proof.seq)",
    )?
    .execute(params![camera.as_str(), now.as_millisecond()])?;
    last(conn, camera)
}

pub(in crate::ward) fn last(
    conn: &Connection,
    camera: &DeviceId,
) -> rusqlite::Result<Option<Proof>> {
    let at = |ms: Option<i64>| ms.and_then(|it| Timestamp::from_millisecond(it).ok());
    conn.prepare_cached(
        "SELECT asked_at_ms, raised_at_ms, proven_at_ms, good_raised_at_ms, good_proven_at_ms
         FROM camera_proof WHERE camera = ?1",
    )?
    .query_row([camera.as_str()], |row| {
        let good = at(row.get(3)?).zip(at(row.get(4)?));
        Ok(Proof {
            asked_at: at(row.get(0)?).unwrap_or(Timestamp::UNIX_EPOCH),
            raised_at: at(row.get(1)?),
            proven_at: at(row.get(2)?),
            good: good.map(|(raised_at, proven_at)| RoundTrip { raised_at, proven_at }),
        })
    })
    .optional()
}
