//! Who gives way when two plays would sound on one cluster at once, or a quota is used up.

use std::collections::HashMap;

use jiff::Timestamp;

use super::ledger::Ledger;
use super::{Candidate, Cause, Explained, Policy, Reason, tie};

/// Accepted plays are looked up by the quarters of an hour they touch, so that a year of plays costs
/// their number and not its square.
const BUCKET_SECONDS: i64 = 900;

/// Decides on every candidate, those that go first first; some have a reason of their own and are out
/// already. The number is the candidate's rank.
pub(super) fn settle<'a, Id: Clone>(
    mut candidates: Vec<Candidate<'a, Id>>,
    policy: &'a Policy,
) -> Vec<(usize, Explained<Id>)> {
    candidates.sort_by(|one, other| tie::compare(one, other, &policy.ties).0);
    let mut accepted = Accepted::default();
    let mut ledger = Ledger::new(&policy.quotas, &policy.zone);
    // What has begun has used its quota, whoever would have gone first.
    candidates.iter().filter(|it| it.is_begun).for_each(|it| ledger.add(it));
    let mut decided = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let mut reason = candidate.own_reason(policy.quiet.as_ref());
        if reason.is_none() && !candidate.is_begun {
            let winner = accepted.clash_of(&candidate);
            reason = winner.map(|it| lost_to(it, &candidate, policy, &mut decided));
            reason = reason.or_else(|| ledger.refuses(&candidate));
        }
        let is_accepted = reason.is_none();
        decided.push((candidate.rank, candidate.explained(reason, policy)));
        if is_accepted {
            if !candidate.is_begun {
                ledger.add(&candidate);
            }
            accepted.add(Play { candidate, nth: decided.len() - 1 });
        }
    }
    decided
}

/// The reason of the one that lost, and, with the one that won, whom it went before.
fn lost_to<Id: Clone>(
    winner: &Play<'_, Id>,
    loser: &Candidate<'_, Id>,
    policy: &Policy,
    decided: &mut [(usize, Explained<Id>)],
) -> Reason<Id> {
    let (_, ground) = tie::compare(&winner.candidate, loser, &policy.ties);
    let (other, at) = (loser.item.entry.id.clone(), loser.at);
    decided[winner.nth].1.because.push(Cause::Before { other, at, ground });
    let with = winner.candidate.item.entry.id.clone();
    Reason::Clash { with, at: winner.candidate.at, ground }
}

/// A play that was accepted, and its place among the decided.
struct Play<'a, Id> {
    candidate: Candidate<'a, Id>,
    nth: usize,
}

struct Accepted<'a, Id> {
    plays: Vec<Play<'a, Id>>,
    buckets: HashMap<i64, Vec<usize>>,
}

impl<Id> Default for Accepted<'_, Id> {
    fn default() -> Self {
        Self { plays: Vec::new(), buckets: HashMap::new() }
    }
}

impl<'a, Id: Clone> Accepted<'a, Id> {
    fn add(&mut self, play: Play<'a, Id>) {
        for bucket in buckets(&play.candidate) {
            self.buckets.entry(bucket).or_default().push(self.plays.len());
        }
        self.plays.push(play);
    }

    /// The accepted play that sounds on a cluster of `wanted` while it would; of several, the first
    /// in time.
    fn clash_of(&self, wanted: &Candidate<'_, Id>) -> Option<&Play<'a, Id>> {
        buckets(wanted)
            .filter_map(|bucket| self.buckets.get(&bucket))
            .flatten()
            .map(|index| &self.plays[*index])
            .filter(|it| overlap(&it.candidate, wanted))
            .filter(|it| it.candidate.item.entry.targets.meet(&wanted.item.entry.targets))
            .min_by_key(|it| it.candidate.at)
    }
}

fn buckets<Id: Clone>(play: &Candidate<'_, Id>) -> impl Iterator<Item = i64> + use<Id> {
    let bucket = |at: Timestamp| at.as_second().div_euclid(BUCKET_SECONDS);
    bucket(play.at)..=bucket(play.ends_at())
}

fn overlap<Id: Clone>(one: &Candidate<'_, Id>, other: &Candidate<'_, Id>) -> bool {
    one.at < other.ends_at() && other.at < one.ends_at()
}
