//! Whether somebody answers for the sound, and how far that goes.

use jiff::Timestamp;

use crate::Priority;
use crate::bulletin::{ApprovalRules, Bulletin, Need, NormalHours, State, Why};

/// Whether somebody answers for the sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Approved,
    NotApproved,
    /// Approved, as far as that goes.
    Limited {
        /// Nothing of it sounds from then on, unless somebody signs afresh.
        until: Timestamp,
        /// Of what one person alone signed for: outside these hours it takes a second.
        within: Option<NormalHours>,
    },
    /// It waits for a second signature.
    OneMissing(Why),
    /// The sound is missing on the disk, or not the one that was approved.
    SoundChanged,
}

impl Standing {
    /// Of a bulletin as it is now, by the ward's rules of now: hours that were narrowed, or a rule that
    /// reaches the night in its third year, do not play on an approval of before.
    pub fn of(bulletin: &Bulletin, priority: Priority, rules: &ApprovalRules) -> Self {
        let State::Scheduled { approvals, entry } = bulletin.state() else {
            return bulletin.missing().cloned().map_or(Self::NotApproved, Self::OneMissing);
        };
        let until = rules.validity.ends_at(approvals, Some(&entry.schedule));
        // An emergency for which one was enough was imminent, at whatever hour.
        let is_free = entry.need != Need::One || priority == Priority::Emergency;
        Self::Limited { until, within: (!is_free).then(|| rules.hours.clone()) }
    }
}
