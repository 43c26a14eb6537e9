//! Whom a bulletin is for, as its author wrote it: everybody, or clusters and places by name.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use super::{CodeError, Meant, PlaceCode, PlaceTree, Silence};
use crate::plan::Targets;

/// Kept as written. Which clusters that are is asked on the day of each play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    All,
    /// Never empty in a believed bulletin.
    Some(BTreeSet<Addressee>),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Addressee {
    /// Its device id.
    Cluster(String),
    Place(PlaceCode),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("target {text:?}: {source}")]
pub struct UnknownAddressee {
    text: String,
    source: CodeError,
}

const ALL: &str = "all";
const PLACE: &str = "place:";

impl Audience {
    /// The places of it, as they were meant on `on`.
    pub fn places(&self, on: Date) -> Vec<Meant> {
        let place = |it: &Addressee| match it {
            Addressee::Cluster(_) => None,
            Addressee::Place(code) => Some(Meant { code: code.clone(), on }),
        };
        self.addressees().filter_map(place).collect()
    }

    pub fn clusters(&self) -> impl Iterator<Item = &str> {
        self.addressees().filter_map(|it| match it {
            Addressee::Cluster(id) => Some(id.as_str()),
            Addressee::Place(_) => None,
        })
    }

    /// The clusters on `day`, for one who answered for it on `on`.
    pub fn targets(&self, tree: &PlaceTree, on: Date, day: Date) -> Targets {
        if *self == Self::All {
            return Targets::All;
        }
        let named = self.clusters().map(str::to_owned);
        Targets::Some(named.chain(tree.reached(&self.places(on), day)).collect())
    }

    /// The places of it that stand for nobody on `day`.
    pub fn silent(&self, tree: &PlaceTree, on: Date, day: Date) -> Vec<Silence> {
        self.places(on).iter().filter_map(|it| tree.silence(it, day)).collect()
    }

    fn addressees(&self) -> impl Iterator<Item = &Addressee> {
        let named = match self {
            Self::All => None,
            Self::Some(named) => Some(named),
        };
        named.into_iter().flatten()
    }
}

/// `all`, or cluster ids and `place:CODE` with commas or spaces between.
impl FromStr for Audience {
    type Err = UnknownAddressee;

    fn from_str(text: &str) -> Result<Self, UnknownAddressee> {
        if text.trim() == ALL {
            return Ok(Self::All);
        }
        let words = text.split([',', ' ']).filter(|it| !it.is_empty());
        Ok(Self::Some(words.map(Addressee::from_str).collect::<Result<_, _>>()?))
    }
}

impl FromStr for Addressee {
    type Err = UnknownAddressee;

    fn from_str(text: &str) -> Result<Self, UnknownAddressee> {
        let Some(code) = text.strip_prefix(PLACE) else {
            return Ok(Self::Cluster(text.to_owned()));
        };
        let code = code.parse();
        code.map(Self::Place).map_err(|source| UnknownAddressee { text: text.to_owned(), source })
    }
}

/// As it is read, with spaces.
impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::All {
            return f.write_str(ALL);
        }
        for (nth, addressee) in self.addressees().enumerate() {
            let space = if nth == 0 { "" } else { " " };
            match addressee {
                Addressee::Cluster(id) => write!(f, "{space}{id}")?,
                Addressee::Place(code) => write!(f, "{space}{PLACE}{code}")?,
            }
        }
        Ok(())
    }
}
