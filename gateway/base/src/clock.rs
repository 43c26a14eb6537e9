//! Where wall time enters the program. Everything else is handed a `Timestamp`.
//!
//! Sleeping stays tokio's business, so a test that pauses tokio's clock pauses the gateway.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// An NTP step can move wall time under a sleeper, so no sleep outlasts this.
const LONGEST_NAP: Duration = Duration::from_secs(30);

/// Readings this near are of one moment: far below what the ear tells apart, above what two system calls take.
const AT_ONCE: SignedDuration = SignedDuration::from_micros(50);
/// A machine too busy for one good reading in so many is not helped by another.
const READINGS: usize = 8;

pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// Wall time that starts at `epoch` and follows tokio's clock, which tests can pause.
#[derive(Clone, Copy, Debug)]
pub struct SimClock {
    epoch: Timestamp,
    started: Instant,
}

/// Sleeps until the wall clock reads `at`, however the wall clock is stepped meanwhile.
pub async fn sleep_until(clock: &dyn Clock, at: Timestamp) {
    loop {
        let left = at.duration_since(clock.now());
        if left <= SignedDuration::ZERO {
            return;
        }
        tokio::time::sleep(left.unsigned_abs().min(LONGEST_NAP)).await;
    }
}

/// What two clocks read at one moment. A thread that is put aside between two readings would make one of
/// them late by milliseconds; it reads again then, so the moment is the later one.
pub fn read_both(one: &dyn Clock, other: &dyn Clock) -> (Timestamp, Timestamp) {
    let mut before = other.now();
    for _ in 0..READINGS {
        let at = one.now();
        let after = other.now();
        if after.duration_since(before).abs() < AT_ONCE {
            return (at, before);
        }
        before = after;
    }
    (one.now(), before)
}

impl SimClock {
    pub fn new(epoch: Timestamp) -> Self {
        Self { epoch, started: Instant::now() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.epoch + Instant::now().saturating_duration_since(self.started)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Each reading takes a moment of the same time, and the second one a long one.
    struct PutAside<'a> {
        readings: &'a AtomicU32,
        aside: SignedDuration,
    }

    impl Clock for PutAside<'_> {
        fn now(&self) -> Timestamp {
            let nth = self.readings.fetch_add(1, Ordering::Relaxed);
            let aside = if nth > 0 { self.aside } else { SignedDuration::ZERO };
            Timestamp::UNIX_EPOCH + SignedDuration::from_micros(nth.into()) + aside
        }
    }

    #[test]
    fn two_clocks_are_read_at_one_moment_though_the_thread_was_put_aside() {
        let readings = AtomicU32::new(0);
        let aside = SignedDuration::from_millis(98);
        let (one, other) =
            (PutAside { readings: &readings, aside }, PutAside { readings: &readings, aside });
        let (at, other_at) = read_both(&one, &other);
        assert!(at.duration_since(other_at).abs() < AT_ONCE, "{at} {other_at}");
        assert!(at > Timestamp::UNIX_EPOCH + aside, "the moment is the later one: {at}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_day_of_sleep_costs_a_test_nothing() {
        let clock = SimClock::new(Timestamp::UNIX_EPOCH);
        let tomorrow = Timestamp::UNIX_EPOCH + Duration::from_hours(24);
        sleep_until(&clock, tomorrow).await;
        assert_eq!(clock.now(), tomorrow);
    }
}
