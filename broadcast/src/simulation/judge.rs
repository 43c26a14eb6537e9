//! Hears every sound and reads every record, and says which promise was broken. Knows nothing of how
//! a player comes to its decisions.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::desk::Row;
use super::{Figures, Ward};
use crate::player::{Ending, EndingKind};
use crate::{Order, PlayId, Priority, Resume};

/// Complaints that are kept in words.
const IN_WORDS: usize = 20;
/// How late a play may be by the program's own scheduling.
const ON_TIME: Duration = Duration::from_millis(1_500);
/// What may be lacking at the end of content that counts as played.
const END_SLACK: Duration = Duration::from_millis(500);
/// An order that comes later than this before its start may find its content missing.
const IN_GOOD_TIME: Duration = Duration::from_mins(10);
/// A play that ended is remembered longer than any copy of its order is on its way.
const REMEMBERED: Duration = Duration::from_hours(30 * 24);
const MINUTE: Duration = Duration::from_mins(1);

/// One stretch of sound from one horn.
#[derive(Clone, Debug)]
pub struct Sounded {
    pub cluster: usize,
    pub play: PlayId,
    pub from: Timestamp,
    pub to: Timestamp,
    /// Where in the content it began.
    pub seek: Duration,
    pub is_power_cut: bool,
    pub is_silenced: bool,
}

pub(super) struct Judge<'l> {
    pub figures: Figures,
    pub broken: Vec<String>,
    pub n_broken: u64,
    /// Is told of every sound, once it is over.
    listener: &'l mut dyn FnMut(&Sounded),
    night: Option<(Time, Time)>,
    zone: TimeZone,
    shortest_lead: Duration,
    lead: Duration,
    ears: Vec<Ear>,
}

/// What is known of one cluster.
struct Ear {
    lives: BTreeMap<PlayId, Life>,
    /// When the last sound ended, and whose it was.
    silent_since: Timestamp,
    last: Option<PlayId>,
    n_troubles: u32,
    calm_since: Timestamp,
}

/// One play on one cluster.
#[expect(clippy::struct_excessive_bools, reason = "what was heard, each fact by itself")]
struct Life {
    order: Order,
    /// When the player took the order; it may refuse.
    taken_at: Option<Timestamp>,
    /// From the bulletin, when it was ordered.
    expires_at: Option<Timestamp>,
    heard_to: Duration,
    was_heard: bool,
    /// Everything from the first sample up to `heard_to` was heard.
    is_whole: bool,
    /// Its last sound ended with the cluster's power.
    was_cut: bool,
    /// Its last sound made way for something more urgent.
    was_silenced: bool,
    /// It made way at some time, or waited for the horn: what it lost by that it may lack.
    has_lost_time: bool,
    stopped_at: Option<Timestamp>,
    ended: Option<(EndingKind, Timestamp)>,
}

impl<'l> Judge<'l> {
    pub(super) fn new(ward: &Ward, from: Timestamp, listener: &'l mut dyn FnMut(&Sounded)) -> Self {
        let ear = || Ear {
            lives: BTreeMap::new(),
            silent_since: from,
            last: None,
            n_troubles: 0,
            calm_since: from,
        };
        Self {
            figures: Figures::default(),
            broken: Vec::new(),
            n_broken: 0,
            listener,
            night: ward.policy.quiet.as_ref().map(|it| (it.from(), it.to())),
            zone: ward.policy.zone.clone(),
            shortest_lead: ward.rules.shortest_lead,
            lead: ward.rules.lead,
            ears: ward.clusters.iter().map(|_| ear()).collect(),
        }
    }

    pub(super) fn broke(&mut self, cluster: usize, play: PlayId, now: Timestamp, what: &str) {
        self.n_broken += 1;
        if self.broken.len() < IN_WORDS {
            self.broken.push(format!("{now}: cluster {cluster}, play {play}: {what}"));
        }
    }

    /// Something keeps the cluster from its work. [`Judge::calm`] follows, and an excuse ends with it.
    pub(super) fn troubled(&mut self, cluster: usize) {
        self.ears[cluster].n_troubles += 1;
    }

    pub(super) fn calm(&mut self, cluster: usize, now: Timestamp) {
        let ear = &mut self.ears[cluster];
        ear.n_troubles = ear.n_troubles.saturating_sub(1);
        ear.calm_since = now;
    }

    /// Since when nothing kept the cluster from its work.
    pub(super) fn calm_since(&self, cluster: usize) -> Option<Timestamp> {
        let ear = &self.ears[cluster];
        (ear.n_troubles == 0).then_some(ear.calm_since)
    }

