//! The ward's calendar as the planner sees it, and what has to change in the database for it. Pure:
//! rows in, changes out.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use broadcast::PlayId;
use broadcast::plan::{Decision, Entry, Planned, Standing, Targets, decide, look_back};
use broadcast::quiet::QuietHours;
use broadcast::schedule::{Expansion, Schedule, TooMany};
use jiff::Timestamp;
use tracing::error;
use uuid::Uuid;

use super::row::Kept;
use super::target::PlaceMap;
use super::view::PlayStage;

/// What a schedule is answered with.
const PREVIEWED: usize = 10;
const PREVIEW_WINDOWS: [Duration; 2] =
    [Duration::from_hours(8 * 24), Duration::from_hours(366 * 24)];

/// Bulletins in the calendar with what their rules came to last time.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    expansions: HashMap<Uuid, Expansion>,
}

/// A play that is in the database already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub id: PlayId,
    /// The start that the calendar gave.
    pub start_at: Timestamp,
    pub stage: PlayStage,
    pub is_closed: bool,
    pub play_until: Timestamp,
    /// Whether the approval that it was decided on still stands, for the same sound.
    pub is_approved: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Begin: write the play and order it.
    Order { id: PlayId, start_at: Timestamp },
    /// Write it down with its reason, and stay silent.
    HoldBack(PlayId, String),
    /// Its time came while nobody looked.
    Missed(PlayId, String),
    /// What was held back may play after all.
    Promote(PlayId),
    /// What was ordered must not play any more.
    Withdraw(PlayId, String),
    /// Was held back, and is not in the calendar any more.
    Forget(PlayId),
}

impl Calendar {
    /// The plan for `from..to`. A bulletin whose rule became too long to expand is left out, with an
    /// error in the log: it must not silence the others.
    pub(super) fn plan(
        &mut self,
        scheduled: &[Kept],
        map: &PlaceMap,
        quiet: Option<&QuietHours>,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<Planned<Uuid>> {
        self.expansions.retain(|id, _| scheduled.iter().any(|it| it.view.id == *id));
        let entries: Vec<Entry<Uuid>> = scheduled.iter().filter_map(entry).collect();
        let early = look_back(&entries, from);
        let starts: Vec<Vec<Timestamp>> = entries
            .iter()
            .map(|entry| {
                self.starts(entry, early, to).unwrap_or_else(|err| {
                    error!(bulletin = %entry.id, %err, "a rule cannot be expanded any more");
                    Vec::new()
                })
            })
            .collect();
        let (entries, starts) = map.by_reach(scheduled, entries, starts);
        decide(&entries, &starts, quiet, from)
    }

    fn starts(
        &mut self,
        entry: &Entry<Uuid>,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Timestamp>, TooMany> {
        let Schedule::Rule(rule) = &entry.schedule else { return entry.schedule.starts(from, to) };
        let kept = self.expansions.entry(entry.id).or_insert_with(|| Expansion::new(rule.clone()));
        if kept.rule() != rule {
            *kept = Expansion::new(rule.clone());
        }
        Ok(kept.starts(from, to)?.to_vec())
    }
}

/// The first starts of one bulletin among all others.
pub(super) fn preview(
    scheduled: &[Kept],
    map: &PlaceMap,
    quiet: Option<&QuietHours>,
    id: Uuid,
    now: Timestamp,
) -> Vec<Planned<Uuid>> {
    let mut calendar = Calendar::default();
    for window in PREVIEW_WINDOWS {
        let to = now.checked_add(window).unwrap_or(Timestamp::MAX);
        let mut next = calendar.plan(scheduled, map, quiet, now, to);
        next.retain(|it| it.id == id);
        if !next.is_empty() {
            next.truncate(PREVIEWED);
            return next;
        }
    }
    Vec::new()
}

fn entry(kept: &Kept) -> Option<Entry<Uuid>> {
    let view = &kept.view;
    let standing = if view.approval.is_some() { Standing::Approved } else { Standing::NotApproved };
    Some(Entry {
        id: view.id,
        schedule: view.schedule.clone()?,
        duration: view.content.duration,
        priority: view.priority,
        // Of each start: see `PlaceMap::by_reach`.
        targets: Targets::All,
        standing,
        expires_at: view.expires_at,
    })
}

/// What must change so that the database says what the plan says. `planned` begins where the last
/// look ended, so what lies between that and `now` was slept through. `asked_since`: starts before it
/// were never asked for.
pub(super) fn reconcile(
    planned: &[Planned<Uuid>],
    known: &[Known],
    asked_since: &HashMap<Uuid, Timestamp>,
    now: Timestamp,
) -> Vec<Change> {
    let mut latest: HashMap<(Uuid, Timestamp), &Known> = HashMap::new();
    for play in known {
        let slot = latest.entry((play.id.bulletin, play.start_at)).or_insert(play);
        if slot.id < play.id {
            *slot = play;
        }
    }
    let mut wanted = HashSet::new();
    let mut changes = Vec::new();
    for start in planned {
        if asked_since.get(&start.id).is_some_and(|since| start.at < *since) {
            continue;
        }
        wanted.insert((start.id, start.at));
        let known = latest.get(&(start.id, start.at)).copied();
        changes.extend(match known {
            None => Some(first_change(start, now)),
            Some(known) => change(known, &start.decision, now),
        });
    }
    let open = known.iter().filter(|it| !it.is_closed);
    changes.extend(open.filter_map(|it| {
        let is_wanted = wanted.contains(&(it.id.bulletin, it.start_at));
        unwanted(it, is_wanted, now)
    }));
    changes
}

fn first_change(start: &Planned<Uuid>, now: Timestamp) -> Change {
    let id = PlayId { bulletin: start.id, occurrence: start.at };
    match &start.decision {
        Decision::HeldBack(reason) => Change::HoldBack(id, reason.to_string()),
        Decision::Plays if start.at <= now => {
            let reason = "the box was not running, or its clock was not trusted";
            Change::Missed(id, reason.to_owned())
        }
        Decision::Plays => Change::Order { id, start_at: start.at },
    }
}

fn change(known: &Known, decision: &Decision<Uuid>, now: Timestamp) -> Option<Change> {
    let Known { id, start_at, .. } = *known;
    let is_past = start_at <= now;
    match (known.stage, decision) {
        (PlayStage::HeldBack, Decision::Plays) if !is_past => Some(Change::Promote(id)),
        (PlayStage::Ordered, Decision::HeldBack(reason)) if !is_past => {
            Some(Change::Withdraw(id, reason.to_string()))
        }
        // A cluster that was told to stop a play never takes it again. So what plays after all gets
        // another name: the next millisecond, and the same start.
        (PlayStage::Withdrawn, Decision::Plays) if !is_past => {
            let occurrence = id.occurrence.checked_add(Duration::from_millis(1)).ok()?;
            Some(Change::Order { id: PlayId { occurrence, ..id }, start_at })
        }
        // As it should be, or too late to change.
        (
            PlayStage::HeldBack | PlayStage::Ordered | PlayStage::Withdrawn | PlayStage::Closed,
            Decision::Plays | Decision::HeldBack(_),
        ) => None,
    }
}

/// An open play that the plan does not speak for.
fn unwanted(known: &Known, is_wanted: bool, now: Timestamp) -> Option<Change> {
    let is_ahead = known.start_at > now;
    match known.stage {
        PlayStage::Ordered if !known.is_approved && known.play_until > now => {
            Some(Change::Withdraw(known.id, "its approval does not stand any more".to_owned()))
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
