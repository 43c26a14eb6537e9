//! What a box writes down and orders so that its rows say what the plan says. Pure: the plan and the
//! rows in, changes out.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use crate::PlayId;

/// How far a play has come in the box's own books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlayStage {
    /// The calendar wanted it and the rules did not.
    HeldBack,
    /// Clusters have their orders, or get them as soon as they can be reached.
    Ordered,
    /// It was ordered, and then stopped: an edit, another schedule.
    Withdrawn,
    /// Every cluster has told how it went, or can no longer.
    Closed,
}

impl PlayStage {
    pub const ALL: [Self; 4] = [Self::HeldBack, Self::Ordered, Self::Withdrawn, Self::Closed];

    /// As in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HeldBack => "held_back",
            Self::Ordered => "ordered",
            Self::Withdrawn => "withdrawn",
            Self::Closed => "closed",
        }
    }
}

/// A play that the box has a row for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    pub id: PlayId,
    /// The instant that the schedule gave. The id's is it, or a few milliseconds later.
    pub recurrence: Timestamp,
    pub start_at: Timestamp,
    pub stage: PlayStage,
    pub is_closed: bool,
    pub play_until: Timestamp,
    /// Whether the approval that it was decided on still stands, for the same sound.
    pub is_approved: bool,
    /// Whether somebody took its bulletin out of the calendar, and put nothing in its place.
    pub is_called_off: bool,
    pub told: Told,
}

/// What the clusters of a play have told of its sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Some started it.
    Started,
    /// None did, and some may have its order.
    NotYet,
    /// None did, and none will.
    Silence,
}

/// A start that the plan has an opinion of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub bulletin: Uuid,
    /// The instant that the schedule gave.
    pub recurrence: Timestamp,
    pub at: Timestamp,
    pub verdict: Verdict,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Plays,
    HeldBack(String),
    /// Not a day of its schedule, which is nothing to write down: "only on rằm" is silent on 353 days.
    Absent(String),
}

/// A play as it is to be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    pub id: PlayId,
    pub recurrence: Timestamp,
    pub start_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Begin: write the play and order it.
    Order(Start),
    /// Write it down with its reason, and stay silent.
    HoldBack(Start, String),
    /// Its time came while nobody looked.
    Missed(Start, String),
    /// What was held back may play after all.
    Promote(PlayId),
    /// What was ordered must not play any more.
    Withdraw(PlayId, String),
    /// Was held back, and is not in the calendar any more.
    Forget(PlayId),
}

impl Known {
    /// It sounds or has sounded; or it may, on a cluster that tells later.
    pub fn is_begun(&self, now: Timestamp) -> bool {
        let is_ordered = self.stage == PlayStage::Ordered && !self.is_closed;
        let sounds = match self.told {
            Told::Started => true,
            Told::NotYet => is_ordered,
            Told::Silence => false,
        };
        sounds && self.start_at <= now
    }
}

/// What must change so that the rows say what the plan says. `planned` begins where the last
/// look ended, so what lies between that and `now` was slept through. `asked_since`: starts before it
/// were never asked for.
pub fn reconcile(
    planned: &[Wanted],
    known: &[Known],
    asked_since: &HashMap<Uuid, Timestamp, impl BuildHasher>,
    now: Timestamp,
) -> Vec<Change> {
    let latest = latest(known);
    let mut wanted = HashSet::new();
    let mut changes = Vec::new();
    for start in planned {
        if asked_since.get(&start.bulletin).is_some_and(|since| start.at < *since) {
            continue;
        }
        wanted.insert((start.bulletin, start.recurrence));
        match latest.get(&(start.bulletin, start.recurrence)).copied() {
            None => changes.extend(first_change(start, now)),
            Some(known) if known.start_at == start.at => changes.extend(change(known, start, now)),
            Some(known) => changes.extend(moved(known, start, now)),
        }
    }
    let open = known.iter().filter(|it| !it.is_closed);
    changes.extend(open.filter_map(|it| {
        let is_wanted = wanted.contains(&(it.id.bulletin, it.recurrence));
        unwanted(it, is_wanted, now)
    }));
    changes
}

/// Of plays with one recurrence, the one that was named last.
pub fn latest(known: &[Known]) -> HashMap<(Uuid, Timestamp), &Known> {
    let mut latest: HashMap<(Uuid, Timestamp), &Known> = HashMap::new();
    for play in known {
        let slot = latest.entry((play.id.bulletin, play.recurrence)).or_insert(play);
        if slot.id < play.id {
            *slot = play;
        }
    }
    latest
}

