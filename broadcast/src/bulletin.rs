//! A bulletin's way from a draft to the calendar: who may do what, and what an approval is worth.
//!
//! Pure: events and `now` in, the next bulletin or a refusal out. Sound, clock and storage are elsewhere.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use base::Sha256;
use jiff::Timestamp;

use crate::schedule::Schedule;

/// Who acts: the account name of a console user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(String);

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
    Submitted { at: Timestamp },
    Approved(Approval),
    Rejected(Rejection),
    Scheduled { approval: Approval, schedule: Schedule },
}

/// Somebody answers for this audio. It holds for these bytes and no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    pub by: UserId,
    pub at: Timestamp,
    pub audio: Sha256,
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
    /// `audio` is what the approver heard.
    Approved {
        by: UserId,
        audio: Sha256,
    },
    Rejected {
        by: UserId,
        reason: String,
    },
    /// The calendar entry is set, or replaced by another one.
    Scheduled {
        by: UserId,
        schedule: Schedule,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Edit,
    Submit,
    Approve,
    Reject,
    Schedule,
}

/// Where a bulletin stands, without the details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    Draft,
    Submitted,
    Approved,
    Rejected,
    Scheduled,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("a bulletin that is {stage} cannot be {}: {}", .action.done(), .stage.way_on())]
    WrongState { action: Action, stage: Stage },
    #[error("{user} wrote or edited this bulletin: somebody else must approve or reject it")]
    OwnWork { user: UserId },
    #[error("the audio changed since {heard} was heard: listen to it again, then approve")]
    AudioChanged { heard: Sha256, now: Sha256 },
    #[error("a rejection needs a reason: say what the author should change")]
    NoReason,
}

impl Bulletin {
    pub fn draft(author: UserId, audio: Sha256) -> Self {
        Self { authors: BTreeSet::from([author]), audio, state: State::Draft }
    }

    /// Puts together what a store kept. An approval of other audio than `audio` does not survive it:
    /// the bulletin is then a draft again.
    pub fn restore(authors: BTreeSet<UserId>, audio: Sha256, state: State) -> Self {
        let state = match state {
            State::Approved(approval) | State::Scheduled { approval, .. }
                if approval.audio != audio =>
            {
                State::Draft
            }
            believed @ (State::Draft
            | State::Submitted { .. }
            | State::Approved(_)
            | State::Rejected(_)
            | State::Scheduled { .. }) => believed,
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

    pub fn stage(&self) -> Stage {
        match self.state {
            State::Draft => Stage::Draft,
            State::Submitted { .. } => Stage::Submitted,
            State::Approved(_) => Stage::Approved,
            State::Rejected(_) => Stage::Rejected,
            State::Scheduled { .. } => Stage::Scheduled,
        }
    }

    /// The approval that stands, if one does. Without it nothing of this bulletin may be ordered.
    pub fn approval(&self) -> Option<&Approval> {
        match &self.state {
            State::Approved(approval) | State::Scheduled { approval, .. } => Some(approval),
            State::Draft | State::Submitted { .. } | State::Rejected(_) => None,
        }
    }

    /// The bulletin after `event`, or why not; a refusal changes nothing.
    pub fn on(&self, event: Event, now: Timestamp) -> Result<Self, Refused> {
        match event {
            Event::Edited { by, audio } => Ok(self.edited(by, audio)),
            Event::Submitted { by: _ } => self.submitted(now),
            Event::Approved { by, audio } => self.approved(by, audio, now),
            Event::Rejected { by, reason } => self.rejected(by, reason, now),
            Event::Scheduled { by: _, schedule } => self.scheduled(schedule),
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
            State::Submitted { .. } | State::Approved(_) | State::Scheduled { .. } => {
                Err(self.wrong_state(Action::Submit))
            }
        }
    }

    fn approved(&self, by: UserId, heard: Sha256, now: Timestamp) -> Result<Self, Refused> {
        if self.stage() != Stage::Submitted {
            return Err(self.wrong_state(Action::Approve));
        }
        if self.authors.contains(&by) {
            return Err(Refused::OwnWork { user: by });
        }
        if heard != self.audio {
            return Err(Refused::AudioChanged { heard, now: self.audio });
        }
        Ok(self.with(State::Approved(Approval { by, at: now, audio: heard })))
    }

    /// A submitted bulletin is sent back; an approved one that nobody scheduled yet can be, too.
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

    fn scheduled(&self, schedule: Schedule) -> Result<Self, Refused> {
        match self.approval() {
            Some(approval) => {
                Ok(self.with(State::Scheduled { approval: approval.clone(), schedule }))
            }
            None => Err(self.wrong_state(Action::Schedule)),
        }
    }

    fn with(&self, state: State) -> Self {
        Self { authors: self.authors.clone(), audio: self.audio, state }
    }

    fn wrong_state(&self, action: Action) -> Refused {
        Refused::WrongState { action, stage: self.stage() }
    }
}

impl Action {
    fn done(self) -> &'static str {
        match self {
            Self::Edit => "edited",
            Self::Submit => "submitted",
            Self::Approve => "approved",
            Self::Reject => "rejected",
            Self::Schedule => "scheduled",
        }
    }
}

impl Stage {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Scheduled => "scheduled",
        }
    }

    fn way_on(self) -> &'static str {
        match self {
            Self::Draft => "submit it first",
            Self::Submitted => "it waits for an approver",
            Self::Approved => "schedule it, or edit it to start over",
            Self::Rejected => "edit it, then submit it again",
            Self::Scheduled => "edit it to start over",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a user name: 1 to 64 characters without spaces are needed")]
pub struct UserIdError(String);

impl UserId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserId {
    type Err = UserIdError;

    fn from_str(text: &str) -> Result<Self, UserIdError> {
        let fits = (1..=64).contains(&text.chars().count())
            && !text.contains(|it: char| it.is_whitespace() || it.is_control());
        if fits { Ok(Self(text.to_owned())) } else { Err(UserIdError(text.to_owned())) }
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
