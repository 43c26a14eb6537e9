//! The threads that look at pictures: a session each, fair between cameras, the newest picture wins.
//!
//! Detection runs for tens of milliseconds, so it has threads of its own, which end when the last
//! [`Eye`] and the last [`DetectorHandle`] are dropped. A thread that does not come back from a picture,
//! or that dies of one, is replaced; its camera goes on with the others.

mod crew;
mod figures;
mod line;
mod room;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use media::CameraFrame;
use models::Detect;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::error;

use super::camera::Analyst;
use crate::engine::self_test::Fitness;
use crate::report::health::Health;
use crew::{Effect, Why};
pub(in crate::ward) use figures::Unseen;
pub use figures::{Figures, Watched};
use room::{Door, Room};

/// What a detector should report at least, so that the tracker can follow an object through a
/// weak moment (ByteTrack's second association). Alerts ask for `detector.min_score`.
pub const FAINTEST_SCORE: f32 = 0.1;
/// How often the threads are looked after.
const CHECK_EVERY: Duration = Duration::from_millis(500);

/// Makes a detector for one more thread. It may take a second.
pub type Maker = Arc<dyn Fn() -> anyhow::Result<Box<dyn Detect>> + Send + Sync>;

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
    figures: Arc<Figures>,
}

/// The threads behind the handles.
pub struct DetectorThreads {
    room: Arc<Room>,
    maker: Maker,
    health: Health,
    model: String,
    fitness: Option<Fitness>,
    n_threads: usize,
    /// Nothing is ever sent: each thread holds a sender, and the end of the last is the message.
    ended: mpsc::Receiver<()>,
    /// For the threads to come; let go when the room closes.
    alive: Option<mpsc::Sender<()>>,
}

/// How the threads are made.
pub struct Crew {
    /// For what is said of them.
    pub model: String,
    /// What the self-test found, where there was one.
    pub fitness: Option<Fitness>,
    /// One a thread, opened already: what is wrong with the model is known before anything runs.
    pub detectors: Vec<Box<dyn Detect>>,
    /// For those that take a lost thread's place.
    pub maker: Maker,
    pub health: Health,
}

/// One thread for each detector.
pub fn spawn(crew: Crew) -> std::io::Result<(DetectorHandle, DetectorThreads)> {
    let room = Arc::new(Room::default());
    let door = Arc::new(Door::new(Arc::clone(&room)));
    let (alive, ended) = mpsc::channel(1);
    let n_threads = crew.detectors.len();
    for detector in crew.detectors {
        let worker = room.hire();
        let (mut opened, maker) = (Some(detector), Arc::clone(&crew.maker));
        worker::start(&room, worker, alive.clone(), move || {
            opened.take().map_or_else(&*maker, Ok)
        })?;
    }
    let Crew { model, fitness, maker, health, .. } = crew;
    let (room, alive) = (Arc::clone(&room), Some(alive));
    let threads = DetectorThreads { room, maker, health, model, fitness, n_threads, ended, alive };
    threads.tell(0, None);
    Ok((DetectorHandle { door }, threads))
}

impl DetectorHandle {
    /// `analyst` is handed every picture of the camera that gets its turn.
    pub fn add(&self, analyst: Analyst) -> Eye {
        let figures = Arc::clone(analyst.figures());
        let at = self.door.room().add(analyst, Arc::clone(&figures));
        Eye { door: Arc::clone(&self.door), at, figures }
    }

    /// A sign of life of the threads that keeps none of them alive: false once so many had to be
    /// replaced without ever coming back that only a restart frees what they hold, and nobody is watched.
    pub fn goes_on(&self) -> impl Fn() -> bool + Send + use<> {
        let room = Arc::downgrade(self.door.room());
        move || room.upgrade().is_none_or(|room| room.goes_on())
    }
}

impl Eye {
    /// Never waits: a picture that still waits for its turn makes room for this one.
    pub fn show(&mut self, frame: CameraFrame) {
        self.door.room().show(self.at, frame);
    }

    /// The camera has been away for so long that nobody knows what became of its alerts.
    pub fn end(&mut self, at: Timestamp) {
        self.door.room().end(self.at, at);
    }

    pub fn figures(&self) -> &Arc<Figures> {
        &self.figures
    }
}

impl DetectorThreads {
    /// Looks after the threads until all have ended. Cancel-safe.
    pub async fn ended(mut self) {
        let mut ticks = tokio::time::interval(CHECK_EVERY);
        let mut n_replaced = 0;
        loop {
            tokio::select! {
                none = self.ended.recv() => if none.is_none() { return },
                _ = ticks.tick() => n_replaced = self.check(n_replaced),
            }
            if self.room.is_closed() {
                self.alive = None;
                // Who does not come back is not waited for: the process ends over him.
                if self.room.is_left() {
                    return;
                }
            }
        }
    }

    /// Answers with how many threads were replaced so far.
    fn check(&self, mut n_replaced: u32) -> u32 {
        for effect in self.room.check(Instant::now()) {
            match effect {
                Effect::Replace { lost, place, why } => {
                    n_replaced += 1;
                    let seat = self.room.seat(place);
                    let (camera, reason) = (&seat.camera, why.as_str());
                    error!(worker = lost, camera, reason, "a detection thread is replaced");
                    seat.figures.blame(format!("a detection thread {reason} over its picture"));
                    self.tell(n_replaced, Some((camera, why)));
                    self.replace();
                }
                Effect::Rest { place, length } => {
                    let seat = self.room.seat(place);
                    let why = format!("its pictures stopped detection threads: {}", rest(length));
                    error!(camera = seat.camera, why, "a camera is not looked at");
                    seat.figures.rested(why);
                }
            }
        }
        n_replaced
    }

    fn replace(&self) {
        let Some(alive) = self.alive.clone() else { return };
        let maker = Arc::clone(&self.maker);
        let worker = self.room.hire();
        if let Err(err) = worker::start(&self.room, worker, alive, move || maker()) {
            self.room.gone(worker);
            error!(%err, "no thread could be started for detection");
        }
    }

    fn tell(&self, n_replaced: u32, last: Option<(&str, Why)>) {
        let mut said = json!({ "model": self.model, "threads": self.n_threads });
        if let Some(Fitness { device, provider, ms }) = &self.fitness {
            said["device"] = json!(device);
            said["provider"] = json!(provider);
            said["ms"] = json!(ms);
        }
        if let Some((camera, why)) = last {
            said["replaced"] = json!(n_replaced);
            said["last_replaced"] = json!({ "camera": camera, "reason": why.as_str() });
        }
        self.health.set("detector", said);
    }
}

fn rest(length: Option<Duration>) -> String {
    match length {
        Some(length) => format!("they are not looked at for {} min", length.as_secs() / 60),
        None => "they are not looked at before the box is restarted".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_self_test_found_is_told_to_the_centre() {
        let health = Health::default();
        let fitness =
            Fitness { device: "cpu (Rock 5B)".to_owned(), provider: "acl".to_owned(), ms: 31.5 };
        let maker: Maker = Arc::new(|| anyhow::bail!("nobody asks"));
        let (model, detectors) = ("yolox-nano".to_owned(), Vec::new());
        let crew = Crew { model, fitness: Some(fitness), detectors, maker, health: health.clone() };
        let _threads = spawn(crew).unwrap();
        let expected = json!({
            "model": "yolox-nano", "threads": 0, "device": "cpu (Rock 5B)", "provider": "acl", "ms": 31.5,
        });
        assert_eq!(health.of("detector"), Some(expected));
    }
}
