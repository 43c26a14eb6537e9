//! Runs the player: stores what it decides, then opens and closes the sink. One loop, one timer.

use std::collections::{BTreeSet, HashMap};
use std::future::pending;
use std::time::Duration;

use base::{Clock, Sha256, sleep_until};
use broadcast::PlayId;
use broadcast::player::{Effect, EndingKind, Event, Player, Report, Sound};
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio::time::MissedTickBehavior;
use tracing::{info, warn};

use super::clock::BoxClock;
use super::event::{Measured, barred, event};
use super::fetch::{Needed, Wanted};
use super::intake::Instruction;
use super::journal::{Entry, Fact, Journal, Seen};
use super::row;
use super::sink::{CannotPlay, Heard, Sink};
use super::site::{Site, SiteNews};
use crate::daemon::Heartbeat;
use crate::report::NewEvent;
use crate::report::health::Health;
use crate::store::Store;

/// While something sounds, the sink's clock is corrected this often: what is left of the drift in
/// between is below 50 us.
const CORRECT_EVERY: Duration = Duration::from_secs(1);

/// What the sender of a command is told that is not on disk.
const NOT_STORED: &str = "not stored yet: the disk takes nothing";

pub(super) struct Driver {
    pub(super) player: Player,
    pub(super) clock: BoxClock,
    pub(super) store: Store,
    pub(super) journal: Journal,
    pub(super) sink: Sink,
    pub(super) site: Site,
    pub(super) wanted: watch::Sender<Wanted>,
    pub(super) health: Health,
    pub(super) measured: HashMap<PlayId, Measured>,
    pub(super) heart: Heartbeat,
}

/// What the driver waits for.
enum News {
    Instruction(Instruction),
    Event(Event),
    Heard(PlayId, Heard),
    Site(SiteNews),
    Correct,
    RoomAgain,
    Alive,
    Last,
}

