//! What goes wrong in the field.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::script::{Deed, Outage};
use super::{Chance, Settings, moment, times};

/// For each cluster.
const POWER_CUTS_A_YEAR: u64 = 24;
const RESTARTS_A_YEAR: u64 = 12;
const LINK_LOSSES_A_YEAR: u64 = 12;
const BAD_CONTENTS_A_YEAR: u64 = 4;
const DAMAGED_FILES_A_YEAR: u64 = 4;
const BROKEN_SINKS_A_YEAR: u64 = 4;
const REPEATS_A_YEAR: u64 = 12;
/// For each box.
const BOX_OUTAGES_A_YEAR: u64 = 6;

const A_WEEK: Duration = Duration::from_hours(7 * 24);
/// What a clock without a battery shows, and what people set by hand.
const CLOCKS_OFF: [SignedDuration; 6] = [
    // 1970.
    SignedDuration::from_hours(-491_000),
    SignedDuration::from_hours(-1),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(-12),
    SignedDuration::from_hours(20 * 24),
    SignedDuration::ZERO,
];

pub(super) fn add(settings: &Settings, chance: &mut Chance, script: &mut Vec<(Timestamp, Deed)>) {
    let mut add = |in_a_year: u64, chance: &mut Chance, deed: &dyn Fn(&mut Chance) -> Deed| {
        for _ in 0..times(in_a_year, settings.days) {
            let at = moment(settings.days, chance);
            script.push((at, deed(chance)));
        }
    };
    for cluster in 0..usize::from(settings.clusters_per_ward) {
        add(POWER_CUTS_A_YEAR, chance, &|chance| {
            let clock_off = chance.pick(&CLOCKS_OFF).copied();
            Deed::Power(outage(cluster, clock_off, Duration::from_hours(6), chance))
        });
        add(RESTARTS_A_YEAR, chance, &|chance| {
            Deed::Power(outage(cluster, None, Duration::from_secs(30), chance))
        });
        add(LINK_LOSSES_A_YEAR, chance, &|chance| {
            let most = if chance.per_mille(250) { A_WEEK } else { Duration::from_hours(2) };
            let lasts = chance.between(Duration::from_secs(20), most);
            Deed::LinkDown { cluster, lasts }
        });
        add(BAD_CONTENTS_A_YEAR, chance, &|_| Deed::BadContent { cluster });
        add(DAMAGED_FILES_A_YEAR, chance, &|_| Deed::DamagedFile { cluster });
        add(BROKEN_SINKS_A_YEAR, chance, &|_| Deed::SinkFails { cluster });
        add(REPEATS_A_YEAR, chance, &|_| Deed::Repeat { cluster });
    }
    add(BOX_OUTAGES_A_YEAR, chance, &|chance| {
        let lasts = chance.between(Duration::from_secs(30), Duration::from_hours(5));
        Deed::BoxDown { lasts }
    });
}

fn outage(
    cluster: usize,
    clock_off: Option<SignedDuration>,
    most: Duration,
    chance: &mut Chance,
) -> Outage {
    let is_in_a_step = chance.per_mille(500);
    let after_effects = is_in_a_step.then(|| u8::try_from(chance.below(6)).unwrap_or(0));
    // Many are short, so that a play goes on afterwards.
    let most = if chance.per_mille(600) { Duration::from_mins(4) } else { most };
    let lasts = chance.between(Duration::from_secs(2), most.max(Duration::from_secs(10)));
    Outage { cluster, after_effects, lasts, clock_off }
}
