//! What one camera gets of the detector's time, counted without a lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Waits are sorted into this many steps of [`WAIT_STEP`]; the last holds all longer ones.
const N_WAITS: usize = 100;
const WAIT_STEP: Duration = Duration::from_millis(10);
/// A picture older than this is no view of the street of now.
const BLIND_AFTER: Duration = Duration::from_secs(1);

/// Counts of one camera since it was added.
#[derive(Debug)]
pub struct Figures {
    began_at: Instant,
    n_analysed: AtomicU64,
    n_looks: AtomicU64,
    n_dropped: AtomicU64,
    /// Milliseconds after `began_at` at which the last picture was analysed.
    analysed_at_ms: AtomicU64,
    blind_ms: AtomicU64,
    waits: [AtomicU64; N_WAITS],
}

/// All of it at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Pictures that were judged: whether somebody moves, and if so, who.
    pub n_analysed: u64,
    /// Runs of the detector.
    pub n_looks: u64,
    /// Pictures that were never judged, because a newer one came first.
    pub n_dropped: u64,
    /// Milliseconds in which the newest judged picture was older than a second, whatever the reason.
    pub blind_ms: u64,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            began_at: Instant::now(),
            n_analysed: AtomicU64::default(),
            n_looks: AtomicU64::default(),
            n_dropped: AtomicU64::default(),
            analysed_at_ms: AtomicU64::default(),
            blind_ms: AtomicU64::default(),
            waits: std::array::from_fn(|_| AtomicU64::default()),
        }
    }
}

impl Figures {
    pub(super) fn dropped(&self) {
        self.n_dropped.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn waited(&self, wait: Duration) {
        let step = wait.as_millis() / WAIT_STEP.as_millis();
        let step = usize::try_from(step).unwrap_or(N_WAITS).min(N_WAITS - 1);
        self.waits[step].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn analysed(&self, n_looks: usize, now: Instant) {
        let since_ms = millis(now.duration_since(self.began_at));
        let last_ms = self.analysed_at_ms.swap(since_ms, Ordering::Relaxed);
        self.blind_ms.fetch_add(blind_ms(last_ms, since_ms), Ordering::Relaxed);
        self.n_analysed.fetch_add(1, Ordering::Relaxed);
        self.n_looks.fetch_add(u64::try_from(n_looks).unwrap_or(0), Ordering::Relaxed);
    }

    pub fn watched(&self, now: Instant) -> Watched {
        let since_ms = millis(now.duration_since(self.began_at));
        let last_ms = self.analysed_at_ms.load(Ordering::Relaxed);
        Watched {
            n_analysed: self.n_analysed.load(Ordering::Relaxed),
            n_looks: self.n_looks.load(Ordering::Relaxed),
            n_dropped: self.n_dropped.load(Ordering::Relaxed),
            blind_ms: self.blind_ms.load(Ordering::Relaxed) + blind_ms(last_ms, since_ms),
        }
    }

    /// How many pictures waited for their turn, by steps of 10 ms; the last step holds all from 990 ms
    /// on.
    pub fn waits(&self) -> [u64; N_WAITS] {
        std::array::from_fn(|at| self.waits[at].load(Ordering::Relaxed))
    }
}

fn blind_ms(last_ms: u64, now_ms: u64) -> u64 {
    now_ms.saturating_sub(last_ms).saturating_sub(millis(BLIND_AFTER))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_camera_is_blind_from_a_second_after_its_last_picture() {
        let figures = Figures::default();
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let blind = |ms: u64| figures.watched(at(ms)).blind_ms;
        assert_eq!((blind(900), blind(1500)), (0, 500));
        figures.analysed(1, at(1600));
        assert_eq!((blind(1600), blind(2600), blind(2700)), (600, 600, 700));
        figures.analysed(0, at(1800));
        figures.analysed(2, at(3000));
        let expected = Watched { n_analysed: 3, n_looks: 3, n_dropped: 0, blind_ms: 800 };
        assert_eq!(figures.watched(at(3000)), expected);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_are_sorted_into_steps() {
        let figures = Figures::default();
        for ms in [0, 9, 10, 199, 5000] {
            figures.waited(Duration::from_millis(ms));
        }
        let waits = figures.waits();
        assert_eq!((waits[0], waits[1], waits[19], waits[99]), (2, 1, 1, 1));
    }
}
