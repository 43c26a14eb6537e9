//! The tracker on scripted crossings, gaps and crowds.

mod absence;
mod fixture;
mod street;

use base::{Plane, Size};
use proptest::prelude::*;

use super::*;

fn at(second: f32) -> Timestamp {
    Timestamp::UNIX_EPOCH + Duration::from_secs_f32(second)
}

fn person(x: f32, score: f32) -> Detection {
    let area = Rect { x, y: 100.0, width: 40.0, height: 100.0 };
    Detection { class: 0, score: Score::try_from(score).unwrap(), area }
}

const SIZE: Size = Size { width: 640, height: 360 };
const WHOLE: Rect = Rect { x: 0.0, y: 0.0, width: 640.0, height: 360.0 };

/// A grey picture, in which everybody looks alike.
fn look<'a>(
    tracker: &'a mut Tracker,
    detections: &[Detection],
    looked_at: &[Rect],
    now: Timestamp,
) -> &'a [Track] {
    static GREY: [u8; 640 * 360 * 3] = [128; 640 * 360 * 3];
    let picture = Picture::Rgb { size: SIZE, data: Plane { data: &GREY, stride: 640 * 3 } };
    tracker.update(&Sighting { picture: &picture, detections, looked_at }, now)
}

fn update<'a>(tracker: &'a mut Tracker, detections: &[Detection], now: Timestamp) -> &'a [Track] {
    look(tracker, detections, &[WHOLE], now)
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
    assert_eq!(
        update(&mut tracker, &[], at(4.0)),
        [],
        "who is not in this picture is not seen in it"
    );
}

fn any_boxes() -> impl Strategy<Value = Vec<Detection>> {
    let side = prop_oneof![9 => -50.0_f32..700.0, 1 => Just(f32::NAN), 1 => Just(f32::INFINITY)];
    let any_box = (0_usize..2, 0.1_f32..1.0, side.clone(), side, 0.0_f32..200.0).prop_map(
        |(class, score, x, y, size)| Detection {
            class,
            score: Score::try_from(score).unwrap(),
            area: Rect { x, y, width: size / 2.0, height: size },
        },
    );
    prop::collection::vec(any_box, 0..6)
}

proptest! {
    #[test]
    fn whatever_is_detected_nobody_is_two_and_nobody_is_made_up(
        pictures in prop::collection::vec((any_boxes(), 0_u16..4000, any::<bool>()), 1..40),
    ) {
        let mut tracker = Tracker::new(TrackerSettings::default());
        let mut now = at(0.0);
        let mut moved = std::collections::BTreeSet::new();
        for (detections, passed_ms, is_whole) in pictures {
            now += Duration::from_millis(u64::from(passed_ms));
            let region = Rect { width: 300.0, ..WHOLE };
            let looked_at = [if is_whole { WHOLE } else { region }];
            let tracks = look(&mut tracker, &detections, &looked_at, now).to_vec();
            let mut ids: Vec<u64> = tracks.iter().map(|it| it.id).collect();
            ids.sort_unstable();
            ids.dedup();
            prop_assert_eq!(ids.len(), tracks.len());
            for track in &tracks {
                let is_it = |it: &&Detection| it.area == track.area && it.class == track.class;
                // Who is seen was seen once; who is held may be where nobody looked now.
                let is_seen = track.last_seen_at == now;
                prop_assert!(!is_seen || detections.iter().filter(is_it).count() == 1);
                prop_assert!(track.n_hits >= 2 && (is_seen || !is_whole));
                prop_assert!(track.has_moved || !moved.contains(&track.id));
                prop_assert!(!(track.has_moved && track.is_fixture));
                if track.has_moved {
                    moved.insert(track.id);
                }
            }
            let n_expected = tracker.interests(now).count();
            prop_assert!(n_expected >= tracks.len());
        }
    }
}
