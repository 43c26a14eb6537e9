//! A few MiB that are given back when the disk is full: without them `SQLite`'s log cannot even
//! commit the deletes that would make room.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};

/// Room for a log of the largest batch of deletes, and small beside any disk.
pub(super) const BALLAST_BYTES: u64 = 4 << 20;
/// The ballast is made (again) only where this much stays free after it.
const SPARE_BYTES: u64 = 3 * BALLAST_BYTES;
/// Not at once: what filled the disk is still running.
const REMAKE_AFTER: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(super) struct Ballast {
    path: PathBuf,
    state: State,
}

#[derive(Debug)]
enum State {
    Held,
    Absent { retry_at: Instant },
}

impl Ballast {
    /// Makes the file if there is room; a store without ballast still works.
    pub(super) fn beside(dir: &Path) -> Self {
        let path = dir.join("ballast");
        let held = fs::metadata(&path).is_ok_and(|it| it.len() == BALLAST_BYTES);
        let state = if held { State::Held } else { State::Absent { retry_at: Instant::now() } };
        let mut ballast = Self { path, state };
        ballast.keep();
        ballast
    }

    /// Makes the file again when it is time and there is room.
    pub(super) fn keep(&mut self) {
        let State::Absent { retry_at } = self.state else { return };
        if Instant::now() < retry_at {
            return;
        }
        self.state = State::Absent { retry_at: Instant::now() + REMAKE_AFTER };
        match self.make() {
            Ok(true) => self.state = State::Held,
            Ok(false) => warn!("no room for the ballast file: the disk is nearly full"),
            Err(err) => warn!(error = %err, "the ballast file cannot be made"),
        }
    }

    pub(super) fn free(&mut self) {
        if matches!(self.state, State::Held) && fs::remove_file(&self.path).is_ok() {
            info!(bytes = BALLAST_BYTES, "freed the ballast");
            self.state = State::Absent { retry_at: Instant::now() + REMAKE_AFTER };
        }
    }

    fn make(&self) -> io::Result<bool> {
        let dir = self.path.parent().unwrap_or(Path::new("."));
        let space = rustix::fs::statvfs(dir)?;
        if space.f_bavail.saturating_mul(space.f_frsize) < BALLAST_BYTES + SPARE_BYTES {
            return Ok(false);
        }
        let written = File::create(&self.path).and_then(|mut file| {
            // Written, not `set_len`: a hole takes no room and gives none back.
            let block = vec![0xb5; 1 << 16];
            for _ in 0..BALLAST_BYTES >> 16 {
                file.write_all(&block)?;
            }
            file.sync_all()
        });
        if written.is_err() {
            let _ = fs::remove_file(&self.path);
        }
        written.map(|()| true)
    }
}
