//! The connection to a broker: when to try again, and the handle to publish by. `session` is one
//! connection, and the only file that names the MQTT client.
//!
//! Every connection gets a new client, so nothing of an old one can come back: after each CONNACK it
//! subscribes, publishes its birth, and says `Up`, upon which its user sends again whatever was not
//! acknowledged. A client that makes no progress (our own ping does not come back) is thrown away.

mod session;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base::{Backoff, DeviceId};
use rustls::ClientConfig;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use session::LinkError;

/// Messages that wait for the socket. More than the outbox ever has under way.
const OUTGOING: usize = 512;
const INCOMING: usize = 256;
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// A connection that lasted this long was a good one, and the next wait is short again.
const STABLE_AFTER: Duration = Duration::from_mins(1);
/// An urgent event tries at once, but a flood of them must not hammer a broker that refuses us.
const HURRY_AFTER: Duration = Duration::from_millis(500);

pub struct LinkSettings {
    /// Also the client id, and the name that the broker reads from our certificate.
    pub device: DeviceId,
    pub host: String,
    pub port: u16,
    pub tls: Arc<ClientConfig>,
    /// At most two, see the contract.
    pub subscriptions: Vec<String>,
    /// Retained: `birth` after every CONNACK, `death` as last will and at a clean end.
    pub presence: Option<PresenceMessages>,
    /// A topic of ours that one of the subscriptions covers.
    pub ping_topic: String,
}

#[derive(Clone, Debug)]
pub struct PresenceMessages {
    pub topic: String,
    pub birth: Vec<u8>,
    pub death: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkEvent {
    /// Connected and subscribed. Whatever was not acknowledged is to be sent again.
    Up,
    Down,
    Message {
        topic: String,
        payload: Vec<u8>,
    },
}

/// Publishes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Link {
    outgoing: mpsc::Sender<Outgoing>,
    shared: Arc<Shared>,
}

/// To be spawned: runs until `stop`, then says goodbye and closes the events.
pub struct LinkTask {
    settings: LinkSettings,
    outgoing: mpsc::Receiver<Outgoing>,
    events: mpsc::Sender<LinkEvent>,
    shared: Arc<Shared>,
    stop: CancellationToken,
}

#[derive(Debug, Default)]
struct Shared {
    is_up: AtomicBool,
    hurry: Notify,
}

#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) topic: String,
    pub(super) payload: Vec<u8>,
}

/// A link that is not connected yet, what it will say, and the task that makes it.
pub fn link(
    settings: LinkSettings,
    stop: CancellationToken,
) -> (Link, mpsc::Receiver<LinkEvent>, LinkTask) {
    let (outgoing_tx, outgoing) = mpsc::channel(OUTGOING);
    let (events, events_rx) = mpsc::channel(INCOMING);
    let shared = Arc::new(Shared::default());
    let link = Link { outgoing: outgoing_tx, shared: Arc::clone(&shared) };
    (link, events_rx, LinkTask { settings, outgoing, events, shared, stop })
}

impl Link {
    /// Queues a message at `QoS` 1. False when it was dropped, because the link is down or its queue
    /// is full; also true is no promise: only the receiver's own answer is.
    pub fn publish(&self, topic: &str, payload: Vec<u8>) -> bool {
        let message = Outgoing { topic: topic.to_owned(), payload };
        self.is_up() && self.outgoing.try_send(message).is_ok()
    }

    /// Up without a broker: what is published comes out at the other end.
    #[cfg(test)]
    pub(super) fn overheard() -> (Self, mpsc::Receiver<Outgoing>) {
        let (outgoing, overheard) = mpsc::channel(OUTGOING);
        let shared = Arc::new(Shared { is_up: AtomicBool::new(true), hurry: Notify::new() });
        (Self { outgoing, shared }, overheard)
    }

    pub fn is_up(&self) -> bool {
        self.shared.is_up.load(Ordering::Relaxed)
    }

    /// Ends the wait for the next attempt, if there is one: something urgent is to be sent.
    pub fn hurry(&self) {
        if !self.is_up() {
            self.shared.hurry.notify_one();
        }
    }
}

impl LinkTask {
    pub async fn run(mut self) {
        let mut backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
        while !self.stop.is_cancelled() {
            let (result, up_for) = self.connect().await;
            if up_for.is_some() {
                // Nobody reads the events only while everything is being torn down.
                let _ = self.events.send(LinkEvent::Down).await;
            }
            if up_for.is_some_and(|it| it >= STABLE_AFTER) {
                backoff.reset();
            }
            if let Err(err) = result {
                self.log(&err);
            }
            let wait = backoff.next_jittered(getrandom::u32().unwrap_or(u32::MAX));
            self.wait(wait).await;
        }
    }

    /// One connection; and how long it was up.
    async fn connect(&mut self) -> (Result<(), LinkError>, Option<Duration>) {
        let Self { settings, outgoing, events, shared, stop } = self;
        let ended = session::run(settings, outgoing, events, shared, stop).await;
        shared.is_up.store(false, Ordering::Relaxed);
        ended
    }

    async fn wait(&self, wait: Duration) {
        debug!(?wait, "waiting before the next attempt");
        let hurried = async {
            tokio::time::sleep(HURRY_AFTER).await;
            self.shared.hurry.notified().await;
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = hurried => {}
            () = self.stop.cancelled() => {}
        }
    }

    fn log(&self, err: &LinkError) {
        let (host, port) = (&self.settings.host, self.settings.port);
        match err {
            LinkError::TakenOver | LinkError::NotSubscribed(_) | LinkError::Refused(_) => {
                error!(host, port, device = %self.settings.device, error = %err, "the broker link needs attention");
            }
            LinkError::Closed(_)
            | LinkError::NotReady
            | LinkError::NoProgress
            | LinkError::Connection(_)
            | LinkError::Client => {
                warn!(host, port, error = %err, "the broker link is down, trying again");
            }
        }
    }
}
