//! The receiving end of the contract: the centre for its boxes, a box for its clusters.
//!
//! Takes what has come in, stores it in one transaction, and acknowledges after the commit.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use base::Clock;
use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tracing::{error, warn};
use uuid::Uuid;

use super::link::{Link, LinkEvent};
use super::received::{self, Arrival, StreamKey};
use super::topics::{Sender, Up};
use super::wire::{self, Reply, Status, WireError};
use super::{Ack, Envelope, Stream};
use crate::daemon::Heartbeat;
use crate::store::{Store, StoreError};

/// Envelopes that share a commit.
const BATCH: usize = 256;
/// How often old events are looked for, in commits.
const PRUNE_EVERY: u32 = 256;

/// Who makes use of what came in.
pub trait Listener: Send + Sync + 'static {
    /// A new event was stored; its consequences belong into the same transaction. An error undoes
    /// what this call did, never the event. MUST NOT wait.
    fn stored(
        &self,
        conn: &Connection,
        from: &Sender,
        envelope: &Envelope,
        received_at: Timestamp,
    ) -> rusqlite::Result<()>;

    /// The commit is on disk. MUST NOT wait: the next commit would.
    fn committed(&self, from: &Sender, envelope: &Envelope, at: Timestamp);

    /// Status, health or a reply: not stored, the latest counts. MUST NOT wait.
    fn heard(&self, from: &Sender, notice: Notice);
}

#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    Status(Status),
    Health(Value),
    Reply(Reply),
}

/// What becomes of events that are stored and complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    Everything,
    /// About this many of the newest.
    Newest(u64),
}

pub struct Receiver {
    pub store: Store,
    pub link: Link,
    pub clock: Arc<dyn Clock>,
    pub listener: Arc<dyn Listener>,
    pub keep: Keep,
    /// Beats for as long as what comes in is looked after.
    pub heart: Heartbeat,
}

pub(super) type Batch = Vec<(Sender, Envelope)>;
pub(super) type Outcome = (Batch, Vec<(StreamKey, Ack)>);

impl Receiver {
    /// Until the link ends.
    pub async fn run(self, mut events: mpsc::Receiver<LinkEvent>) {
        let mut greeted = HashSet::new();
        let mut n_commits = 0_u32;
        loop {
            self.heart.beat();
            let first = match timeout(Heartbeat::AT_LEAST_EVERY, events.recv()).await {
                Ok(Some(first)) => first,
                Ok(None) => return,
                Err(_) => continue,
            };
            let mut batch = Vec::new();
            let mut next = Some(first);
            while let Some(event) = next {
                match event {
                    LinkEvent::Message { topic, payload } => {
                        self.message(&topic, &payload, &mut batch, &mut greeted).await;
                    }
                    LinkEvent::Up | LinkEvent::Down => greeted.clear(),
                }
                next = if batch.len() < BATCH { events.try_recv().ok() } else { None };
            }
            if batch.is_empty() {
                continue;
            }
            self.commit(batch).await;
            n_commits = n_commits.wrapping_add(1);
            if n_commits.is_multiple_of(PRUNE_EVERY) {
                self.prune().await;
            }
        }
    }

    async fn prune(&self) {
        let Keep::Newest(keep) = self.keep else { return };
        let pruned = self.store.free_space(move |conn| received::prune(conn, keep)).await;
        if let Err(err) = pruned {
            warn!(error = %err, "old events were not deleted");
        }
    }

    async fn message(
        &self,
        topic: &str,
        payload: &[u8],
        batch: &mut Batch,
        greeted: &mut HashSet<(Sender, Uuid)>,
    ) {
        let Some((from, what)) = Sender::parse_up(topic) else { return };
        let read = match what {
            Up::Event => read_envelope(&from, payload).map(|it| batch.push((from.clone(), it))),
            Up::Status => Status::from_json(payload).map(|status| {
                self.listener.heard(&from, Notice::Status(status));
            }),
            Up::Reply => Reply::from_json(payload).map(|reply| {
                self.listener.heard(&from, Notice::Reply(reply));
            }),
            Up::Health => wire::health_from_json(payload).map(|health| {
                self.listener.heard(&from, Notice::Health(health));
            }),
        };
        if let Err(err) = read {
            warn!(topic, error = %err, "a message that cannot be read");
        }
        if let (Up::Status | Up::Health, Some(epoch)) = (what, wire::epoch_of(payload))
            && greeted.insert((from.clone(), epoch))
        {
            self.greet(&from, epoch).await;
        }
    }

