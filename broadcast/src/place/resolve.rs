//! Who a place stands for on the day of a play, when the tree has changed since somebody wrote its code.

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::Date;

use super::{PlaceCode, PlaceTree};

/// A code as somebody meant it on the day that he answered for it: codes are used again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Meant {
    pub code: PlaceCode,
    pub on: Date,
}

/// Why a place reaches nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Silence {
    Unknown { code: PlaceCode },
    NotYet { code: PlaceCode, name: String, from: Date },
    NoCluster { code: PlaceCode, name: String },
}

impl PlaceTree {
    /// The clusters that `places` stand for on `day`.
    ///
    /// A place that holds then stands for all that hangs on it. One that is over stands for what hung on it
    /// on its last day, wherever that belongs now, and for each successor that came from such places alone:
    /// a new name, a split and a merger of all parts are followed whole; a merger with others is not, for
    /// nobody approved it for their streets.
    pub fn reached(&self, places: &[Meant], day: Date) -> BTreeSet<String> {
        let meant = places.iter().filter_map(|it| self.meant(it)).collect();
        let whole = self.followed(meant, day);
        let mut clusters = self.clusters_on(day, |nth| whole.contains(&nth));
        clusters.extend(self.left_behind(&whole, day));
        clusters
    }

    /// Why `place` alone stands for nobody on `day`; `None` if it does stand for somebody.
    pub fn silence(&self, place: &Meant, day: Date) -> Option<Silence> {
        let code = place.code.clone();
        let Some(nth) = self.meant(place) else { return Some(Silence::Unknown { code }) };
        let (name, period) = (self.row(nth).name.clone(), self.row(nth).period);
        if period.from > day {
            return Some(Silence::NotYet { code, name, from: period.from });
        }
        let reached = self.reached(std::slice::from_ref(place), day);
        reached.is_empty().then_some(Silence::NoCluster { code, name })
    }

    /// The row that held on the day; else the next to begin; else the last that was.
    fn meant(&self, place: &Meant) -> Option<usize> {
        let rows = self.range(&place.code);
        let is_over = |nth: &usize| self.row(*nth).period.is_over(place.on);
        rows.clone().find(|nth| !is_over(nth)).or_else(|| rows.last())
    }

    /// What is meant, with everything that took its place by `day`.
    fn followed(&self, mut open: Vec<usize>, day: Date) -> BTreeSet<usize> {
        let mut whole = BTreeSet::new();
        while !open.is_empty() {
            while let Some(nth) = open.pop() {
                if whole.insert(nth) {
                    open.extend(self.last_children(nth, day));
                }
            }
            let ended = whole.iter().filter(|nth| self.row(**nth).period.is_over(day));
            let next = ended.flat_map(|nth| self.successors(*nth)).copied();
            let is_new = |nth: &usize| !whole.contains(nth);
            let is_meant = |nth: &usize| self.came_from(*nth, &whole, day);
            open = next.filter(is_new).filter(is_meant).collect();
        }
        whole
    }

    /// Whether it was made of these places, and by `day` of no others. What was there before it took
    /// something over is more than that.
    fn came_from(&self, nth: usize, places: &BTreeSet<usize>, day: Date) -> bool {
        let born = self.row(nth).period.from;
        let end = |it: &usize| self.row(*it).period.to;
        let mut taken =
            self.predecessors(nth).iter().filter(|it| end(it).is_some_and(|to| to <= day));
        let is_new = self.predecessors(nth).iter().any(|it| end(it) == Some(born));
        is_new && taken.all(|it| places.contains(it))
    }

    /// What hung on a place that is over, on its last day.
    fn last_children(&self, nth: usize, day: Date) -> Vec<usize> {
        let row = self.row(nth);
        match row.period.to.filter(|to| *to <= day).and_then(|to| to.yesterday().ok()) {
            Some(last_day) => self.children(&row.code, last_day).collect(),
            None => Vec::new(),
        }
    }

    /// Clusters without a row whose configuration names a place that is over. A configuration has no dates:
    /// what it says was always so.
    fn left_behind(&self, whole: &BTreeSet<usize>, day: Date) -> BTreeSet<String> {
        let is_over = |nth: &usize| self.row(*nth).period.is_over(day);
        let is_meant = |code| self.range(code).filter(is_over).any(|nth| whole.contains(&nth));
        let attached = self.attached().filter(|(_, code)| is_meant(code));
        attached.map(|(cluster, _)| cluster.to_owned()).collect()
    }
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { code } => write!(f, "{code} is in no table of places"),
            Self::NotYet { code, name, from } => write!(f, "{name} ({code}) begins on {from}"),
            Self::NoCluster { code, name } => {
                write!(f, "no loudspeaker cluster hangs on {name} ({code})")
            }
        }
    }
}
