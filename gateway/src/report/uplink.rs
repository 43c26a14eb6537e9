//! Sends what the outbox chooses, deletes what was acknowledged, tells the health, hands on commands.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base::new_uuid;
use rustls::ClientConfig;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::health::Health;
use super::link::{Link, LinkEvent, LinkSettings, LinkTask, PresenceMessages, link};
use super::outbox::{Effect, Event, Lane, Outbox};
use super::topics::{Sender, Up};
use super::wire::{self, Presence, Reply, Status};
use super::{Reporter, rows};
use crate::daemon::Heartbeat;
use crate::store::StoreError;

const HEALTH_EVERY: Duration = Duration::from_mins(1);
/// A change is told soon, but parts that change together make one message.
const HEALTH_SETTLES: Duration = Duration::from_secs(2);
/// Recorded within this before the link came up still counts as fresh.
const FRESH: Duration = Duration::from_mins(1);
/// After the store refused: a disk that is full stays so for a while.
const TRY_AGAIN: Duration = Duration::from_secs(5);
/// Commands that wait for their executor. Their sender repeats what gets no reply.
const COMMANDS: usize = 64;

pub struct UplinkSettings {
    /// Whose topics: `Sender::of_box` or `Sender::of_cluster`.
    pub topics: Sender,
    pub host: String,
    pub port: u16,
    pub tls: Arc<ClientConfig>,
    /// What this device can do, for `up/status`.
    pub capabilities: Vec<String>,
    /// The disk whose room is told in `up/health`.
    pub data_dir: PathBuf,
}

/// The parts to be spawned and used; wired in each role's app.rs.
pub struct Uplink {
    /// Spawn it; ends with `stop`.
    pub link: LinkTask,
    /// Spawn it; ends after `link`.
    pub task: UplinkTask,
    /// Signed commands (JWS compact), not checked yet. Closes after `task`.
    pub commands: mpsc::Receiver<String>,
    pub replies: Replies,
}

/// Says what became of a command. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Replies {
    link: Link,
    topic: String,
}

pub struct UplinkTask {
    reporter: Reporter,
    health: Health,
    topics: Sender,
    data_dir: PathBuf,
    link: Link,
    events: mpsc::Receiver<LinkEvent>,
    commands: mpsc::Sender<String>,
    outbox: Outbox,
    /// Acknowledged, and the store would not delete them yet.
    undeleted: Vec<i64>,
    /// When to say how we are, while connected.
    health_at: Option<Instant>,
    retry_at: Option<Instant>,
    /// Beats for as long as events are looked after.
    pub heart: Heartbeat,
}

/// The store is gone: the program is stopping, or about to.
struct Stopped;

pub fn uplink(
    settings: UplinkSettings,
    reporter: Reporter,
    health: Health,
    stop: CancellationToken,
) -> Uplink {
    let UplinkSettings { topics, host, port, tls, capabilities, data_dir } = settings;
    let link_settings = LinkSettings {
        device: topics.device().clone(),
        host,
        port,
        tls,
        subscriptions: vec![topics.all_down()],
        presence: Some(presence(&reporter, &topics, capabilities)),
        ping_topic: topics.ping(),
    };
    let (link, events, link_task) = link(link_settings, stop);
    let (commands_tx, commands) = mpsc::channel(COMMANDS);
    let replies = Replies { link: link.clone(), topic: topics.up(Up::Reply) };
    let task = UplinkTask {
        reporter,
        health,
        topics,
        data_dir,
        link,
        events,
        commands: commands_tx,
        outbox: Outbox::default(),
        undeleted: Vec::new(),
        health_at: None,
        retry_at: None,
        heart: Heartbeat::default(),
    };
    Uplink { link: link_task, task, commands, replies }
}

impl Replies {
    /// Not durable: whoever commanded asks again, and the answer is then the same.
    pub fn send(&self, reply: &Reply) {
        self.link.publish(&self.topic, reply.to_json());
    }
}

impl UplinkTask {
    /// Until the link ends.
    pub async fn run(mut self) {
        let mut recorded = self.reporter.recorded();
        let mut n_seen = *recorded.borrow_and_update();
        let mut health = self.health.changes();
        loop {
            self.heart.beat();
            let alive_at = Some(Instant::now() + Heartbeat::AT_LEAST_EVERY);
            let wake_at = [self.outbox.wake_at(), self.health_at, self.retry_at, alive_at];
            let wake_at = wake_at.into_iter().flatten().min();
            let event = tokio::select! {
                event = self.events.recv() => match event {
                    Some(event) => self.link_event(event).await,
                    None => return,
                },
                // The reporter and the health live as long as we do, so these never fail.
                Ok(()) = recorded.changed() => {
                    let n_now = *recorded.borrow_and_update();
                    let is_urgent = n_now.n_urgent != n_seen.n_urgent;
                    n_seen = n_now;
                    if is_urgent {
                        self.link.hurry();
                    }
                    Ok(Some(Event::Recorded { is_urgent }))
                }
                Ok(()) = health.changed() => {
                    let soon = Instant::now() + HEALTH_SETTLES;
                    self.health_at = self.health_at.map(|at| at.min(soon));
                    Ok(None)
                }
                () = timer(wake_at) => self.timer().await,
            };
            let done = match event {
                Ok(Some(event)) => self.step(event).await,
                Ok(None) => Ok(()),
                Err(stopped) => Err(stopped),
            };
            if done.is_err() {
                // The link ends too, or is full; either way nothing more can be deleted.
                error!("the store has stopped, and with it the uplink");
                return;
            }
        }
    }

