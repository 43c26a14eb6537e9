//! Where clusters hang: a dated tree of places, from the city down to the pole, whose depth nobody fixes.
//!
//! Wards are merged and split, districts are abolished: every row holds for a period, and says at its end
//! what takes its place. Pure. `docs/adr/0008-places.md` says how a target outlives its ward.

mod audience;
mod check;
mod code;
mod resolve;
mod table;
mod tree;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

pub use audience::{Addressee, Audience, UnknownAddressee};
pub use code::{CodeError, PlaceCode};
pub use resolve::{Meant, Silence};
pub use table::{MOST_BYTES, MOST_ROWS, read, write};
pub use tree::PlaceTree;

/// One row: what a place was called and where it belonged, in one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub code: PlaceCode,
    pub kind: Kind,
    /// 1 to 100 characters, and never the beginning of a spreadsheet's formula.
    pub name: String,
    /// `None` at the top, wherever a site's tree begins.
    pub parent: Option<PlaceCode>,
    pub period: Period,
    pub population: Option<u32>,
    /// What takes its place when the period ends. Empty: the next row of the same code, if one follows at
    /// once.
    pub successors: BTreeSet<PlaceCode>,
}

/// What a place is. The order is that of the tree: what comes later hangs below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A province or a city under the central government; two digits.
    City,
    /// Anything between city and ward, such as the districts before 2025-07-01.
    Area,
    /// A commune, ward or special zone; five digits.
    Ward,
    /// A part of a ward: khu phố, tổ dân phố, thôn.
    Zone,
    /// A loudspeaker cluster, by its device id.
    Cluster,
}

/// From one day until the day on which it holds no more; `None`: nobody knows of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub from: Date,
    pub to: Option<Date>,
}

/// What is wrong with a table of places, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Of the file, from 1.
    pub line: u64,
    /// The heading; empty for the line as a whole.
    pub column: &'static str,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a kind of place: use city, area, ward, zone or cluster")]
pub struct UnknownKind(String);

impl Kind {
    pub const ALL: [Self; 5] = [Self::City, Self::Area, Self::Ward, Self::Zone, Self::Cluster];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::Area => "area",
            Self::Ward => "ward",
            Self::Zone => "zone",
            Self::Cluster => "cluster",
        }
    }

    /// Any level may be left out, and areas and zones have parts of their own kind.
    pub fn may_hold(self, child: Self) -> bool {
        self < child || (self == child && matches!(self, Self::Area | Self::Zone))
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let known = Self::ALL.into_iter().find(|it| it.as_str() == text);
        known.ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

impl Period {
    pub fn contains(self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day < to)
    }

    pub fn overlaps(self, other: Self) -> bool {
        let ends_after = |to: Option<Date>, from: Date| to.is_none_or(|to| from < to);
        ends_after(self.to, other.from) && ends_after(other.to, self.from)
    }

    /// Whether it is over on `day`.
    pub fn is_over(self, day: Date) -> bool {
        self.to.is_some_and(|to| to <= day)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, text } = self;
        if column.is_empty() {
            return write!(f, "line {line}: {text}");
        }
        write!(f, "line {line}: {column}: {text}")
    }
}

#[cfg(test)]
mod tests;
