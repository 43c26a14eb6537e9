//! Whom a start is for: places become clusters on the day of the start. Pure, but for one look at what was
//! ordered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use broadcast::place::{Audience, PlaceTree};
use broadcast::plan::Targets;
use broadcast::reconciliation::{Change, Known, PlayStage, Verdict, Wanted};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::Connection;
use uuid::Uuid;

use super::facts::Facts;
use super::view::BulletinView;
use super::{BulletinError, Ward, play_row};

/// The tree of places, and the zone whose days it counts.
#[derive(Clone, Debug)]
pub(super) struct PlaceMap {
    pub tree: Arc<PlaceTree>,
    /// Of the table, see `PlacePage`.
    pub revision: u64,
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
        self.day(view.approval().map_or(view.created_at, |it| it.at))
    }

    /// Between two changes of the tree, all starts of a bulletin are for the same clusters: which of these
    /// stretches a start falls into. All starts of one that names no place are alike.
    pub(super) fn era(&self, view: &BulletinView, start_at: Timestamp) -> usize {
        if !names_places(&view.targets) {
            return 0;
        }
        self.tree.era(self.day(start_at))
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
pub(super) fn name_silent(planned: &mut [Wanted], facts: &Facts) {
    for wanted in planned {
        let Verdict::HeldBack(reason) = &mut wanted.verdict else { continue };
        let kept = facts.scheduled.iter().find(|it| it.view.id == wanted.bulletin);
        if let Some(why) = kept.and_then(|it| facts.map.why_nobody(&it.view, wanted.at)) {
            *reason = why;
        }
    }
}

/// What the clusters of an ordered play follow from, its day apart: the table, and on which day each
/// bulletin meant its places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlacesSeen {
    revision: u64,
    meant: BTreeMap<Uuid, Date>,
}

impl PlacesSeen {
    fn of(facts: &Facts) -> Self {
        let named = facts.scheduled.iter().filter(|it| names_places(&it.view.targets));
        let meant = named.map(|it| (it.view.id, facts.map.meant_on(&it.view)));
        Self { revision: facts.map.revision, meant: meant.collect() }
    }
}

/// As [`moved`], if there is anything new since `seen`: it reads every target of every open play.
pub(super) fn moved_since(
    seen: &mut Option<PlacesSeen>,
    conn: &Connection,
    facts: &Facts,
    ward: &Ward,
    now: Timestamp,
) -> rusqlite::Result<Vec<Change>> {
    let now_seen = PlacesSeen::of(facts);
    if seen.as_ref() == Some(&now_seen) {
        return Ok(Vec::new());
    }
    let moved = moved(conn, facts, ward, now)?;
    *seen = Some(now_seen);
    Ok(moved)
}

/// What is ordered for places that have other clusters by now, because somebody changed the table: it is
/// taken back, and the next round orders it anew.
fn moved(
    conn: &Connection,
    facts: &Facts,
    ward: &Ward,
    now: Timestamp,
) -> rusqlite::Result<Vec<Change>> {
    let soonest = now.checked_add(ward.lead).unwrap_or(Timestamp::MAX);
    let is_open =
        |it: &&Known| it.stage == PlayStage::Ordered && !it.is_closed && it.start_at > soonest;
    let mut moved = Vec::new();
    for play in facts.plays.iter().filter(is_open) {
        let kept = facts.scheduled.iter().find(|it| it.view.id == play.id.bulletin);
        let Some(kept) = kept.filter(|it| names_places(&it.view.targets)) else { continue };
        let ordered = play_row::targets(conn, play.id)?;
        let ordered: BTreeSet<&str> = ordered.iter().map(|it| it.cluster.as_str()).collect();
        let targets = facts.map.targets(&kept.view, play.start_at);
        let clusters = ward.clusters.iter().map(|it| it.id.as_str());
        let wanted: BTreeSet<&str> = clusters.filter(|it| targets.contains(it)).collect();
        if ordered != wanted {
            let reason = "other loudspeakers hang on its places now";
            moved.push(Change::Withdraw(play.id, reason.to_owned()));
        }
    }
    Ok(moved)
}

pub(super) fn names_places(audience: &Audience) -> bool {
    !audience.places(Date::ZERO).is_empty()
}

#[cfg(test)]
mod tests;
