//! A loudspeaker cluster: the real player, with what its driver, its cache, its clock and its sink do
//! for it. What it stored outlives its power.

mod sink;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base::Sha256;
use jiff::{SignedDuration, Timestamp};

use super::chance::Chance;
use super::judge::Judge;
use super::queue::{Queue, What};
use super::script::Outage;
use crate::player::{Bar, Effect, EndingKind, Event, Player, Report, Rules, Stage, Stretch};
use crate::{Order, PlayId};
use sink::Sink;

/// Hashing a file that is in the cache.
const VERIFYING: Duration = Duration::from_millis(300);
/// Fetching one, from a good link to a bad one.
const FETCHING: (Duration, Duration) = (Duration::from_secs(2), Duration::from_mins(3));

pub(super) struct Cluster {
    place: usize,
    rules: Rules,
    /// None without power.
    player: Option<Player>,
    stored: BTreeMap<PlayId, (Order, Stage)>,
    barred: BTreeMap<PlayId, Bar>,
    /// What counts for the limit of a day.
    heard: BTreeMap<(PlayId, Timestamp), Stretch>,
    cached: BTreeSet<Sha256>,
    fetching: BTreeSet<Sha256>,
    /// Its clock minus the box's, while it is not trusted.
    clock_off: SignedDuration,
    pub(super) is_trusted: bool,
    /// Why the box is out of reach: its link, the box itself.
    pub(super) n_cut_off: u8,
    pub(super) boot: u32,
    sink: Option<Sink>,
    n_sounds: u32,
    wake_at: Option<Timestamp>,
    /// The timer that is in the queue.
    armed: Option<Timestamp>,
    /// Commands wait for a clock that can be trusted.
    pub(super) waiting: Vec<(PlayId, bool)>,
    /// What it has to tell, kept until the box has it.
    pub(super) outbox: Vec<(PlayId, Told)>,
    /// It dies when so many more effects were carried out.
    dies_after: Option<(u8, Outage)>,
    pub(super) n_bad_content: u8,
    pub(super) is_file_damaged: bool,
    pub(super) is_sink_broken: bool,
}

/// A receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Taken,
    Started,
    Ended(EndingKind),
}

/// What a cluster does something to.
pub(super) struct Street<'a, 'l> {
    pub queue: &'a mut Queue,
    pub judge: &'a mut Judge<'l>,
    pub chance: &'a mut Chance,
}

impl Cluster {
    pub(super) fn new(place: usize, rules: &Rules, now: Timestamp, street: &mut Street) -> Self {
        let mut it = Self {
            place,
            rules: rules.clone(),
            player: Some(Player::restore(rules.clone(), [], [])),
            stored: BTreeMap::new(),
            barred: BTreeMap::new(),
            heard: BTreeMap::new(),
            cached: BTreeSet::new(),
            fetching: BTreeSet::new(),
            clock_off: SignedDuration::ZERO,
            is_trusted: true,
            n_cut_off: 0,
            boot: 0,
            sink: None,
            n_sounds: 0,
            wake_at: None,
            armed: None,
            waiting: Vec::new(),
            outbox: Vec::new(),
            dies_after: None,
            n_bad_content: 0,
            is_file_damaged: false,
            is_sink_broken: false,
        };
        it.step(Event::ClockTrusted(true), now, street);
        it
    }

    pub(super) fn has_power(&self) -> bool {
        self.player.is_some()
    }

    pub(super) fn is_online(&self) -> bool {
        self.has_power() && self.n_cut_off == 0
    }

    /// An order that it took, if it still knows it.
    pub(super) fn some_order(&self, chance: &mut Chance) -> Option<Order> {
        let known: Vec<&Order> = self.stored.values().map(|(order, _)| order).collect();
        chance.pick(&known).map(|it| (*it).clone())
    }

    /// Whether it dies in the middle of what it does next.
    pub(super) fn is_dying(&self) -> bool {
        self.dies_after.is_some()
    }

    /// Whose sound begins just now.
    pub(super) fn sounding(&self, now: Timestamp) -> Option<PlayId> {
        self.sink.as_ref().filter(|it| it.from == now).map(|it| it.sound.play)
    }

