//! The whole way to sound against an oracle that counts minutes and knows no machine: what may be heard
//! from each horn in each minute, and what must.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::*;
use super::town::{A_DAY, Mishap, N_CLUSTERS, N_DAYS, Town, Wish, any_town, minutes_since};
use crate::calendar::Effect;
use crate::{PlayId, Priority};

/// From the entry of a bulletin until every cluster has it, with some messages lost.
const SETTLED: i64 = 20;
/// Minutes beyond the last day in which something that was late may still be heard.
const MORE: i64 = 120;

/// A play as the calendar has it: which wish, and its first minute.
#[derive(Clone, Copy, Debug)]
struct Turn {
    wish: usize,
    at: i64,
}

struct Oracle<'a> {
    town: &'a Town,
    turns: Vec<Turn>,
}

impl<'a> Oracle<'a> {
    fn new(town: &'a Town) -> Self {
        let mut turns = Vec::new();
        for (nth, wish) in town.wishes.iter().enumerate() {
            for minute in 0..N_DAYS * A_DAY {
                turns.extend(wish.turn(minute).map(|at| Turn { wish: nth, at }));
            }
        }
        Self { town, turns }
    }

    fn wish(&self, turn: Turn) -> &Wish {
        &self.town.wishes[turn.wish]
    }

    fn is_quiet(&self, minute: i64) -> bool {
        let minute = minute.rem_euclid(A_DAY);
        self.town.quiet.is_some_and(|(from, to)| minute >= from || minute < to)
    }

    fn is_disturbed(&self, cluster: usize, from: i64, to: i64) -> bool {
        let meets = |it: &Mishap| it.minutes().start <= to && from < it.minutes().end;
        let concerns = |it: &Mishap| it.cluster().is_none_or(|it| it == cluster);
        self.town.mishaps.iter().any(|it| concerns(it) && meets(it))
    }

    /// May this turn be heard on the cluster in this minute?
    fn may(&self, turn: Turn, cluster: usize, minute: i64) -> bool {
        let wish = self.wish(turn);
        let is_urgent = wish.priority == Priority::Emergency;
        // The seconds of the tail, and of a start that had to wait, reach into one minute more.
        let is_in_window = turn.at <= minute && minute <= turn.at + wish.length + wish.extra;
        let is_valid = wish.expires.is_none_or(|it| minute < it);
        is_in_window
            && wish.hears(cluster)
            && wish.is_approved
            && is_valid
            && (is_urgent || !self.is_quiet(minute))
            && (wish.stands(turn.at) || self.is_disturbed(cluster, wish.edited_at() - 1, minute))
    }

    /// Must it be heard there, from its first minute to its last?
    fn must(&self, turn: Turn, cluster: usize) -> bool {
        let wish = self.wish(turn);
        let (from, to) = (turn.at, turn.at + wish.length);
        let is_urgent = wish.priority == Priority::Emergency;
        let is_settled = wish.hears(cluster)
            && wish.is_approved
            && wish.entered + SETTLED <= from
            && wish.edited.is_none_or(|(edited, later)| {
                edited > to || later.is_some_and(|it| edited + it + SETTLED <= from)
            })
            && wish.expires.is_none_or(|it| to <= it)
            && (is_urgent || !(from..to).any(|it| self.is_quiet(it)));
        let ordered = wish.entered.max(from - A_DAY) - SETTLED;
        is_settled
            && !self.is_disturbed(cluster, ordered, to + 1)
            && self.turns.iter().all(|it| self.gives_way(*it, turn))
            && (is_urgent || self.is_within_quota(from.div_euclid(A_DAY)))
    }

    /// Does nothing of `other` keep `turn` from the horn?
    fn gives_way(&self, other: Turn, turn: Turn) -> bool {
        if other.wish == turn.wish && other.at == turn.at {
            return true;
        }
        let (theirs, ours) = (self.wish(other), self.wish(turn));
        let share = (0..N_CLUSTERS).any(|it| theirs.hears(it) && ours.hears(it));
        let meet = other.at < turn.at + ours.length + 1
            && turn.at < other.at + theirs.length + theirs.extra + 2;
        !share || !meet || theirs.priority < ours.priority
    }

    /// If all that wants to play on a day is no more than is allowed, nothing has to give way.
    fn is_within_quota(&self, day: i64) -> bool {
        let counts = |it: &&Turn| {
            it.at.div_euclid(A_DAY) == day && self.wish(**it).priority != Priority::Emergency
        };
        let n = self.turns.iter().filter(counts).count();
        self.town.quota.is_none_or(|most| n <= usize::try_from(most).unwrap())
    }

    /// No day has more plays on a cluster than the quota allows, whatever was late or interrupted.
    fn check_quota(&self, street: &Street) -> Result<(), TestCaseError> {
        let Some(most) = self.town.quota else { return Ok(()) };
        for cluster in 0..N_CLUSTERS {
            for day in 0..N_DAYS {
                let mut plays: Vec<PlayId> = Vec::new();
                for sound in street.of(cluster) {
                    let wish = &self.town.wishes[nth(sound)];
                    let is_counted = wish.priority != Priority::Emergency
                        && minutes_since(sound.from).div_euclid(A_DAY) == day;
                    if is_counted && !plays.contains(&sound.play) {
                        plays.push(sound.play);
                    }
                }
                prop_assert!(plays.len() <= usize::try_from(most).unwrap(), "{cluster}: {plays:?}");
            }
        }
        Ok(())
    }

