//! What will play in a window of time, and for everything that will not, why.
//!
//! Pure: the same entries and the same window give the same plan on a box, at the centre and in
//! `vong plan`. Nothing is looked up, nothing is remembered.

mod candidate;
mod clash;
mod ledger;
mod policy;
mod reason;
mod standing;
mod tie;

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use candidate::Candidate;
use jiff::Timestamp;

use crate::Priority;
use crate::schedule::{Schedule, TooMany};

pub use policy::{Begun, Item, Policy, Reach};
pub use reason::{Cause, Reason};
pub use standing::Standing;
pub use tie::{Ground, Tie, UnknownTie};

/// One thing that wants to play. `Id` is whatever the caller names its bulletins by.
#[derive(Clone, Debug)]
pub struct Entry<Id> {
    pub id: Id,
    pub schedule: Schedule,
    /// How long it sounds.
    pub duration: Duration,
    pub priority: Priority,
    pub targets: Targets,
    pub standing: Standing,
    /// Nothing of it plays at or after this instant.
    pub expires_at: Option<Timestamp>,
}

/// Which clusters a bulletin is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Targets {
    All,
    /// Cluster ids. Empty where places have none on that day: what is for nobody is held back.
    Some(BTreeSet<String>),
}

/// A start that the calendar gives, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned<Id> {
    pub id: Id,
    pub at: Timestamp,
    /// When its sound would end.
    pub ends_at: Timestamp,
    pub priority: Priority,
    pub decision: Decision<Id>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision<Id> {
    Plays,
    HeldBack(Reason<Id>),
}

/// A start with all that can be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained<Id> {
    /// The instant that the schedule gave (RFC 5545 RECURRENCE-ID). `planned.at` is another if a day rule
    /// moved the play.
    pub occurrence: Timestamp,
    pub planned: Planned<Id>,
    /// Worth knowing of one that plays; empty if it is in the calendar and nothing speaks against it.
    pub because: Vec<Cause<Id>>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{id}: {source}")]
pub struct PlanError<Id: fmt::Debug + fmt::Display> {
    pub id: Id,
    pub source: TooMany,
}

/// Every start in `from..to` and what the ward's rules make of it, in order of time, then of `items`.
/// The order of `items` is the ward's list, which breaks the last ties.
///
/// Each start of each schedule is there exactly once, in the window that its play falls into. The answer
/// for an instant does not depend on the window, but for chains of clashes longer than twice the longest
/// sound.
pub fn explain<Id: Clone + fmt::Debug + fmt::Display>(
    items: &[Item<'_, Id>],
    policy: &Policy,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Explained<Id>>, PlanError<Id>> {
    let reach = policy.reach(items, from, to).starts;
    let mut starts = Vec::with_capacity(items.len());
    for Item { entry, .. } in items {
        let listed = entry.schedule.starts(reach.start, reach.end);
        starts.push(listed.map_err(|source| PlanError { id: entry.id.clone(), source })?);
    }
    Ok(explain_starts(items, &starts, policy, from, to))
}

/// As [`explain`], for a caller that keeps expansions: `starts` are those of each item in
/// [`Reach::starts`] of this policy and window.
pub fn explain_starts<Id: Clone>(
    items: &[Item<'_, Id>],
    starts: &[Vec<Timestamp>],
    policy: &Policy,
    from: Timestamp,
    to: Timestamp,
) -> Vec<Explained<Id>> {
    let reach = policy.reach(items, from, to).plays;
    let candidates = candidate::all(items, starts, &policy.zone, &reach);
    in_window(clash::settle(candidates, policy), from, to)
}

fn in_window<Id>(
    mut decided: Vec<(usize, Explained<Id>)>,
    from: Timestamp,
    to: Timestamp,
) -> Vec<Explained<Id>> {
    decided.retain(|(_, it)| from <= it.planned.at && it.planned.at < to);
    decided.sort_by_key(|(rank, it)| (it.planned.at, *rank, it.occurrence));
    decided.into_iter().map(|(_, it)| it).collect()
}

impl Targets {
    pub fn contains(&self, cluster: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some(clusters) => clusters.contains(cluster),
        }
    }

    pub fn is_nobody(&self) -> bool {
        *self == Self::Some(BTreeSet::new())
    }

    /// Is there a cluster that both are for?
    pub fn meet(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, Self::All | Self::Some(_)) | (Self::Some(_), Self::All) => true,
            (Self::Some(ours), Self::Some(theirs)) => !ours.is_disjoint(theirs),
        }
    }
}

#[cfg(test)]
mod tests;
