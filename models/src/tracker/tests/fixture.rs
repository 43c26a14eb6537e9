//! Signs, statues and parked cars: what does not move, and what moves before it.

use super::*;

/// A sign the size of a distant person, somewhere behind the way of `person`.
fn sign(jitter: f32, score: f32) -> Detection {
    let area = Rect { x: 300.0 + jitter, y: 130.0, width: 30.0, height: 66.0 + jitter };
    Detection { area, ..person(0.0, score) }
}

/// Runs a minute at 5 pictures a second; answers with all that was seen, picture by picture.
fn minute(mut detections: impl FnMut(u16) -> Vec<Detection>) -> Vec<Vec<Track>> {
    let mut tracker = Tracker::new(TrackerSettings::default());
    let show = |picture: u16| {
        let now = at(f32::from(picture) * 0.2);
        update(&mut tracker, &detections(picture), now).to_vec()
    };
    (0..300).map(show).collect()
}

fn jitter(picture: u16) -> f32 {
    [0.0, 2.0, -1.0, 1.5, -2.5, 0.5, -1.5][usize::from(picture % 7)]
}

#[test]
fn a_sign_is_a_fixture_after_three_seconds_and_stays_in_the_answer() {
    let seen = minute(|picture| vec![sign(jitter(picture), 0.7)]);
    for (picture, tracks) in seen.iter().enumerate().skip(1) {
        assert_eq!(tracks.len(), 1, "picture {picture}");
        let track = &tracks[0];
        assert!(!track.has_moved && track.is_fixture == (picture >= 15), "picture {picture}");
        assert_eq!(track.is_standing, picture >= 50, "picture {picture}");
    }
}

#[test]
fn a_sign_that_flickers_is_one_thing_and_known_at_once() {
    // Two pictures each 12 s: every time it is long forgotten as a track.
    let seen =
        minute(|picture| if picture % 60 < 2 { vec![sign(jitter(picture), 0.7)] } else { vec![] });
    let n_people = seen.iter().flatten().filter(|it| !it.is_fixture).count();
    assert_eq!((seen.iter().flatten().count(), n_people), (5, 1), "{seen:?}");

    let seen =
        minute(|picture| if picture % 50 < 20 { vec![sign(jitter(picture), 0.7)] } else { vec![] });
    let ids: std::collections::BTreeSet<u64> = seen.iter().flatten().map(|it| it.id).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
}

#[test]
fn somebody_who_walks_through_a_fixture_is_not_swallowed() {
    let seen = minute(|picture| {
        let mut boxes = vec![sign(jitter(picture), 0.6)];
        if (100..=150).contains(&picture) {
            let walker = person(100.0 + 8.0 * f32::from(picture - 100), 0.8);
            // While the sign is behind the walker, there is no box of it.
            boxes.retain(|it| it.area.shared(&walker.area) < 0.3 * it.area.area());
            boxes.push(walker);
        }
        boxes
    });
    let people: Vec<_> = seen.iter().flatten().filter(|it| it.has_moved).collect();
    assert!(people.len() > 40, "{}", people.len());
    assert!(people.iter().all(|it| it.id == people[0].id && !it.is_fixture));
    let last = &seen[299];
    assert!(last.len() == 1 && last[0].is_fixture && last[0].id != people[0].id, "{last:?}");
}

#[test]
fn a_fixture_that_walks_off_was_a_person() {
    let seen =
        minute(|picture| vec![person(100.0 + 6.0 * f32::from(picture.saturating_sub(100)), 0.8)]);
    assert!(seen[99][0].is_fixture && seen[99][0].id == 1);
    let walking = &seen[110][0];
    assert!(walking.has_moved && !walking.is_fixture && walking.id == 1);
}

#[test]
fn who_walked_up_and_stands_is_no_fixture() {
    let seen = minute(|picture| vec![person(100.0 + 8.0 * f32::from(picture.min(20)), 0.8)]);
    let last = &seen[299][0];
    assert!(last.is_standing && last.has_moved && !last.is_fixture, "{last:?}");
}

#[test]
fn who_stands_and_is_hidden_for_twenty_seconds_is_still_there() {
    let seen = minute(|picture| match picture {
        0..=120 | 221.. => {
            vec![person(100.0 + 8.0 * f32::from(picture.min(20)) + jitter(picture), 0.8)]
        }
        _ => vec![],
    });
    let last = &seen[299][0];
    assert!(last.id == 1 && last.is_standing && last.has_moved, "{last:?}");
}
