//! A piece of a ring that somebody cuts: what was there already, and what comes until it is whole.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::Packet;
use super::store::{Edge, Found, Span, Unit, Verdict, Window};

/// How much longer than the clock says a piece waits for its end: a camera's clock runs beside ours,
/// and its packets are late.
const GRACE: Duration = Duration::from_secs(5);

/// Units from a key picture on, all of one format.
#[derive(Debug)]
pub struct Piece {
    follower: Arc<Follower>,
    window: Window,
    began_at: Timestamp,
    begins: Edge,
    deadline: Instant,
}

/// The end of a piece that the ring fills.
#[derive(Debug)]
pub(crate) struct Follower {
    span: Span,
    /// What waits for the cutter at most. A cutter that is slower than this ends its piece there.
    most_bytes: usize,
    queue: Mutex<Queue>,
    news: Condvar,
}

#[derive(Debug)]
struct Queue {
    units: VecDeque<Unit<Packet>>,
    n_bytes: usize,
    ends: Option<Edge>,
}

/// What a look at a piece gives.
#[derive(Debug)]
pub(crate) enum Next {
    Unit(Unit<Packet>),
    /// Nothing came for as long as the caller wanted to wait.
    NotYet,
    End(Edge),
}

impl Piece {
    pub(crate) fn new(
        found: Found<Packet>,
        window: Window,
        most_bytes: usize,
    ) -> (Self, Arc<Follower>) {
        let began_at = found.units.first().map_or(window.from, |it| it.captured_at);
        let n_bytes = found.units.iter().map(|it| it.n_bytes).sum();
        let queue = Queue { units: found.units.into(), n_bytes, ends: found.ends };
        let follower = Arc::new(Follower {
            span: found.span,
            // The past that it begins with may fill the ring already.
            most_bytes: most_bytes.saturating_mul(2),
            queue: Mutex::new(queue),
            news: Condvar::new(),
        });
        let deadline = Instant::now() + found.still_to_come + GRACE;
        let own = Arc::clone(&follower);
        (Self { follower, window, began_at, begins: found.begins, deadline }, own)
    }

    /// The capture time of its first picture.
    pub fn began_at(&self) -> Timestamp {
        self.began_at
    }

    pub fn begins(&self) -> Edge {
        self.begins
    }

    /// Whether all of it is there, or nothing more will come: cutting it waits for nothing.
    pub fn is_whole(&self) -> bool {
        self.follower.lock().ends.is_some() || Instant::now() >= self.deadline
    }

    /// From its first picture to the end that was asked for.
    pub(crate) fn wanted(&self) -> Duration {
        Duration::try_from(self.window.to.duration_since(self.began_at)).unwrap_or_default()
    }

    /// Blocks for `patience` at most.
    pub(crate) fn next(&mut self, patience: Duration) -> Next {
        let mut queue = self.follower.lock();
        if queue.units.is_empty() && queue.ends.is_none() {
            let waited = self.follower.news.wait_timeout(queue, patience);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if let Some(unit) = queue.units.pop_front() {
            queue.n_bytes -= unit.n_bytes;
            return Next::Unit(unit);
        }
        match queue.ends {
            Some(edge) => Next::End(edge),
            None if Instant::now() >= self.deadline => Next::End(Edge::NotRecorded),
            None => Next::NotYet,
        }
    }
}

impl Follower {
    /// False when the piece is whole: it wants no more.
    pub(crate) fn offer(&self, unit: &Unit<Packet>) -> bool {
        let mut queue = self.lock();
        if queue.ends.is_none() {
            match self.span.judge(unit) {
                Verdict::Skip => {}
                Verdict::End(edge) => queue.ends = Some(edge),
                Verdict::Take if queue.n_bytes + unit.n_bytes > self.most_bytes => {
                    queue.ends = Some(Edge::TooSlow);
                }
                Verdict::Take => {
                    queue.n_bytes += unit.n_bytes;
                    queue.units.push_back(unit.clone());
                }
            }
            self.news.notify_one();
        }
        queue.ends.is_none()
    }

    /// It is as long as it will be.
    pub(crate) fn end(&self) {
        self.lock().ends.get_or_insert(Edge::NotRecorded);
        self.news.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
