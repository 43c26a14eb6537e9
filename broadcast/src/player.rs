//! What a cluster does with its orders, and what must happen next. No IO: events in, effects out.
//!
//! `ordered -> fetching -> waiting -> playing -> played | partial | missed | stopped`. One play
//! sounds at a time; a more urgent one takes the horn, and what it interrupted follows its own
//! resume policy: at most it goes on below, attenuated. `now` is always the box's time. Every change of a play is an effect to store
//! before the next effect is carried out: after a restart nothing begins a second time. (Whoever stores
//! it may go on without, where the disk takes nothing: a street hears its warning rather than not.)

mod band;
mod event;
mod level;
mod limit;
mod play;
mod stage;
mod turns;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::order::{Content, Order, PlayId};
use crate::quiet::QuietHours;

pub use band::{Band, BandError, VolumeBands};
pub use event::{Bar, Effect, Event, Report, Sound};
pub use level::Level;
pub use limit::{DailyLimit, Stretch};
use play::{Play, signed};
pub use stage::{Ending, EndingKind, Stage, StageError};
use turns::Horn;

/// How long an ended play is remembered, so that a late copy of its order is known: longer than
/// any order can be on its way, which is the 8 days of [`Order::check`].
const REMEMBERED: Duration = Duration::from_hours(9 * 24);

/// How long a stretch of sound may still belong to the local day of a play that begins now.
const COUNTED: SignedDuration = SignedDuration::from_hours(3 * 24);

/// What holds on this cluster for every order.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Enforced here as well as where it was planned: the last one who can still keep silent.
    pub quiet: Option<QuietHours>,
    /// How long before a start the sink is opened: amplifier warm-up and preroll.
    pub lead: Duration,
    /// The least of it that still does: a play that is late sounds this long after its turn came.
    pub shortest_lead: Duration,
    /// The most sound of a day; `None`: no limit.
    pub daily: Option<DailyLimit>,
    /// How loud, by the hour; `None`: as loud as ordered.
    pub volume: Option<VolumeBands>,
    /// Whether a mute on site silences emergencies too. Not unless said: whoever may switch a cluster
    /// mute is not whoever may call off a warning, and there is always the plug.
    pub mutes_emergency: bool,
}

#[derive(Debug, Default)]
pub struct Player {
    rules: Rules,
    is_clock_trusted: bool,
    plays: BTreeMap<PlayId, Play>,
    /// Plays that were stopped before their orders came: links may lose one and deliver the other.
    barred: BTreeMap<PlayId, Bar>,
    horn: Horn,
    /// What counts for the limit of a day, of the last days.
    heard: Vec<Stretch>,
    /// `heard` has planned ends that were not reached: the program died meanwhile.
    has_planned_ends: bool,
}

impl Player {
    /// `stored` is what `Record` effects left, and `barred` what `Bar` effects did. Nothing happens
    /// until the first event.
    pub fn restore(
        rules: Rules,
        stored: impl IntoIterator<Item = (Order, Stage)>,
        barred: impl IntoIterator<Item = (PlayId, Bar)>,
    ) -> Self {
        let plays = stored.into_iter().map(|(order, stage)| (order.play, Play::new(order, stage)));
        let barred = barred.into_iter().collect();
        Self { rules, plays: plays.collect(), barred, ..Self::default() }
    }

    /// `heard` is what `Sounded` effects left.
    #[must_use]
    pub fn having_heard(self, heard: impl IntoIterator<Item = Stretch>) -> Self {
        Self { heard: heard.into_iter().collect(), has_planned_ends: true, ..self }
    }

    /// What content MUST stay in the cache: that of every play which is not over.
    pub fn wanted(&self) -> impl Iterator<Item = Content> {
        self.plays.values().filter(|it| !it.stage.is_ended()).map(|it| it.order.content)
    }

    /// What content is to be fetched: of plays that are not over, what was not verified yet.
    pub fn needed(&self) -> impl Iterator<Item = Content> {
        let open = self.plays.values().filter(|it| !it.stage.is_ended() && !it.is_cached);
        open.map(|it| it.order.content)
    }

    /// The plays that are not over, in no particular order, for status and health.
    pub fn open_plays(&self) -> impl Iterator<Item = (&Order, &Stage)> {
        self.plays.values().filter(|it| !it.stage.is_ended()).map(|it| (&it.order, &it.stage))
    }