    /// One event, and those that its effects cause, as the driver of a cluster carries them out.
    pub(super) fn step(&mut self, event: Event, now: Timestamp, street: &mut Street) {
        let may_need = matches!(
            event,
            Event::Ordered(_) | Event::ContentDamaged(_) | Event::ContentFailed { .. }
        );
        let mut wake_at = None;
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            let by_its_clock = now + self.clock_off;
            let Some(player) = &mut self.player else { return };
            street.judge.figures.events += 1;
            for effect in player.on(event, by_its_clock) {
                if self.is_time_to_die(now, street) {
                    return;
                }
                match effect {
                    Effect::WakeAt(at) => wake_at = Some((at - self.clock_off).max(now)),
                    Effect::Play(sound) => events.extend(self.open(sound, now, street)),
                    Effect::Record { .. }
                    | Effect::Refuse { .. }
                    | Effect::Bar { .. }
                    | Effect::Sounded(_)
                    | Effect::SetVolume { .. }
                    | Effect::Silence(_)
                    | Effect::Forget(_) => self.carry_out(effect, now, street),
                }
            }
        }
        self.wake_at = wake_at;
        if let Some(at) = wake_at.filter(|_| self.armed != wake_at) {
            self.armed = wake_at;
            street.queue.push(at, What::Timer { cluster: self.place });
        }
        if may_need {
            self.fetch(now, street);
        }
    }

    pub(super) fn timer(&mut self, now: Timestamp, street: &mut Street) {
        if self.armed.is_some_and(|it| it <= now) {
            self.armed = None;
        }
        if self.wake_at.is_some_and(|it| it <= now) {
            self.step(Event::TimerFired, now, street);
        }
    }

    fn carry_out(&mut self, effect: Effect, now: Timestamp, street: &mut Street) {
        match effect {
            Effect::Record { order, stage, report } => {
                match &report {
                    Some(Report::Ordered) => {
                        street.judge.figures.orders += 1;
                        street.judge.taken(self.place, &order, now);
                        self.outbox.push((order.play, Told::Taken));
                    }
                    Some(Report::Started { .. }) => {
                        self.outbox.push((order.play, Told::Started));
                    }
                    Some(Report::Ended(ending)) => {
                        let beside = self.sink.as_ref().filter(|it| it.from <= now);
                        let beside = beside.map(|it| it.sound.play);
                        street.judge.ended(self.place, &order, ending, beside, now);
                        self.outbox.push((order.play, Told::Ended(ending.kind)));
                    }
                    Some(Report::Cached) | None => {}
                }
                self.stored.insert(order.play, (order, stage));
            }
            Effect::Bar { play, bar } => {
                self.barred.insert(play, bar);
                self.outbox.push((play, Told::Ended(EndingKind::Stopped)));
            }
            Effect::Silence(play) => self.silence(play, now, street),
            Effect::Forget(play) => self.forget(play),
            Effect::Sounded(stretch) => {
                self.heard.insert((stretch.play, stretch.from), stretch);
            }
            // How loud it is decides nothing here.
            Effect::SetVolume { .. }
            | Effect::Refuse { .. }
            | Effect::WakeAt(_)
            | Effect::Play(_) => {}
        }
    }

    fn forget(&mut self, play: PlayId) {
        self.barred.remove(&play);
        self.heard.retain(|(of, _), _| *of != play);
        if let Some((order, _)) = self.stored.remove(&play) {
            let is_wanted =
                self.stored.values().any(|(it, _)| it.content.sha256 == order.content.sha256);
            if !is_wanted {
                self.cached.remove(&order.content.sha256);
            }
        }
    }

    /// Asks for what the player lacks, as far as it can be had.
    pub(super) fn fetch(&mut self, now: Timestamp, street: &mut Street) {
        let Some(player) = &self.player else { return };
        for content in player.needed() {
            let sha256 = content.sha256;
            let wait = if self.cached.contains(&sha256) {
                VERIFYING
            } else if self.n_cut_off == 0 {
                street.chance.between(FETCHING.0, FETCHING.1)
            } else {
                continue;
            };
            if self.fetching.insert(sha256) {
                let fetched =
                    What::Fetched { cluster: self.place, content: sha256, boot: self.boot };
                street.queue.push(now + wait, fetched);
            }
        }
    }

    pub(super) fn fetched(&mut self, sha256: Sha256, now: Timestamp, street: &mut Street) {
        self.fetching.remove(&sha256);
        let is_here = self.cached.contains(&sha256);
        if !is_here && self.n_cut_off > 0 {
            return;
        }
        if !is_here && self.n_bad_content > 0 {
            self.n_bad_content -= 1;
            street.judge.calm(self.place, now);
            let reason = "the box sent other content than was ordered".to_owned();
            return self.step(Event::ContentFailed { sha256, reason }, now, street);
        }
        self.cached.insert(sha256);
        self.step(Event::ContentCached(sha256), now, street);
    }

    /// It dies at once, or in the middle of what it does next.
    pub(super) fn cut_power(&mut self, outage: Outage, now: Timestamp, street: &mut Street) {
        match outage.after_effects {
            Some(n) => self.dies_after = Some((n, outage)),
            None => self.die(outage, now, street),
        }
    }

    fn is_time_to_die(&mut self, now: Timestamp, street: &mut Street) -> bool {
        let Some((n_left, outage)) = &mut self.dies_after else { return false };
        if *n_left > 0 {
            *n_left -= 1;
            return false;
        }
        let outage = *outage;
        street.judge.figures.cuts_in_a_step += 1;
        self.die(outage, now, street);
        true
    }

    fn die(&mut self, outage: Outage, now: Timestamp, street: &mut Street) {
        if !self.is_trusted {
            // It waits for the time already, which is one trouble and not two.
            street.judge.calm(self.place, now);
        }
        self.dies_after = None;
        self.player = None;
        self.boot += 1;
        self.waiting.clear();
        self.fetching.clear();
        self.wake_at = None;
        if let Some(sink) = self.sink.take() {
            self.heard(&sink, now, true, street);
        }
        if let Some(clock_off) = outage.clock_off {
            (self.is_trusted, self.clock_off) = (false, clock_off);
        }
        street.queue.push(now + outage.lasts, What::PowerBack { cluster: self.place });
    }

    /// Only what was stored is left.
    pub(super) fn power_back(&mut self, now: Timestamp, street: &mut Street) {
        let barred = self.barred.iter().map(|(play, bar)| (*play, *bar));
        let player = Player::restore(self.rules.clone(), self.stored.values().cloned(), barred);
        let player = player.having_heard(self.heard.values().copied());
        self.player = Some(player);
        self.step(Event::ClockTrusted(self.is_trusted), now, street);
        self.fetch(now, street);
    }

    pub(super) fn synced(&mut self, now: Timestamp, street: &mut Street) {
        (self.is_trusted, self.clock_off) = (true, SignedDuration::ZERO);
        self.step(Event::ClockTrusted(true), now, street);
    }
}
