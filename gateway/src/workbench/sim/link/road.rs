//! Both ways of a link, and the time since it opened: what the drivers share.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracing::info;

use super::lane::{Lane, Traffic};
use super::terms::Terms;
use super::wire;

/// What happens to what goes from LISTEN to TARGET, and from the first namespace to the second one (up),
/// and back (down).
#[derive(Clone, Copy, Debug)]
pub(super) struct Impairment {
    pub(super) up: Terms,
    pub(super) down: Terms,
    pub(super) seed: u64,
}

/// `U` is what goes up, `D` what comes down.
#[derive(Debug)]
pub(super) struct Road<U, D> {
    name: String,
    opened_at: Instant,
    pub(super) up: Lane<U>,
    pub(super) down: Lane<D>,
}

impl<U, D> Road<U, D> {
    /// Opens at once: outages count from here.
    pub(super) fn open(name: String, traffic: Traffic, impairment: &Impairment) -> Self {
        let Impairment { up, down, seed } = *impairment;
        Self {
            name,
            opened_at: Instant::now(),
            up: Lane::new(traffic, up, seed),
            // Another seed: else both ways would lose their packets at the same places.
            down: Lane::new(traffic, down, !seed),
        }
    }

    pub(super) fn now(&self) -> Duration {
        self.opened_at.elapsed()
    }

    /// Returns when a lane has something to do, a millisecond late at the most. Cancel-safe.
    pub(super) async fn something_to_do(&self, now: Duration) {
        let next_at = [self.up.next_at(now), self.down.next_at(now)].into_iter().flatten().min();
        match next_at {
            Some(next_at) => sleep_until(self.opened_at + next_at).await,
            None => std::future::pending().await,
        }
    }

    pub(super) fn report(&self) -> wire::Report {
        wire::Report::new(&self.name, self.now(), self.up.tally(), self.down.tally())
    }

    pub(super) fn log(&self) {
        info!(counters = self.report().to_json(), "the link so far");
    }
}