    /// Tells a device how far we are: whatever else it has under way was lost, and it sends it again
    /// at once instead of waiting for our answer.
    async fn greet(&self, from: &Sender, epoch: Uuid) {
        let device = from.device().clone();
        let acks = self.store.read(move |conn| received::progress(conn, &device, epoch)).await;
        let mut acks = acks.unwrap_or_default();
        if acks.is_empty() {
            acks.push(Ack { epoch, stream: Stream::Alert, up_to: 0, also: Vec::new() });
        }
        for ack in &acks {
            self.link.publish(&from.ack(), wire::ack_to_json(ack));
        }
    }

    async fn commit(&self, batch: Batch) {
        let senders: BTreeMap<_, _> =
            batch.iter().map(|(from, it)| (it.device.clone(), from.clone())).collect();
        let (listener, now) = (Arc::clone(&self.listener), self.clock.now());
        let stored = self.store.write(move |conn| store_batch(conn, &*listener, batch, now)).await;
        match stored {
            Ok((new, acks)) => {
                for (key, ack) in acks {
                    if let Some(from) = senders.get(&key.device) {
                        // A lost acknowledgement is asked for again.
                        self.link.publish(&from.ack(), wire::ack_to_json(&ack));
                    }
                }
                let at = self.clock.now();
                for (from, envelope) in &new {
                    self.listener.committed(from, envelope, at);
                }
            }
            // Nothing is acknowledged, so all of it comes again.
            Err(StoreError::Full(_)) => {
                error!("the disk is full: events are refused until there is room");
            }
            Err(err) => error!(error = %err, "events could not be stored, they will be sent again"),
        }
    }
}

fn read_envelope(from: &Sender, payload: &[u8]) -> Result<Envelope, WireError> {
    let envelope = wire::envelope_from_json(payload)?;
    // The broker's access rules vouch for the topic, and so for the sender.
    if envelope.device == *from.device() {
        Ok(envelope)
    } else {
        Err(WireError::Device(envelope.device.to_string()))
    }
}

pub(super) fn store_batch(
    conn: &Connection,
    listener: &dyn Listener,
    batch: Batch,
    now: Timestamp,
) -> rusqlite::Result<Outcome> {
    let mut came_in: BTreeMap<StreamKey, Vec<u64>> = BTreeMap::new();
    let mut new = Vec::new();
    for (from, envelope) in batch {
        came_in.entry(StreamKey::of(&envelope)).or_default().push(envelope.seq);
        if received::store(conn, &envelope, now)? == Arrival::New {
            tell(conn, listener, &from, &envelope, now)?;
            new.push((from, envelope));
        }
    }
    Ok((new, received::acks(conn, came_in)?))
}

/// A listener that stumbles over one event must not make its sender repeat it for ever.
fn tell(
    conn: &Connection,
    listener: &dyn Listener,
    from: &Sender,
    envelope: &Envelope,
    received_at: Timestamp,
) -> rusqlite::Result<()> {
    conn.execute_batch("SAVEPOINT listener")?;
    let Err(err) = listener.stored(conn, from, envelope, received_at) else {
        return conn.execute_batch("RELEASE listener");
    };
    let is_the_disk = matches!(
        err.sqlite_error_code(),
        Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt)
    );
    if is_the_disk {
        return Err(err);
    }
    error!(device = %envelope.device, kind = envelope.kind, id = %envelope.id, error = %err,
        "an event was stored but could not be made use of");
    conn.execute_batch("ROLLBACK TO listener; RELEASE listener")
}
