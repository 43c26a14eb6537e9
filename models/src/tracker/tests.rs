//! The tracker on scripted crossings, gaps and crowds.

use base::{Plane, Size};

use super::*;

fn at(second: f32) -> Timestamp {
    Timestamp::UNIX_EPOCH + Duration::from_secs_f32(second)
}

fn person(x: f32, score: f32) -> Detection {
    let area = Rect { x, y: 100.0, width: 40.0, height: 100.0 };
    Detection { class: 0, score: Score::try_from(score).unwrap(), area }
}

fn update<'a>(tracker: &'a mut Tracker, detections: &[Detection], now: Timestamp) -> &'a [Track] {
    let size = Size { width: 640, height: 360 };
    let grey = vec![128; 640 * 360 * 3];
    let picture = Picture::Rgb { size, data: Plane { data: &grey, stride: 640 * 3 } };
    let looked_at = [Rect { x: 0.0, y: 0.0, width: 640.0, height: 360.0 }];
    tracker.update(&Sighting { picture: &picture, detections, looked_at: &looked_at }, now)
}

/// Feeds one picture each 0.2 s; answers with the ids seen in each.
#[track_caller]
fn ids(pictures: &[&[Detection]]) -> Vec<Vec<u64>> {
    let mut tracker = Tracker::new(TrackerSettings::default());
    let mut now = at(0.0);
    let mut all = Vec::new();
    for detections in pictures {
        now += Duration::from_millis(200);
        all.push(update(&mut tracker, detections, now).iter().map(|it| it.id).collect());
    }
    all
}

#[test]
fn a_flash_is_nobody() {
    assert_eq!(ids(&[&[person(0.0, 0.9)], &[], &[]]), [vec![], vec![], vec![]]);
}

#[test]
fn a_person_half_hidden_stays_the_same_person() {
    let seen =
        ids(&[&[person(0.0, 0.9)], &[person(4.0, 0.9)], &[person(8.0, 0.2)], &[person(12.0, 0.9)]]);
    assert_eq!(seen, [vec![], vec![1], vec![1], vec![1]]);
}

#[test]
fn an_unsure_box_starts_nobody() {
    let unsure: &[Detection] = &[person(0.0, 0.55)];
    assert_eq!(ids(&[unsure, unsure, unsure]), [vec![], vec![], vec![]]);
}

#[test]
fn a_short_absence_is_forgiven_and_a_long_one_is_not() {
    let there: &[Detection] = &[person(0.0, 0.9)];
    let short = ids(&[there, there, &[], &[], &[], there]);
    assert_eq!(short.last(), Some(&vec![1]));
    let mut pictures = vec![there, there];
    pictures.resize(2 + 15, &[]);
    pictures.extend([there, there]);
    assert_eq!(ids(&pictures).last(), Some(&vec![2]));
}

#[test]
fn two_who_pass_each_other_keep_their_names() {
    let mut tracker = Tracker::new(TrackerSettings::default());
    let mut last = Vec::new();
    let mut x = 0.0;
    for step in 0..21_u8 {
        x = f32::from(step) * 10.0;
        let both = [person(x, 0.9), person(200.0 - x, 0.8)];
        last = update(&mut tracker, &both, at(f32::from(step) * 0.1)).to_vec();
    }
    let right = last.iter().find(|it| (it.area.x - x).abs() < 1.0).unwrap();
    assert_eq!((last.len(), right.id), (2, 1));
}

#[test]
fn a_dog_is_not_matched_with_a_person() {
    let dog = Detection { class: 16, ..person(0.0, 0.9) };
    let seen = ids(&[&[person(0.0, 0.9)], &[person(0.0, 0.9)], &[dog], &[dog]]);
    assert_eq!(seen, [vec![], vec![1], vec![], vec![2]]);
}

#[test]
fn a_clock_that_stands_still_breaks_nothing() {
    let mut tracker = Tracker::new(TrackerSettings::default());
    for _ in 0..3 {
        update(&mut tracker, &[person(0.0, 0.9)], at(5.0));
    }
    assert_eq!(update(&mut tracker, &[person(0.0, 0.9)], at(4.0)).len(), 1);
}
