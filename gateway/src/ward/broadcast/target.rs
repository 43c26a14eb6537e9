//! Whom a start is for: places become clusters on the day of the start. Pure, but for one look at what was
//! ordered.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use broadcast::place::{Audience, PlaceTree};
use broadcast::plan::{Entry, Targets};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::Connection;
use uuid::Uuid;

use super::plan::{Change, Known};
use super::row::Kept;
use super::view::{BulletinView, PlayStage};
use super::{BulletinError, Ward, play_row};

/// The tree of places, and the zone whose days it counts.
#[derive(Clone, Debug)]
pub(super) struct PlaceMap {
    pub tree: Arc<PlaceTree>,
    pub zone: TimeZone,
    /// The box's own; others may be in the tree.
    pub clusters: Arc<BTreeSet<String>>,
}

impl PlaceMap {
    pub(super) fn day(&self, at: Timestamp) -> Date {
        self.zone.to_datetime(at).date()
    }

    /// The clusters that a start of this bulletin is for.
    pub(super) fn targets(&self, view: &BulletinView, start_at: Timestamp) -> Targets {
        let day = self.day(start_at);
        match view.targets.targets(&self.tree, self.meant_on(view), day) {
            Targets::All => Targets::All,
            Targets::Some(clusters) => Targets::Some(&clusters & &*self.clusters),
        }
    }

    /// Which places leave a start without anybody who hears it; `None` if somebody does.
    pub(super) fn why_nobody(&self, view: &BulletinView, start_at: Timestamp) -> Option<String> {
        if !self.targets(view, start_at).is_nobody() {
            return None;
        }
        let silent = view.targets.silent(&self.tree, self.meant_on(view), self.day(start_at));
        let silent: Vec<String> = silent.iter().map(ToString::to_string).collect();
        (!silent.is_empty()).then(|| silent.join("; "))
    }

    /// Codes are used again: what one meant is what it meant to whoever answered for it.
    fn meant_on(&self, view: &BulletinView) -> Date {
        self.day(view.approval.as_ref().map_or(view.created_at, |it| it.at))
    }

    /// Entries in their order with their starts, each as many times as the tree gives it other clusters: the
    /// planner knows clusters only.
    pub(super) fn by_reach(
        &self,
        scheduled: &[Kept],
        entries: Vec<Entry<Uuid>>,
        starts: Vec<Vec<Timestamp>>,
    ) -> (Vec<Entry<Uuid>>, Vec<Vec<Timestamp>>) {
        let views = scheduled.iter().map(|it| (it.view.id, &it.view));
        let views: HashMap<Uuid, &BulletinView> = views.collect();
        let changes: Vec<Date> = self.tree.changes().into_iter().collect();
        let mut split = (Vec::new(), Vec::new());
        for (entry, starts) in entries.into_iter().zip(starts) {
            let Some(view) = views.get(&entry.id) else { continue };
            // Between two changes of the tree all starts are for the same clusters.
            let era = |start: Timestamp| changes.partition_point(|it| *it <= self.day(start));
            let mut eras: BTreeMap<usize, Vec<Timestamp>> = BTreeMap::new();
            for start in starts {
                let era = if names_places(&view.targets) { era(start) } else { 0 };
                eras.entry(era).or_default().push(start);
            }
            for starts in eras.into_values() {
                let targets = self.targets(view, starts[0]);
                split.0.push(Entry { targets, ..entry.clone() });
                split.1.push(starts);
            }
        }
        split
    }
}

impl Ward {
    /// Whether everybody that is named is known. A place without clusters is: it may get some.
    pub(super) fn check_targets(&self, targets: &Audience) -> Result<(), BulletinError> {
        if *targets == Audience::Some(BTreeSet::new()) {
            return Err(BulletinError::NoTargets);
        }
        let is_ours = |it: &&str| self.clusters.iter().any(|own| own.id.as_str() == *it);
        if let Some(cluster) = targets.clusters().find(|it| !is_ours(it)) {
            return Err(BulletinError::UnknownCluster { cluster: cluster.to_owned() });
        }
        let tree = self.places.map().tree;
        let mut places = targets.places(Date::ZERO).into_iter().map(|it| it.code);
        match places.find(|it| tree.history(it).is_empty()) {
            Some(code) => Err(BulletinError::UnknownPlace { code }),
            None => Ok(()),
        }
    }
}

/// Says of what is held back because nobody hangs on its places which places those are.
pub(super) fn name_silent(changes: &mut [Change], scheduled: &[Kept], map: &PlaceMap) {
    for change in changes {
        let Change::HoldBack(id, reason) = change else { continue };
        let kept = scheduled.iter().find(|it| it.view.id == id.bulletin);
        if let Some(why) = kept.and_then(|it| map.why_nobody(&it.view, id.occurrence)) {
            *reason = why;
        }
    }
}

/// What is ordered for places that have other clusters by now, because somebody changed the table: it is
/// taken back, and the next round orders it anew.
pub(super) fn moved(
    conn: &Connection,
    known: &[Known],
    scheduled: &[Kept],
    ward: &Ward,
    now: Timestamp,
) -> rusqlite::Result<Vec<Change>> {
    let map = ward.places.map();
    let soonest = now.checked_add(ward.lead).unwrap_or(Timestamp::MAX);
    let mut moved = Vec::new();
    for play in known.iter().filter(|it| it.stage == PlayStage::Ordered && it.start_at > soonest) {
        let kept = scheduled.iter().find(|it| it.view.id == play.id.bulletin);
        let Some(kept) = kept.filter(|it| names_places(&it.view.targets)) else { continue };
        let ordered = play_row::targets(conn, play.id)?;
        let ordered: BTreeSet<&str> = ordered.iter().map(|it| it.cluster.as_str()).collect();
        let targets = map.targets(&kept.view, play.start_at);
        let clusters = ward.clusters.iter().map(|it| it.id.as_str());
        let wanted: BTreeSet<&str> = clusters.filter(|it| targets.contains(it)).collect();
        if ordered != wanted {
            let reason = "other loudspeakers hang on its places now";
            moved.push(Change::Withdraw(play.id, reason.to_owned()));
        }
    }
    Ok(moved)
}

fn names_places(audience: &Audience) -> bool {
    !audience.places(Date::ZERO).is_empty()
}

#[cfg(test)]
mod tests;
