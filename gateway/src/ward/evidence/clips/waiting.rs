//! Pieces that grow until they are whole: one thread looks after all of them, and there are places for a
//! bounded number.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Duration;

/// How often it is looked which are whole. Nobody waits for a clip to the second.
const LOOK: Duration = Duration::from_millis(200);

/// Passes on what is whole, whichever came first, and ends when nothing is left and nothing will come.
pub(super) fn pass_on<T>(
    incoming: &Receiver<T>,
    ready: &SyncSender<T>,
    is_whole: impl Fn(&T) -> bool,
) {
    let mut waiting: Vec<T> = Vec::new();
    loop {
        if waiting.is_empty() {
            match incoming.recv() {
                Ok(job) => waiting.push(job),
                Err(_) => return,
            }
        }
        // Once nothing will come it returns at once, and those that wait were ended with it: see `Clips`.
        waiting.extend(incoming.recv_timeout(LOOK));
        for job in waiting.extract_if(.., |job| is_whole(job)) {
            if ready.send(job).is_err() {
                return;
            }
        }
    }
}

/// A bounded number of places; one is given back when its [`Place`] is dropped, also by a panic.
#[derive(Debug)]
pub(super) struct Places {
    n_taken: Arc<AtomicUsize>,
    most: usize,
}

#[derive(Debug)]
pub(super) struct Place(Arc<AtomicUsize>);

impl Places {
    pub(super) fn new(most: usize) -> Self {
        Self { n_taken: Arc::default(), most }
    }

    pub(super) fn take(&self) -> Option<Place> {
        let next = |n: usize| (n < self.most).then_some(n + 1);
        let taken = self.n_taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        taken.is_ok().then(|| Place(Arc::clone(&self.n_taken)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;
    use std::sync::mpsc::sync_channel;

    use super::*;

    #[test]
    fn who_is_whole_goes_first_and_who_waits_holds_up_nobody() {
        let (jobs, incoming) = sync_channel(64);
        let (ready_tx, ready) = sync_channel(64);
        let whole_below = Arc::new(AtomicU32::new(0));
        let limit = Arc::clone(&whole_below);
        let waiter = std::thread::spawn(move || {
            pass_on(&incoming, &ready_tx, |job: &u32| *job < limit.load(Ordering::Relaxed));
        });
        for job in (0..40).rev() {
            jobs.send(job).unwrap();
        }
        whole_below.store(1, Ordering::Relaxed);
        assert_eq!(ready.recv().unwrap(), 0, "the last that came");
        whole_below.store(40, Ordering::Relaxed);
        drop(jobs);
        assert_eq!(ready.iter().count(), 39);
        waiter.join().unwrap();
    }

    #[test]
    fn a_place_comes_back_however_its_job_ends() {
        let places = Places::new(1);
        let place = places.take().unwrap();
        assert!(places.take().is_none());
        let died = std::thread::spawn(move || {
            let _place = place;
            panic!("a clip that nobody survives");
        });
        assert!(died.join().is_err());
        assert!(places.take().is_some());
    }
}
