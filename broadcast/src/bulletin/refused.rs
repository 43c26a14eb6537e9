//! Why a step was not done, and the words for steps and states.

use std::fmt;

use base::Sha256;

use super::user::UserId;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Edit,
    Submit,
    Approve,
    Reject,
    Schedule,
    Unschedule,
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
    #[error(
        "{user} has approved this bulletin already: the second approval must be somebody else's"
    )]
    SameApprover { user: UserId },
    #[error(
        "{user} chose when it plays, and at that time a second person must agree: ask another approver"
    )]
    OwnSchedule { user: UserId },
    #[error("the audio changed since {heard} was heard: listen to it again, then approve")]
    AudioChanged { heard: Sha256, now: Sha256 },
    #[error("its calendar entry changed since it was shown: look at it again, then approve")]
    ScheduleChanged,
    #[error("a rejection needs a reason: say what the author should change")]
    NoReason,
}

impl Action {
    fn done(self) -> &'static str {
        match self {
            Self::Edit => "edited",
            Self::Submit => "submitted",
            Self::Approve => "approved",
            Self::Reject => "rejected",
            Self::Schedule => "scheduled",
            Self::Unschedule => "taken out of the calendar",
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
            Self::Scheduled => "take it out of the calendar, or edit it to start over",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