    fn check(&self, street: &Street) -> Result<(), TestCaseError> {
        for cluster in 0..N_CLUSTERS {
            for minute in 0..N_DAYS * A_DAY + MORE {
                for wish in street.heard_in(cluster, minute) {
                    let of_wish = |it: &&Turn| it.wish == wish;
                    let may = self.turns.iter().filter(of_wish);
                    prop_assert!(
                        may.into_iter().any(|it| self.may(*it, cluster, minute)),
                        "cluster {cluster} hears {wish} in minute {minute}, and may not"
                    );
                }
            }
            for turn in &self.turns {
                if !self.must(*turn, cluster) {
                    continue;
                }
                for minute in turn.at..turn.at + self.wish(*turn).length {
                    let heard = street.heard_at(cluster, minute * 60 + 30);
                    prop_assert_eq!(
                        heard,
                        Some(turn.wish),
                        "cluster {}, minute {}: {:?}",
                        cluster,
                        minute,
                        turn
                    );
                }
            }
        }
        self.check_quota(street)
    }
}

impl Wish {
    /// The first minute of the play that its calendar gives in this minute.
    fn turn(&self, minute: i64) -> Option<i64> {
        let (day, time) = (minute.div_euclid(A_DAY), minute.rem_euclid(A_DAY));
        let is_start = self.days.contains(&(day % 7))
            && self.hours.contains(&time.div_euclid(60))
            && time.rem_euclid(60) == self.minute;
        if !is_start {
            return None;
        }
        let Some((days, effect)) = &self.layer else { return Some(minute) };
        match (effect, days.contains(&day)) {
            (Effect::Only, true) | (Effect::Not | Effect::Move(_), false) => Some(minute),
            (Effect::Only, false) | (Effect::Not, true) => None,
            (Effect::Move(_), true) => {
                let free = (day + 1..day + 31).find(|it| !days.contains(it))?;
                Some(minute + (free - day) * A_DAY)
            }
        }
    }

    fn hears(&self, cluster: usize) -> bool {
        self.clusters.as_ref().is_none_or(|it| it.contains(&cluster))
    }

    fn edited_at(&self) -> i64 {
        self.edited.map_or(i64::MAX, |(edited, _)| edited)
    }

    /// Does its approval stand at a start, which was asked for by then?
    fn stands(&self, at: i64) -> bool {
        match self.edited {
            None => self.entered <= at,
            Some((edited, later)) => {
                (self.entered <= at && at <= edited) || later.is_some_and(|it| edited + it <= at)
            }
        }
    }
}

/// What was heard.
struct Street(Vec<Sounded>);

fn nth(sound: &Sounded) -> usize {
    usize::try_from(sound.play.bulletin.as_u128()).unwrap()
}

impl Street {
    fn of(&self, cluster: usize) -> impl Iterator<Item = &Sounded> {
        self.0.iter().filter(move |it| it.cluster == cluster)
    }

    fn heard_in(&self, cluster: usize, minute: i64) -> Vec<usize> {
        let (from, to) = (super::town::instant(minute), super::town::instant(minute + 1));
        self.of(cluster).filter(|it| it.from < to && from < it.to).map(nth).collect()
    }

    fn heard_at(&self, cluster: usize, second: i64) -> Option<usize> {
        let at = super::town::instant(0) + jiff::SignedDuration::from_secs(second);
        self.of(cluster).find(|it| it.from <= at && at < it.to).map(nth)
    }
}

fn check(town: &Town) -> Result<(), TestCaseError> {
    let mut heard = Vec::new();
    let outcome = run(&town.scenario(), &mut |it| heard.push(it.clone()));
    prop_assert!(outcome.broken.is_empty(), "{:#?}", outcome.broken);
    Oracle::new(town).check(&Street(heard))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn every_minute_of_every_horn_is_as_it_may_and_must_be(town in any_town()) {
        check(&town)?;
    }
}

#[test]
fn an_interrupted_play_ends_when_its_bulletin_expires() {
    let wish = Wish {
        days: BTreeSet::from([0]),
        hours: BTreeSet::from([6]),
        minute: 0,
        length: 10,
        priority: Priority::Priority,
        clusters: None,
        is_approved: true,
        expires: Some(6 * 60 + 11),
        resume: Resume::Resume,
        extra: 15,
        level: 0,
        layer: None,
        entered: 0,
        edited: None,
    };
    let warning = Wish {
        minute: 6,
        length: 2,
        priority: Priority::Emergency,
        expires: None,
        // Early enough for every cluster to have its sound, and late enough for the news to have begun.
        entered: 6 * 60 + 1,
        ..wish.clone()
    };
    let town = Town {
        wishes: vec![wish, warning],
        mishaps: Vec::new(),
        quiet: None,
        quota: None,
        ties: Vec::new(),
        seed: 1,
    };
    let mut ends = Vec::new();
    let outcome = run(&town.scenario(), &mut |it| ends.push((nth(it), minutes_since(it.to))));
    assert_eq!(outcome.broken, [""; 0]);
    // Twice on each cluster: until the warning, and until it expires, with a minute left to hear.
    let news: Vec<i64> = ends.iter().filter(|it| it.0 == 0).map(|it| it.1).collect();
    assert_eq!(news, [365, 365, 365, 371, 371, 371]);
}