    /// What the approver said about a play, before the player hears of it.
    pub(super) fn vouched(&mut self, cluster: usize, order: &Order, expires_at: Option<Timestamp>) {
        let life = Life {
            order: order.clone(),
            taken_at: None,
            expires_at,
            heard_to: Duration::ZERO,
            was_heard: false,
            is_whole: true,
            was_cut: false,
            was_silenced: false,
            has_lost_time: false,
            stopped_at: None,
            ended: None,
        };
        self.ears[cluster].lives.entry(order.play).or_insert(life);
    }

    /// The player took an order.
    pub(super) fn taken(&mut self, cluster: usize, order: &Order, now: Timestamp) {
        let Some(life) = self.ears[cluster].lives.get_mut(&order.play) else {
            return self.broke(cluster, order.play, now, "nobody approved what was taken");
        };
        life.taken_at = Some(now);
        if now > order.start_at {
            self.figures.late_orders += 1;
        }
    }

    /// A stop reached the player.
    pub(super) fn stopped(&mut self, cluster: usize, play: PlayId, now: Timestamp) {
        if let Some(life) = self.ears[cluster].lives.get_mut(&play) {
            life.stopped_at.get_or_insert(now);
        }
    }

    pub(super) fn sounded(&mut self, sounded: &Sounded) {
        let Sounded { cluster, play, from, to, .. } = *sounded;
        if from < to {
            self.figures.sounds += 1;
            self.figures.sound_seconds += to.duration_since(from).unsigned_abs().as_secs();
            self.figures.preempted += u64::from(sounded.is_silenced);
            for what in self.complaints(sounded) {
                self.broke(cluster, play, from, what);
            }
            (self.listener)(sounded);
        }
        let has_waited = self.has_waited(cluster, play);
        let ear = &mut self.ears[cluster];
        if from < to {
            (ear.silent_since, ear.last) = (to, Some(play));
        }
        if let Some(life) = ear.lives.get_mut(&play) {
            let is_new = sounded.seek > life.heard_to;
            life.is_whole &= !is_new;
            let is_again = life.order.resume == Resume::Restart && life.was_silenced;
            if is_again && sounded.seek.is_zero() {
                (life.heard_to, life.is_whole) = (Duration::ZERO, true);
            }
            if from < to {
                let length = to.duration_since(from).unsigned_abs();
                life.heard_to = life.heard_to.max(sounded.seek + length);
                life.was_heard = true;
            }
            life.was_cut |= sounded.is_power_cut;
            life.was_silenced = sounded.is_silenced;
            life.has_lost_time |= sounded.is_silenced || has_waited;
        }
    }