/// What came of one event.
#[derive(Default)]
struct Done {
    wake_at: Option<Timestamp>,
    refusal: Option<String>,
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
        // It is asked only while something sounds: a quiet week must not be made up for.
        correct.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut alive = tokio::time::interval(Heartbeat::AT_LEAST_EVERY);
        let is_trusted = *trusted.borrow_and_update();
        self.begin().await;
        let mut wake_at = self.step(Event::ClockTrusted(is_trusted), None).await.wake_at;
        loop {
            let is_playing = self.sink.is_open();
            let news = tokio::select! {
                it = instructions.recv() => it.map_or(News::Last, News::Instruction),
                Some(it) = fetched.recv() => News::Event(it),
                Ok(()) = trusted.changed() => {
                    News::Event(Event::ClockTrusted(*trusted.borrow_and_update()))
                }
                (play, heard) = self.sink.event() => News::Heard(play, heard),
                it = self.site.event() => News::Site(it),
                _ = correct.tick(), if is_playing => News::Correct,
                () = self.journal.due() => News::RoomAgain,
                _ = alive.tick() => News::Alive,
                () = timer(&self.clock, wake_at) => News::Event(Event::TimerFired),
                () = self.clock.stepped() => News::Event(Event::TimerFired),
            };
            wake_at = match news {
                News::Instruction(Instruction { command, verdict, .. })
                    if self.journal.holds(command) =>
                {
                    let _ = verdict.send(Err(NOT_STORED.to_owned()));
                    continue;
                }
                News::Instruction(Instruction { event, command, verdict }) => {
                    let done = self.step(event, Some(command)).await;
                    // Whoever asked may have stopped waiting.
                    let _ = verdict.send(done.refusal.map_or(Ok(()), Err));
                    done.wake_at
                }
                News::Event(event) => self.step(event, None).await.wake_at,
                News::Heard(play, heard) => {
                    let event = self.measure(play, heard).await;
                    self.step(event, None).await.wake_at
                }
                News::Site(news) => match self.site_changed(news).await {
                    Some(event) => self.step(event, None).await.wake_at,
                    None => continue,
                },
                News::Correct => {
                    self.sink.correct(&self.clock);
                    continue;
                }
                News::RoomAgain => {
                    self.journal.flush().await;
                    continue;
                }
                News::Alive => {
                    self.heart.beat();
                    continue;
                }
                News::Last => return self.end().await,
            };
        }
    }

    /// A crash may have left the amplifier on; and nothing sounds before it is known to be allowed.
    async fn begin(&mut self) {
        if let Some(news) = self.site.off() {
            self.site_changed(news).await;
        }
        let is_muted = self.site.is_muted();
        self.health.set("muted", json!(is_muted));
        self.step(Event::Muted(is_muted), None).await;
    }

    async fn end(mut self) {
        self.site.off();
        self.journal.close().await;
    }

    /// Stores and reports what happened on site; the player hears of a mute.
    async fn site_changed(&mut self, news: SiteNews) -> Option<Event> {
        warn!(?news, "on site");
        let event = Some(news.event(&self.sink.plays(), self.clock.now()));
        let fact = match news {
            SiteNews::Muted(is_muted) => Fact::Muted(is_muted),
            SiteNews::Fault { .. } | SiteNews::Recovered { .. } => Fact::Nothing,
        };
        self.journal.write(Entry { fact, event, command: None }).await;
        let SiteNews::Muted(is_muted) = news else { return None };
        self.health.set("muted", json!(is_muted));
        Some(Event::Muted(is_muted))
    }

    /// One event, and those that its effects cause. `command` is what it came from.
    async fn step(&mut self, event: Event, mut command: Option<Seen>) -> Done {
        let mut done = Done::default();
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            for effect in self.player.on(event, self.clock.now()) {
                match effect {
                    Effect::WakeAt(at) => done.wake_at = Some(at),
                    Effect::Refuse { reason, .. } => done.refusal = Some(reason),
                    Effect::Silence(play) => self.sink.silence(play),
                    Effect::SetVolume { play, level } => self.sink.set_level(play, level),
                    Effect::Forget(play) => self.forget(play).await,
                    Effect::Play(sound) => events.extend(self.open(sound).await),
                    Effect::Bar { .. } | Effect::Record { .. } | Effect::Sounded(_) => {
                        self.record(effect, command.take(), &mut done).await;
                    }
                }
            }
        }
        if command.is_some() {
            self.write(Fact::Nothing, None, command, &mut done).await;
        }
        self.publish();
        done
    }

    /// Stores a play's new stage, or that it was stopped ahead of its order, with the event of it.
    async fn record(&mut self, effect: Effect, command: Option<Seen>, done: &mut Done) {
        let now = self.clock.now();
        match effect {
            Effect::Record { order, stage, report } => {
                if let Some(report) = &report {
                    let ended = if let Report::Ended(it) = report { Some(it.kind) } else { None };
                    let what = ended.map_or(stage.as_str(), EndingKind::as_str);
                    info!(play = %order.play, what, reason = stage.reason(), "play");
                }
                let measured = self.measured.get(&order.play);
                let event = report.map(|report| event(&order, &report, measured, now));
                self.write(Fact::Play(order, stage), event, command, done).await;
            }
            Effect::Bar { play, bar } => {
                info!(%play, "a play was stopped before its order came");
                let event = Some(barred(play, now));
                self.write(Fact::Bar(play, bar), event, command, done).await;
            }
            Effect::Sounded(stretch) => {
                self.write(Fact::Sounded(stretch), None, command, done).await;
            }
            Effect::Refuse { .. }
            | Effect::Play(_)
            | Effect::Silence(_)
            | Effect::SetVolume { .. }
            | Effect::WakeAt(_)
            | Effect::Forget(_) => {}
        }
    }

    /// What is not on disk is not promised: whoever commanded it asks again.
    async fn write(
        &mut self,
        fact: Fact,
        event: Option<NewEvent>,
        command: Option<Seen>,
        done: &mut Done,
    ) {
        let is_commanded = command.is_some();
        let is_stored = self.journal.write(Entry { fact, event, command }).await;
        if is_commanded && !is_stored {
            done.refusal.get_or_insert(NOT_STORED.to_owned());
        }
    }

    /// Opens the sink. What hinders it comes back as the events that the player is to hear.
    async fn open(&mut self, sound: Sound) -> Vec<Event> {
        let play = sound.play;
        let clock = self.clock.quality();
        if let Some(news) = self.site.sound_opens() {
            self.site_changed(news).await;
        }
        self.measured.insert(play, Measured { seek: sound.seek, clock, ..Measured::default() });
        let opened = self.sink.open(sound, &self.clock).await;
        self.hold_amplifier();
        match opened {
            Ok(()) => Vec::new(),
            Err(CannotPlay::Damaged(sha256)) => {
                warn!(%play, %sha256, "the cached file is damaged and is fetched again");
                vec![Event::ContentDamaged(sha256)]
            }
            Err(CannotPlay::Sink(reason)) => {
                vec![Event::SoundEnded { play, heard: Duration::ZERO, failed: Some(reason) }]
            }
        }
    }

    /// It stays on for a while when nothing sounds any more.
    fn hold_amplifier(&mut self) {
        if !self.sink.is_open() {
            self.site.falls_silent();
        }
    }

    async fn measure(&mut self, play: PlayId, heard: Heard) -> Event {
        if let Heard::Ended(ended) = &heard {
            self.sink.close(play, ended).await;
            self.hold_amplifier();
        }
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
        let forgotten = self.store.free_space(move |conn| row::forget_play(conn, play)).await;
        if let Err(err) = forgotten {
            warn!(error = %err, "an old play was not removed");
        }
    }

    /// Tells the fetcher what is needed, and the health what is ahead.
    fn publish(&self) {
        let fetch = needed(&self.player);
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

/// What is to be fetched, each content once, with its first start.
fn needed(player: &Player) -> Vec<Needed> {
    let mut needed: Vec<Needed> = Vec::new();
    let contents: BTreeSet<Sha256> = player.needed().map(|it| it.sha256).collect();
    let open = player.open_plays().map(|(order, _)| order);
    for order in open.filter(|it| contents.contains(&it.content.sha256)) {
        match needed.iter_mut().find(|it| it.content == order.content) {
            Some(known) => known.at = known.at.min(order.start_at),
            None => needed.push(Needed { content: order.content, at: order.start_at }),
        }
    }
    needed
}

async fn timer(clock: &BoxClock, at: Option<Timestamp>) {
    match at {
        Some(at) => sleep_until(clock, at).await,
        None => pending().await,
    }
}
