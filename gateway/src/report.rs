//! What the centre (or, for a cluster, its box) must hear of: events that are kept until their
//! receiver has committed them. docs/ARCHITECTURE.md walks through it.
//!
//! Out: a fact and its event are stored together ([`Reporter::record_in`]), `uplink` sends what
//! `outbox` chooses through `link`, and deletes what the receiver acknowledged.
//! In: `receiver` stores each envelope once and acknowledges after its commit.

pub mod chain;
mod command;
pub mod health;
mod kind;
pub mod link;
pub mod outbox;
pub mod received;
pub mod receiver;
mod record;
pub mod rows;
#[cfg(test)]
mod tests;
pub mod topics;
pub mod uplink;
pub mod wire;

use base::DeviceId;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

pub use command::{is_known_command, remember_command};
pub use kind::{Kind, Stream, Worth};
pub use record::{EventTooLarge, Noted, OnEvicted, Recorded, Reporter, ReporterSettings};

/// The tables of this folder, in every role's database.
pub const SCHEMA: &str = include_str!("report/schema.sql");
/// Where the audit log ends; a later step.
pub const SCHEMA_AUDIT: &str = include_str!("report/schema_audit.sql");

/// Something that happened, before it has a number.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    pub kind: Kind,
    /// When it happened: for an alert, when the camera took the picture.
    pub occurred_at: Timestamp,
    pub data: Value,
}

/// An event as it travels. Unique by (device, epoch, stream, seq).
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    pub id: Uuid,
    pub device: DeviceId,
    /// Made together with the sender's database: sequence numbers start again with a new one.
    pub epoch: Uuid,
    pub stream: Stream,
    /// Rises by one per (epoch, stream), from 1.
    pub seq: u64,
    /// As sent: a newer sender may use kinds that we do not know, and they are stored all the same.
    pub kind: String,
    pub occurred_at: Timestamp,
    pub recorded_at: Timestamp,
    /// Whether the sender's clock was trusted when it recorded the event.
    pub clock_trusted: bool,
    /// Path in the place tree, for example `da-nang/hai-chau/cau-tre`.
    pub site: String,
    pub data: Value,
}

/// What a receiver has committed of one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    pub epoch: Uuid,
    pub stream: Stream,
    /// Every sequence number up to this one; 0 for none.
    pub up_to: u64,
    /// And these, both ends included: fresh alerts overtake a backlog.
    pub also: Vec<(u64, u64)>,
}

impl Envelope {
    /// The kind, if this version knows it.
    pub fn known_kind(&self) -> Option<Kind> {
        Kind::parse(&self.kind)
    }
}

impl Ack {
    pub fn covers(&self, epoch: Uuid, stream: Stream, seq: u64) -> bool {
        self.epoch == epoch
            && self.stream == stream
            && (seq <= self.up_to || self.also.iter().any(|&(from, to)| (from..=to).contains(&seq)))
    }
}
