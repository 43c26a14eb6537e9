//! What was asked for and what was heard, counted by term and by whatever the caller names. Pure.

use std::collections::BTreeMap;
use std::fmt;
use std::iter::Sum;
use std::ops::AddAssign;
use std::str::FromStr;
use std::time::Duration;

use jiff::civil::Date;

/// What came of one occurrence of one bulletin on one cluster that it was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// To its end.
    Played,
    Partial,
    /// The cluster was silent: off, without its order, without its content.
    Missed,
    /// Somebody stopped it while it sounded.
    Stopped,
    /// A rule of the ward held it back.
    HeldBack,
    /// Not over, or not told of yet.
    Open,
    /// Taken back before it sounded: an edit, another schedule. Nobody asks for it any more, so it is not among the
    /// requested.
    Withdrawn,
}

/// A span of the ward's calendar that a report sums over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Term {
    Month,
    Quarter,
    Year,
}

/// How often each outcome came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub played: u64,
    pub partial: u64,
    pub missed: u64,
    pub stopped: u64,
    pub held_back: u64,
    pub open: u64,
    pub withdrawn: u64,
    /// Of what played to its end.
    pub sounded: Duration,
}

/// Counts by term and key, and why things did not play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally<Key> {
    term: Term,
    rows: BTreeMap<(String, Key), Counts>,
    reasons: BTreeMap<(Outcome, String), u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no term: use month, quarter or year")]
pub struct UnknownTerm(String);

impl Outcome {
    pub const ALL: [Self; 7] = [
        Self::Played,
        Self::Partial,
        Self::Missed,
        Self::Stopped,
        Self::HeldBack,
        Self::Open,
        Self::Withdrawn,
    ];

    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Played => "played",
            Self::Partial => "partial",
            Self::Missed => "missed",
            Self::Stopped => "stopped",
            Self::HeldBack => "held_back",
            Self::Open => "open",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether somebody should be told why.
    pub fn is_silence(self) -> bool {
        match self {
            Self::Partial | Self::Missed | Self::Stopped | Self::HeldBack => true,
            Self::Played | Self::Open | Self::Withdrawn => false,
        }
    }
}

impl Term {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The one that `day` is in: `2026-01`, `2026-Q1`, `2026`. In order of time as in order of letters.
    pub fn of(self, day: Date) -> String {
        match self {
            Self::Month => format!("{:04}-{:02}", day.year(), day.month()),
            Self::Quarter => format!("{:04}-Q{}", day.year(), (day.month() - 1) / 3 + 1),
            Self::Year => format!("{:04}", day.year()),
        }
    }
}

impl FromStr for Term {
    type Err = UnknownTerm;

    fn from_str(text: &str) -> Result<Self, UnknownTerm> {
        let all = [Self::Month, Self::Quarter, Self::Year];
        let known = all.into_iter().find(|it| it.as_str() == text);
        known.ok_or_else(|| UnknownTerm(text.to_owned()))
    }
}

impl Counts {
    /// Every cluster that an approved occurrence was for, whatever came of it.
    pub fn requested(&self) -> u64 {
        let Self { played, partial, missed, stopped, held_back, open, .. } = self;
        played + partial + missed + stopped + held_back + open
    }

    /// Parts in a thousand that played to the end, of what is over; `None` if nothing is.
    pub fn played_per_mille(&self) -> Option<u64> {
        let over = self.requested() - self.open;
        (self.played * 1_000 + over / 2).checked_div(over)
    }

    /// `length`: of all `n` together.
    fn count(&mut self, outcome: Outcome, n: u64, length: Duration) {
        let count = match outcome {
            Outcome::Played => &mut self.played,
            Outcome::Partial => &mut self.partial,
            Outcome::Missed => &mut self.missed,
            Outcome::Stopped => &mut self.stopped,
            Outcome::HeldBack => &mut self.held_back,
            Outcome::Open => &mut self.open,
            Outcome::Withdrawn => &mut self.withdrawn,
        };
        *count += n;
        if outcome == Outcome::Played {
            self.sounded = self.sounded.saturating_add(length);
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.played += other.played;
        self.partial += other.partial;
        self.missed += other.missed;
        self.stopped += other.stopped;
        self.held_back += other.held_back;
        self.open += other.open;
        self.withdrawn += other.withdrawn;
        self.sounded = self.sounded.saturating_add(other.sounded);
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        let mut sum = Self::default();
        counts.for_each(|it| sum += it);
        sum
    }
}

impl<Key: Ord> Tally<Key> {
    pub fn new(term: Term) -> Self {
        Self { term, rows: BTreeMap::new(), reasons: BTreeMap::new() }
    }

    /// One occurrence on one cluster. `day`: by the ward's clock. `length`: of its sound.
    pub fn add(
        &mut self,
        day: Date,
        key: Key,
        outcome: Outcome,
        reason: Option<&str>,
        length: Duration,
    ) {
        self.add_many(day, key, outcome, reason, (1, length));
    }

    /// As [`Tally::add`], of so many that are alike, and the length of all of them together.
    pub fn add_many(
        &mut self,
        day: Date,
        key: Key,
        outcome: Outcome,
        reason: Option<&str>,
        (n, length): (u64, Duration),
    ) {
        self.rows.entry((self.term.of(day), key)).or_default().count(outcome, n, length);
        if outcome.is_silence() {
            let reason = reason.unwrap_or_default().to_owned();
            *self.reasons.entry((outcome, reason)).or_default() += n;
        }
    }

    /// By term, then by key.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &Key, &Counts)> {
        self.rows.iter().map(|((term, key), counts)| (term.as_str(), key, counts))
    }

    pub fn total(&self) -> Counts {
        self.rows.values().copied().sum()
    }

    /// Why it was partial, missed, stopped or held back, and how often. Empty: nobody said.
    pub fn reasons(&self) -> impl Iterator<Item = (Outcome, &str, u64)> {
        self.reasons.iter().map(|((outcome, reason), n)| (*outcome, reason.as_str(), *n))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
