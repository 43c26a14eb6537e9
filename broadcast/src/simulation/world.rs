//! Lets time pass: what is due next happens, and what follows from it is put into the queue.

mod deed;

use std::time::Duration;

use jiff::Timestamp;

use super::chance::Chance;
use super::cluster::{Cluster, Street};
use super::desk::{Desk, News};
use super::judge::{Judge, Sounded};
use super::queue::{Queue, What};
use super::{Outcome, Scenario};
use crate::PlayId;
use crate::player::Event;

/// What is left over at the end of a scenario is over after this: a week without a link, and a day.
const AFTERWARDS: Duration = Duration::from_hours(8 * 24);
/// A message on its way, from a good link to a bad one.
const ON_ITS_WAY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(3));
/// Of a thousand messages so many are lost, and as many come twice.
const LOST: u64 = 10;
/// An order that was not acknowledged is sent again after this, then twice as long, up to ...
const RESEND_FIRST: Duration = Duration::from_secs(15);
/// ... this many doublings.
const RESEND_DOUBLINGS: u32 = 4;
/// Until a cluster knows the time that it asks its box for.
const SYNCING: (Duration, Duration) = (Duration::from_secs(3), Duration::from_mins(1));
/// A recall reaches a cluster that nothing keeps from it within this.
const RECALLED_WITHIN: Duration = Duration::from_mins(5);

pub(super) struct World<'a, 'l> {
    scenario: &'a Scenario,
    queue: Queue,
    chance: Chance,
    judge: Judge<'l>,
    desk: Desk<'a>,
    clusters: Vec<Cluster>,
    /// The box has no power until then.
    down_until: Option<Timestamp>,
}

impl<'a, 'l> World<'a, 'l> {
    pub(super) fn new(scenario: &'a Scenario, listener: &'l mut dyn FnMut(&Sounded)) -> Self {
        let Scenario { ward, from, to, seed, .. } = scenario;
        let mut queue = Queue::default();
        let mut chance = Chance::new(*seed);
        let mut judge = Judge::new(ward, *from, listener);
        for (nth, (at, _)) in scenario.script.iter().enumerate() {
            queue.push(*at, What::Deed(nth));
        }
        queue.push(*from, What::Round);
        let mut street = Street { queue: &mut queue, judge: &mut judge, chance: &mut chance };
        let clusters =
            (0..ward.clusters.len()).map(|it| Cluster::new(it, &ward.rules, *from, &mut street));
        let clusters = clusters.collect();
        let desk = Desk::new(ward, *from, *to);
        Self { scenario, queue, chance, judge, desk, clusters, down_until: None }
    }

    pub(super) fn run(mut self) -> Outcome {
        let end = self.scenario.to + AFTERWARDS;
        while let Some((now, what)) = self.queue.pop() {
            if now > end {
                break;
            }
            self.happens(what, now);
        }
        self.close(end);
        let Judge { mut figures, broken, n_broken, .. } = self.judge;
        figures.rounds = self.desk.n_rounds;
        figures.starts = u64::try_from(self.desk.n_recorded()).unwrap_or(u64::MAX);
        Outcome { figures, broken, n_broken }
    }

    fn close(&mut self, end: Timestamp) {
        for nth in 0..self.scenario.ward.bulletins.len() {
            self.check_recorded(nth, self.scenario.to);
        }
        for row in std::mem::take(&mut self.desk.book).all() {
            self.judge.row(&row, end);
        }
        self.judge.close(end);
    }

    fn happens(&mut self, what: What, now: Timestamp) {
        match what {
            What::Deed(nth) => self.deed(nth, now),
            What::Round => {
                self.round(now);
                for row in self.desk.book.archive(now) {
                    self.judge.row(&row, now);
                }
                self.queue.push(now + self.scenario.ward.terms.round, What::Round);
            }
            What::LastCall(play) => self.last_call(play, now),
            What::Arrives { cluster, play, is_stop, n_tries } => {
                self.arrives(cluster, play, is_stop, n_tries, now);
            }
            What::Timer { cluster } => self.cluster(cluster, |it, street| it.timer(now, street)),
            What::SoundStarts { cluster, sound } => {
                self.cluster(cluster, |it, street| it.sound_starts(sound, now, street));
                self.check_recalled(cluster, now);
            }
            What::SoundEnds { cluster, sound } => {
                self.cluster(cluster, |it, street| it.sound_ends(sound, now, street));
            }
            What::Fetched { cluster, content, boot } => {
                if self.clusters[cluster].boot == boot {
                    self.cluster(cluster, |it, street| it.fetched(content, now, street));
                }
            }
            What::PowerBack { cluster } => self.power_back(cluster, now),
            What::Synced { cluster, boot } => self.synced(cluster, boot, now),
            What::LinkBack { cluster } => self.reached(cluster, now),
            What::BoxBack => self.box_back(now),
        }
    }

    /// Something happens to a cluster, and its box hears of it if it can.
    fn cluster(&mut self, nth: usize, act: impl FnOnce(&mut Cluster, &mut Street<'_, 'l>)) {
        let cluster = &mut self.clusters[nth];
        let mut street =
            Street { queue: &mut self.queue, judge: &mut self.judge, chance: &mut self.chance };
        act(cluster, &mut street);
        if cluster.is_online() {
            for (play, told) in cluster.outbox.drain(..) {
                self.desk.book.receive(nth, play, told);
            }
        }
    }

    fn round(&mut self, now: Timestamp) {
        if self.down_until.is_some() {
            return;
        }
        let News { to_send, last_calls, n_withdrawn, n_held_back, n_emergencies } =
            self.desk.round(now);
        let figures = &mut self.judge.figures;
        figures.withdrawn += n_withdrawn;
        figures.held_back += n_held_back;
        figures.emergencies += n_emergencies;
        for (play, at) in last_calls {
            self.queue.push(at, What::LastCall(play));
        }
        for play in to_send {
            for cluster in 0..self.clusters.len() {
                self.send(play, cluster, 0, now);
            }
        }
    }

