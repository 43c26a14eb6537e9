//! Who gives way when two plays would sound on one cluster at once.

use std::cmp::Reverse;
use std::collections::HashMap;

use jiff::Timestamp;

use super::{Candidate, Planned, Reason};

/// Accepted plays are looked up by the quarters of an hour they touch, so that a year of plays costs
/// their number and not its square.
const BUCKET_SECONDS: i64 = 900;

/// Decides on every candidate; those with a reason of their own are out already. The number is the
/// candidate's rank.
pub(super) fn settle<Id: Clone>(
    candidates: Vec<Candidate<'_, Id>>,
    reasons: Vec<Option<Reason<Id>>>,
) -> Vec<(usize, Planned<Id>)> {
    let mut order: Vec<_> = candidates.into_iter().zip(reasons).collect();
    order.sort_by_key(|(it, _)| (Reverse(it.entry.priority), it.at, it.rank));
    let mut accepted = Accepted::default();
    let mut decided = Vec::with_capacity(order.len());
    for (candidate, reason) in order {
        let reason = reason.or_else(|| accepted.clash_of(&candidate));
        let planned = candidate.decided(reason.clone());
        decided.push((candidate.rank, planned));
        if reason.is_none() {
            accepted.add(candidate);
        }
    }
    decided
}

struct Accepted<'a, Id> {
    plays: Vec<Candidate<'a, Id>>,
    buckets: HashMap<i64, Vec<usize>>,
}

impl<Id> Default for Accepted<'_, Id> {
    fn default() -> Self {
        Self { plays: Vec::new(), buckets: HashMap::new() }
    }
}

impl<'a, Id: Clone> Accepted<'a, Id> {
    fn add(&mut self, play: Candidate<'a, Id>) {
        for bucket in buckets(&play) {
            self.buckets.entry(bucket).or_default().push(self.plays.len());
        }
        self.plays.push(play);
    }

    /// The accepted play that sounds on a cluster of `wanted` while it would; of several, the first
    /// in time.
    fn clash_of(&self, wanted: &Candidate<'_, Id>) -> Option<Reason<Id>> {
        buckets(wanted)
            .filter_map(|bucket| self.buckets.get(&bucket))
            .flatten()
            .map(|index| &self.plays[*index])
            .filter(|it| overlap(it, wanted) && it.entry.targets.meet(&wanted.entry.targets))
            .min_by_key(|it| it.at)
            .map(|it| Reason::Clash { with: it.entry.id.clone(), at: it.at })
    }
}

fn buckets<Id: Clone>(play: &Candidate<'_, Id>) -> impl Iterator<Item = i64> + use<Id> {
    let bucket = |at: Timestamp| at.as_second().div_euclid(BUCKET_SECONDS);
    bucket(play.at)..=bucket(play.ends_at())
}

fn overlap<Id: Clone>(one: &Candidate<'_, Id>, other: &Candidate<'_, Id>) -> bool {
    one.at < other.ends_at() && other.at < one.ends_at()
}
