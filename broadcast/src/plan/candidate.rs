//! A start before anybody decided on it, and what speaks against it whatever else wants to play.

use std::ops::Range;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Cause, Decision, Explained, Item, Planned, Policy, Reason, Standing};
use crate::Priority;
use crate::calendar::{Effect, Verdict, judge};
use crate::quiet::QuietHours;

pub(super) struct Candidate<'a, Id> {
    /// The place of its item: how a ward breaks ties.
    pub rank: usize,
    pub item: &'a Item<'a, Id>,
    /// What the schedule gave.
    pub occurrence: Timestamp,
    /// When it would sound.
    pub at: Timestamp,
    /// The layer that it moved away from, and what that calls the day.
    pub moved: Option<(String, String)>,
    pub is_begun: bool,
    /// What its own day rules say.
    day_reason: Option<Reason<Id>>,
}

/// All starts whose plays are in `plays`, in no order. What has begun is among them, even if no schedule
/// gives it any more.
pub(super) fn all<'a, Id: Clone>(
    items: &'a [Item<'a, Id>],
    starts: &[Vec<Timestamp>],
    zone: &TimeZone,
    plays: &Range<Timestamp>,
) -> Vec<Candidate<'a, Id>> {
    let mut candidates = Vec::new();
    for (rank, (item, starts)) in items.iter().zip(starts).enumerate() {
        candidates.extend(item.begun.iter().map(|it| Candidate {
            rank,
            item,
            occurrence: it.occurrence,
            at: it.at,
            moved: None,
            is_begun: true,
            day_reason: None,
        }));
        // Starts are given for a month around where some items move, and most items do not.
        let moves = item.days.iter().any(|it| matches!(it.effect, Effect::Move(_)));
        let near = starts.iter().filter(|at| moves || plays.contains(at));
        let ahead = near.filter(|at| item.begun.iter().all(|it| it.occurrence != **at));
        candidates.extend(ahead.map(|at| Candidate::new(rank, item, *at, zone)));
    }
    candidates.retain(|it| plays.contains(&it.at));
    candidates
}

impl<'a, Id: Clone> Candidate<'a, Id> {
    fn new(rank: usize, item: &'a Item<'a, Id>, occurrence: Timestamp, zone: &TimeZone) -> Self {
        let (mut at, mut moved, mut day_reason) = (occurrence, None, None);
        match judge(item.days, occurrence, zone) {
            Verdict::AsPlanned => {}
            Verdict::Moved { to, layer, label } => (at, moved) = (to, Some((layer, label))),
            Verdict::On { layer, label } => day_reason = Some(Reason::DayOff { layer, label }),
            Verdict::NotOn { layer } => day_reason = Some(Reason::OtherDay { layer }),
            Verdict::NoDay { layer } => day_reason = Some(Reason::NoDay { layer }),
        }
        Self { rank, item, occurrence, at, moved, is_begun: false, day_reason }
    }

    /// What speaks against it, whatever else wants to play. Nothing does once it has begun.
    pub(super) fn own_reason(&self, quiet: Option<&QuietHours>) -> Option<Reason<Id>> {
        if self.is_begun {
            return None;
        }
        let entry = self.item.entry;
        if let Some(reason) = self.approval_reason() {
            return Some(reason);
        }
        if entry.targets.is_nobody() {
            return Some(Reason::NoCluster);
        }
        if let Some(at) = entry.expires_at
            && self.ends_at() > at
        {
            return Some(Reason::Expired { at });
        }
        if self.day_reason.is_some() {
            return self.day_reason.clone();
        }
        if entry.priority != Priority::Emergency
            && let Some(hours) = self.quiet_hours(quiet)
        {
            return Some(Reason::QuietHours { hours: hours.clone() });
        }
        // Last: nobody should look for a second approver for what would not play even so.
        self.missing_approval()
    }

    fn approval_reason(&self) -> Option<Reason<Id>> {
        match &self.item.entry.standing {
            Standing::Approved | Standing::OneMissing(_) => None,
            Standing::NotApproved => Some(Reason::NotApproved),
            Standing::SoundChanged => Some(Reason::SoundChanged),
            Standing::Limited { until, .. } => {
                (self.ends_at() > *until).then_some(Reason::ApprovalLapsed { at: *until })
            }
        }
    }

    fn missing_approval(&self) -> Option<Reason<Id>> {
        let why = match &self.item.entry.standing {
            Standing::Approved | Standing::NotApproved | Standing::SoundChanged => return None,
            Standing::OneMissing(why) => why.clone(),
            Standing::Limited { within, .. } => {
                within.as_ref()?.objection(self.at, self.item.entry.duration)?
            }
        };
        Some(Reason::OneApproval { why })
    }

    pub(super) fn explained(
        &self,
        held_back: Option<Reason<Id>>,
        policy: &Policy,
    ) -> Explained<Id> {
        let because = if held_back.is_none() { self.causes(policy) } else { Vec::new() };
        let planned = Planned {
            id: self.item.entry.id.clone(),
            at: self.at,
            ends_at: self.ends_at(),
            priority: self.item.entry.priority,
            decision: held_back.map_or(Decision::Plays, Decision::HeldBack),
        };
        Explained { occurrence: self.occurrence, planned, because }
    }

    fn causes(&self, policy: &Policy) -> Vec<Cause<Id>> {
        let mut causes = Vec::new();
        if self.is_begun {
            causes.push(Cause::Begun);
        }
        if let Some((layer, label)) = self.moved.clone() {
            causes.push(Cause::Moved { from: self.occurrence, layer, label });
        }
        if self.item.entry.priority == Priority::Emergency
            && let Some(hours) = self.quiet_hours(policy.quiet.as_ref())
        {
            causes.push(Cause::Emergency { hours: hours.clone() });
        }
        causes
    }

    fn quiet_hours<'q>(&self, quiet: Option<&'q QuietHours>) -> Option<&'q QuietHours> {
        quiet.filter(|it| it.touch(self.at, self.item.entry.duration))
    }
}

impl<Id> Candidate<'_, Id> {
    pub(super) fn ends_at(&self) -> Timestamp {
        self.at.checked_add(self.item.entry.duration).unwrap_or(Timestamp::MAX)
    }
}
