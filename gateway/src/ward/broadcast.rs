//! The box's side of broadcasts: bulletins as people make them, the plays they lead to, the orders to
//! the clusters, and what the clusters say they heard of it.
//!
//! [`Bulletins`] is what the console calls. [`Dispatcher`] turns the calendar into play rows and
//! signed orders, and closes plays. [`Ledger`] takes the clusters' reports. All three meet in the
//! database only; [`Wake`] says that it is worth a look.

mod agenda;
mod approval_row;
mod bulletins;
mod closing;
mod dispatch;
mod error;
mod facts;
mod held_back;
mod horizon;
mod ingest;
mod keeping;
mod layer_row;
mod memory;
mod orders;
mod places;
mod plan;
mod play_row;
mod policy;
mod receipt;
mod repeat;
mod report;
mod row;
mod settle;
mod shelf;
mod skew;
mod sound_row;
mod spool;
mod take_up;
mod target;
mod template;
#[cfg(test)]
mod testing;
mod vault;
mod view;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use base::DeviceId;
use broadcast::Volume;
use broadcast::bulletin::ApprovalRules;
use broadcast::plan::{Policy, Tie};
use broadcast::quiet::QuietHours;
use broadcast::quota::Quota;
use jiff::tz::TimeZone;
use tokio::sync::Notify;
use tokio::time::Instant;

pub use ::broadcast::reconciliation::PlayStage;
pub use agenda::{Agenda, AgendaEntry, AgendaError, LayerView, NewLayer, explain_box};
pub use bulletins::{Bulletins, BulletinsSettings};
pub(crate) use closing::PATIENCE;
pub(crate) use dispatch::LOOK_BACK;
pub use dispatch::{Courier, Dispatcher};
pub use error::{BulletinError, Fault};
pub(crate) use horizon::LOOK_AHEAD;
pub use ingest::{Ingest, IngestError, Speakers};
pub use keeping::ContentKeeper;
pub use layer_row::{Days, StoredLayer};
pub(crate) use orders::TAIL;
pub use places::{Atlas, PlaceBook, PlaceError, PlacePage};
pub(crate) use policy::usual;
pub use policy::{PlayPolicy, PolicyChoice};
pub use receipt::{Ledger, Refusal};
pub use report::{By, Report, ReportError, Reports, Request, Silent, Subject};
pub use shelf::{NewSound, SoundView, ahead};
pub use skew::{Heard, Outcome, Summary, summary};
pub use spool::{Spool, SpoolError, clear as clear_spool};
pub use template::{NewTemplate, TemplateView};
pub use vault::Vault;
pub use view::{
    BulletinView, Changes, NewBulletin, Origin, Planning, PlayOutline, PlayView, Repeat, SameAs,
    ScheduleRequest, Scheduled, Seen, Source, TargetStage, TargetView,
};
pub use wire::Ending;

/// The tables of this folder, a step of the ward's schema.
pub const SCHEMA: &str = include_str!("broadcast/schema.sql");
pub const SCHEMA_VOLUME: &str = include_str!("broadcast/schema_volume.sql");
pub const SCHEMA_CALENDAR: &str = include_str!("broadcast/schema_calendar.sql");
pub const SCHEMA_APPROVAL: &str = include_str!("broadcast/schema_approval.sql");
pub const SCHEMA_TEMPLATE: &str = include_str!("broadcast/schema_template.sql");
pub const SCHEMA_SOUND: &str = include_str!("broadcast/schema_sound.sql");
pub const SCHEMA_SHELF: &str = include_str!("broadcast/schema_shelf.sql");
pub const SCHEMA_PLACES: &str = include_str!("broadcast/schema_places.sql");
pub const SCHEMA_POLICY: &str = include_str!("broadcast/schema_policy.sql");
pub const SCHEMA_LOAD: &str = include_str!("broadcast/schema_load.sql");
pub const SCHEMA_MEMORY: &str = include_str!("broadcast/schema_memory.sql");
pub const SCHEMA_TITLE: &str = include_str!("broadcast/schema_title.sql");

/// An order leaves at least this long before its start: the shortest lead that was seen to reach a
/// cluster with the content not cached yet.
pub const SHORTEST_LEAD: Duration = Duration::from_secs(5);

/// What the calendar of this ward is bound by.
#[derive(Clone, Debug)]
pub struct Ward {
    /// Every cluster of the ward, in the order of the configuration.
    pub clusters: Vec<Cluster>,
    pub quiet: Option<QuietHours>,
    /// How much it may broadcast.
    pub quotas: Vec<Quota>,
    /// Who goes first among equals.
    pub ties: Vec<Tie>,
    /// IANA name of the zone that local times in rules are in, unless they say another.
    pub zone: String,
    /// When one approval is enough, and for how long approvals hold.
    pub approval: ApprovalRules,
    /// How long before its start a play must be scheduled. [`SHORTEST_LEAD`] unless configured.
    pub lead: Duration,
    /// Where its clusters hang.
    pub places: Atlas,
}

impl Ward {
    /// What the planner is to keep to.
    pub(crate) fn policy(&self) -> Policy {
        // An IANA name: it was read as one.
        let zone = TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC);
        let Self { quiet, quotas, ties, .. } = self.clone();
        Policy { zone, quiet, quotas, ties }
    }
}

/// A cluster as its orders need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    pub id: DeviceId,
    /// Of everything that is ordered from now on.
    pub volume: Volume,
    /// Whether it said that it takes `resume = "duck"`. Not before it was heard of.
    pub can_duck: bool,
}

/// Tells the dispatcher to look at the database: now, when people did something, or soon, when a cluster
/// told something.
#[derive(Clone, Debug, Default)]
pub struct Wake(Arc<Bells>);

#[derive(Debug, Default)]
struct Bells {
    now: Notify,
    soon: Notify,
}

impl Wake {
    pub fn wake(&self) {
        self.0.now.notify_one();
    }

    /// For what comes in by the thousand: many of these make one look.
    fn tell(&self) {
        self.0.soon.notify_one();
    }

    /// Cancel-safe. A call of [`Wake::wake`] while nobody waits is kept, once.
    async fn woken(&self) {
        self.0.now.notified().await;
    }

    /// As [`Wake::woken`], of [`Wake::tell`], and not before `earliest`.
    async fn told(&self, earliest: Instant) {
        // In this order nothing is lost when it is cancelled.
        tokio::time::sleep_until(earliest).await;
        self.0.soon.notified().await;
    }
}
