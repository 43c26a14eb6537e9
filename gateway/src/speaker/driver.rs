//! Runs the player: stores what it decides, then opens and closes the sink. One loop, one timer.

use std::collections::HashMap;
use std::future::pending;
use std::time::Duration;

use base::{Clock, sleep_until};
use broadcast::PlayId;
use broadcast::player::{Effect, Event, Player, Report, Sound};
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::{mpsc, watch};
use tracing::{error, info, warn};

use super::clock::BoxClock;
use super::event::{Measured, event};
use super::fetch::Wanted;
use super::intake::Instruction;
use super::row;
use super::sink::{Heard, Sink};
use crate::report::Reporter;
use crate::report::health::Health;

/// The store may be busy with a full disk; a decision is tried this often before it is given up.
const STORE_TRIES: u32 = 3;
const STORE_AGAIN: Duration = Duration::from_millis(200);
/// While something sounds, the sink's clock is corrected this often: what is left of the drift in
/// between is below 50 us.
const CORRECT_EVERY: Duration = Duration::from_secs(1);

pub(super) struct Driver {
    pub(super) player: Player,
    pub(super) clock: BoxClock,
    pub(super) reporter: Reporter,
    pub(super) sink: Sink,
    pub(super) wanted: watch::Sender<Wanted>,
    pub(super) health: Health,
    pub(super) measured: HashMap<PlayId, Measured>,
}

/// What the driver waits for.
enum News {
    Instruction(Instruction),
    Event(Event),
    Heard(PlayId, Heard),
    Correct,
    Last,
}

impl Driver {
    /// Until `instructions` closes. A sound in progress ends with the program, and its stored stage
    /// says so to the next start.
    pub(super) async fn run(
        mut self,
        mut instructions: mpsc::Receiver<Instruction>,
        mut fetched: mpsc::Receiver<Event>,
        mut trusted: watch::Receiver<bool>,
    ) {
        let mut correct = tokio::time::interval(CORRECT_EVERY);
        let is_trusted = *trusted.borrow_and_update();
        let mut wake_at = self.step(Event::ClockTrusted(is_trusted)).await.0;
        loop {
            let is_playing = self.sink.is_open();
            let news = tokio::select! {
                it = instructions.recv() => it.map_or(News::Last, News::Instruction),
                Some(it) = fetched.recv() => News::Event(it),
                Ok(()) = trusted.changed() => {
                    News::Event(Event::ClockTrusted(*trusted.borrow_and_update()))
                }
                (play, heard) = self.sink.event() => News::Heard(play, heard),
                _ = correct.tick(), if is_playing => News::Correct,
                () = timer(&self.clock, wake_at) => News::Event(Event::TimerFired),
            };
            wake_at = match news {
                News::Instruction(Instruction { event, verdict }) => {
                    let (wake_at, refusal) = self.step(event).await;
                    // Whoever asked may have stopped waiting.
                    let _ = verdict.send(refusal.map_or(Ok(()), Err));
                    wake_at
                }
                News::Event(event) => self.step(event).await.0,
                News::Heard(play, heard) => {
                    let event = self.measure(play, heard);
                    self.step(event).await.0
                }
                News::Correct => {
                    self.sink.correct(&self.clock);
                    continue;
                }
                News::Last => return,
            };
        }
    }

