//! Whether this machine's clock may be believed: `clock_trusted` on every message.
//!
//! `ntp`: systemd-timesyncd's marker, or `timedatectl`, which asks the kernel and so covers chrony
//! and ntpd. `host`: whoever runs the machine vouches for it. A cluster sets it from its box's time.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Touched by systemd-timesyncd when the clock is first set (systemd-timesyncd.service(8)).
const TIMESYNCD_MARKER: &str = "/run/systemd/timesync/synchronized";
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// A stuck D-Bus must not stop the looking.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Shared by all who stamp messages.
#[derive(Clone, Debug, Default)]
pub struct ClockTrust(Arc<AtomicBool>);

impl ClockTrust {
    pub fn new(is_trusted: bool) -> Self {
        Self(Arc::new(AtomicBool::new(is_trusted)))
    }

    pub fn is_trusted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub fn set(&self, is_trusted: bool) {
        if self.0.swap(is_trusted, Ordering::Relaxed) != is_trusted {
            if is_trusted {
                info!("the clock is trusted now");
            } else {
                warn!("the clock is not trusted any more");
            }
        }
    }
}

/// Looks whether NTP is in sync, until `stop`. Not for `trust = "host"`.
pub async fn follow_ntp(trust: ClockTrust, stop: CancellationToken) {
    let mut every = tokio::time::interval(LOOK_EVERY);
    while stop.run_until_cancelled(every.tick()).await.is_some() {
        trust.set(is_in_sync(Path::new(TIMESYNCD_MARKER)).await);
    }
}

async fn is_in_sync(marker: &Path) -> bool {
    if marker.exists() {
        return true;
    }
    let asked = Command::new("timedatectl")
        .args(["show", "--property=NTPSynchronized", "--value"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    match timeout(ANSWER_WITHIN, asked).await {
        Ok(Ok(output)) => output.status.success() && output.stdout.starts_with(b"yes"),
        // Without systemd, or without an answer, nobody vouches for the clock.
        Ok(Err(_)) | Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_marker_of_timesyncd_is_believed() {
        let dir = tempfile::tempdir().unwrap();
        let marker = dir.path().join("synchronized");
        std::fs::write(&marker, "").unwrap();
        assert!(is_in_sync(&marker).await);
    }

    #[test]
    fn everybody_sees_the_change() {
        let trust = ClockTrust::default();
        let other = trust.clone();
        assert!(!other.is_trusted());
        trust.set(true);
        assert!(other.is_trusted());
    }
}
