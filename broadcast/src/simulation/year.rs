//! A district's year: wards with their bulletins, as delivered projects have them, and what goes wrong
//! in the field. The same in every run with the same seed.

mod calendar;
mod trouble;

use std::time::Duration;

use base::Sha256;
use jiff::{SignedDuration, Timestamp};

use super::chance::Chance;
use super::{Outcome, Scenario, Terms, run};
use crate::player::Rules;
use crate::{Content, Priority, Resume};

/// Midnight of 1 January 2026 in Hà Nội, a Thursday.
const FIRST: i64 = 1_767_200_400;
const A_DAY: i64 = 86_400;
const DAYS_OF_A_YEAR: u64 = 365;

/// How much is simulated, and what the box and the clusters are set up for.
#[derive(Clone, Debug)]
pub struct Settings {
    pub days: u16,
    pub wards: u16,
    pub clusters_per_ward: u16,
    pub seed: u64,
    pub terms: Terms,
    pub rules: Rules,
    /// What an interrupted play of a priority does afterwards, and how much longer it may take.
    pub resume: fn(Priority) -> (Resume, Duration),
}

/// Ward after ward: each has its own box, and knows nothing of the others.
pub fn simulate(settings: &Settings) -> Outcome {
    let mut total = Outcome::default();
    for ward in 0..settings.wards {
        let outcome = run(&scenario(settings, ward), &mut |_| {});
        total.figures.add(&outcome.figures);
        total.n_broken += outcome.n_broken;
        total
            .broken
            .extend(outcome.broken.into_iter().map(|it| format!("ward {}: {it}", ward + 1)));
    }
    total
}

fn scenario(settings: &Settings, ward: u16) -> Scenario {
    let mut chance = Chance::new(settings.seed ^ (u64::from(ward) << 32));
    let seed = chance.next();
    let mut script = Vec::new();
    let ward = calendar::ward(settings, ward, &mut chance, &mut script);
    trouble::add(settings, &mut chance, &mut script);
    let (from, to) = (instant(0, 0), instant(i64::from(settings.days), 0));
    Scenario { ward, script, from, to, seed }
}

/// On the ward's wall clock, which knows no summer time.
fn instant(day: i64, minute: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(FIRST + day * A_DAY + minute * 60)
}

/// Something that happens so often in a year, in so many days: at least once.
fn times(in_a_year: u64, days: u16) -> u64 {
    (in_a_year * u64::from(days)).div_ceil(DAYS_OF_A_YEAR)
}

/// Half of what happens, happens when something is heard.
fn moment(days: u16, chance: &mut Chance) -> Timestamp {
    let day = number(chance.below(u64::from(days.max(1))));
    let within = SignedDuration::from_millis(number(chance.below(60_000)));
    let minute = match chance.below(4) {
        0 => 6 * 60 + 28 + number(chance.below(20)),
        1 => 16 * 60 + 58 + number(chance.below(20)),
        _ => number(chance.below(24 * 60)),
    };
    instant(day, minute) + within
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A sound that nobody needs to hear.
fn content(name: &str, length: Duration) -> Content {
    // 48 kb/s.
    let bytes = length.as_secs() * 6_000;
    Content { sha256: Sha256::of(name.as_bytes()), bytes, duration: length }
}
