//! One detection thread: takes pictures, looks, and hands what it saw to their cameras' analysts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use models::{Detect, Seen};
use tokio::sync::mpsc;
use tracing::error;

use super::room::{Job, Room, Task};

/// A model that cannot be opened now may be in a while: memory comes back, a disk is mounted.
const OPEN_AGAIN: Duration = Duration::from_secs(5);

/// `open` runs on the new thread: a session takes its time to open.
pub(super) fn start(
    room: &Arc<Room>,
    worker: u64,
    alive: mpsc::Sender<()>,
    mut open: impl FnMut() -> anyhow::Result<Box<dyn Detect>> + Send + 'static,
) -> std::io::Result<()> {
    let room = Arc::clone(room);
    let thread = std::thread::Builder::new().name(format!("detector-{worker}"));
    thread.spawn(move || {
        while let Err(err) = open().map(|detector| run(&room, worker, detector)) {
            error!("a detection thread has no detector, and tries again: {err:#}");
            if !room.pause(OPEN_AGAIN) {
                break;
            }
        }
        room.gone(worker);
        drop(alive);
    })?;
    Ok(())
}

fn run(room: &Room, worker: u64, mut detector: Box<dyn Detect>) {
    room.is_ready(worker);
    while let Some(job) = room.next() {
        let place = job.place;
        // What a model does with a picture must not end the other cameras' watch.
        let looked = catch_unwind(AssertUnwindSafe(|| look(room, worker, detector.as_mut(), job)));
        match looked {
            Ok(Turn::GoOn) => {}
            Ok(Turn::GivenUp) => return,
            Err(_) => return room.died(worker, place),
        }
    }
}

enum Turn {
    GoOn,
    /// Another thread has this one's place.
    GivenUp,
}

fn look(room: &Room, worker: u64, detector: &mut dyn Detect, job: Job) -> Turn {
    let Job { place, task, seat } = job;
    let frame = match task {
        Task::Look(frame) => frame,
        Task::End(at) => {
            seat.analyst().end(at);
            room.done(place);
            return Turn::GoOn;
        }
    };
    let picture = frame.frame.picture();
    let looks = seat.analyst().plan(&picture, frame.captured_at);
    let mut seen = Ok(Seen::default());
    // A picture that is not worth a look forgives its camera nothing.
    if !looks.is_empty() {
        // Only the detector is judged by the time that it takes: the disk may be slow.
        room.began(worker, place);
        seen = models::look(detector, &picture, &looks);
        if !room.finished(worker) {
            return Turn::GivenUp;
        }
    }
    seat.analyst().absorb(&picture, seen, frame.captured_at, frame.clock);
    drop(frame);
    room.done(place);
    Turn::GoOn
}
