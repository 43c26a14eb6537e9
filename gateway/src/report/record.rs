//! Gives an event its number and writes it to the outbox, in the transaction of its fact.

use std::sync::{Arc, OnceLock};

use base::{Clock, DeviceId, new_uuid};
use rusqlite::Connection;
use tokio::sync::watch;
use tracing::warn;
use uuid::Uuid;

use super::chain;
use super::rows::{self, Bound, Evicted, NewRow};
use super::wire::{LARGEST_PAYLOAD_BYTES, envelope_to_json, time_text};
use super::{Envelope, Kind, NewEvent, Stream};
use crate::clock_trust::ClockTrust;
use crate::store::{Store, StoreError, StoreThread};

/// Records events. Cheap to clone: one for each part that has something to say.
#[derive(Clone)]
pub struct Reporter {
    store: Store,
    inner: Arc<Inner>,
}

pub struct ReporterSettings {
    pub device: DeviceId,
    /// Path in the place tree.
    pub site: String,
    pub clock: Arc<dyn Clock>,
    pub trust: ClockTrust,
    pub bound: Bound,
}

/// How many events were recorded since the start; whoever sends them watches it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    pub n_all: u64,
    pub n_urgent: u64,
    /// Of the streams whose changes the console's pages tell apart.
    pub n_alert: u64,
    pub n_camera: u64,
    pub n_audit: u64,
}

impl Recorded {
    /// Of everything but alerts, cameras and the record of who did what.
    pub fn n_of_plays(self) -> u64 {
        let others = self.n_alert + self.n_camera + self.n_audit;
        self.n_all.saturating_sub(others)
    }
}

/// An event in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted {
    pub id: Uuid,
    /// In its stream.
    pub seq: u64,
}

pub type OnEvicted = fn(&Connection, &Evicted) -> rusqlite::Result<()>;

#[derive(Debug, thiserror::Error)]
#[error(
    "event {kind} takes {bytes} bytes and {LARGEST_PAYLOAD_BYTES} fit into a message: put the \
     content into a file, and its sha256 and size into the event"
)]
pub struct EventTooLarge {
    kind: Kind,
    bytes: usize,
}

struct Inner {
    settings: ReporterSettings,
    epoch: Uuid,
    recorded: watch::Sender<Recorded>,
    on_evicted: OnceLock<OnEvicted>,
}

impl Reporter {
    /// Finds the epoch of the database or begins one, and reports a file that was set aside.
    pub async fn open(
        store: &Store,
        thread: &StoreThread,
        settings: ReporterSettings,
    ) -> Result<Self, StoreError> {
        let now = settings.clock.now();
        let owner = rows::Owner { device: settings.device.clone(), inode: thread.inode() };
        let epoch = store.write(move |conn| rows::epoch(conn, &owner, now)).await?;
        let recorded = watch::Sender::new(Recorded::default());
        let inner = Arc::new(Inner { settings, epoch, recorded, on_evicted: OnceLock::new() });
        let reporter = Self { store: store.clone(), inner };
        if let Some(aside) = thread.set_aside() {
            let name = aside.file_name().unwrap_or_default().to_string_lossy();
            let data = serde_json::json!({ "set_aside": name, "since": time_text(now) });
            let kind = Kind::DeviceStorageReplaced;
            reporter.record(NewEvent { kind, occurred_at: now, data }).await?;
        }
        Ok(reporter)
    }

    /// Resolves when the event is on disk.
    pub async fn record(&self, event: NewEvent) -> Result<Uuid, StoreError> {
        let reporter = self.clone();
        self.store.write(move |conn| reporter.record_in(conn, event).map(|it| it.id)).await
    }

    /// For a fact and its event in one transaction: call it inside [`Store::write`]. Nothing more
    /// is needed. An event that does not fit into a message is an error ([`EventTooLarge`]).
    pub fn record_in(&self, conn: &Connection, event: NewEvent) -> rusqlite::Result<Noted> {
        let noted = self.insert(conn, event)?;
        for evicted in rows::evict(conn, self.inner.settings.bound)? {
            warn!(stream = %evicted.stream, n = evicted.n_events, "the outbox is full: dropped events that were not sent");
            if let Some(told) = self.inner.on_evicted.get() {
                told(conn, &evicted)?;
            }
            let occurred_at = self.inner.settings.clock.now();
            let data = evicted.to_data();
            self.insert(conn, NewEvent { kind: Kind::DeviceEvicted, occurred_at, data })?;
        }
        Ok(noted)
    }

    /// Whoever takes an event that left the outbox for one that arrived is told here of those that did
    /// not, in the transaction that drops them. Once, at the start.
    pub fn on_evicted(&self, told: OnEvicted) {
        let is_first = self.inner.on_evicted.set(told).is_ok();
        debug_assert!(is_first, "one listener");
    }

    pub fn device(&self) -> &DeviceId {
        &self.inner.settings.device
    }

    pub fn site(&self) -> &str {
        &self.inner.settings.site
    }

    pub fn epoch(&self) -> Uuid {
        self.inner.epoch
    }

    pub fn trust(&self) -> &ClockTrust {
        &self.inner.settings.trust
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.settings.clock
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Changes with every event. It may run ahead of the commit; a read through the same store
    /// never does.
    pub fn recorded(&self) -> watch::Receiver<Recorded> {
        self.inner.recorded.subscribe()
    }

    fn insert(&self, conn: &Connection, mut event: NewEvent) -> rusqlite::Result<Noted> {
        let Inner { settings, epoch, recorded, .. } = &*self.inner;
        let now = settings.clock.now();
        let stream = event.kind.stream();
        if stream == Stream::Audit {
            chain::link(conn, &mut event.data)?;
        }
        let envelope = Envelope {
            id: new_uuid(now),
            device: settings.device.clone(),
            epoch: *epoch,
            stream,
            seq: rows::next_seq(conn, stream)?,
            kind: event.kind.to_string(),
            occurred_at: event.occurred_at,
            recorded_at: now,
            clock_trusted: settings.trust.is_trusted(),
            site: settings.site.clone(),
            data: event.data,
        };
        let json = envelope_to_json(&envelope);
        if json.len() > LARGEST_PAYLOAD_BYTES {
            let refused = EventTooLarge { kind: event.kind, bytes: json.len() };
            return Err(rusqlite::Error::ToSqlConversionFailure(Box::new(refused)));
        }
        let row = NewRow { epoch: *epoch, stream, seq: envelope.seq, kind: event.kind };
        rows::insert(conn, &row, now, &json)?;
        if stream == Stream::Audit {
            chain::advance(conn, &json)?;
        }
        recorded.send_modify(|it| {
            it.n_all += 1;
            it.n_urgent += u64::from(event.kind.is_urgent());
            it.n_alert += u64::from(stream == Stream::Alert);
            it.n_camera += u64::from(stream == Stream::Camera);
            it.n_audit += u64::from(stream == Stream::Audit);
        });
        Ok(Noted { id: envelope.id, seq: envelope.seq })
    }
}

impl std::fmt::Debug for Reporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let device = &self.inner.settings.device;
        f.debug_struct("Reporter").field("device", device).finish_non_exhaustive()
    }
}
