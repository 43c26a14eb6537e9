//! The box's own loudspeaker clusters, over the box's own broker: what they report is stored once
//! and acknowledged, their state is kept for the console, and signed commands go out to them.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use base::{Clock, DeviceId};
use jiff::Timestamp;
use rusqlite::Connection;
use rustls::ClientConfig;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::warn;
use uuid::Uuid;

use crate::daemon::Heartbeat;
use crate::report::Envelope;
use crate::report::health::Health;
use crate::report::link::{Link, LinkSettings, LinkTask, link};
use crate::report::receiver::{Keep, Listener, Notice, Receiver};
use crate::report::topics::Sender;
use crate::report::wire::{Presence, Reply, Status};
use crate::store::Store;

/// Receipts older than the newest of these have long been re-reported.
const KEEP: Keep = Keep::Newest(100_000);

pub struct ClusterSettings {
    /// This box.
    pub station: DeviceId,
    pub host: String,
    pub port: u16,
    pub tls: Arc<ClientConfig>,
    /// The clusters that this box has adopted.
    pub adopted: Vec<DeviceId>,
}

/// What is known of one cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClusterView {
    /// None: it has never said a word since our start.
    pub presence: Option<Presence>,
    pub since: Option<Timestamp>,
    pub last_seen_at: Option<Timestamp>,
    pub version: String,
    /// What it says that it can do; nothing before it was heard of. Of one that is gone, its last.
    pub capabilities: Vec<String>,
    /// Of its outbox: another one says that it has forgotten what it knew.
    pub epoch: Option<Uuid>,
    /// Its latest `up/health`; null before the first.
    pub health: Value,
}

pub type ClusterViews = BTreeMap<DeviceId, ClusterView>;

/// What is done with what a cluster says. Called by the receiver.
pub trait Receipts: Send + Sync + 'static {
    /// A new event of an adopted cluster, in the transaction that stores it: update the play and
    /// re-report here. An error undoes this call, never the event. MUST NOT wait.
    fn received(
        &self,
        conn: &Connection,
        cluster: &DeviceId,
        envelope: &Envelope,
    ) -> rusqlite::Result<()>;

    /// What became of a command. It is not stored. MUST NOT wait.
    fn replied(&self, cluster: &DeviceId, reply: &Reply);
}

/// Sends signed commands. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ClusterCommands {
    link: Link,
    station: DeviceId,
}

/// The parts to be spawned and used; wired in app.rs.
pub struct Clusters {
    pub views: watch::Receiver<ClusterViews>,
    pub commands: ClusterCommands,
    /// Spawn it; ends with `stop`.
    pub link: LinkTask,
    /// Spawn `receiver.run(events)`; ends after `link`.
    pub receiver: ClusterReceiver,
    /// Of the receiver.
    pub heart: Heartbeat,
}

pub struct ClusterReceiver {
    receiver: Receiver,
    events: tokio::sync::mpsc::Receiver<crate::report::link::LinkEvent>,
}

struct Desk {
    clock: Arc<dyn Clock>,
    receipts: Arc<dyn Receipts>,
    health: Health,
    views: watch::Sender<ClusterViews>,
}

pub fn clusters(
    settings: ClusterSettings,
    store: Store,
    clock: Arc<dyn Clock>,
    receipts: Arc<dyn Receipts>,
    health: Health,
    stop: CancellationToken,
) -> Clusters {
    let ClusterSettings { station, host, port, tls, adopted } = settings;
    let own = Sender::of_box(station.clone());
    let link_settings = LinkSettings {
        device: station.clone(),
        host,
        port,
        tls,
        subscriptions: vec![format!("vong/v1/{station}/loa/+/up/#"), own.ping()],
        presence: None,
        ping_topic: own.ping(),
    };
    let (link, events, link_task) = link(link_settings, stop);
    let none_yet = adopted.into_iter().map(|it| (it, ClusterView::default())).collect();
    let desk = Desk { clock: clock.clone(), receipts, health, views: watch::Sender::new(none_yet) };
    desk.tell_health();
    let views = desk.views.subscribe();
    let commands = ClusterCommands { link: link.clone(), station };
    let heart = Heartbeat::default();
    let receiver =
        Receiver { store, link, clock, listener: Arc::new(desk), keep: KEEP, heart: heart.clone() };
    let receiver = ClusterReceiver { receiver, events };
    Clusters { views, commands, link: link_task, receiver, heart }
}

