//! The cluster's clocks: a steady one that nothing steps, and box time, which is fitted to it.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use base::{Clock, SystemClock};
use broadcast::discipline::Fit;
use jiff::{SignedDuration, Timestamp};
use rustix::time::{ClockId, clock_gettime};

/// Beyond this nobody should hear us: a week and a half without a link at a few ppm left over.
const MOST_ERROR: Duration = Duration::from_secs(10);

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
}

impl BoxClock {
    pub(super) fn new(steady: Arc<dyn Clock>, fit: Option<Fit>) -> Self {
        Self { steady, fit: Arc::new(RwLock::new(fit)) }
    }

    pub(super) fn steady_now(&self) -> Timestamp {
        self.steady.now()
    }

    pub(super) fn set(&self, fit: Fit) {
        *self.fit.write().expect("nothing panics while holding it") = Some(fit);
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
        self.quality().is_some_and(|(_, error)| error < MOST_ERROR)
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
}
