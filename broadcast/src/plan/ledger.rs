//! What every quota has seen so far of each of its days.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Candidate, Reason, Targets};
use crate::quota::{Quota, Usage};

pub(super) struct Ledger<'a> {
    quotas: &'a [Quota],
    zone: &'a TimeZone,
    /// By the quota's place and the day its band begins on.
    days: HashMap<(usize, Date), Vec<Play<'a>>>,
}

struct Play<'a> {
    from: Timestamp,
    to: Timestamp,
    targets: &'a Targets,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(quotas: &'a [Quota], zone: &'a TimeZone) -> Self {
        Self { quotas, zone, days: HashMap::new() }
    }

    pub(super) fn add<Id>(&mut self, play: &Candidate<'a, Id>) {
        for (nth, quota) in self.quotas.iter().enumerate() {
            if let Some(day) = day_of(quota, play, self.zone) {
                let entry =
                    Play { from: play.at, to: play.ends_at(), targets: &play.item.entry.targets };
                self.days.entry((nth, day)).or_default().push(entry);
            }
        }
    }

    /// The quota that would be broken on some cluster of `wanted`.
    pub(super) fn refuses<Id>(&self, wanted: &Candidate<'_, Id>) -> Option<Reason<Id>> {
        self.quotas.iter().enumerate().find_map(|(nth, quota)| {
            let day = day_of(quota, wanted, self.zone)?;
            let plays = self.days.get(&(nth, day)).map_or(&[][..], Vec::as_slice);
            let targets = &wanted.item.entry.targets;
            let limit = clusters(targets, plays).into_iter().find_map(|cluster| {
                let mut sounds: Vec<_> = plays
                    .iter()
                    .filter(|it| reaches(it.targets, cluster))
                    .map(|it| (it.from, it.to))
                    .collect();
                sounds.push((wanted.at, wanted.ends_at()));
                quota.broken(&Usage::new(sounds))
            })?;
            Some(Reason::Quota { quota: quota.name.clone(), limit, day })
        })
    }
}

fn day_of<Id>(quota: &Quota, play: &Candidate<'_, Id>, zone: &TimeZone) -> Option<Date> {
    if !quota.covers(play.item.entry.priority) {
        return None;
    }
    quota.band.day_of(play.at, zone)
}

/// The clusters to ask about. None stands for every one that nobody names: it hears what is for all.
fn clusters<'t>(targets: &'t Targets, plays: &'t [Play<'_>]) -> BTreeSet<Option<&'t str>> {
    match targets {
        Targets::Some(names) => names.iter().map(|it| Some(it.as_str())).collect(),
        Targets::All => {
            let named = plays.iter().filter_map(|it| match it.targets {
                Targets::Some(names) => Some(names.iter().map(|name| Some(name.as_str()))),
                Targets::All => None,
            });
            named.flatten().chain([None]).collect()
        }
    }
}

fn reaches(targets: &Targets, cluster: Option<&str>) -> bool {
    match (targets, cluster) {
        (Targets::All, _) => true,
        (Targets::Some(_), None) => false,
        (Targets::Some(names), Some(cluster)) => names.contains(cluster),
    }
}