fn first_change(wanted: &Wanted, now: Timestamp) -> Option<Change> {
    let id = PlayId { bulletin: wanted.bulletin, occurrence: wanted.recurrence };
    let start = Start { id, recurrence: wanted.recurrence, start_at: wanted.at };
    match &wanted.verdict {
        Verdict::Absent(_) => None,
        Verdict::HeldBack(reason) => Some(Change::HoldBack(start, reason.clone())),
        Verdict::Plays if wanted.at <= now => {
            let reason = "the box was not running, or its clock was not trusted";
            Some(Change::Missed(start, reason.to_owned()))
        }
        Verdict::Plays => Some(Change::Order(start)),
    }
}

fn change(known: &Known, wanted: &Wanted, now: Timestamp) -> Option<Change> {
    let Known { id, start_at, .. } = *known;
    if start_at <= now {
        // Too late to change.
        return None;
    }
    match (known.stage, &wanted.verdict) {
        (PlayStage::HeldBack, Verdict::Plays) => Some(Change::Promote(id)),
        (PlayStage::HeldBack, Verdict::Absent(_)) => Some(Change::Forget(id)),
        (PlayStage::Ordered, Verdict::HeldBack(reason) | Verdict::Absent(reason)) => {
            Some(Change::Withdraw(id, reason.clone()))
        }
        (PlayStage::Withdrawn, Verdict::Plays) => Some(Change::Order(again(known, start_at)?)),
        // As it should be.
        (PlayStage::Ordered | PlayStage::Closed, Verdict::Plays)
        | (PlayStage::HeldBack, Verdict::HeldBack(_))
        | (PlayStage::Withdrawn | PlayStage::Closed, Verdict::HeldBack(_) | Verdict::Absent(_)) => {
            None
        }
    }
}

/// A day rule or its layer changed: what was to play at one time is to play at another.
fn moved(known: &Known, wanted: &Wanted, now: Timestamp) -> Vec<Change> {
    if known.start_at <= now {
        // It has played, or its end was told: an occurrence ends once.
        return Vec::new();
    }
    let mut changes = Vec::new();
    match (known.stage, &wanted.verdict) {
        (PlayStage::HeldBack, _) => {
            changes.push(Change::Forget(known.id));
            changes.extend(first_change(wanted, now));
        }
        (PlayStage::Ordered, Verdict::HeldBack(reason) | Verdict::Absent(reason)) => {
            changes.push(Change::Withdraw(known.id, reason.clone()));
        }
        (PlayStage::Ordered, Verdict::Plays) => {
            changes.push(Change::Withdraw(known.id, "it moved to another time".to_owned()));
            changes.extend(again(known, wanted.at).filter(|_| wanted.at > now).map(Change::Order));
        }
        (PlayStage::Withdrawn, Verdict::Plays) => {
            changes.extend(again(known, wanted.at).filter(|_| wanted.at > now).map(Change::Order));
        }
        (PlayStage::Withdrawn, Verdict::HeldBack(_) | Verdict::Absent(_))
        | (PlayStage::Closed, _) => {}
    }
    changes
}

/// A cluster that was told to stop a play never takes it again. So what plays after all gets another
/// name: the next millisecond.
fn again(known: &Known, start_at: Timestamp) -> Option<Start> {
    let Known { id, recurrence, .. } = *known;
    let occurrence = id.occurrence.checked_add(Duration::from_millis(1)).ok()?;
    Some(Start { id: PlayId { occurrence, ..id }, recurrence, start_at })
}

/// An open play that the plan does not speak for.
fn unwanted(known: &Known, is_wanted: bool, now: Timestamp) -> Option<Change> {
    let is_ahead = known.start_at > now;
    match known.stage {
        PlayStage::Ordered if !known.is_approved && known.play_until > now => {
            Some(Change::Withdraw(known.id, "its approval does not stand any more".to_owned()))
        }
        PlayStage::Ordered if known.is_called_off && known.play_until > now => {
            Some(Change::Withdraw(known.id, "somebody took it out of the calendar".to_owned()))
        }
        PlayStage::Ordered if is_ahead && !is_wanted => {
            Some(Change::Withdraw(known.id, "it is not in the calendar any more".to_owned()))
        }
        PlayStage::HeldBack if is_ahead && !is_wanted => Some(Change::Forget(known.id)),
        PlayStage::Ordered | PlayStage::HeldBack | PlayStage::Withdrawn | PlayStage::Closed => None,
    }
}

#[cfg(test)]
mod tests;
