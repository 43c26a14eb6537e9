//! How long a rule has watched. Dwell and absence are counted in this, not by the wall clock: a
//! camera that was away for an hour saw nobody stand for an hour, and a clock that is set must not
//! raise or clear anything.

use std::time::Duration;

use jiff::Timestamp;

/// An instant, and for how long the rule had watched by then.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moment {
    pub(super) at: Timestamp,
    pub(super) watched: Duration,
}

#[derive(Debug, Default)]
pub(super) struct Watch {
    watched: Duration,
    last_at: Option<Timestamp>,
}

/// Between two pictures at most this much was watched.
const LONGEST_STEP: Duration = Duration::from_secs(5);

impl Watch {
    pub(super) fn advance(&mut self, now: Timestamp) -> Moment {
        let last = self.last_at.replace(now).unwrap_or(now);
        let step = Duration::try_from(now.duration_since(last)).unwrap_or_default();
        self.watched += step.min(LONGEST_STEP);
        Moment { at: now, watched: self.watched }
    }
}

impl Moment {
    /// Watched since then.
    pub(super) fn since(self, earlier: Duration) -> Duration {
        self.watched.saturating_sub(earlier)
    }

    pub(super) fn later(self, other: Option<Self>) -> Self {
        other.filter(|it| it.watched > self.watched).unwrap_or(self)
    }
}
