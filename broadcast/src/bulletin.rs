//! A bulletin's way from a draft to the calendar: who may do what, and what an approval is worth.
//!
//! Pure: events and `now` in, the next bulletin or a refusal out. Sound, clock and storage are elsewhere.

mod approval;
mod hours;
mod refused;
mod user;

use std::collections::{BTreeMap, BTreeSet};

use base::Sha256;
use jiff::Timestamp;

use crate::calendar::Effect;
use crate::schedule::Schedule;

pub use approval::{Approval, ApprovalRules, Approvals, Entry, Need, Validity, mark};
pub use hours::{NormalHours, Why};
pub use refused::{Action, Refused, Stage};
pub use user::{UserId, UserIdError};

/// A bulletin as its rules see it. Title, text and loudness do not decide anything and are not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulletin {
    /// Everybody who had a hand in it: the author and whoever edited it. None of them may approve it.
    authors: BTreeSet<UserId>,
    /// What would sound: the hash of the encoded audio.
    audio: Sha256,
    state: State,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Draft,
    Submitted {
        at: Timestamp,
    },
    Approved(Approvals),
    Rejected(Rejection),
    /// A calendar entry that takes one more signature. Nothing of it plays.
    Countersign {
        approvals: Approvals,
        entry: Entry,
    },
    /// Invariant: signed by as many people as the entry needs.
    Scheduled {
        approvals: Approvals,
        entry: Entry,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub by: UserId,
    pub at: Timestamp,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Title, targets, text or audio changed; `audio` is the hash after the change.
    Edited {
        by: UserId,
        audio: Sha256,
    },
    Submitted {
        by: UserId,
    },
    /// `audio` is what the approver heard, `schedule` the [`mark`] of the calendar entry they saw.
    Approved {
        by: UserId,
        audio: Sha256,
        schedule: Option<Sha256>,
    },
    Rejected {
        by: UserId,
        reason: String,
    },
    /// The calendar entry is set, or replaced by another one. `need` is [`NormalHours::need`]'s.
    Scheduled {
        by: UserId,
        schedule: Schedule,
        /// What it does on days of layers, by their names.
        days: BTreeMap<String, Effect>,
        need: Need,
    },
    /// It is to leave the calendar, whoever thinks so: silence needs no second opinion.
    Unscheduled {
        by: UserId,
    },
}

impl Bulletin {
    pub fn draft(author: UserId, audio: Sha256) -> Self {
        Self { authors: BTreeSet::from([author]), audio, state: State::Draft }
    }

    /// Puts together what a store kept. Approvals of other audio than `audio`, or by somebody who had a
    /// hand in it, do not survive it: the bulletin is then a draft again.
    pub fn restore(authors: BTreeSet<UserId>, audio: Sha256, state: State) -> Self {
        let state = match state {
            State::Approved(approvals)
            | State::Countersign { approvals, .. }
            | State::Scheduled { approvals, .. }
                if approvals.audio() != audio || authors.iter().any(|it| approvals.has(it)) =>
            {
                State::Draft
            }
            State::Countersign { approvals, entry } | State::Scheduled { approvals, entry } => {
                planned(approvals, entry)
            }
            believed @ (State::Draft
            | State::Submitted { .. }
            | State::Approved(_)
            | State::Rejected(_)) => believed,
        };
        Self { authors, audio, state }
    }

    pub fn authors(&self) -> &BTreeSet<UserId> {
        &self.authors
    }

