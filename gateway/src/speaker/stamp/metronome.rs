//! One thread for every stamp of this process: hundreds that wake up at once would measure how long they wait
//! for each other's processors, and on a street every cluster has its own.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use base::{Clock as _, SystemClock, read_both};
use jiff::Timestamp;
use media::playout::come_first;
use tokio::sync::oneshot;

use crate::speaker::clock::BoxClock;

/// Clocks are corrected while somebody waits: they are read anew this often.
const LOOK: Duration = Duration::from_millis(200);

/// Of the first sample, by the box's time and by the system's.
#[derive(Debug)]
pub(super) struct Instant {
    pub(super) at: Timestamp,
    pub(super) true_time: Timestamp,
}

/// Somebody waits until their clock reads `start_at`.
struct Wait {
    start_at: Timestamp,
    clock: BoxClock,
    told: oneshot::Sender<Instant>,
}

/// Told when the clock reads `start_at`, at once where it does already. What is told is when the thread woke
/// up, so a machine that is too busy even for its most urgent thread is seen.
pub(super) fn wait_for(
    start_at: Timestamp,
    clock: BoxClock,
) -> io::Result<oneshot::Receiver<Instant>> {
    static METRONOME: Mutex<Option<Sender<Wait>>> = Mutex::new(None);
    let (told, instant) = oneshot::channel();
    let mut running = METRONOME.lock().unwrap_or_else(PoisonError::into_inner);
    if running.is_none() {
        *running = Some(start()?);
    }
    if let Some(waits) = &*running {
        // It ends with the last sender, which is kept here.
        let _ = waits.send(Wait { start_at, clock, told });
    }
    Ok(instant)
}

fn start() -> io::Result<Sender<Wait>> {
    let (waits, new) = channel();
    thread::Builder::new().name("metronome".to_owned()).spawn(move || run(&new))?;
    Ok(waits)
}

fn run(new: &Receiver<Wait>) {
    come_first();
    let mut waits: Vec<Wait> = Vec::new();
    loop {
        // Whoever was stopped before their start has gone.
        waits.retain(|it| !it.told.is_closed());
        let next = waits.iter().map(Wait::left).min();
        if next.is_some_and(|it| it.is_zero()) {
            for due in waits.extract_if(.., |it| it.left().is_zero()) {
                due.tell();
            }
            continue;
        }
        let added = match next {
            Some(left) => new.recv_timeout(left.min(LOOK)),
            None => new.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match added {
            Ok(wait) => waits.push(wait),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

impl Wait {
    fn left(&self) -> Duration {
        let left = self.start_at.duration_since(self.clock.now());
        Duration::try_from(left).unwrap_or_default()
    }

    fn tell(self) {
        let (at, true_time) = read_both(&self.clock, &SystemClock);
        // They may have been stopped in this moment.
        let _ = self.told.send(Instant { at, true_time });
    }
}
