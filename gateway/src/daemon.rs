//! What the daemons have in common: time, tasks, systemd, and an orderly end.
//!
//! Cancelling `stop` ends the sources; every other task ends when its input closes.

mod heartbeat;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use base::{Clock, SystemClock, Tasks};
use provisioning::CertificateTime;
use sd_notify::NotifyState;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

pub use heartbeat::Heartbeat;

use crate::clock_trust::{self, ClockTrust};
use crate::store::Store;

/// Less than systemd's TimeoutStopSec, so that we name the late task and systemd does not kill us.
const GRACE: Duration = Duration::from_secs(10);
const REMEMBER_TIME_EVERY: Duration = Duration::from_mins(10);
/// A store that cannot answer for so long is stuck: the watchdog is not fed.
const STORE_ANSWERS_WITHIN: Duration = Duration::from_secs(20);

/// The frame that a daemon builds its parts into.
pub struct Daemon {
    pub clock: Arc<dyn Clock>,
    /// For certificates: never earlier than the last time we knew.
    pub time: Arc<CertificateTime>,
    pub trust: ClockTrust,
    pub stop: CancellationToken,
    pub tasks: Tasks,
}

/// Something that must go on, or the watchdog is not fed.
pub struct Progress {
    pub name: &'static str,
    /// MUST answer at once.
    pub goes_on: Box<dyn Fn() -> bool + Send>,
}

impl Progress {
    pub fn of(name: &'static str, heart: &Heartbeat) -> Self {
        let heart = heart.clone();
        Self { name, goes_on: Box::new(move || heart.goes_on()) }
    }
}

impl Daemon {
    /// `trust`: `None` when the daemon's own code decides.
    pub fn new(data_dir: &Path, trust: Option<crate::config::ClockTrust>) -> Self {
        use crate::config::ClockTrust::{Host, Ntp};

        let mut daemon = Self::on_clock(Arc::new(SystemClock), data_dir);
        daemon.trust.set(matches!(trust, Some(Host)));
        if let Some(Ntp) = trust {
            let (trust, stop) = (daemon.trust.clone(), daemon.stop.clone());
            daemon.tasks.spawn("clock", clock_trust::follow_ntp(trust, stop));
        }
        daemon
    }

    /// On another clock than the system's, not trusted until somebody says so.
    pub fn on_clock(clock: Arc<dyn Clock>, data_dir: &Path) -> Self {
        let last_good = data_dir.join("last-good-time");
        let time = Arc::new(CertificateTime::new(Arc::clone(&clock), last_good));
        let (stop, trust) = (CancellationToken::new(), ClockTrust::default());
        let mut tasks = Tasks::default();
        let remember = remember_time(time.clone(), trust.clone(), clock.clone(), stop.clone());
        tasks.spawn("time", remember);
        Self { clock, time, trust, stop, tasks }
    }

    /// Tells systemd that everything runs, and from then on that the store and all of `progress`
    /// go on. Without systemd it does nothing.
    pub fn feed_watchdog(&mut self, store: Store, progress: Vec<Progress>) {
        // Not started by systemd is no error, and there is nobody to tell another one.
        let _ = sd_notify::notify(false, &[NotifyState::Ready]);
        let mut usec = 0;
        if sd_notify::watchdog_enabled(false, &mut usec) {
            let every = Duration::from_micros(usec) / 3;
            let feeding = feed(every, store, progress, self.stop.clone());
            self.tasks.spawn("watchdog", feeding);
        }
    }

    /// Until `interrupted`, or until a task ends early, which is a bug: systemd starts us afresh.
    pub async fn run_until(mut self, interrupted: impl Future<Output = ()>) -> anyhow::Result<()> {
        let ended_early = tokio::select! {
            () = interrupted => None,
            task = self.tasks.next_end() => Some(task),
        };
        info!("stopping");
        let _ = sd_notify::notify(false, &[NotifyState::Stopping]);
        self.stop.cancel();
        self.tasks.join(GRACE).await;
        match ended_early {
            None => Ok(()),
            Some(task) => bail!("task {task} ended early"),
        }
    }
}

/// A board that boots without a clock starts from the last time we knew.
async fn remember_time(
    time: Arc<CertificateTime>,
    trust: ClockTrust,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) {
    let mut every = tokio::time::interval(REMEMBER_TIME_EVERY);
    while stop.run_until_cancelled(every.tick()).await.is_some() {
        if trust.is_trusted()
            && let Err(err) = time.remember(clock.now())
        {
            warn!(error = %err, "the last good time was not written");
        }
    }
}

async fn feed(every: Duration, store: Store, progress: Vec<Progress>, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(every);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let answer = store.read(|conn| conn.query_row("SELECT 1", [], |_| Ok(())));
        let answered = tokio::time::timeout(STORE_ANSWERS_WITHIN, answer).await;
        let stuck = stuck(matches!(answered, Ok(Ok(()))), &progress);
        if stuck.is_empty() {
            let _ = sd_notify::notify(false, &[NotifyState::Watchdog]);
        } else {
            error!(
                ?stuck,
                "no progress: the watchdog is not fed, and systemd will start us afresh"
            );
        }
    }
}

/// The parts that stand still, by name: with one, the watchdog goes hungry.
fn stuck(store_answers: bool, progress: &[Progress]) -> Vec<&'static str> {
    let store = (!store_answers).then_some("store");
    let parts = progress.iter().filter(|it| !(it.goes_on)()).map(|it| it.name);
    store.into_iter().chain(parts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_part_that_stands_still_is_enough_and_is_named() {
        let part = |name, goes_on| Progress { name, goes_on: Box::new(move || goes_on) };
        let parts = [part("detector", true), part("uplink", false)];
        assert_eq!(stuck(true, &parts[..1]), [""; 0]);
        assert_eq!(stuck(true, &parts), ["uplink"]);
        assert_eq!(stuck(false, &parts), ["store", "uplink"]);
    }
}
