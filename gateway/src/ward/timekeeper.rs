//! Tells clusters the time over UDP: one 96-byte reply to each 96-byte request under a key that was
//! handed out over mutual TLS. Everything else is dropped unread.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::{Clock, DeviceId, Secret};
use tokio::net::UdpSocket;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::clock_trust::ClockTrust;
use crate::timekeeping::wire::HandedOut;
use crate::timekeeping::{KeyId, PACKET_BYTES, Packet, Reply, TimeKey, key_id};

/// How long a key is honoured. A cluster asks for the next one at half of it.
const KEY_LIFE: Duration = Duration::from_hours(24);
/// The last two keys of a device work: the answer with the newer one may have been lost.
const KEYS_PER_DEVICE: usize = 2;
/// Requests that a key may make at once, and how often it gets one more: a cluster starts with 8.
const BURST: u32 = 20;
const REFILL_EVERY: Duration = Duration::from_millis(200);

/// Hands keys out and answers under them. Cheap to clone.
#[derive(Clone, Default)]
pub struct Timekeeper {
    keys: Arc<Mutex<HashMap<KeyId, Issued>>>,
}

struct Issued {
    device: DeviceId,
    key: TimeKey,
    handed_out_at: Instant,
    /// Requests left, and when one was added last.
    left: u32,
    refilled_at: Instant,
}

impl Timekeeper {
    /// A new key for `device`. `None` when the system gives no random bytes.
    pub fn hand_out(&self, device: &DeviceId) -> Option<HandedOut> {
        let (mut id, mut secret) = ([0; 16], [0; 32]);
        getrandom::fill(&mut id).ok()?;
        getrandom::fill(&mut secret).ok()?;
        let now = Instant::now();
        let issued = Issued {
            device: device.clone(),
            key: TimeKey::new(id, &secret),
            handed_out_at: now,
            left: BURST,
            refilled_at: now,
        };
        let mut keys = self.keys.lock().expect("nothing panics while holding it");
        keys.retain(|_, it| !it.is_expired(now));
        let mut own: Vec<(Instant, KeyId)> = keys
            .iter()
            .filter(|(_, it)| it.device == *device)
            .map(|(id, it)| (it.handed_out_at, *id))
            .collect();
        own.sort_unstable();
        let n_surplus = (own.len() + 1).saturating_sub(KEYS_PER_DEVICE);
        for (_, id) in own.into_iter().take(n_surplus) {
            keys.remove(&id);
        }
        keys.insert(id, issued);
        Some(HandedOut { id, secret: Secret::new(secret), expires_in_s: KEY_LIFE.as_secs() })
    }

    /// Answers until `stop`.
    pub async fn serve(
        self,
        socket: UdpSocket,
        clock: Arc<dyn Clock>,
        trust: ClockTrust,
        stop: CancellationToken,
    ) {
        // One byte more than a packet, so that a longer one does not look like one.
        let mut buffer = [0; PACKET_BYTES + 1];
        loop {
            let received = tokio::select! {
                received = socket.recv_from(&mut buffer) => received,
                () = stop.cancelled() => return info!("the time server stops"),
            };
            let received_at = clock.now();
            let (n_bytes, from) = match received {
                Ok(received) => received,
                // An ICMP error about an earlier reply ends up here: nothing to do about it.
                Err(err) => {
                    warn!(error = %err, "a request for the time could not be read");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let Ok(packet) = Packet::try_from(&buffer[..n_bytes]) else { continue };
            let Some((key, nonce)) = self.admit(&packet) else { continue };
            let is_trusted = trust.is_trusted();
            let sent_at = clock.now();
            let reply = key.reply(&Reply { nonce, received_at, sent_at, is_trusted });
            // Lost or refused, the cluster asks again.
            let _ = socket.send_to(&reply, from).await;
        }
    }

    /// The key and the nonce of a request that is to be answered.
    fn admit(&self, packet: &Packet) -> Option<(TimeKey, [u8; 16])> {
        let now = Instant::now();
        let mut keys = self.keys.lock().expect("nothing panics while holding it");
        let issued = keys.get_mut(&key_id(packet)).filter(|it| !it.is_expired(now))?;
        let nonce = issued.key.open_request(packet)?;
        issued.take(now).then(|| (issued.key.clone(), nonce))
    }
}

impl Issued {
    fn is_expired(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.handed_out_at) >= KEY_LIFE
    }

    /// A token bucket.
    fn take(&mut self, now: Instant) -> bool {
        let waited = now.saturating_duration_since(self.refilled_at);
        let n_new = u32::try_from(waited.as_millis() / REFILL_EVERY.as_millis()).unwrap_or(BURST);
        if n_new > 0 {
            self.left = self.left.saturating_add(n_new).min(BURST);
            self.refilled_at = now;
        }
        let is_there = self.left > 0;
        self.left = self.left.saturating_sub(1);
        is_there
    }
}

impl std::fmt::Debug for Timekeeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Timekeeper").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster() -> DeviceId {
        "loa-1".parse().unwrap()
    }

    fn key(handed_out: &HandedOut) -> TimeKey {
        TimeKey::new(handed_out.id, handed_out.secret.expose_secret())
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_works_until_it_expires_and_two_of_a_device_at_most() {
        let keeper = Timekeeper::default();
        let mut keys = Vec::new();
        for _ in 0..3 {
            keys.push(key(&keeper.hand_out(&cluster()).unwrap()));
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        let works = |key: &TimeKey| keeper.admit(&key.request([1; 16])).is_some();
        assert!(!works(&keys[0]) && works(&keys[1]) && works(&keys[2]));
        tokio::time::advance(KEY_LIFE).await;
        assert!(!works(&keys[2]));
        assert!(!works(&TimeKey::new([0; 16], &[0; 32])), "a key that nobody was given");
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_under_one_key_is_cut_to_five_a_second() {
        let keeper = Timekeeper::default();
        let key = key(&keeper.hand_out(&cluster()).unwrap());
        let request = key.request([1; 16]);
        let n_admitted = |n| (0..n).filter(|_| keeper.admit(&request).is_some()).count();
        assert_eq!(n_admitted(1000), 20);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(n_admitted(1000), 5);
    }
}
