//! The tree itself, and who hangs where on a given day.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::civil::Date;

use super::{Kind, Place, PlaceCode, Problem, check};

/// Believed rows. Invariant: no code holds twice on a day, every parent holds while its child does, nothing
/// is below itself, every successor is there when it takes over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlaceTree {
    /// By code, then by day. Their numbers name them here.
    rows: Vec<Place>,
    by_code: BTreeMap<PlaceCode, Range<usize>>,
    by_parent: BTreeMap<PlaceCode, Vec<usize>>,
    /// Of each row, what takes its place, and what it took the place of.
    successors: Vec<Vec<usize>>,
    predecessors: Vec<Vec<usize>>,
    /// Ascending. Asked about for every start of every plan.
    changes: Vec<Date>,
    /// Clusters that have no row, and what they hang on: the box's own configuration.
    attached: BTreeMap<String, PlaceCode>,
}

impl PlaceTree {
    /// `rows`: each with the line that it is on.
    pub fn believe(rows: Vec<(u64, Place)>) -> Result<Self, Vec<Problem>> {
        let problems = check::problems(&rows, &BTreeSet::new());
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self::of(rows.into_iter().map(|(_, it)| it).collect()))
    }

    /// Of checked rows.
    pub(super) fn of(mut rows: Vec<Place>) -> Self {
        rows.sort_by(|one, other| {
            (&one.code, one.period.from).cmp(&(&other.code, other.period.from))
        });
        let mut by_code: BTreeMap<PlaceCode, Range<usize>> = BTreeMap::new();
        let mut by_parent: BTreeMap<PlaceCode, Vec<usize>> = BTreeMap::new();
        for (nth, row) in rows.iter().enumerate() {
            by_code.entry(row.code.clone()).or_insert(nth..nth).end = nth + 1;
            let parent = row.parent.iter();
            parent.for_each(|it| by_parent.entry(it.clone()).or_default().push(nth));
        }
        let n_rows = rows.len();
        let ends = |it: &Place| [Some(it.period.from), it.period.to];
        let changes: BTreeSet<Date> = rows.iter().flat_map(ends).flatten().collect();
        let changes = changes.into_iter().collect();
        let mut tree = Self { rows, by_code, by_parent, changes, ..Self::default() };
        tree.successors = (0..n_rows).map(|nth| tree.next_of(nth)).collect();
        tree.predecessors = vec![Vec::new(); n_rows];
        for (nth, next) in tree.successors.iter().enumerate() {
            for it in next {
                tree.predecessors[*it].push(nth);
            }
        }
        tree
    }

    /// With clusters that hang on a place by the box's configuration. A row of the tree outweighs it.
    #[must_use]
    pub fn with_clusters(self, attached: BTreeMap<String, PlaceCode>) -> Self {
        Self { attached, ..self }
    }

    /// All rows, by code and then by day.
    pub fn rows(&self) -> &[Place] {
        &self.rows
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The row of that code which holds on `day`.
    pub fn at(&self, code: &PlaceCode, day: Date) -> Option<&Place> {
        self.row_at(code, day).map(|nth| &self.rows[nth])
    }

    /// Every row of that code, the oldest first.
    pub fn history(&self, code: &PlaceCode) -> &[Place] {
        &self.rows[self.range(code)]
    }

    /// What holds on `day`, by code.
    pub fn on(&self, day: Date) -> impl Iterator<Item = &Place> {
        self.rows.iter().filter(move |it| it.period.contains(day))
    }

    /// The days on which something begins or ends, ascending: between two of them the tree is the same.
    pub fn changes(&self) -> &[Date] {
        &self.changes
    }

    /// How many of its changes have come by `day`: the same number, the same tree.
    pub fn era(&self, day: Date) -> usize {
        self.changes.partition_point(|it| *it <= day)
    }

    /// The clusters that hang on `code`, however far below, on `day`.
    pub fn clusters_below(&self, code: &PlaceCode, day: Date) -> BTreeSet<String> {
        let Some(top) = self.row_at(code, day) else { return BTreeSet::new() };
        self.clusters_on(day, |nth| nth == top)
    }

    /// How many clusters hang on each place on `day`, however far below.
    pub fn n_clusters_on(&self, day: Date) -> BTreeMap<&PlaceCode, usize> {
        let mut counts = BTreeMap::new();
        for cluster in self.clusters() {
            for nth in self.above(cluster, day) {
                *counts.entry(&self.rows[nth].code).or_default() += 1;
            }
        }
        counts
    }

    /// The nearest place of that kind which `cluster` belongs to on `day`.
    pub fn place_of(&self, cluster: &str, kind: Kind, day: Date) -> Option<&Place> {
        let above = self.above(cluster, day);
        above.into_iter().map(|nth| &self.rows[nth]).find(|it| it.kind == kind)
    }

    /// The clusters that have a row, or a place by the configuration.
    pub(super) fn clusters(&self) -> BTreeSet<&str> {
        let rows = self.rows.iter().filter(|it| it.kind == Kind::Cluster);
        rows.map(|it| it.code.as_str()).chain(self.attached.keys().map(String::as_str)).collect()
    }

    /// The clusters that have a row which `is_meant` on their way up.
    pub(super) fn clusters_on(
        &self,
        day: Date,
        is_meant: impl Fn(usize) -> bool,
    ) -> BTreeSet<String> {
        let is_below = |it: &&str| self.above(it, day).into_iter().any(&is_meant);
        self.clusters().into_iter().filter(is_below).map(str::to_owned).collect()
    }

    /// What a cluster without a row is said to hang on.
    pub(super) fn attached(&self) -> impl Iterator<Item = (&str, &PlaceCode)> {
        let has_row = |it: &str| it.parse().is_ok_and(|code| self.by_code.contains_key(&code));
        let attached = self.attached.iter().map(|(cluster, code)| (cluster.as_str(), code));
        attached.filter(move |(cluster, _)| !has_row(cluster))
    }

    pub(super) fn row(&self, nth: usize) -> &Place {
        &self.rows[nth]
    }

    pub(super) fn row_at(&self, code: &PlaceCode, day: Date) -> Option<usize> {
        self.range(code).find(|nth| self.rows[*nth].period.contains(day))
    }

    pub(super) fn range(&self, code: &PlaceCode) -> Range<usize> {
        self.by_code.get(code).cloned().unwrap_or_default()
    }

    pub(super) fn successors(&self, nth: usize) -> &[usize] {
        &self.successors[nth]
    }

    pub(super) fn predecessors(&self, nth: usize) -> &[usize] {
        &self.predecessors[nth]
    }

    /// What hangs directly on `code` on `day`.
    pub(super) fn children(&self, code: &PlaceCode, day: Date) -> impl Iterator<Item = usize> {
        let children = self.by_parent.get(code).into_iter().flatten().copied();
        children.filter(move |nth| self.rows[*nth].period.contains(day))
    }

    /// The rows from the cluster up to the top.
    fn above(&self, cluster: &str, day: Date) -> Vec<usize> {
        let own = cluster.parse().ok().filter(|code| self.by_code.contains_key(code));
        let first = match own {
            Some(code) => self.row_at(&code, day),
            None => self.attached.get(cluster).and_then(|code| self.seat(code, day)),
        };
        let mut above = Vec::new();
        let mut next = first;
        while let Some(nth) = next {
            above.push(nth);
            let parent = self.rows[nth].parent.as_ref();
            next = parent.and_then(|code| self.row_at(code, day));
        }
        above
    }

    /// Where something that was put on `code` hangs on `day`: there, or on the one place that took over. Of
    /// several, nobody knows which.
    fn seat(&self, code: &PlaceCode, day: Date) -> Option<usize> {
        if let Some(nth) = self.row_at(code, day) {
            return Some(nth);
        }
        let mut last = self.range(code).rfind(|nth| self.rows[*nth].period.is_over(day))?;
        while self.rows[last].period.is_over(day) {
            let [only] = self.successors[last][..] else { return None };
            last = only;
        }
        Some(last)
    }

    fn next_of(&self, nth: usize) -> Vec<usize> {
        let row = &self.rows[nth];
        let Some(end) = row.period.to else { return Vec::new() };
        if row.successors.is_empty() {
            return self.row_at(&row.code, end).into_iter().collect();
        }
        row.successors.iter().filter_map(|code| self.row_at(code, end)).collect()
    }
}