    pub fn on(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Ordered(order) => self.ordered(order, &mut effects),
            Event::StopOrdered { play, owner_level } => {
                self.stop(play, owner_level, now, &mut effects);
            }
            Event::ContentCached(sha256) => {
                for play in self.plays.values_mut().filter(|it| it.order.content.sha256 == sha256) {
                    effects.extend(play.cached());
                }
            }
            Event::ContentFailed { sha256, reason } => {
                for play in self.plays.values_mut().filter(|it| it.order.content.sha256 == sha256) {
                    effects.extend(play.lost_content(&reason));
                }
            }
            Event::ContentDamaged(sha256) => self.damaged(sha256, &mut effects),
            Event::ClockTrusted(is_trusted) => {
                self.is_clock_trusted = is_trusted;
                self.end_planned(now, &mut effects);
            }
            Event::SoundStarted { play, at } => {
                if let Some(play) = self.plays.get_mut(&play) {
                    effects.extend(play.started(at));
                }
            }
            Event::SoundEnded { play, heard, failed } => {
                self.sound_ended(play, heard, failed, &mut effects);
            }
            Event::Muted(is_muted) => self.mute(is_muted, &mut effects),
            Event::TimerFired => {}
        }
        self.settle(now, &mut effects);
        effects
    }

    fn damaged(&mut self, sha256: base::Sha256, effects: &mut Vec<Effect>) {
        for (id, play) in &mut self.plays {
            if play.order.content.sha256 == sha256 {
                // The one below is in the sink, which has the file open.
                if self.horn.below == Some(*id) {
                    continue;
                }
                effects.extend(play.damaged());
                if self.horn.sounding == Some(*id) {
                    self.horn.sounding = None;
                }
            }
        }
    }

    fn ordered(&mut self, order: Order, effects: &mut Vec<Effect>) {
        let id = order.play;
        match self.plays.get_mut(&id) {
            None if self.barred.get(&id).is_some_and(|it| it.owner_level >= order.owner_level) => {
                let reason = "this play was stopped before its order came".to_owned();
                effects.push(Effect::Refuse { play: id, reason });
            }
            None => {
                let play = Play::new(order, Stage::Fetching);
                effects.push(play.record(Some(Report::Ordered)));
                self.plays.insert(id, play);
            }
            // A copy, of what has begun. Before that, one with a name of its own wants its receipt.
            Some(known) if known.order == order && known.stage.is_begun() => {}
            Some(known) => effects.push(known.change(order)),
        }
    }

    fn stop(&mut self, id: PlayId, owner_level: u8, now: Timestamp, effects: &mut Vec<Effect>) {
        let refuse = |reason: &str| Effect::Refuse { play: id, reason: reason.to_owned() };
        match self.plays.get_mut(&id) {
            None => effects.extend(self.bar(id, Bar { owner_level, at: now })),
            Some(play) if play.stage.is_ended() => effects.push(refuse("this play is over")),
            Some(play) if owner_level < play.order.owner_level => {
                effects.push(refuse("only the level that ordered it or a higher one may stop it"));
            }
            Some(play) => {
                if [self.horn.sounding, self.horn.below].contains(&Some(id)) {
                    effects.push(Effect::Silence(id));
                }
                effects.push(play.end(EndingKind::Stopped, "stopped by order"));
            }
        }
    }

    /// A stop of the same or a lower level says nothing new.
    fn bar(&mut self, play: PlayId, bar: Bar) -> Option<Effect> {
        let known = self.barred.get(&play);
        if known.is_some_and(|it| it.owner_level >= bar.owner_level) {
            return None;
        }
        self.barred.insert(play, bar);
        Some(Effect::Bar { play, bar })
    }

    /// Carries out what time and the other events made due, then sets the one timer.
    fn settle(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        for play in self.plays.values_mut() {
            effects.extend(play.expire(now, &self.rules, self.is_clock_trusted));
        }
        if self.is_clock_trusted {
            self.take_turns(now, effects);
            self.set_volumes(now, effects);
        }
        self.forget(now, effects);
        let next = self.plays.values().filter_map(|it| it.wake_at(now, &self.rules));
        let next = next.chain(self.ducks_at().filter(|it| *it > now)).min();
        effects.extend(next.map(Effect::WakeAt));
    }

    /// What is old by a clock that can be believed.
    fn forget(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        if !self.is_clock_trusted {
            return;
        }
        let is_old = |at: Timestamp| now.duration_since(at) > signed(REMEMBERED);
        let mut forgotten = Vec::new();
        self.plays.retain(|id, play| {
            let keep = !(play.stage.is_ended() && is_old(play.order.play_until));
            forgotten.extend((!keep).then_some(*id));
            keep
        });
        self.barred.retain(|id, bar| {
            let keep = !is_old(bar.at);
            forgotten.extend((!keep).then_some(*id));
            keep
        });
        effects.extend(forgotten.into_iter().map(Effect::Forget));
        self.heard.retain(|it| now.duration_since(it.to) <= COUNTED);
    }
}

#[cfg(test)]
mod tests;
