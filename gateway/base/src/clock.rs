//! Where wall time enters the program. Everything else is handed a `Timestamp`.
//!
//! Sleeping stays tokio's business, so a test that pauses tokio's clock pauses the gateway.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// An NTP step can move wall time under a sleeper, so no sleep outlasts this.
const LONGEST_NAP: Duration = Duration::from_secs(30);

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
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_day_of_sleep_costs_a_test_nothing() {
        let clock = SimClock::new(Timestamp::UNIX_EPOCH);
        let tomorrow = Timestamp::UNIX_EPOCH + Duration::from_hours(24);
        sleep_until(&clock, tomorrow).await;
        assert_eq!(clock.now(), tomorrow);
    }
}