impl ClusterCommands {
    /// Sends a signed command (JWS compact). False when our broker is not reachable now; true is no
    /// promise either: the cluster's reply, or its receipt, is.
    pub fn send(&self, cluster: &DeviceId, jws: &str) -> bool {
        let to = Sender::of_cluster(self.station.clone(), cluster.clone());
        self.link.publish(&to.command(), jws.as_bytes().to_vec())
    }

    /// Whether our own broker is reachable.
    pub fn is_up(&self) -> bool {
        self.link.is_up()
    }
}

impl ClusterReceiver {
    /// Until the link ends.
    pub async fn run(self) {
        self.receiver.run(self.events).await;
    }
}

impl Listener for Desk {
    fn stored(
        &self,
        conn: &Connection,
        from: &Sender,
        envelope: &Envelope,
        _: Timestamp,
    ) -> rusqlite::Result<()> {
        match &from.cluster {
            Some(cluster) if self.is_adopted(cluster) => {
                self.receipts.received(conn, cluster, envelope)
            }
            Some(_) | None => Ok(()),
        }
    }

    fn committed(&self, from: &Sender, _: &Envelope, at: Timestamp) {
        self.update(from, |view| view.last_seen_at = Some(at));
    }

    fn heard(&self, from: &Sender, notice: Notice) {
        let now = self.clock.now();
        match notice {
            Notice::Status(status) => self.update(from, |view| view.take_status(&status, now)),
            Notice::Health(health) => self.update(from, |view| {
                view.last_seen_at = Some(now);
                view.health = health;
            }),
            Notice::Reply(reply) => {
                if let Some(cluster) = from.cluster.as_ref().filter(|it| self.is_adopted(it)) {
                    self.receipts.replied(cluster, &reply);
                }
                self.update(from, |view| view.last_seen_at = Some(now));
            }
        }
    }
}

impl Desk {
    fn is_adopted(&self, cluster: &DeviceId) -> bool {
        self.views.borrow().contains_key(cluster)
    }

    fn update(&self, from: &Sender, change: impl FnOnce(&mut ClusterView)) {
        let Some(cluster) = &from.cluster else { return };
        let mut came_or_went = false;
        let is_known = self.views.send_if_modified(|views| {
            let Some(view) = views.get_mut(cluster) else { return false };
            let before = view.presence;
            change(view);
            came_or_went = view.presence != before;
            true
        });
        if !is_known {
            warn!(%cluster, "a cluster that this box has not adopted: add it as [[cluster]], or point it elsewhere");
        }
        if came_or_went {
            self.tell_health();
        }
    }

    /// `clusters` in the box's own health: who is there. It has no times, and is written for a change
    /// alone: a ward of 272 says several things a second.
    fn tell_health(&self) {
        let states = self.views.borrow().iter().map(state).collect();
        self.health.set("clusters", Value::Object(states));
    }
}

fn state((id, view): (&DeviceId, &ClusterView)) -> (String, Value) {
    let state = match view.presence {
        Some(Presence::Online) => "online",
        Some(Presence::Offline) => "offline",
        None => "unknown",
    };
    (id.to_string(), json!(state))
}

impl ClusterView {
    fn take_status(&mut self, status: &Status, now: Timestamp) {
        if self.presence != Some(status.state) {
            self.presence = Some(status.state);
            self.since = Some(now);
        }
        self.version.clone_from(&status.version);
        self.capabilities.clone_from(&status.capabilities);
        self.epoch = Some(status.epoch);
        // A last will, or an old retained status, is the broker's word and no sign of life.
        if status.state == Presence::Online {
            self.last_seen_at = Some(now);
        }
    }
}
