//! Keeps the fit to the box's clock: a key over HTTPS, exchanges over UDP, the fit into `BoxClock`.

use std::net::SocketAddr;
use std::time::Duration;

use base::Backoff;
use broadcast::discipline::{Discipline, Exchange};
use serde_json::json;
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::clock::{BoxClock, boot_id};
use super::row;
use crate::clock_trust::ClockTrust;
use crate::report::health::Health;
use crate::store::Store;
use crate::timekeeping::wire::HandedOut;
use crate::timekeeping::{Nonce, PACKET_BYTES, Packet, TimeKey};

/// A burst first, so that a cluster that just came up knows the time within seconds.
const FIRST_EXCHANGES: u32 = 8;
const FIRST_EVERY: Duration = Duration::from_millis(250);
const EVERY: Duration = Duration::from_secs(2);
/// A reply that takes longer says nothing about the time.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);
/// Unanswered in a row: the box forgot the key, or is gone; ask for another.
const N_LOST: u32 = 5;
const SAVE_EVERY: Duration = Duration::from_mins(1);

pub(super) struct TimeSync {
    pub(super) client: reqwest::Client,
    /// `https://host:port` of the content server.
    pub(super) content: String,
    pub(super) server: SocketAddr,
    pub(super) clock: BoxClock,
    pub(super) trust: ClockTrust,
    /// As `trust`, for those who wait for it.
    pub(super) trusted_tx: watch::Sender<bool>,
    pub(super) store: Store,
    pub(super) health: Health,
}

struct Session {
    key: TimeKey,
    renew_at: Instant,
    socket: UdpSocket,
}

#[derive(Debug, thiserror::Error)]
enum SyncError {
    #[error("the box gives no time key")]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Key(#[from] crate::timekeeping::wire::NotAKey),
    #[error("no socket for the time")]
    Socket(#[from] std::io::Error),
}

impl TimeSync {
    /// Until `stop`.
    pub(super) async fn run(self, stop: CancellationToken) {
        let work = async {
            let mut discipline =
                self.clock.fit().map_or_else(Discipline::default, Discipline::resumed);
            let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));
            self.judge(self.clock.fit().is_some());
            loop {
                match self.session().await {
                    Ok(session) => {
                        backoff.reset();
                        self.follow(&session, &mut discipline).await;
                    }
                    Err(err) => debug!(error = ?err, "the box does not tell the time"),
                }
                self.judge(self.trust.is_trusted());
                tokio::time::sleep(backoff.next_wait()).await;
            }
        };
        stop.run_until_cancelled(work).await;
    }

    async fn session(&self) -> Result<Session, SyncError> {
        let url = format!("{}/v1/time-key", self.content);
        let answer = self.client.post(url).send().await?.error_for_status()?.bytes().await?;
        let key = HandedOut::from_json(&answer)?;
        let renew_at = Instant::now() + Duration::from_secs(key.expires_in_s / 2);
        let any = if self.server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any).await?;
        socket.connect(self.server).await?;
        Ok(Session { key: TimeKey::new(key.id, key.secret.expose_secret()), renew_at, socket })
    }

    /// Exchanges until the key is old or the answers stop.
    async fn follow(&self, session: &Session, discipline: &mut Discipline) {
        let (mut n_done, mut n_lost) = (0_u32, 0_u32);
        let mut saved_at: Option<Instant> = None;
        while n_lost < N_LOST && Instant::now() < session.renew_at {
            match self.exchange(session).await {
                Some((exchange, is_trusted)) => {
                    n_lost = 0;
                    if let Err(unusable) = discipline.add(exchange) {
                        debug!(%unusable, "an exchange was thrown away");
                    }
                    if let Some(fit) = discipline.fit() {
                        self.clock.set(fit);
                        self.judge(is_trusted);
                    }
                }
                None => n_lost += 1,
            }
            n_done = n_done.saturating_add(1);
            let is_due = saved_at.is_none_or(|at| at.elapsed() >= SAVE_EVERY);
            if n_done > FIRST_EXCHANGES && is_due {
                saved_at = Some(Instant::now());
                self.save(discipline).await;
            }
            tokio::time::sleep(if n_done < FIRST_EXCHANGES { FIRST_EVERY } else { EVERY }).await;
        }
    }

    async fn exchange(&self, session: &Session) -> Option<(Exchange, bool)> {
        let mut nonce = Nonce::default();
        getrandom::fill(&mut nonce).ok()?;
        let request = session.key.request(nonce);
        let mut buffer = [0; PACKET_BYTES + 1];
        let sent = self.clock.steady_now();
        session.socket.send(&request).await.ok()?;
        let answer = async {
            loop {
                let n_bytes = session.socket.recv(&mut buffer).await.ok()?;
                let received = self.clock.steady_now();
                let packet = Packet::try_from(&buffer[..n_bytes]).ok();
                // Late replies to earlier questions, and anything forged, are read past.
                let reply = packet.and_then(|it| session.key.open_reply(&it));
                if let Some(reply) = reply.filter(|it| it.nonce == nonce) {
                    return Some((reply, received));
                }
            }
        };
        let (reply, received) = timeout(ANSWER_WITHIN, answer).await.ok()??;
        let (received_by_box, sent_by_box) = (reply.received_at, reply.sent_at);
        let exchange = Exchange { sent, received_by_box, sent_by_box, received };
        Some((exchange, reply.is_trusted))
    }

    /// Trusted when the box vouched for its clock and our fit to it is good; it stays so without a
    /// link until the error has grown too far.
    fn judge(&self, box_is_trusted: bool) {
        let is_trusted = box_is_trusted && self.clock.is_good();
        self.trust.set(is_trusted);
        let is_news =
            self.trusted_tx.send_if_modified(|it| std::mem::replace(it, is_trusted) != is_trusted);
        if let Some((offset, error)) = self.clock.quality().filter(|_| is_news) {
            info!(?offset, ?error, is_trusted, "box time");
        }
        let drift_ppm = self.clock.fit().map(|it| it.drift_ppm().round());
        self.health.set("box_time", json!({ "trusted": is_trusted, "drift_ppm": drift_ppm }));
    }

    async fn save(&self, discipline: &Discipline) {
        let Some(fit) = discipline.fit() else { return };
        if !self.trust.is_trusted() {
            return;
        }
        let boot_id = boot_id();
        let saved = self.store.write(move |conn| row::save_fit(conn, &boot_id, &fit)).await;
        if let Err(err) = saved {
            warn!(error = %err, "the clock's fit was not stored");
        }
    }
}
