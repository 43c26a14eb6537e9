//! How often things are done: a store that also keeps alerts is not to be asked for each word of a cluster.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// An order that was not acknowledged is sent again after this, then twice as long, ..
const RESEND_FIRST: Duration = Duration::from_secs(15);
/// .. up to this. A cluster that comes online gets it at once.
const RESEND_LAST: Duration = Duration::from_mins(5);
/// A week of orders makes a hundred thousand receipts: as many of them as come in this time share a look at
/// the calendar. What people do does not wait for it.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

/// When the calendar was looked at last.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<Option<Instant>>);

impl Pace {
    pub(super) fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// From when on what clusters say is worth another look; at once after a quiet time.
    pub(super) fn next(&self) -> Instant {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.map_or_else(Instant::now, |it| it + PAUSE)
    }

    pub(super) fn is_rested(&self) -> bool {
        self.next() <= Instant::now()
    }
}

pub(super) fn is_due(n_sent: u32, last_sent_at: Option<Timestamp>, now: Timestamp) -> bool {
    let Some(sent_at) = last_sent_at else { return true };
    let doublings = n_sent.saturating_sub(1).min(8);
    let pause = RESEND_FIRST.saturating_mul(1 << doublings).min(RESEND_LAST);
    now.duration_since(sent_at) >= SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::super::Wake;
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_clusters_tell_is_looked_at_once_a_second_and_the_first_at_once() {
        let (wake, pace, begun) = (Wake::default(), Pace::default(), Instant::now());
        let mut looked = Vec::new();
        for _ in 0..3 {
            (0..1_000).for_each(|_| wake.tell());
            wake.told(pace.next()).await;
            pace.note();
            looked.push(begun.elapsed().as_secs());
        }
        assert_eq!(looked, [0, 1, 2]);
        // What a person did is looked at meanwhile.
        wake.tell();
        wake.wake();
        tokio::select! {
            () = wake.told(pace.next()) => unreachable!("it is not a second ago"),
            () = wake.woken() => assert_eq!(begun.elapsed().as_secs(), 2),
        }
        // And the word of the cluster is not lost over it.
        wake.told(pace.next()).await;
        assert_eq!(begun.elapsed().as_secs(), 3);
    }
}
