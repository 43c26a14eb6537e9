//! The time that certificates are checked against: never earlier than what we know has passed.
//!
//! A board without a battery boots in 1970 and would refuse every certificate as not yet valid, and
//! with it the very links over which it learns the time.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use std::{fmt, io};

use base::Clock;
use jiff::Timestamp;
use rustls::time_provider::TimeProvider;
use rustls_pki_types::UnixTime;

/// No certificate of ours is checked against an earlier instant. A package build passes the date of
/// its sources (`SOURCE_DATE_EPOCH`, reproducible-builds.org); any other build knows only the year
/// in which this program first appeared, so that two builds of one commit are the same bytes.
pub const RELEASED_AT: Timestamp = Timestamp::constant(released_at_second(), 0);

/// 2026-01-01T00:00:00Z.
const FIRST_YEAR: i64 = 1_767_225_600;

/// max(system clock, last good time, [`RELEASED_AT`]). Shared by every TLS configuration of a
/// process. It is for certificates alone: nothing is scheduled or dated by it.
pub struct CertificateTime {
    clock: Arc<dyn Clock>,
    path: PathBuf,
    /// Seconds since 1970; only ever rises.
    last_good: AtomicI64,
}

impl CertificateTime {
    /// `path` holds the last good time as one RFC 3339 line. A missing or unreadable file is not an
    /// error: the floor is then the release alone.
    pub fn new(clock: Arc<dyn Clock>, path: PathBuf) -> Self {
        let last_good = fs::read_to_string(&path)
            .ok()
            .and_then(|text| text.trim().parse::<Timestamp>().ok())
            .map_or(0, Timestamp::as_second);
        Self { clock, path, last_good: AtomicI64::new(last_good) }
    }

    pub fn now(&self) -> Timestamp {
        let last_good = self.last_good.load(Ordering::Relaxed);
        let last_good = Timestamp::from_second(last_good).unwrap_or(Timestamp::UNIX_EPOCH);
        self.clock.now().max(last_good).max(RELEASED_AT)
    }

    /// Raises the last good time to `at` and stores it. The caller MUST call this only while the
    /// clock is trusted: a wrong future time would outlive the reboot and expire every certificate.
    pub fn remember(&self, at: Timestamp) -> io::Result<()> {
        let second = at.as_second();
        if self.last_good.fetch_max(second, Ordering::Relaxed) >= second {
            return Ok(());
        }
        base::write_atomic(&self.path, format!("{at:.0}\n").as_bytes())
    }
}

impl TimeProvider for CertificateTime {
    fn current_time(&self) -> Option<UnixTime> {
        let second = u64::try_from(self.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(second)))
    }
}

impl fmt::Debug for CertificateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateTime").field("now", &self.now()).finish_non_exhaustive()
    }
}

const fn released_at_second() -> i64 {
    let Some(text) = option_env!("SOURCE_DATE_EPOCH") else { return FIRST_YEAR };
    match i64::from_str_radix(text, 10) {
        Ok(second) if second > FIRST_YEAR => second,
        _ => FIRST_YEAR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct At(Timestamp);

    impl Clock for At {
        fn now(&self) -> Timestamp {
            self.0
        }
    }

    fn boot(at: Timestamp, path: PathBuf) -> CertificateTime {
        CertificateTime::new(Arc::new(At(at)), path)
    }

    #[test]
    fn a_clock_of_1970_reads_as_the_release_and_then_as_the_last_good_time() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("last-good-time");
        let time = boot(Timestamp::UNIX_EPOCH, path.clone());
        assert_eq!(time.now(), RELEASED_AT);

        let later = RELEASED_AT + Duration::from_hours(1000);
        time.remember(later).unwrap();
        time.remember(RELEASED_AT).unwrap();
        assert_eq!(time.now(), later);
        assert_eq!(boot(Timestamp::UNIX_EPOCH, path.clone()).now(), later);

        let correct = later + Duration::from_hours(1);
        assert_eq!(boot(correct, path).now(), correct);
    }

    #[test]
    fn a_damaged_file_is_as_good_as_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("last-good-time");
        fs::write(&path, "yesterday").unwrap();
        assert_eq!(boot(Timestamp::UNIX_EPOCH, path).now(), RELEASED_AT);
    }
}