    /// One event, and those that its effects cause. Returns when to wake, and a refusal.
    async fn step(&mut self, event: Event) -> (Option<Timestamp>, Option<String>) {
        let (mut wake_at, mut refusal) = (None, None);
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            for effect in self.player.on(event, self.clock.now()) {
                match effect {
                    Effect::WakeAt(at) => wake_at = Some(at),
                    Effect::Refuse { reason, .. } => refusal = Some(reason),
                    Effect::Silence(play) => self.sink.silence(play),
                    Effect::Forget(play) => self.forget(play).await,
                    Effect::Play(sound) => events.extend(self.open(sound).await),
                    Effect::Record { .. } => self.record(effect).await,
                }
            }
        }
        self.publish();
        (wake_at, refusal)
    }

    /// Stores a play's new stage and its event together.
    async fn record(&self, effect: Effect) {
        let Effect::Record { order, stage, report } = effect else { return };
        let now = self.clock.now();
        if let Some(report) = &report {
            let what =
                if let Report::Ended(it) = report { it.kind.as_str() } else { stage.as_str() };
            info!(play = %order.play, what, reason = stage.reason(), "play");
        }
        let measured = self.measured.get(&order.play);
        let event = report.map(|report| event(&order, &report, measured, now));
        for _ in 0..STORE_TRIES {
            let (order, stage, event) = (order.clone(), stage.clone(), event.clone());
            let reporter = self.reporter.clone();
            let job = move |conn: &rusqlite::Connection| {
                row::save_play(conn, &order, &stage)?;
                event.map_or(Ok(()), |event| reporter.record_in(conn, event).map(drop))
            };
            match self.reporter.store().write(job).await {
                Ok(()) => return,
                Err(err) => warn!(error = ?err, "a play was not stored, trying again"),
            }
            tokio::time::sleep(STORE_AGAIN).await;
        }
        error!(play = %order.play, "a play could not be stored: is the disk full?");
    }

    /// Opens the sink. What hinders it comes back as the events that the player is to hear.
    async fn open(&mut self, sound: Sound) -> Vec<Event> {
        let play = sound.play;
        let clock = self.clock.quality();
        self.measured.insert(play, Measured { seek: sound.seek, clock, ..Measured::default() });
        match self.sink.open(sound, &self.clock).await {
            Ok(()) => Vec::new(),
            Err(super::sink::CannotPlay::Damaged(sha256)) => {
                warn!(%play, %sha256, "the cached file is damaged and is fetched again");
                vec![Event::ContentDamaged(sha256)]
            }
            Err(super::sink::CannotPlay::Sink(reason)) => {
                vec![Event::SoundEnded { play, heard: Duration::ZERO, failed: Some(reason) }]
            }
        }
    }

    fn measure(&mut self, play: PlayId, heard: Heard) -> Event {
        let measured = self.measured.entry(play).or_default();
        match heard {
            Heard::Started { at, error } => {
                (measured.started_at, measured.start_error) = (Some(at), Some(error));
                Event::SoundStarted { play, at }
            }
            Heard::Ended(ended) => {
                measured.heard = Some(ended.heard);
                measured.n_gaps = ended.n_gaps;
                measured.worst_error = ended.worst_error;
                Event::SoundEnded { play, heard: ended.heard, failed: ended.failed }
            }
        }
    }

    async fn forget(&mut self, play: PlayId) {
        self.measured.remove(&play);
        let forgotten = self.reporter.store().write(move |conn| row::forget_play(conn, play)).await;
        if let Err(err) = forgotten {
            warn!(error = %err, "an old play was not removed");
        }
    }

    /// Tells the fetcher what is needed, and the health what is ahead.
    fn publish(&self) {
        let fetch: Vec<_> = self.player.needed().collect();
        let keep = self.player.wanted().map(|it| it.sha256).collect();
        let wanted = Wanted { fetch, keep };
        self.wanted.send_if_modified(|it| {
            let is_new = *it != wanted;
            *it = wanted;
            is_new
        });
        let stages = self.player.open_plays().map(|(_, stage)| stage.as_str());
        let counts = stages.fold(HashMap::new(), |mut counts: HashMap<&str, u32>, stage| {
            *counts.entry(stage).or_default() += 1;
            counts
        });
        self.health.set("plays", json!(counts));
    }
}

async fn timer(clock: &BoxClock, at: Option<Timestamp>) {
    match at {
        Some(at) => sleep_until(clock, at).await,
        None => pending().await,
    }
}
