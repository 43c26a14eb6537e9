//! What cameras and detection threads share: who waits, who is looked at, and by whom.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use media::CameraFrame;
use tokio::time::Instant;

use super::crew::{Crew, Effect};
use super::figures::Figures;
use super::line::Line;
use crate::ward::camera::Analyst;

#[derive(Debug, Default)]
pub(super) struct Room {
    state: Mutex<State>,
    news: Condvar,
}

/// Held by whoever may still show a picture; its drop ends the threads.
#[derive(Debug)]
pub(super) struct Door {
    room: Arc<Room>,
}

/// What is to be done for a camera, and everything that is needed for it.
pub(super) struct Job {
    pub(super) place: usize,
    pub(super) task: Task,
    pub(super) seat: Arc<Seat>,
}

/// One camera's memory of what it saw. Its lock is never waited for: a place is given to one thread at
/// a time, and a thread is given up only while it runs the detector, when it does not hold it.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) camera: String,
    analyst: Mutex<Analyst>,
    pub(super) figures: Arc<Figures>,
}

#[derive(Debug, Default)]
struct State {
    line: Line<Waiting>,
    seats: Vec<Arc<Seat>>,
    crew: Crew,
    is_closed: bool,
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a box would cost each picture an allocation")]
pub(super) enum Task {
    Look(CameraFrame),
    /// No picture has come for long: what goes on is over.
    End(Timestamp),
}

/// It waits for its turn.
#[derive(Debug)]
struct Waiting {
    task: Task,
    since: Instant,
}

impl Room {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, analyst: Analyst, figures: Arc<Figures>) -> usize {
        let camera = analyst.camera().to_string();
        let seat = Arc::new(Seat { camera, analyst: Mutex::new(analyst), figures });
        let mut state = self.lock();
        state.seats.push(seat);
        state.crew.add_place();
        state.line.add_place()
    }

    pub(super) fn show(&self, place: usize, frame: CameraFrame) {
        let shown = Waiting { task: Task::Look(frame), since: Instant::now() };
        let mut state = self.lock();
        let is_resting = state.crew.rests(place, shown.since);
        let dropped = if is_resting { Some(shown) } else { state.line.put(place, shown) };
        let seat = Arc::clone(&state.seats[place]);
        drop(state);
        if dropped.is_some() {
            seat.figures.dropped();
        }
        // Freed outside of the lock, which the other cameras need.
        drop(dropped);
        self.news.notify_one();
    }

    /// In the camera's turn, like a picture: its findings stay in their order.
    pub(super) fn end(&self, place: usize, at: Timestamp) {
        let dropped =
            self.lock().line.put(place, Waiting { task: Task::End(at), since: Instant::now() });
        drop(dropped);
        self.news.notify_one();
    }

    /// Waits until somebody shows a picture. `None`: nobody will ever show one again.
    pub(super) fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return None;
            }
            if let Some((place, Waiting { task, since })) = state.line.take() {
                let seat = Arc::clone(&state.seats[place]);
                drop(state);
                seat.figures.waited(since.elapsed());
                return Some(Job { place, task, seat });
            }
            state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Passes some time; false once the room is closed.
    pub(super) fn pause(&self, pause: Duration) -> bool {
        let until = Instant::now() + pause;
        let mut state = self.lock();
        while !state.is_closed {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            let waited = self.news.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        false
    }

    /// `place` may be given to another thread.
    pub(super) fn done(&self, place: usize) {
        self.lock().line.done(place);
        self.news.notify_one();
    }

    pub(super) fn hire(&self) -> u64 {
        self.lock().crew.hire()
    }

    pub(super) fn began(&self, worker: u64, place: usize) {
        self.lock().crew.began(worker, place, Instant::now());
    }

    /// False: the thread was given up and is to end.
    pub(super) fn finished(&self, worker: u64) -> bool {
        self.lock().crew.finished(worker)
    }

    pub(super) fn died(&self, worker: u64, place: usize) {
        self.lock().crew.died(worker, place);
    }

    pub(super) fn gone(&self, worker: u64) {
        self.lock().crew.gone(worker);
    }

    /// Frees the places of threads that are lost, and drops what waits there where nobody is to look at
    /// it; the rest of the effects is the caller's.
    pub(super) fn check(&self, now: Instant) -> Vec<Effect> {
        let mut state = self.lock();
        let effects = state.crew.check(now);
        let mut dropped = Vec::new();
        for effect in &effects {
            match effect {
                Effect::Replace { place, .. } => state.line.done(*place),
                Effect::Rest { place, .. } => {
                    let waiting = state.line.clear(*place);
                    if waiting.is_some() {
                        state.seats[*place].figures.dropped();
                    }
                    dropped.extend(waiting);
                }
            }
        }
        drop(state);
        self.news.notify_all();
        // Freed outside of the lock.
        drop(dropped);
        effects
    }

    pub(super) fn seat(&self, place: usize) -> Arc<Seat> {
        Arc::clone(&self.lock().seats[place])
    }

    /// A thread has its session.
    pub(super) fn is_ready(&self, worker: u64) {
        self.lock().crew.is_ready(worker);
    }

    pub(super) fn goes_on(&self) -> bool {
        self.lock().crew.goes_on()
    }

    /// Nobody is in it any more whose coming back is hoped for.
    pub(super) fn is_left(&self) -> bool {
        self.lock().crew.is_left()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }
}

impl Seat {
    /// What a panic leaves behind is whole enough: the next picture mends a tracker.
    pub(super) fn analyst(&self) -> MutexGuard<'_, Analyst> {
        self.analyst.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Door {
    pub(super) fn new(room: Arc<Room>) -> Self {
        Self { room }
    }

    pub(super) fn room(&self) -> &Arc<Room> {
        &self.room
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.room.lock().is_closed = true;
        self.room.news.notify_all();
    }
}
