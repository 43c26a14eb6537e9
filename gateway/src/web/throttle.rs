//! Slows down password guessing: every key (an address, a user name) that failed waits longer.
//!
//! Pure: time is an argument. Kept in memory; a restart forgives, and costs a guesser more.

use std::collections::HashMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Failures that cost nothing: people mistype.
const N_FREE: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// A key without a failure for this long is forgotten.
const FORGET_AFTER: SignedDuration = SignedDuration::from_mins(60);
/// Bounds the memory an attacker with many addresses can make us use: about 1 MiB.
const MAX_KEYS: usize = 4096;

#[derive(Debug, Default)]
pub(super) struct Throttle {
    failures: HashMap<String, Failures>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    n: u32,
    last_at: Timestamp,
}

impl Throttle {
    /// How long `key` still has to wait; `None` when it may try.
    pub(super) fn wait(&self, key: &str, now: Timestamp) -> Option<Duration> {
        let failures = self.failures.get(key)?;
        let open_at = failures.last_at + failures.penalty();
        let left = open_at.duration_since(now);
        (left > SignedDuration::ZERO).then(|| left.unsigned_abs())
    }

    /// Counts an attempt before its result is known, so that parallel guesses are counted too.
    pub(super) fn tried(&mut self, key: &str, now: Timestamp) {
        if self.failures.len() >= MAX_KEYS && !self.failures.contains_key(key) {
            self.make_room(now);
        }
        let entry = self.failures.entry(key.to_owned()).or_insert(Failures { n: 0, last_at: now });
        if now.duration_since(entry.last_at) > FORGET_AFTER {
            entry.n = 0;
        }
        *entry = Failures { n: entry.n.saturating_add(1), last_at: now };
    }

    pub(super) fn succeeded(&mut self, key: &str) {
        self.failures.remove(key);
    }

    fn make_room(&mut self, now: Timestamp) {
        self.failures.retain(|_, it| now.duration_since(it.last_at) <= FORGET_AFTER);
        if self.failures.len() >= MAX_KEYS {
            let oldest = self.failures.iter().min_by_key(|(_, it)| it.last_at);
            if let Some(key) = oldest.map(|(key, _)| key.clone()) {
                self.failures.remove(&key);
            }
        }
    }
}

impl Failures {
    fn penalty(self) -> Duration {
        let Some(n_doublings) = self.n.checked_sub(N_FREE) else { return Duration::ZERO };
        FIRST_WAIT.saturating_mul(1 << n_doublings.min(16)).min(LONGEST_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn waits_double_after_the_free_attempts() {
        let mut throttle = Throttle::default();
        let mut waits = Vec::new();
        for _ in 0..8 {
            throttle.tried("10.0.0.9", at(0));
            waits.push(throttle.wait("10.0.0.9", at(0)).map_or(0, |it| it.as_secs()));
        }
        assert_eq!(waits, [0, 0, 0, 0, 2, 4, 8, 16]);
        assert_eq!(throttle.wait("10.0.0.9", at(17)), None);
        assert_eq!(throttle.wait("10.0.0.8", at(0)), None);
    }

    #[test]
    fn the_wait_has_a_ceiling_and_success_ends_it() {
        let mut throttle = Throttle::default();
        for _ in 0..100 {
            throttle.tried("lan", at(0));
        }
        assert_eq!(throttle.wait("lan", at(0)), Some(LONGEST_WAIT));
        throttle.succeeded("lan");
        assert_eq!(throttle.wait("lan", at(0)), None);
    }

    #[test]
    fn an_hour_of_quiet_forgives() {
        let mut throttle = Throttle::default();
        for _ in 0..20 {
            throttle.tried("lan", at(0));
        }
        throttle.tried("lan", at(3_601));
        assert_eq!(throttle.wait("lan", at(3_601)), None);
    }

    #[test]
    fn the_table_is_bounded_and_drops_the_oldest() {
        let mut throttle = Throttle::default();
        for n in 0..5_000 {
            throttle.tried(&format!("10.0.{}.{}", n / 256, n % 256), at(n / 2));
        }
        assert_eq!(throttle.failures.len(), MAX_KEYS);
        assert!(throttle.failures.contains_key("10.0.19.135"));
    }
}
