//! What an approval that ends, or that one person gave, holds back.

use super::*;
use crate::bulletin::NormalHours;

/// What becomes of a quarter of an hour at `time`, without quiet hours.
fn decided(standing: Standing, time: &str) -> &'static str {
    let entry = Entry { standing, ..entry("tin", time) };
    let from = at(MONDAY);
    let planned = plan(&[entry], None, from, from + Duration::from_hours(24)).unwrap();
    match &planned[0].decision {
        Decision::Plays => "",
        Decision::HeldBack(reason) => reason.as_str(),
    }
}

#[test]
fn an_approval_holds_to_the_last_sound_that_it_covers() {
    let limited = |until: &str| Standing::Limited { until: at(until), within: None };
    assert_eq!(decided(limited("2026-01-05T09:14:59+07:00"), "09:00"), "approval_lapsed");
    assert_eq!(decided(limited("2026-01-05T09:15:00+07:00"), "09:00"), "");
}

#[test]
fn one_signature_is_enough_by_day_and_sound_that_changed_is_never() {
    let one = || {
        let within = Some(NormalHours::day(TimeZone::get(WARD).unwrap()));
        Standing::Limited { until: Timestamp::MAX, within }
    };
    assert_eq!(decided(one(), "09:00"), "");
    assert_eq!(decided(one(), "04:45"), "one_approval");
    assert_eq!(decided(one(), "20:50"), "one_approval", "it runs into the night");
    assert_eq!(decided(Standing::SoundChanged, "09:00"), "sound_changed");
}
