//! The box's side of broadcasts: bulletins as people make them, the plays they lead to, the orders to
//! the clusters, and what the clusters say they heard of it.
//!
//! [`Bulletins`] is what the console calls. [`Dispatcher`] turns the calendar into play rows and
//! signed orders, and closes plays. [`Ledger`] takes the clusters' reports. All three meet in the
//! database only; [`Wake`] says that it is worth a look.

mod bulletins;
mod closing;
mod dispatch;
mod error;
mod ingest;
mod orders;
mod plan;
mod play_row;
mod receipt;
mod row;
mod settle;
mod skew;
mod spool;
#[cfg(test)]
mod testing;
mod view;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use base::DeviceId;
use broadcast::Volume;
use broadcast::quiet::QuietHours;
use tokio::sync::Notify;

pub use bulletins::{Bulletins, BulletinsSettings};
pub(crate) use closing::PATIENCE;
pub use dispatch::{Courier, Dispatcher};
pub(crate) use dispatch::{LOOK_AHEAD, LOOK_BACK};
pub use error::{BulletinError, Fault};
pub use ingest::{Ingest, IngestError, Speakers};
pub(crate) use orders::{TAIL, resume};
pub use receipt::{Ledger, Refusal};
pub use skew::{Heard, Outcome, Summary, summary};
pub use spool::{Spool, SpoolError, clear as clear_spool};
pub use view::{
    BulletinView, NewBulletin, Origin, PlayStage, PlayView, ScheduleRequest, Scheduled, Source,
    TargetStage, TargetView,
};
pub use wire::Ending;

/// The tables of this folder, a step of the ward's schema.
pub const SCHEMA: &str = include_str!("broadcast/schema.sql");
pub const SCHEMA_VOLUME: &str = include_str!("broadcast/schema_volume.sql");

/// An order leaves at least this long before its start: the shortest lead that was seen to reach a
/// cluster with the content not cached yet.
pub const SHORTEST_LEAD: Duration = Duration::from_secs(5);

/// What the calendar of this ward is bound by.
#[derive(Clone, Debug)]
pub struct Ward {
    /// Every cluster of the ward, in the order of the configuration.
    pub clusters: Vec<Cluster>,
    pub quiet: Option<QuietHours>,
    /// IANA name of the zone that local times in rules are in, unless they say another.
    pub zone: String,
    /// How long before its start a play must be scheduled. [`SHORTEST_LEAD`] unless configured.
    pub lead: Duration,
}

/// A cluster as its orders need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    pub id: DeviceId,
    /// Of everything that is ordered from now on.
    pub volume: Volume,
}

/// Tells the dispatcher to look at the database now.
#[derive(Clone, Debug, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    pub fn wake(&self) {
        self.0.notify_one();
    }

    /// Cancel-safe. A call of [`Wake::wake`] while nobody waits is kept, once.
    async fn woken(&self) {
        self.0.notified().await;
    }
}
