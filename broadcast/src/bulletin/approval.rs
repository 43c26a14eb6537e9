//! What an approval is worth: who signed, for which sound, for which calendar entry, and how many must.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use base::Sha256;
use jiff::{SignedDuration, Timestamp};

use super::hours::{NormalHours, Why};
use super::user::UserId;
use crate::calendar::Effect;
use crate::schedule::Schedule;

/// A signature this young is not given again: of two people who click at once, one is told.
const RENEWABLE_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// Somebody answers for this audio. It holds for these bytes and no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    pub by: UserId,
    pub at: Timestamp,
    pub audio: Sha256,
    /// The calendar entry that they saw and answer for as well, see [`Entry::mark`].
    pub schedule: Option<Sha256>,
}

/// The signatures of different people for one sound. Invariant: never empty, all of one audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approvals(BTreeMap<UserId, Approval>);

/// How many people must have signed before it plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    One,
    /// Two different people, and one of them for this calendar entry.
    Two(Why),
}

/// A calendar entry, who made it, and what it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub schedule: Schedule,
    /// What it does on days of layers, by their names.
    pub days: BTreeMap<String, Effect>,
    pub by: UserId,
    pub need: Need,
}

impl Approvals {
    pub fn of(first: Approval) -> Self {
        Self(BTreeMap::from([(first.by.clone(), first)]))
    }

    /// Puts together what a store kept. `None` where there is none, or not of one sound.
    pub fn restore(kept: impl IntoIterator<Item = Approval>) -> Option<Self> {
        let kept: BTreeMap<_, _> = kept.into_iter().map(|it| (it.by.clone(), it)).collect();
        let audio = kept.values().next()?.audio;
        kept.values().all(|it| it.audio == audio).then_some(Self(kept))
    }

    /// The oldest first.
    pub fn by_time(&self) -> Vec<&Approval> {
        let mut all: Vec<&Approval> = self.0.values().collect();
        all.sort_by_key(|it| it.at);
        all
    }

    /// Where the validity of all of them begins.
    pub fn oldest(&self) -> &Approval {
        self.0.values().min_by_key(|it| it.at).expect("never empty")
    }

    pub fn n(&self) -> usize {
        self.0.len()
    }

    pub fn has(&self, user: &UserId) -> bool {
        self.0.contains_key(user)
    }

    /// Of what they are.
    pub fn audio(&self) -> Sha256 {
        self.oldest().audio
    }

    /// Old enough that somebody may answer for it afresh.
    pub(super) fn may_be_renewed(&self, now: Timestamp) -> bool {
        now.duration_since(self.oldest().at) >= RENEWABLE_AFTER
    }

    /// Without what was signed of a calendar entry.
    pub(super) fn for_the_sound(&self) -> Self {
        let all = self.0.values().cloned().map(|it| Approval { schedule: None, ..it });
        Self(all.map(|it| (it.by.clone(), it)).collect())
    }

    pub(super) fn with(&self, new: Approval) -> Self {
        let mut all = self.0.clone();
        all.insert(new.by.clone(), new);
        Self(all)
    }

    /// In place of the signer's own signature, or of the oldest one.
    pub(super) fn renewed(&self, new: Approval) -> Self {
        let mut all = self.0.clone();
        if !all.contains_key(&new.by) {
            all.remove(&self.oldest().by);
        }
        all.insert(new.by.clone(), new);
        Self(all)
    }
}

impl Entry {
    /// What a signature names an entry by: the hash of its text.
    pub fn mark(&self) -> Sha256 {
        mark(&self.schedule, &self.days)
    }

    /// Whether these signatures are enough for it to play.
    pub fn is_signed_by(&self, approvals: &Approvals) -> bool {
        match self.need {
            Need::One => true,
            Need::Two(_) => {
                let mark = self.mark();
                let saw_it = |it: &Approval| it.schedule == Some(mark) && it.by != self.by;
                approvals.n() >= 2 && approvals.0.values().any(saw_it)
            }
        }
    }
}

/// The hash of a schedule's text, and of what it does on days of layers.
pub fn mark(schedule: &Schedule, days: &BTreeMap<String, Effect>) -> Sha256 {
    let mut text = match schedule {
        Schedule::At(at) => format!("AT:{}", at.as_millisecond()),
        Schedule::Rule(rule) => rule.as_str().to_owned(),
    };
    for (layer, effect) in days {
        let _ = write!(text, "\nDAYS:{layer}={}", effect.as_str());
    }
    Sha256::of(text.as_bytes())
}

/// How long a signature holds. A ward's facts change, and whoever signed for them may have left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    pub one_off: Duration,
    pub recurring: Duration,
}

/// What a ward asks of approvals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRules {
    pub hours: NormalHours,
    pub validity: Validity,
}

impl Default for Validity {
    fn default() -> Self {
        let days = |n: u64| Duration::from_hours(24 * n);
        Self { one_off: days(30), recurring: days(365) }
    }
}

impl Validity {
    /// From when on nothing of it may sound, unless somebody signs afresh.
    pub fn ends_at(&self, approvals: &Approvals, schedule: Option<&Schedule>) -> Timestamp {
        let holds = match schedule {
            Some(Schedule::Rule(_)) => self.recurring,
            Some(Schedule::At(_)) | None => self.one_off,
        };
        approvals.oldest().at.checked_add(holds).unwrap_or(Timestamp::MAX)
    }
}