    fn complaints(&self, sounded: &Sounded) -> Vec<&'static str> {
        let Sounded { cluster, play, from, to, seek, .. } = *sounded;
        let ear = &self.ears[cluster];
        let Some(life) = ear.lives.get(&play) else { return vec!["nobody ordered it"] };
        let order = &life.order;
        let late = order.catch_up.max(ON_TIME) + self.shortest_lead;
        let is_urgent = order.priority == Priority::Emergency;
        let may_repeat = order.resume == Resume::Restart && life.was_silenced && seek.is_zero();
        let complaints = [
            (from < ear.silent_since, "two items at once"),
            (from < order.start_at, "it sounds before its time"),
            // What was interrupted had begun in time, and has all of its window to go on.
            (
                order.start_at + late < from && !life.was_silenced,
                "it sounds after its catch-up window",
            ),
            (order.play_until < to, "it sounds beyond its window"),
            (order.approved_by.is_empty(), "it sounds unapproved"),
            (life.expires_at.is_some_and(|it| it < to), "it sounds expired"),
            (life.ended.is_some_and(|(_, at)| at < from), "it sounds after its end"),
            (life.stopped_at.is_some_and(|it| it < from), "it sounds after it was stopped"),
            (seek < life.heard_to && !may_repeat, "a part of it sounds twice"),
            (
                life.was_cut && order.resume != Resume::Resume,
                "it sounds again after the cluster restarted",
            ),
            (!is_urgent && self.is_night(from, to), "it sounds in quiet hours"),
        ];
        complaints.into_iter().filter(|(is_so, _)| *is_so).map(|(_, what)| what).collect()
    }

    /// Looked at minute by minute.
    fn is_night(&self, from: Timestamp, to: Timestamp) -> bool {
        let Some((night_from, night_to)) = self.night else { return false };
        let mut at = from;
        while at < to {
            let time = self.zone.to_datetime(at).time();
            let (is_begun, is_over) = (time >= night_from, time >= night_to);
            let is_night =
                if night_from < night_to { is_begun && !is_over } else { is_begun || !is_over };
            if is_night {
                return true;
            }
            let next = at + MINUTE;
            // The last instant of a sound, too.
            let last = to - Duration::from_nanos(1);
            at = if next < to || at == last { next } else { last };
        }
        false
    }

    /// The player wrote a terminal record, while `beside` sounds.
    pub(super) fn ended(
        &mut self,
        cluster: usize,
        order: &Order,
        ending: &Ending,
        beside: Option<PlayId>,
        now: Timestamp,
    ) {
        self.figures.ended(ending.kind);
        // One that was interrupted and began again may have the horn for longer than its content.
        let lives = &self.ears[cluster].lives;
        let other = beside.filter(|it| *it != order.play).and_then(|it| lives.get(&it));
        let is_taken = other.is_some_and(|it| it.order.priority >= order.priority);
        let is_excused = is_taken || self.is_excused(cluster, order);
        let complaint = match self.ears[cluster].lives.get_mut(&order.play) {
            None => Some("a record of what nobody ordered"),
            Some(life) => {
                let complaint = life.complaint(ending.kind, is_excused);
                life.ended = Some((ending.kind, now));
                complaint
            }
        };
        if let Some(complaint) = complaint {
            let reason = &ending.reason;
            let what = format!("{complaint}: {} {reason}", ending.kind.as_str());
            self.broke(cluster, order.play, now, &what);
        }
        let lives = &mut self.ears[cluster].lives;
        lives.retain(|_, it| it.ended.is_none() || it.order.play_until + REMEMBERED > now);
    }

    /// Whether another play had the horn when its turn came.
    fn has_waited(&self, cluster: usize, play: PlayId) -> bool {
        let ear = &self.ears[cluster];
        let Some(life) = ear.lives.get(&play) else { return false };
        let is_other = ear.last.is_some_and(|it| it != play);
        is_other && ear.silent_since > life.order.start_at - self.lead
    }

    /// Whether something came between the order and its end.
    fn is_excused(&self, cluster: usize, order: &Order) -> bool {
        let ear = &self.ears[cluster];
        let Some(life) = ear.lives.get(&order.play) else { return false };
        let Some(taken_at) = life.taken_at else { return false };
        let is_late = taken_at + IN_GOOD_TIME > order.start_at;
        let is_taken = self.has_waited(cluster, order.play);
        let is_troubled = self.calm_since(cluster).is_none_or(|it| it > taken_at);
        is_late || is_taken || is_troubled || life.has_lost_time
    }

    /// A row that is over for good: what the box says is what its clusters said.
    pub(super) fn row(&mut self, row: &Row, now: Timestamp) {
        let play = row.order.play;
        if !row.is_closed {
            self.broke(0, play, now, "the box never closed it");
        }
        for target in &row.targets {
            let life = self.ears[target.cluster].lives.get(&play);
            let record = life.and_then(|it| it.ended).map(|(kind, _)| kind);
            let complaint = match (target.ended, record) {
                (None, _) => "the box has no terminal record of it",
                (Some((_, true)), Some(_)) => "its record never reached the box",
                (Some((kind, false)), Some(other)) if kind != other => "two different records",
                (Some((_, is_by_box)), _) => {
                    self.figures.written_by_box += u64::from(is_by_box);
                    continue;
                }
            };
            self.broke(target.cluster, play, now, complaint);
        }
    }

    /// At the very end: no player owes a record any more.
    pub(super) fn close(&mut self, now: Timestamp) {
        for cluster in 0..self.ears.len() {
            let lives = self.ears[cluster].lives.values();
            let open = lives.filter(|it| it.taken_at.is_some() && it.ended.is_none());
            let open: Vec<PlayId> = open.map(|it| it.order.play).collect();
            for play in open {
                self.broke(cluster, play, now, "it has no terminal record");
            }
        }
    }
}

impl Life {
    fn complaint(&self, kind: EndingKind, is_excused: bool) -> Option<&'static str> {
        if self.ended.is_some() {
            return Some("a second terminal record");
        }
        let is_all = self.is_whole && self.heard_to + END_SLACK >= self.order.content.duration;
        match kind {
            EndingKind::Played if !is_all => Some("not all of it was heard"),
            EndingKind::Missed if self.was_heard => Some("some of it was heard"),
            EndingKind::Missed | EndingKind::Partial if !is_excused => {
                Some("it was silent without a reason")
            }
            EndingKind::Played | EndingKind::Partial | EndingKind::Missed | EndingKind::Stopped => {
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
