//! How loud: by the hour, also while it sounds.

use super::*;

/// Seconds since 1970 of a local time in Việt Nam.
fn vn(text: &str) -> i64 {
    format!("{text}+07:00").parse::<Timestamp>().unwrap().as_second()
}

fn under(ceiling: u8) -> Scene {
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
    let volume = Some(VolumeBands::day_and_night(ceiling.try_into().unwrap(), zone));
    let mut it = Scene::new(Rules { volume, ..scene::rules() });
    it.on(vn("2026-01-05T00:00:00"), Event::ClockTrusted(true));
    it
}

fn heard_at(it: &Scene) -> u8 {
    it.sound().unwrap().level.hour.percent()
}

#[test]
fn a_bulletin_at_05_30_is_quieter_than_one_at_06_30() {
    for (start, percent) in [("2026-01-05T05:30:00", 56), ("2026-01-05T06:30:00", 100)] {
        let mut it = under(100);
        let start = vn(start);
        it.cached(start - 60, &order(1, start));
        it.until(start - 59, start + 1);
        assert_eq!(heard_at(&it), percent);
        assert_eq!(it.volumes, []);
    }
}

#[test]
fn the_volume_changes_on_the_second_while_it_sounds() {
    let mut it = under(80);
    let night = vn("2026-01-05T21:00:00");
    it.cached(night - 60, &order(1, night - 30));
    it.until(night - 59, night - 1);
    assert_eq!(heard_at(&it), 80);
    it.until(night, night + 40);
    assert_eq!(it.volumes, [(night, 44)]);
    assert!(it.told.last().unwrap().ends_with("1 played"));
}

#[test]
fn what_is_opened_before_the_change_begins_as_loud_as_after_it() {
    let mut it = under(100);
    let day = vn("2026-01-05T06:00:00");
    it.cached(day - 60, &order(1, day));
    it.until(day - 59, day - 1);
    assert_eq!((heard_at(&it), it.volumes.len()), (100, 0));
    it.until(day, day + 61);
    assert_eq!(it.volumes, []);
}

#[test]
fn an_emergency_at_night_is_as_loud_as_the_ceiling_and_no_louder() {
    let mut it = under(70);
    let start = vn("2026-01-05T02:00:00");
    it.cached(start - 60, &Order { priority: Priority::Emergency, ..order(1, start) });
    it.until(start - 59, start + 1);
    assert_eq!(heard_at(&it), 70);
}

#[test]
fn fifteen_decibels_are_what_the_night_takes() {
    let level =
        |hour: u8| Level { order: Volume::FULL, hour: hour.try_into().unwrap(), is_below: false };
    let decibels = 20.0 * (level(56).amplitude() / level(100).amplitude()).log10();
    assert!((-15.2..-15.0).contains(&decibels), "{decibels}");
}