    /// Sends what a cluster has not acknowledged of a play, if there is a way now.
    fn send(&mut self, play: PlayId, cluster: usize, n_tries: u32, now: Timestamp) {
        if !self.clusters[cluster].is_online() {
            return;
        }
        if let Some(is_stop) = self.desk.book.errand(play, cluster, now) {
            self.desk.book.sent(play, cluster);
            let at = now + self.chance.between(ON_ITS_WAY.0, ON_ITS_WAY.1);
            self.queue.push(at, What::Arrives { cluster, play, is_stop, n_tries });
        }
    }

    fn arrives(&mut self, nth: usize, play: PlayId, is_stop: bool, n_tries: u32, now: Timestamp) {
        if !self.clusters[nth].is_online() {
            // It is sent again when the cluster greets.
            return;
        }
        if self.chance.per_mille(LOST) {
            let wait = RESEND_FIRST * (1 << n_tries.min(RESEND_DOUBLINGS));
            if self.desk.book.errand(play, nth, now).is_some() {
                let n_tries = n_tries + 1;
                let what = What::Arrives { cluster: nth, play, is_stop, n_tries };
                self.queue.push(now + wait, what);
            }
            return;
        }
        if !self.clusters[nth].is_trusted {
            return self.clusters[nth].waiting.push((play, is_stop));
        }
        self.obey(nth, play, is_stop, now);
        if self.chance.per_mille(LOST) {
            self.obey(nth, play, is_stop, now);
        }
    }

    /// What the intake of a cluster lets through.
    fn obey(&mut self, nth: usize, play: PlayId, is_stop: bool, now: Timestamp) {
        let Some(row) = self.desk.book.get(play).filter(|it| now <= it.order.play_until) else {
            return;
        };
        let order = row.order.clone();
        if is_stop {
            let boot = self.clusters[nth].boot;
            let event = Event::StopOrdered { play, owner_level: order.owner_level };
            self.cluster(nth, |it, street| it.step(event, now, street));
            // One that died before the stop was stored has never heard of it, and gets it again.
            if self.clusters[nth].boot == boot {
                self.judge.stopped(nth, play, now);
            }
            return;
        }
        if !self.desk.was_approved(row) || order.check(now).is_err() {
            return self.judge.broke(nth, play, now, "an order that no cluster should get");
        }
        self.judge.vouched(nth, &order, self.desk.expires_at(row));
        self.cluster(nth, |it, street| it.step(Event::Ordered(order), now, street));
    }

    fn last_call(&mut self, play: PlayId, now: Timestamp) {
        if self.down_until.is_none() {
            self.desk.book.last_call(play, now, self.scenario.ward.terms.patience);
        }
    }

    fn power_back(&mut self, nth: usize, now: Timestamp) {
        self.cluster(nth, |it, street| it.power_back(now, street));
        if self.clusters[nth].is_trusted {
            self.judge.calm(nth, now);
        } else {
            self.judge.figures.untrusted_boots += 1;
            self.ask_the_time(nth, now);
        }
        self.greet(nth, now);
    }

    fn ask_the_time(&mut self, nth: usize, now: Timestamp) {
        let cluster = &self.clusters[nth];
        if cluster.has_power() && !cluster.is_trusted {
            let what = What::Synced { cluster: nth, boot: cluster.boot };
            self.queue.push(now + self.chance.between(SYNCING.0, SYNCING.1), what);
        }
    }

    fn synced(&mut self, nth: usize, boot: u32, now: Timestamp) {
        let cluster = &mut self.clusters[nth];
        if cluster.boot != boot || cluster.is_trusted || !cluster.is_online() {
            return;
        }
        let waiting = std::mem::take(&mut cluster.waiting);
        self.judge.calm(nth, now);
        self.cluster(nth, |it, street| it.synced(now, street));
        for (play, is_stop) in waiting {
            self.obey(nth, play, is_stop, now);
        }
    }

    /// One of the reasons why it was cut off is gone.
    fn reached(&mut self, nth: usize, now: Timestamp) {
        self.judge.calm(nth, now);
        self.clusters[nth].n_cut_off -= 1;
        if self.clusters[nth].is_online() {
            self.cluster(nth, |it, street| it.fetch(now, street));
            self.ask_the_time(nth, now);
            self.greet(nth, now);
        }
    }

    /// What a cluster that came online has not acknowledged is sent to it now.
    fn greet(&mut self, nth: usize, now: Timestamp) {
        if self.down_until.is_none() && self.clusters[nth].is_online() {
            for play in self.desk.book.open_plays() {
                self.send(play, nth, 0, now);
            }
        }
    }

    fn box_back(&mut self, now: Timestamp) {
        self.down_until = None;
        for nth in 0..self.clusters.len() {
            self.reached(nth, now);
        }
        for play in self.desk.book.open_plays() {
            self.last_call(play, now);
        }
        self.round(now);
    }

    /// A play that was withdrawn does not begin on a cluster which could hear of that.
    fn check_recalled(&mut self, nth: usize, now: Timestamp) {
        let Some(play) = self.clusters[nth].sounding(now) else { return };
        let Some(recalled_at) = self.desk.book.get(play).and_then(|it| it.withdrawn_at) else {
            return;
        };
        let could_hear = self.judge.calm_since(nth).is_some_and(|it| it <= recalled_at);
        if could_hear && recalled_at + RECALLED_WITHIN < now {
            self.judge.broke(nth, play, now, "it begins although its approval fell");
        }
    }
}
