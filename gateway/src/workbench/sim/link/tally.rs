//! What became of everything that went one way.

use std::time::Duration;

/// Why a packet was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// By chance.
    Loss,
    /// It would have waited too long for its turn.
    QueueFull,
    /// The link was down.
    Outage,
    /// The way is dead.
    Blackhole,
}

/// Packets, datagrams, or the pieces of streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) n: u64,
    pub(super) n_bytes: u64,
}

impl Count {
    pub(super) fn add(&mut self, n_bytes: u64) {
        self.n += 1;
        self.n_bytes += n_bytes;
    }

    fn remove(&mut self, n_bytes: u64) {
        self.n -= 1;
        self.n_bytes -= n_bytes;
    }
}

/// Invariant: what was offered was delivered, or dropped for one reason, or is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) offered: Count,
    pub(super) delivered: Count,
    pub(super) lost: Count,
    pub(super) overflowed: Count,
    pub(super) cut_off: Count,
    pub(super) swallowed: Count,
    /// Taken, and not there yet.
    pub(super) held: Count,
    pub(super) held_peak_bytes: u64,
    /// The longest that anything waited for its turn at the rate.
    pub(super) longest_wait: Duration,
}

impl Tally {
    pub(super) fn hold(&mut self, n_bytes: u64) {
        self.held.add(n_bytes);
        self.held_peak_bytes = self.held_peak_bytes.max(self.held.n_bytes);
    }

    pub(super) fn deliver(&mut self, n_bytes: u64) {
        self.held.remove(n_bytes);
        self.delivered.add(n_bytes);
    }

    pub(super) fn drop(&mut self, why: Why, n_bytes: u64) {
        let count = match why {
            Why::Loss => &mut self.lost,
            Why::QueueFull => &mut self.overflowed,
            Why::Outage => &mut self.cut_off,
            Why::Blackhole => &mut self.swallowed,
        };
        count.add(n_bytes);
    }
}
