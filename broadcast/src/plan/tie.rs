//! Which of two plays goes first: the three priorities of Thông tư 39/2020/TT-BTTTT, and, where that
//! leaves it to the ward, the ward's own order.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::Candidate;
use crate::Priority;

/// A sentence of a ward's order. Thông tư 39 lets the ward decide between bulletins of one priority;
/// between two emergencies the higher level goes first, and nobody chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// The lower level goes first, the ward's own before a district's or the city's.
    Own,
    /// The higher level goes first.
    Above,
    /// What starts earlier goes first.
    Earlier,
    /// What is shorter goes first.
    Shorter,
}

/// Why one play went before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    Priority,
    /// It sounded before the rules said otherwise.
    Begun,
    /// Of two emergencies it came from further up.
    Level,
    Tie(Tie),
    /// Nothing told them apart but their places in the ward's list.
    Listed,
}

/// Who goes first, and by what. Never equal for two different starts.
pub(super) fn compare<Id>(
    one: &Candidate<'_, Id>,
    other: &Candidate<'_, Id>,
    ties: &[Tie],
) -> (Ordering, Ground) {
    let (priority, theirs) = (one.item.entry.priority, other.item.entry.priority);
    if priority != theirs {
        return (theirs.cmp(&priority), Ground::Priority);
    }
    let begun = other.is_begun.cmp(&one.is_begun);
    if begun.is_ne() {
        return (begun, Ground::Begun);
    }
    let of_emergencies = [Tie::Above, Tie::Earlier];
    let is_emergency = priority == Priority::Emergency;
    for tie in if is_emergency { &of_emergencies } else { ties } {
        let ordering = tie.compare(one, other);
        let is_level = is_emergency && *tie == Tie::Above;
        if ordering.is_ne() {
            return (ordering, if is_level { Ground::Level } else { Ground::Tie(*tie) });
        }
    }
    // Of one schedule's own starts the one that moved here goes last.
    let place = |it: &Candidate<'_, Id>| (it.rank, it.at, it.moved.is_some(), it.occurrence);
    (place(one).cmp(&place(other)), Ground::Listed)
}

impl Tie {
    pub const ALL: [Self; 4] = [Self::Own, Self::Above, Self::Earlier, Self::Shorter];

    fn compare<Id>(self, one: &Candidate<'_, Id>, other: &Candidate<'_, Id>) -> Ordering {
        match self {
            Self::Own => one.item.level.cmp(&other.item.level),
            Self::Above => other.item.level.cmp(&one.item.level),
            Self::Earlier => one.at.cmp(&other.at),
            Self::Shorter => one.item.entry.duration.cmp(&other.item.entry.duration),
        }
    }

    /// One word for a file: "own", "above", "earlier", "shorter".
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Above => "above",
            Self::Earlier => "earlier",
            Self::Shorter => "shorter",
        }
    }
}

impl FromStr for Tie {
    type Err = UnknownTie;

    fn from_str(text: &str) -> Result<Self, UnknownTie> {
        let found = Self::ALL.into_iter().find(|it| it.as_str() == text);
        found.ok_or_else(|| UnknownTie(text.to_owned()))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} does not say who goes first: use own, above, earlier or shorter")]
pub struct UnknownTie(String);

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Begun => "it sounds already",
            Self::Priority => "its priority is higher",
            Self::Level => "of two emergencies it comes from the higher level",
            Self::Tie(Tie::Own) => "the ward puts its own bulletins first",
            Self::Tie(Tie::Above) => "the ward puts bulletins of higher levels first",
            Self::Tie(Tie::Earlier) => "it starts earlier",
            Self::Tie(Tie::Shorter) => "it is shorter",
            Self::Listed => "it stands first in the ward's list",
        })
    }
}