    async fn link_event(&mut self, event: LinkEvent) -> Result<Option<Event>, Stopped> {
        match event {
            LinkEvent::Up => {
                self.health_at = Some(Instant::now());
                let since = self.reporter.clock().now() - FRESH;
                let read = self.reporter.store().read(move |conn| rows::last_before(conn, since));
                let fresh_after = stopped(read.await)?.unwrap_or(0);
                Ok(Some(Event::LinkUp { fresh_after }))
            }
            LinkEvent::Down => {
                self.health_at = None;
                Ok(Some(Event::LinkDown))
            }
            LinkEvent::Message { topic, payload } => Ok(self.message(&topic, &payload)),
        }
    }

    fn message(&self, topic: &str, payload: &[u8]) -> Option<Event> {
        if topic == self.topics.ack() {
            match wire::ack_from_json(payload) {
                Ok(ack) => return Some(Event::Acked(ack)),
                Err(err) => warn!(error = %err, "an acknowledgement that cannot be read"),
            }
        } else if topic == self.topics.command() {
            let handed_on =
                String::from_utf8(payload.to_vec()).map(|it| self.commands.try_send(it));
            match handed_on {
                Ok(Ok(())) => {}
                Ok(Err(_)) => warn!("too many commands: one was dropped, its sender repeats it"),
                Err(_) => warn!("a command that is not text was dropped"),
            }
        }
        None
    }

    async fn timer(&mut self) -> Result<Option<Event>, Stopped> {
        let now = Instant::now();
        if self.health_at.is_some_and(|at| at <= now) {
            self.health_at = Some(now + HEALTH_EVERY);
            self.tell_health().await?;
        }
        if self.retry_at.is_some_and(|at| at <= now) {
            self.retry_at = None;
            self.delete(Vec::new()).await?;
        }
        Ok(Some(Event::TimerFired))
    }

    async fn tell_health(&self) -> Result<(), Stopped> {
        let depth = stopped(self.reporter.store().read(rows::depth).await)?;
        let mode = self.outbox.mode();
        let message = self.health.message(&self.reporter, mode, depth, &self.data_dir);
        if message.len() <= wire::LARGEST_PAYLOAD_BYTES {
            self.link.publish(&self.topics.up(Up::Health), message);
        } else {
            warn!(bytes = message.len(), "the health does not fit into a message");
        }
        Ok(())
    }

    async fn step(&mut self, event: Event) -> Result<(), Stopped> {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            for effect in self.outbox.on(event, Instant::now()) {
                match effect {
                    Effect::Send(row) => {
                        // Dropped or not: without an acknowledgement it goes again.
                        self.link.publish(&self.topics.up(Up::Event), row.payload.to_vec());
                    }
                    Effect::Delete(ids) => self.delete(ids).await?,
                    Effect::Load { lane, limit } => {
                        let rows = self.load(lane, limit).await?;
                        events.push(Event::Loaded { lane, rows });
                    }
                }
            }
        }
        Ok(())
    }

    async fn load(&self, lane: Lane, limit: usize) -> Result<Vec<rows::OutboxRow>, Stopped> {
        loop {
            let read = self.reporter.store().read(move |conn| rows::load(conn, lane, limit)).await;
            if let Some(rows) = stopped(read)? {
                return Ok(rows);
            }
            tokio::time::sleep(TRY_AGAIN).await;
        }
    }

    async fn delete(&mut self, ids: Vec<i64>) -> Result<(), Stopped> {
        self.undeleted.extend(ids);
        let mut deleted = self.delete_once().await;
        if let Err(StoreError::Full(_)) = deleted {
            // The ballast has just been given back for this.
            deleted = self.delete_once().await;
        }
        if stopped(deleted)?.is_some() {
            self.undeleted.clear();
        } else {
            self.retry_at = Some(Instant::now() + TRY_AGAIN);
        }
        Ok(())
    }

    async fn delete_once(&self) -> Result<(), StoreError> {
        let ids = self.undeleted.clone();
        self.reporter.store().free_space(move |conn| rows::delete(conn, &ids)).await
    }
}

/// None when the store refused but may not the next time.
fn stopped<T>(result: Result<T, StoreError>) -> Result<Option<T>, Stopped> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(StoreError::Stopped) => Err(Stopped),
        Err(err) => {
            warn!(error = %err, "the outbox could not be used, trying again");
            Ok(None)
        }
    }
}

fn presence(reporter: &Reporter, topics: &Sender, capabilities: Vec<String>) -> PresenceMessages {
    let online = Status {
        state: Presence::Online,
        boot_id: new_uuid(reporter.clock().now()),
        epoch: reporter.epoch(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        site: reporter.site().to_owned(),
        capabilities,
    };
    let offline = Status { state: Presence::Offline, ..online.clone() };
    let topic = topics.up(Up::Status);
    PresenceMessages { topic, birth: online.to_json(), death: offline.to_json() }
}

async fn timer(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
