//! How fast content leaves the box, whoever asks: cameras and alarms share the port. Pure: `now` in, the
//! instant at which the next chunk may leave out.

use std::time::Duration;

use base::BitRate;
use tokio::time::Instant;

/// What may leave at once after a silence. Long enough for a timer that is a few milliseconds late, far too
/// short for a camera's stream to notice.
const BURST: Duration = Duration::from_millis(50);
/// A TLS record holds no more.
const LARGEST_CHUNK_BYTES: u64 = 16 << 10;
const SMALLEST_CHUNK_BYTES: u64 = 1 << 10;
/// Chunks a second, where the rate is low: the turn of each of a few hundred clusters comes within seconds,
/// and a cluster takes a link for dead that brings nothing for 20.
const CHUNKS_A_SECOND: u64 = 64;

/// A token bucket over all connections, kept as the instant at which what was granted has left (the
/// "theoretical arrival time" of ITU-T I.371). Turns are given in the order in which they were asked for.
#[derive(Debug)]
pub(super) struct Pace {
    rate: BitRate,
    /// All that was granted has left by then.
    free_at: Instant,
}

impl Pace {
    pub(super) fn new(rate: BitRate, now: Instant) -> Self {
        Self { rate, free_at: now }
    }

    /// How much to ask for at a time.
    pub(super) fn chunk_bytes(rate: BitRate) -> u64 {
        let share = rate.bytes_a_second() / CHUNKS_A_SECOND;
        share.clamp(SMALLEST_CHUNK_BYTES, LARGEST_CHUNK_BYTES)
    }

    /// When `n_bytes` that are asked for now may leave. They count as sent, whatever becomes of them.
    pub(super) fn grant(&mut self, n_bytes: u64, now: Instant) -> Instant {
        let earliest = now.checked_sub(BURST).unwrap_or(now);
        let begins_at = self.free_at.max(earliest);
        self.free_at = begins_at + self.rate.time_of(n_bytes);
        begins_at.max(now)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rate(text: &str) -> BitRate {
        text.parse().unwrap()
    }

    #[test]
    fn after_a_silence_a_burst_leaves_at_once_and_no_more() {
        let now = Instant::now();
        let mut pace = Pace::new(rate("8Mbit/s"), now);
        // 1 MB/s: 10 ms a chunk of 10 kB, and 50 ms at once.
        let later = now + Duration::from_hours(1);
        let waits: Vec<u128> =
            (0..8).map(|_| (pace.grant(10_000, later) - later).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 0, 10, 20]);
    }

    #[test]
    fn a_slow_rate_has_small_chunks() {
        assert_eq!(Pace::chunk_bytes(rate("1Mbit/s")), 1_953);
        assert_eq!(Pace::chunk_bytes(rate("32Mbit/s")), 16 << 10);
    }

    proptest! {
        /// Whoever asks, whenever: no second holds more than the rate and one burst.
        #[test]
        fn the_rate_is_never_exceeded(asks in prop::collection::vec((0_u64..40, 1_u64..20_000), 1..300)) {
            let start = Instant::now();
            let mut pace = Pace::new(rate("4Mbit/s"), start);
            let mut now = start;
            let mut left = Vec::new();
            for (pause_ms, n_bytes) in asks {
                now += Duration::from_millis(pause_ms);
                left.push((pace.grant(n_bytes, now), n_bytes));
            }
            prop_assert!(left.is_sorted_by_key(|it| it.0));
            for (from, _) in &left {
                let second = left.iter().filter(|(at, _)| at >= from && *at < *from + Duration::from_secs(1));
                let n_bytes: u64 = second.map(|it| it.1).sum();
                // 500 kB, 25 kB of burst, and the chunk that was begun.
                prop_assert!(n_bytes <= 545_001, "{n_bytes}");
            }
        }
    }
}
