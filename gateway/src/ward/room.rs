//! Room on the disk of the data folder: how much is left free, when that is too little, and how whoever
//! can make some is called.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::report::health::Disk;

/// Left free for everything that must be written: one part in this many of the disk, within bounds. The
/// most is some hundred alerts with their clips, far more than come between two looks.
const PART: u64 = 64;
const LEAST_BYTES: u64 = 4 << 20;
const MOST_BYTES: u64 = 256 << 20;

/// Wakes the keeper. Cheap to clone: one for each who writes.
#[derive(Clone, Debug, Default)]
pub struct RoomCall(Arc<Call>);

#[derive(Debug, Default)]
struct Call {
    wanted: Notify,
    /// Times that the keeper was done.
    n_answers: Mutex<u64>,
    answered: Condvar,
}

impl RoomCall {
    /// A write failed for lack of room. Calls that come while one is heard are one.
    pub fn call(&self) {
        self.0.wanted.notify_one();
    }

    /// Blocks until the keeper was at it, for `patience` at most.
    pub fn call_and_wait(&self, patience: Duration) {
        let n_answers = self.lock();
        let before = *n_answers;
        self.call();
        // Whether it helped, the next try shows.
        drop(self.0.answered.wait_timeout_while(n_answers, patience, |now| *now == before));
    }

    /// Cancel-safe.
    pub(super) async fn heard(&self) {
        self.0.wanted.notified().await;
    }

    pub(super) fn answer(&self) {
        *self.lock() += 1;
        self.0.answered.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.0.n_answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was said last of the disk. Full where nothing is left to delete and half of what is to be free is
/// not, and not full any more only when all of it is: who sits on the edge says it once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Level {
    pub(super) is_full: bool,
}

impl Level {
    /// `Some` where it is another than before. `is_helpless`: it was tried to make room, and none was made.
    pub(super) fn after(self, disk: Disk, is_helpless: bool) -> Option<Self> {
        let room = kept_free(disk);
        let is_full = if self.is_full {
            disk.free_bytes < room
        } else {
            is_helpless && disk.free_bytes < room / 2
        };
        (is_full != self.is_full).then_some(Self { is_full })
    }
}

/// What should be deleted for the disk's sake.
pub(super) fn missing_bytes(disk: Disk) -> u64 {
    kept_free(disk).saturating_sub(disk.free_bytes)
}

fn kept_free(disk: Disk) -> u64 {
    (disk.total_bytes / PART).clamp(LEAST_BYTES, MOST_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(free_mib: u64) -> Disk {
        Disk { free_bytes: free_mib << 20, total_bytes: 6400 << 20 }
    }

    #[test]
    fn a_disk_on_the_edge_is_told_once() {
        let mut level = Level::default();
        let mut told = Vec::new();
        for free_mib in [100, 60, 49, 51, 49, 99, 100, 60, 100] {
            if let Some(now) = level.after(disk(free_mib), true) {
                level = now;
                told.push((free_mib, now.is_full));
            }
        }
        assert_eq!(told, [(49, true), (100, false)]);
        assert_eq!(Level::default().after(disk(0), false), None, "room is being made");
    }

    #[test]
    fn a_small_disk_keeps_little_free_and_a_large_one_not_everything() {
        let of = |free_mib: u64, total_mib: u64| {
            let (free_bytes, total_bytes) = (free_mib << 20, total_mib << 20);
            missing_bytes(Disk { free_bytes, total_bytes }) >> 20
        };
        assert_eq!((of(1, 24), of(4, 24), of(0, 1 << 20)), (3, 0, 256));
    }
}
