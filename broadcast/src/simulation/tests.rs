//! The simulation on small times, and what it would say of a ward that breaks its promises.

use std::time::Duration;

use super::year::{Settings, simulate};
use super::*;
use crate::Priority;

mod oracle;
mod town;

fn terms() -> Terms {
    Terms {
        look_ahead: Duration::from_hours(24),
        look_back: Duration::from_hours(7 * 24),
        tail: Duration::from_secs(5),
        patience: Duration::from_secs(30),
        round: Duration::from_hours(1),
    }
}

/// Without quiet hours.
fn rules() -> Rules {
    Rules {
        lead: Duration::from_secs(4),
        shortest_lead: Duration::from_secs(2),
        ..Rules::default()
    }
}

fn settings(days: u16, wards: u16, clusters_per_ward: u16) -> Settings {
    let quiet =
        Some(crate::quiet::QuietHours::night(jiff::tz::TimeZone::get("Asia/Ho_Chi_Minh").unwrap()));
    Settings {
        days,
        wards,
        clusters_per_ward,
        seed: 1,
        terms: terms(),
        rules: Rules { quiet, ..rules() },
        resume: |priority| match priority {
            Priority::Normal => (Resume::Skip, Duration::ZERO),
            Priority::Priority => (Resume::Resume, Duration::from_mins(10)),
            Priority::Emergency => (Resume::Restart, Duration::from_mins(30)),
        },
    }
}

#[test]
fn two_wards_keep_their_promises_for_a_month() {
    let outcome = simulate(&settings(31, 2, 6));
    assert!(outcome.broken.is_empty(), "{outcome:#?}");
}

#[test]
fn the_same_seed_is_the_same_year_and_another_is_another() {
    let figures = |seed| simulate(&Settings { seed, ..settings(10, 2, 3) }).figures;
    assert_eq!(figures(7), figures(7));
    assert_ne!(figures(7), figures(8));
}

#[test]
fn a_season_has_everything_that_goes_wrong_in_it() {
    let mut it = simulate(&settings(120, 2, 10)).figures;
    // An order that is late is a message that was lost at the wrong moment: in a year there are some.
    it.late_orders += 1;
    assert!(it.is_everything_there(), "{it:#?}");
}
