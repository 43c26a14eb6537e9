//! Who is there: the listener that keeps `device_seen`, and prints what was committed.

use std::sync::Arc;

use base::{Clock, DeviceId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use tokio::sync::mpsc;
use tracing::{info, warn};

use super::line::{self, Format};
use super::printer::Printer;
use crate::report::Envelope;
use crate::report::received::{self, Gap};
use crate::report::receiver::{Listener, Notice};
use crate::report::topics::Sender;
use crate::report::wire::{Presence, Status};
use crate::store::Store;

/// Notices that wait for the store. The next health replaces one that is dropped.
pub(super) const NOTICES: usize = 4096;
/// Gaps named in the log at a time.
const MOST_GAPS: usize = 20;

/// What is told to the receiver's listener on the one side, and done by `follow` on the other.
pub(super) struct Fleet {
    pub(super) format: Format,
    pub(super) printer: Printer,
    pub(super) notices: mpsc::Sender<(Sender, Notice)>,
}

impl Listener for Fleet {
    fn stored(
        &self,
        conn: &Connection,
        from: &Sender,
        envelope: &Envelope,
        received_at: Timestamp,
    ) -> rusqlite::Result<()> {
        conn.prepare_cached(
            "INSERT INTO device_seen (device, station, site, last_seen_at_ms) \
             VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET station = ?2, last_seen_at_ms = ?4",
        )?
        .execute(params![
            envelope.device.as_str(),
            from.station.as_str(),
            envelope.site,
            received_at.as_millisecond(),
        ])
        .map(drop)
    }

    fn committed(&self, _: &Sender, envelope: &Envelope, at: Timestamp) {
        self.printer.print(line::event(self.format, envelope, at));
    }

    fn heard(&self, from: &Sender, notice: Notice) {
        if self.notices.try_send((from.clone(), notice)).is_err() {
            warn!(device = %from.device(), "too many notices at once: one was dropped");
        }
    }
}

/// Stores what was heard; ends with the listener.
pub(super) async fn follow(
    store: Store,
    clock: Arc<dyn Clock>,
    format: Format,
    printer: Printer,
    mut notices: mpsc::Receiver<(Sender, Notice)>,
) {
    while let Some((from, notice)) = notices.recv().await {
        let now = clock.now();
        let device = from.device().clone();
        let stored = match notice {
            Notice::Status(status) => {
                let told = status.clone();
                let stored = store.write(move |conn| store_status(conn, &from, &status, now)).await;
                if matches!(stored, Ok(true)) {
                    printer.print(line::status(format, &device, &told, now));
                }
                stored.map(drop)
            }
            Notice::Health(health) => {
                store.write(move |conn| store_health(conn, &from, &health.to_string(), now)).await
            }
            Notice::Reply(reply) => {
                info!(device = %device, command = %reply.command_id, state = ?reply.state,
                    reason = reply.reason, "a command was answered");
                Ok(())
            }
        };
        if let Err(err) = stored {
            warn!(device = %device, error = %err, "what a device says of itself was not stored");
        }
    }
}

/// What is missing, once it has been missing for two looks: a gap that is only on its way closes.
pub(super) async fn lasting_gaps(store: &Store, before: &mut Vec<Gap>) {
    let gaps = match store.read(|conn| received::gaps(conn, MOST_GAPS)).await {
        Ok(gaps) => gaps,
        Err(err) => {
            warn!(error = %err, "gaps could not be looked for");
            return;
        }
    };
    for gap in gaps.iter().filter(|it| before.contains(it)) {
        warn!(device = %gap.key.device, epoch = %gap.key.epoch, stream = %gap.key.stream,
            from = gap.from, to = gap.to, "events are missing: the sender has not sent them yet, or lost them");
    }
    *before = gaps;
}

/// True when the state is new.
fn store_status(
    conn: &Connection,
    from: &Sender,
    status: &Status,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let state = match status.state {
        Presence::Online => "online",
        Presence::Offline => "offline",
    };
    let boot_id = status.boot_id.to_string();
    let before = presence(conn, from.device())?;
    let is_new = before.as_ref() != Some(&(state.to_owned(), boot_id.clone()));
    conn.execute(
        "INSERT INTO device_seen (device, station, state, state_since_ms, version, site, boot_id, \
         last_seen_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?4) ON CONFLICT DO UPDATE SET \
         station = ?2, state_since_ms = iif(state IS ?3, state_since_ms, ?4), state = ?3, \
         version = ?5, site = ?6, boot_id = ?7, \
         last_seen_at_ms = iif(?3 = 'online', ?4, last_seen_at_ms)",
        params![
            from.device().as_str(),
            from.station.as_str(),
            state,
            now.as_millisecond(),
            status.version,
            status.site,
            boot_id,
        ],
    )?;
    Ok(is_new)
}

fn presence(conn: &Connection, device: &DeviceId) -> rusqlite::Result<Option<(String, String)>> {
    conn.query_row(
        "SELECT state, boot_id FROM device_seen WHERE device = ?1 AND state IS NOT NULL",
        [device.as_str()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
    .optional()
}

fn store_health(
    conn: &Connection,
    from: &Sender,
    health: &str,
    now: Timestamp,
) -> rusqlite::Result<()> {
    conn.execute(
        "INSERT INTO device_seen (device, station, last_seen_at_ms, health, health_at_ms) \
         VALUES (?1, ?2, ?3, ?4, ?3) ON CONFLICT DO UPDATE SET station = ?2, \
         last_seen_at_ms = ?3, health = ?4, health_at_ms = ?3",
        params![from.device().as_str(), from.station.as_str(), now.as_millisecond(), health],
    )
    .map(drop)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_state_is_new_once_and_an_end_keeps_the_last_sight() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(super::super::SCHEMA).unwrap();
        let from = Sender::of_box("box-cau-tre-1".parse().unwrap());
        let at = |s| Timestamp::from_second(s).unwrap();
        let mut status = Status {
            state: Presence::Online,
            boot_id: Uuid::from_u128(1),
            epoch: Uuid::from_u128(2),
            version: "0.1.0".to_owned(),
            site: "da-nang".to_owned(),
            capabilities: Vec::new(),
        };
        assert!(store_status(&conn, &from, &status, at(1)).unwrap());
        assert!(!store_status(&conn, &from, &status, at(2)).unwrap());
        store_health(&conn, &from, "{}", at(3)).unwrap();
        status.state = Presence::Offline;
        assert!(store_status(&conn, &from, &status, at(9)).unwrap());
        let row: (String, i64, i64) = conn
            .query_row("SELECT state, state_since_ms, last_seen_at_ms FROM device_seen", [], |it| {
                Ok((it.get(0)?, it.get(1)?, it.get(2)?))
            })
            .unwrap();
        assert_eq!(row, ("offline".to_owned(), 9000, 3000));
    }
}
