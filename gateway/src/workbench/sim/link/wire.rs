//! The counters as JSON, for scripts.

use std::time::Duration;

use serde::Serialize;

use super::tally::Tally;

/// Of a link that carries from now on.
#[derive(Debug, Serialize)]
pub(super) struct Opened {
    pub(super) open: String,
}

/// Of a link that has ended, or so far.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    link: String,
    ran_for_ms: u64,
    up: Way,
    down: Way,
}

/// `n_` counts packets with --tun, datagrams with --udp, and with --tcp what was read at a time: bytes, and
/// that a connection was opened or closed. Queued is what is under way: it waits for its turn, or for the
/// delay to pass.
#[derive(Debug, Serialize)]
struct Way {
    n_offered: u64,
    offered_bytes: u64,
    n_delivered: u64,
    delivered_bytes: u64,
    n_dropped_loss: u64,
    n_dropped_queue_full: u64,
    n_dropped_outage: u64,
    n_dropped_blackhole: u64,
    dropped_bytes: u64,
    n_queued: u64,
    queued_bytes: u64,
    queue_peak_bytes: u64,
    longest_wait_ms: u64,
}

impl Report {
    pub(super) fn new(link: &str, ran_for: Duration, up: &Tally, down: &Tally) -> Self {
        Self { link: link.to_owned(), ran_for_ms: ms(ran_for), up: up.into(), down: down.into() }
    }

    pub(super) fn to_json(&self) -> String {
        json(self)
    }
}

impl Opened {
    pub(super) fn to_json(&self) -> String {
        json(self)
    }
}

fn json(line: &impl Serialize) -> String {
    serde_json::to_string(line).expect("numbers and text are JSON")
}

impl From<&Tally> for Way {
    fn from(tally: &Tally) -> Self {
        let dropped = [tally.lost, tally.overflowed, tally.cut_off, tally.swallowed];
        Self {
            n_offered: tally.offered.n,
            offered_bytes: tally.offered.n_bytes,
            n_delivered: tally.delivered.n,
            delivered_bytes: tally.delivered.n_bytes,
            n_dropped_loss: tally.lost.n,
            n_dropped_queue_full: tally.overflowed.n,
            n_dropped_outage: tally.cut_off.n,
            n_dropped_blackhole: tally.swallowed.n,
            dropped_bytes: dropped.iter().map(|it| it.n_bytes).sum(),
            n_queued: tally.held.n,
            queued_bytes: tally.held.n_bytes,
            queue_peak_bytes: tally.held_peak_bytes,
            longest_wait_ms: ms(tally.longest_wait),
        }
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
