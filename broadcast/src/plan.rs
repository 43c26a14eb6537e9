//! What will play in a window of time, and for everything that will not, why.
//!
//! Pure: the same entries and the same window give the same plan on a box, at the centre and in
//! `vong plan`. Nothing is looked up, nothing is remembered.

mod clash;

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::Priority;
use crate::quiet::QuietHours;
use crate::schedule::{Schedule, TooMany};

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

/// Whether somebody answers for the sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Approved,
    NotApproved,
}

/// Which clusters a bulletin is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Targets {
    All,
    /// Cluster ids. Never empty in a believed bulletin.
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

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason<Id> {
    NotApproved,
    Expired {
        at: Timestamp,
    },
    /// Its sound would be heard in quiet hours.
    QuietHours {
        hours: QuietHours,
    },
    /// Something of higher priority, or earlier in the calendar, sounds on the same clusters then.
    Clash {
        with: Id,
        at: Timestamp,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{id}: {source}")]
pub struct PlanError<Id: fmt::Debug + fmt::Display> {
    pub id: Id,
    pub source: TooMany,
}

/// Every start in `from..to`, in order of time, then of `entries`.
///
/// Clashes are settled by priority, then by the earlier start, then by the order of `entries`, which
/// is how a ward breaks ties. A play that began before `from` and still sounds takes part in that.
pub fn plan<Id: Clone + fmt::Debug + fmt::Display>(
    entries: &[Entry<Id>],
    quiet: Option<&QuietHours>,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Planned<Id>>, PlanError<Id>> {
    let early = look_back(entries, from);
    let mut starts = Vec::with_capacity(entries.len());
    for entry in entries {
        let listed = entry.schedule.starts(early, to);
        starts.push(listed.map_err(|source| PlanError { id: entry.id.clone(), source })?);
    }
    Ok(decide(entries, &starts, quiet, from))
}

/// As [`plan`], for a caller that keeps expansions: `starts` are those of each entry from
/// [`look_back`] to the end of the window.
pub fn decide<Id: Clone>(
    entries: &[Entry<Id>],
    starts: &[Vec<Timestamp>],
    quiet: Option<&QuietHours>,
    from: Timestamp,
) -> Vec<Planned<Id>> {
    let mut candidates = Vec::new();
    for (rank, (entry, starts)) in entries.iter().zip(starts).enumerate() {
        candidates.extend(starts.iter().map(|at| Candidate { rank, entry, at: *at }));
    }
    let held_back: Vec<Option<Reason<Id>>> =
        candidates.iter().map(|it| it.own_reason(quiet)).collect();
    let decided = clash::settle(candidates, held_back);
    let mut planned: Vec<(usize, Planned<Id>)> =
        decided.into_iter().filter(|(_, it)| it.at >= from).collect();
    planned.sort_by_key(|(rank, it)| (it.at, *rank));
    planned.into_iter().map(|(_, it)| it).collect()
}

/// Where to begin in order to decide from `from` on: twice the longest sound before it, because what
/// still sounds may itself have lost to something that began earlier.
pub fn look_back<Id>(entries: &[Entry<Id>], from: Timestamp) -> Timestamp {
    let longest = entries.iter().map(|it| it.duration).max().unwrap_or_default();
    from.checked_sub(longest.saturating_mul(2)).unwrap_or(Timestamp::MIN)
}

/// A start before anybody decided on it.
struct Candidate<'a, Id> {
    /// The place of its entry: how a ward breaks ties.
    rank: usize,
    entry: &'a Entry<Id>,
    at: Timestamp,
}

impl<Id: Clone> Candidate<'_, Id> {
    fn ends_at(&self) -> Timestamp {
        self.at.checked_add(self.entry.duration).unwrap_or(Timestamp::MAX)
    }

    /// What speaks against it, whatever else wants to play.
    fn own_reason(&self, quiet: Option<&QuietHours>) -> Option<Reason<Id>> {
        if self.entry.standing == Standing::NotApproved {
            return Some(Reason::NotApproved);
        }
        if let Some(at) = self.entry.expires_at
            && self.ends_at() > at
        {
            return Some(Reason::Expired { at });
        }
        if self.entry.priority == Priority::Emergency {
            return None;
        }
        let hours = quiet.filter(|it| it.touch(self.at, self.entry.duration))?;
        Some(Reason::QuietHours { hours: hours.clone() })
    }

    fn decided(&self, held_back: Option<Reason<Id>>) -> Planned<Id> {
        Planned {
            id: self.entry.id.clone(),
            at: self.at,
            ends_at: self.ends_at(),
            priority: self.entry.priority,
            decision: held_back.map_or(Decision::Plays, Decision::HeldBack),
        }
    }
}

impl Targets {
    pub fn contains(&self, cluster: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some(clusters) => clusters.contains(cluster),
        }
    }

    /// Is there a cluster that both are for?
    pub fn meet(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, Self::All | Self::Some(_)) | (Self::Some(_), Self::All) => true,
            (Self::Some(ours), Self::Some(theirs)) => !ours.is_disjoint(theirs),
        }
    }
}

impl<Id: fmt::Display> fmt::Display for Reason<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotApproved => f.write_str("nobody has approved it"),
            Self::Expired { at } => write!(f, "it expires at {at}, before its sound would end"),
            Self::QuietHours { hours } => {
                let time = |it: jiff::civil::Time| it.strftime("%H:%M").to_string();
                write!(
                    f,
                    "it would be heard in quiet hours, {} to {}",
                    time(hours.from()),
                    time(hours.to())
                )
            }
            Self::Clash { with, at } => write!(f, "{with} plays on the same clusters at {at}"),
        }
    }
}

impl<Id> Reason<Id> {
    /// One word for a machine.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NotApproved => "not_approved",
            Self::Expired { .. } => "expired",
            Self::QuietHours { .. } => "quiet_hours",
            Self::Clash { .. } => "clash",
        }
    }
}

#[cfg(test)]
mod tests;