    pub fn audio(&self) -> Sha256 {
        self.audio
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// A bulletin that waits for a second signature is approved, and not in the calendar.
    pub fn stage(&self) -> Stage {
        match self.state {
            State::Draft => Stage::Draft,
            State::Submitted { .. } => Stage::Submitted,
            State::Approved(_) | State::Countersign { .. } => Stage::Approved,
            State::Rejected(_) => Stage::Rejected,
            State::Scheduled { .. } => Stage::Scheduled,
        }
    }

    /// The approvals that stand, if any do. Without them nothing of this bulletin may be ordered.
    pub fn approvals(&self) -> Option<&Approvals> {
        match &self.state {
            State::Approved(approvals)
            | State::Countersign { approvals, .. }
            | State::Scheduled { approvals, .. } => Some(approvals),
            State::Draft | State::Submitted { .. } | State::Rejected(_) => None,
        }
    }

    /// The calendar entry, whether or not enough people signed for it.
    pub fn entry(&self) -> Option<&Entry> {
        match &self.state {
            State::Countersign { entry, .. } | State::Scheduled { entry, .. } => Some(entry),
            State::Draft | State::Submitted { .. } | State::Approved(_) | State::Rejected(_) => {
                None
            }
        }
    }

    /// Why one more signature is needed, if one is.
    pub fn missing(&self) -> Option<&Why> {
        let State::Countersign { entry, .. } = &self.state else { return None };
        match &entry.need {
            Need::One => None,
            Need::Two(why) => Some(why),
        }
    }

    /// The bulletin after `event`, or why not; a refusal changes nothing.
    pub fn on(&self, event: Event, now: Timestamp) -> Result<Self, Refused> {
        match event {
            Event::Edited { by, audio } => Ok(self.edited(by, audio)),
            Event::Submitted { by: _ } => self.submitted(now),
            Event::Approved { by, audio, schedule } => {
                self.approved(Approval { by, at: now, audio, schedule })
            }
            Event::Rejected { by, reason } => self.rejected(by, reason, now),
            Event::Scheduled { by, schedule, days, need } => {
                self.scheduled(Entry { schedule, days, by, need })
            }
            Event::Unscheduled { by: _ } => self.unscheduled(),
        }
    }

    /// An edit is always allowed and always voids: a changed bulletin starts over as a draft.
    fn edited(&self, by: UserId, audio: Sha256) -> Self {
        let mut authors = self.authors.clone();
        authors.insert(by);
        Self { authors, audio, state: State::Draft }
    }

    fn submitted(&self, now: Timestamp) -> Result<Self, Refused> {
        match self.state {
            State::Draft | State::Rejected(_) => Ok(self.with(State::Submitted { at: now })),
            State::Submitted { .. }
            | State::Approved(_)
            | State::Countersign { .. }
            | State::Scheduled { .. } => Err(self.wrong_state(Action::Submit)),
        }
    }

    fn approved(&self, new: Approval) -> Result<Self, Refused> {
        match &self.state {
            State::Draft | State::Rejected(_) => Err(self.wrong_state(Action::Approve)),
            State::Submitted { .. } => {
                self.check(&new)?;
                Ok(self.with(State::Approved(Approvals::of(Approval { schedule: None, ..new }))))
            }
            State::Approved(approvals) => {
                if !approvals.may_be_renewed(new.at) {
                    return Err(self.wrong_state(Action::Approve));
                }
                self.check(&new)?;
                let new = Approval { schedule: None, ..new };
                Ok(self.with(State::Approved(approvals.renewed(new))))
            }
            State::Countersign { approvals, entry } => {
                self.check(&new)?;
                let signed = approvals.with(new.clone());
                check_entry(&new, entry, &signed)?;
                if approvals.n() < 2 && approvals.has(&new.by) {
                    return Err(Refused::SameApprover { user: new.by });
                }
                Ok(self.with(planned(signed, entry.clone())))
            }
            State::Scheduled { approvals, entry } => {
                if !approvals.may_be_renewed(new.at) {
                    return Err(self.wrong_state(Action::Approve));
                }
                self.check(&new)?;
                let signed = approvals.renewed(new.clone());
                check_entry(&new, entry, &signed)?;
                Ok(self.with(planned(signed, entry.clone())))
            }
        }
    }

    /// Nobody answers for their own work, or for a sound that they did not hear.
    fn check(&self, new: &Approval) -> Result<(), Refused> {
        if self.authors.contains(&new.by) {
            return Err(Refused::OwnWork { user: new.by.clone() });
        }
        if new.audio != self.audio {
            return Err(Refused::AudioChanged { heard: new.audio, now: self.audio });
        }
        Ok(())
    }

    /// What waits for approval is sent back; what is approved and does not play yet can be, too.
    fn rejected(&self, by: UserId, reason: String, now: Timestamp) -> Result<Self, Refused> {
        if !matches!(self.stage(), Stage::Submitted | Stage::Approved) {
            return Err(self.wrong_state(Action::Reject));
        }
        if self.authors.contains(&by) {
            return Err(Refused::OwnWork { user: by });
        }
        if reason.trim().is_empty() {
            return Err(Refused::NoReason);
        }
        Ok(self.with(State::Rejected(Rejection { by, at: now, reason })))
    }

    fn scheduled(&self, entry: Entry) -> Result<Self, Refused> {
        match self.approvals() {
            Some(approvals) => Ok(self.with(planned(approvals.clone(), entry))),
            None => Err(self.wrong_state(Action::Schedule)),
        }
    }

    /// The signatures for the sound stand; those for the entry go with it, and are given again for the next.
    fn unscheduled(&self) -> Result<Self, Refused> {
        match &self.state {
            State::Countersign { approvals, .. } | State::Scheduled { approvals, .. } => {
                Ok(self.with(State::Approved(approvals.for_the_sound())))
            }
            State::Draft | State::Submitted { .. } | State::Approved(_) | State::Rejected(_) => {
                Err(self.wrong_state(Action::Unschedule))
            }
        }
    }

    fn with(&self, state: State) -> Self {
        Self { authors: self.authors.clone(), audio: self.audio, state }
    }

    fn wrong_state(&self, action: Action) -> Refused {
        Refused::WrongState { action, stage: self.stage() }
    }
}

fn planned(approvals: Approvals, entry: Entry) -> State {
    if entry.is_signed_by(&approvals) {
        State::Scheduled { approvals, entry }
    } else {
        State::Countersign { approvals, entry }
    }
}

/// Whoever signs beside a calendar entry has seen it. Who made it may sign for the sound, if in the end,
/// `signed`, somebody else has signed for the hour.
fn check_entry(new: &Approval, entry: &Entry, signed: &Approvals) -> Result<(), Refused> {
    if new.schedule != Some(entry.mark()) {
        return Err(Refused::ScheduleChanged);
    }
    if new.by == entry.by && !entry.is_signed_by(signed) {
        return Err(Refused::OwnSchedule { user: new.by.clone() });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
