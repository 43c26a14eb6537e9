//! What a ward's plan is made by, besides its bulletins.

use std::ops::Range;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::{Entry, Tie};
use crate::calendar::{DayRule, Effect};
use crate::quiet::QuietHours;
use crate::quota::Quota;

/// As far as a day rule moves a play, and a day for the wall clock.
const REACH_OF_A_MOVE: Duration = Duration::from_hours(32 * 24);

/// The rules of a ward. They hold for all of its bulletins, but for emergencies, which know no quiet
/// hours and no quota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whose days the day rules and quotas mean.
    pub zone: TimeZone,
    pub quiet: Option<QuietHours>,
    pub quotas: Vec<Quota>,
    /// Who goes first among equals, the first that tells two plays apart. After the last, their places
    /// in the list decide.
    pub ties: Vec<Tie>,
}

/// An entry with what this ward's calendar says about it.
#[derive(Debug)]
pub struct Item<'a, Id> {
    pub entry: &'a Entry<Id>,
    pub days: &'a [DayRule],
    /// Whose it is: 0 is the ward, each administrative level above it one more, as in an
    /// [`Order`](crate::Order).
    pub level: u8,
    /// Its plays that have begun. They are facts: no rule that came later unmakes them, they use up
    /// quotas, and among equals they go first. Something of higher priority still plays over one; that
    /// it is interrupted then is the player's matter.
    pub begun: &'a [Begun],
}

/// A play that sounds or has sounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The instant the schedule gave.
    pub occurrence: Timestamp,
    pub at: Timestamp,
}

/// What must be looked at in order to answer for a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Starts of the schedules.
    pub starts: Range<Timestamp>,
    /// Plays, after day rules moved some.
    pub(super) plays: Range<Timestamp>,
}

impl Policy {
    /// Nothing but quiet hours, and the earlier start before the later.
    pub fn new(zone: TimeZone, quiet: Option<QuietHours>) -> Self {
        Self { zone, quiet, quotas: Vec::new(), ties: vec![Tie::Earlier] }
    }

    /// What to expand so that the answer for `from..to` does not depend on where the window lies: whole
    /// days where quotas count days, twice the longest sound around it because of clashes (what sounds
    /// may itself have lost to something that began earlier), and a month where plays may move.
    pub fn reach<Id>(&self, items: &[Item<'_, Id>], from: Timestamp, to: Timestamp) -> Reach {
        let longest = items.iter().map(|it| it.entry.duration).max().unwrap_or_default();
        let may_move = |it: &DayRule| matches!(it.effect, Effect::Move(_));
        let moves = items.iter().any(|it| it.days.iter().any(may_move));
        self.reach_of(longest, moves, from, to)
    }

    /// As [`Policy::reach`], for a caller that has not read its layers yet: `longest` of all sounds, and
    /// whether any day rule `moves`.
    pub fn reach_of(
        &self,
        longest: Duration,
        moves: bool,
        from: Timestamp,
        to: Timestamp,
    ) -> Reach {
        let around = longest.saturating_mul(2);
        let (mut first, mut last) = (earlier(from, around), later(to, around));
        if !self.quotas.is_empty() {
            // A band over midnight begins on the day before.
            first = self.midnight(first, -1).unwrap_or(Timestamp::MIN);
            last = self.midnight(last, 2).unwrap_or(Timestamp::MAX);
        }
        let further = if moves { REACH_OF_A_MOVE } else { Duration::ZERO };
        Reach { starts: earlier(first, further)..later(last, further), plays: first..last }
    }

    /// The beginning of the local day that is `n_days` after that of `at`.
    fn midnight(&self, at: Timestamp, n_days: i64) -> Option<Timestamp> {
        let day = self.zone.to_datetime(at).date().checked_add(n_days.days()).ok()?;
        Some(day.to_zoned(self.zone.clone()).ok()?.timestamp())
    }
}

impl<'a, Id> Item<'a, Id> {
    /// The ward's own, without day rules, not yet begun.
    pub fn plain(entry: &'a Entry<Id>) -> Self {
        Self { entry, days: &[], level: 0, begun: &[] }
    }
}

fn earlier(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_sub(by).unwrap_or(Timestamp::MIN)
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}
