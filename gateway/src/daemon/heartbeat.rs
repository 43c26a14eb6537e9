//! A sign of life of a loop, for the watchdog: a loop that hangs stops beating, and one that only
//! sleeps does not.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Cheap to clone: one end beats, the other listens.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    last: Arc<Mutex<Instant>>,
}

impl Heartbeat {
    /// A loop that beats MUST come round at least this often.
    pub const AT_LEAST_EVERY: Duration = Duration::from_secs(20);
    /// A loop may be busy for a while, for example with a slow disk.
    const LOST_AFTER: Duration = Duration::from_secs(90);

    pub fn beat(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    pub fn goes_on(&self) -> bool {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.elapsed() < Self::LOST_AFTER
    }
}

impl Default for Heartbeat {
    /// The first beat is the start.
    fn default() -> Self {
        Self { last: Arc::new(Mutex::new(Instant::now())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_hangs_is_noticed_and_one_that_is_slow_is_not() {
        let heart = Heartbeat::default();
        tokio::time::advance(Heartbeat::AT_LEAST_EVERY * 4).await;
        assert!(heart.goes_on());
        heart.clone().beat();
        tokio::time::advance(Heartbeat::AT_LEAST_EVERY * 4).await;
        assert!(heart.goes_on(), "it has beaten since");
        tokio::time::advance(Duration::from_secs(10)).await;
        assert!(!heart.goes_on());
    }
}
