//! The cluster's clocks: a steady one that nothing steps, and box time, which is fitted to it.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use base::{Clock, SystemClock};
use broadcast::discipline::Fit;
use jiff::{SignedDuration, Timestamp};
use rustix::time::{ClockId, clock_gettime};
use tokio::sync::Notify;

/// Beyond this nobody should hear us. From a fit of some minutes on it is eleven days without the box
/// (docs/adr/0007-player.md), and ten seconds are what a bulletin may be late without a seek.
const MOST_ERROR: Duration = Duration::from_secs(10);

/// From here on a new fit is another time, not a better one.
pub(super) const STEP: Duration = Duration::from_secs(1);

/// Time since the machine was booted, as a `Timestamp` that begins in 1970. Nothing steps it, and it
/// goes on when the program restarts.
#[derive(Clone, Copy, Debug, Default)]
pub struct SteadyClock;

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        let since_boot = clock_gettime(ClockId::Boottime);
        let nanos = i32::try_from(since_boot.tv_nsec).unwrap_or(0);
        Timestamp::new(since_boot.tv_sec, nanos).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// A [`SteadyClock`] with a worse oscillator: wrong by `offset`, and `drift` seconds a second too fast.
/// For stand-ins and tests.
#[derive(Clone, Copy, Debug)]
pub struct DriftingClock {
    offset: SignedDuration,
    drift: f64,
    began: Timestamp,
}

impl DriftingClock {
    pub fn new(offset: SignedDuration, drift: f64) -> Self {
        Self { offset, drift, began: SteadyClock.now() }
    }
}

impl Clock for DriftingClock {
    fn now(&self) -> Timestamp {
        let now = SteadyClock.now();
        let gained = now.duration_since(self.began).as_secs_f64() * self.drift;
        // A start within seconds of the boot may not go back before 1970 began: saturate.
        let wrong = self.offset.saturating_add(SignedDuration::from_secs_f64(gained));
        now.saturating_add(wrong).unwrap_or(now)
    }
}

/// Box time where a fit is known; until then the system's own, which nothing relies on. Cheap to
/// clone; every clone sees the latest fit.
#[derive(Clone)]
pub(super) struct BoxClock {
    steady: Arc<dyn Clock>,
    fit: Arc<RwLock<Option<Fit>>>,
    stepped: Arc<Notify>,
}

impl BoxClock {
    pub(super) fn new(steady: Arc<dyn Clock>, fit: Option<Fit>) -> Self {
        Self { steady, fit: Arc::new(RwLock::new(fit)), stepped: Arc::default() }
    }

    pub(super) fn steady_now(&self) -> Timestamp {
        self.steady.now()
    }

    pub(super) fn steady(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.steady)
    }

    pub(super) fn set(&self, fit: Fit) {
        let now = self.steady.now();
        let mut known = self.fit.write().expect("nothing panics while holding it");
        let is_step = known.replace(fit).is_none_or(|old| {
            fit.to_box_time(now).duration_since(old.to_box_time(now)).unsigned_abs() > STEP
        });
        if is_step {
            self.stepped.notify_one();
        }
    }

    /// The box's clock was stepped: what was to be waited for is nearer, or further. For one listener.
    /// Cancel-safe.
    pub(super) async fn stepped(&self) {
        self.stepped.notified().await;
    }

    pub(super) fn fit(&self) -> Option<Fit> {
        *self.fit.read().expect("nothing panics while holding it")
    }

    /// Box minus local, and how far that may be off, now.
    pub(super) fn quality(&self) -> Option<(SignedDuration, Duration)> {
        let now = self.steady.now();
        self.fit().map(|it| (it.offset(now), it.error_bound(now)))
    }

    /// A fit is known and not too old.
    pub(super) fn is_good(&self) -> bool {
        let now = self.steady.now();
        self.fit().is_some_and(|it| it.holdover_bound(now) < MOST_ERROR)
    }
}

impl Clock for BoxClock {
    fn now(&self) -> Timestamp {
        match self.fit() {
            Some(fit) => fit.to_box_time(self.steady.now()),
            None => SystemClock.now(),
        }
    }
}

/// The boot this machine is in; empty where the kernel does not say, which matches nothing stored.
pub(super) fn boot_id() -> String {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steady_time_goes_forward() {
        let before = SteadyClock.now();
        let after = SteadyClock.now();
        assert!(before <= after && before > Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn box_time_follows_the_fit() {
        let clock = BoxClock::new(Arc::new(SteadyClock), None);
        assert!(!clock.is_good());
        let at_box: Timestamp = "2026-09-02T05:30:00Z".parse().unwrap();
        let error = Duration::from_millis(1);
        clock.set(Fit::from_parts(SteadyClock.now(), at_box, 0.0, 1e-6, error).unwrap());
        let off = clock.now().duration_since(at_box);
        assert!(clock.is_good() && off.abs() < SignedDuration::from_millis(500), "{off:?}");
    }

    struct Since(SignedDuration);

    impl Clock for Since {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH + self.0
        }
    }

    #[test]
    fn a_week_without_the_box_is_trusted_and_twelve_days_are_not() {
        let at_box: Timestamp = "2026-09-02T05:30:00Z".parse().unwrap();
        let error = Duration::from_millis(1);
        let fit = Fit::from_parts(Timestamp::UNIX_EPOCH, at_box, 20e-6, 0.5e-6, error);
        for (days, is_good) in [(0, true), (7, true), (12, false)] {
            let steady = Arc::new(Since(SignedDuration::from_hours(24 * days)));
            assert_eq!(BoxClock::new(steady, fit).is_good(), is_good, "{days} days");
        }
    }

    #[tokio::test]
    async fn a_step_is_told_and_a_better_fit_is_not() {
        let clock = BoxClock::new(Arc::new(SteadyClock), None);
        let fit = |seconds| {
            let at_box = "2026-09-02T05:30:00Z".parse::<Timestamp>().unwrap();
            let at_box = at_box + SignedDuration::from_secs(seconds);
            Fit::from_parts(Timestamp::UNIX_EPOCH, at_box, 0.0, 1e-6, Duration::ZERO).unwrap()
        };
        for (seconds, is_told) in [(0, true), (0, false), (3600, true), (0, true)] {
            clock.set(fit(seconds));
            let told = tokio::time::timeout(Duration::from_millis(1), clock.stepped()).await;
            assert_eq!(told.is_ok(), is_told, "{seconds}");
        }
    }
}
