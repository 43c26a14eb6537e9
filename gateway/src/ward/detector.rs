//! The threads that look at pictures: a session each, fair between cameras, the newest picture wins.
//!
//! Detection runs for tens of milliseconds, so it has threads of its own, which end when the last
//! [`Eye`] and the last [`DetectorHandle`] are dropped.

mod line;

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use media::CameraFrame;
use models::Detect;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::camera::Analyst;
use line::Line;

/// What a detector should report at least, so that the tracker can follow an object through a
/// weak moment (ByteTrack's second association). Alerts ask for `detector.min_score`.
pub const FAINTEST_SCORE: f32 = 0.1;

/// Adds cameras. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DetectorHandle {
    door: Arc<Door>,
}

/// Where one camera shows its pictures.
#[derive(Debug)]
pub struct Eye {
    door: Arc<Door>,
    at: usize,
    n_dropped: u64,
    n_looked: Arc<AtomicU64>,
}

/// The threads behind the handles.
#[derive(Debug)]
pub struct DetectorThreads {
    /// Nothing is ever sent: each thread holds a sender, and its end is the message.
    ended: mpsc::Receiver<()>,
}

/// Held by whoever may still show a picture; its drop ends the threads.
#[derive(Debug)]
struct Door {
    room: Arc<Room>,
}

#[derive(Debug, Default)]
struct Room {
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct State {
    line: Line<CameraFrame>,
    /// By place; away while a thread looks with them.
    seats: Vec<Seat>,
    is_closed: bool,
}

#[derive(Debug)]
struct Seat {
    analyst: Option<Analyst>,
    /// Since when a thread looks with it.
    busy_since: Option<Instant>,
    n_looked: Arc<AtomicU64>,
}

/// One thread for each detector.
pub fn spawn(detectors: Vec<Box<dyn Detect>>) -> io::Result<(DetectorHandle, DetectorThreads)> {
    let room = Arc::new(Room::default());
    let door = Arc::new(Door { room: Arc::clone(&room) });
    let (alive, ended) = mpsc::channel(1);
    for (index, detector) in detectors.into_iter().enumerate() {
        let (room, alive) = (Arc::clone(&room), alive.clone());
        std::thread::Builder::new().name(format!("detector-{index}")).spawn(move || {
            run(&room, detector);
            drop(alive);
        })?;
    }
    Ok((DetectorHandle { door }, DetectorThreads { ended }))
}

impl DetectorHandle {
    /// `analyst` is handed every picture of the camera that gets its turn.
    pub fn add(&self, analyst: Analyst) -> Eye {
        let n_looked = Arc::new(AtomicU64::new(0));
        let mut state = self.door.room.lock();
        let at = state.line.add_place();
        let n_looked_too = Arc::clone(&n_looked);
        state.seats.push(Seat { analyst: Some(analyst), busy_since: None, n_looked: n_looked_too });
        drop(state);
        Eye { door: Arc::clone(&self.door), at, n_dropped: 0, n_looked }
    }

    /// A sign of life of the threads that keeps none of them alive: false while one of them has been
    /// looking at a picture for longer than `patience`.
    pub fn goes_on(&self, patience: Duration) -> impl Fn() -> bool + Send + use<> {
        let room = Arc::downgrade(&self.door.room);
        move || {
            let is_stuck =
                |it: &Seat| it.busy_since.is_some_and(|since| since.elapsed() > patience);
            room.upgrade().is_none_or(|room| !room.lock().seats.iter().any(is_stuck))
        }
    }
}

impl Eye {
    /// Never waits: a picture that still waits for its turn makes room for this one.
    pub fn show(&mut self, frame: CameraFrame) {
        let dropped = self.door.room.lock().line.put(self.at, frame);
        // Freed outside of the lock, which the other cameras need.
        self.n_dropped += u64::from(dropped.is_some());
        self.door.room.news.notify_one();
    }

    /// Pictures that were never looked at, because a newer one came first.
    pub fn n_dropped(&self) -> u64 {
        self.n_dropped
    }

    pub fn n_looked(&self) -> u64 {
        self.n_looked.load(Ordering::Relaxed)
    }
}

impl DetectorThreads {
    /// Resolves when all threads have ended. Cancel-safe.
    pub async fn ended(mut self) {
        while self.ended.recv().await.is_some() {}
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.room.lock().is_closed = true;
        self.room.news.notify_all();
    }
}

impl Room {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next picture. `None`: nobody will ever show one again.
    fn next(&self) -> Option<(usize, CameraFrame, Analyst)> {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return None;
            }
            if let Some((at, frame)) = state.line.take()
                && let Some(analyst) = state.seats[at].analyst.take()
            {
                state.seats[at].busy_since = Some(Instant::now());
                return Some((at, frame, analyst));
            }
            state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn done(&self, at: usize, analyst: Analyst) {
        let mut state = self.lock();
        let seat = &mut state.seats[at];
        seat.analyst = Some(analyst);
        seat.busy_since = None;
        seat.n_looked.fetch_add(1, Ordering::Relaxed);
        state.line.done(at);
    }
}

fn run(room: &Room, mut detector: Box<dyn Detect>) {
    while let Some((at, frame, mut analyst)) = room.next() {
        analyst.look(detector.as_mut(), &frame.frame.picture(), frame.captured_at, frame.clock);
        drop(frame);
        room.done(at, analyst);
    }
}
