//! Who is not seen for a while: hidden, gone, or outside of what was looked at.

use super::*;
use crate::attention::Pace;

/// A film of 5 pictures a second, each with coloured people on grey.
struct Film {
    tracker: Tracker,
    pixels: Vec<u8>,
    now: Timestamp,
}

#[derive(Clone, Copy)]
struct Dressed {
    x: f32,
    colour: [u8; 3],
}

const RED: [u8; 3] = [200, 40, 40];
const BLUE: [u8; 3] = [40, 40, 200];
const GREEN: [u8; 3] = [40, 160, 40];

impl Film {
    fn new() -> Self {
        let tracker = Tracker::new(TrackerSettings::default());
        Self { tracker, pixels: vec![128; 640 * 360 * 3], now: at(0.0) }
    }

    /// Answers with the ids, in the order of the people; 0 for who is not followed.
    fn show(&mut self, people: &[Dressed]) -> Vec<u64> {
        self.now += Duration::from_millis(200);
        self.pixels.fill(128);
        let detections: Vec<_> = people.iter().map(|it| person(it.x, 0.8)).collect();
        for (row, pixels) in self.pixels.chunks_exact_mut(640 * 3).enumerate() {
            for it in people.iter().filter(|_| (100..200).contains(&row)) {
                for (column, pixel) in (0_u16..).zip(pixels.chunks_exact_mut(3)) {
                    if (it.x..it.x + 40.0).contains(&f32::from(column)) {
                        pixel.copy_from_slice(&it.colour);
                    }
                }
            }
        }
        let data = Plane { data: &self.pixels, stride: 640 * 3 };
        let picture = &Picture::Rgb { size: SIZE, data };
        let sighting = Sighting { picture, detections: &detections, looked_at: &[WHOLE] };
        let tracks = self.tracker.update(&sighting, self.now);
        let id = |it: &Detection| tracks.iter().find(|track| track.area == it.area);
        detections.iter().map(|it| id(it).map_or(0, |it| it.id)).collect()
    }

    /// One person at a steady walk of 60 pixels a second.
    fn walk(&mut self, from: f32, n_pictures: u8, colour: [u8; 3]) -> u64 {
        let step = |it: u8| Dressed { x: from + 12.0 * f32::from(it), colour };
        (0..n_pictures).map(|it| self.show(&[step(it)])[0]).last().unwrap()
    }

    fn nobody(&mut self, n_pictures: u8) {
        for _ in 0..n_pictures {
            self.show(&[]);
        }
    }
}

#[test]
fn five_seconds_behind_a_lorry_do_not_change_who_somebody_is() {
    let mut film = Film::new();
    assert_eq!(film.walk(60.0, 8, RED), 1);
    film.nobody(24);
    assert_eq!(film.walk(60.0 + 12.0 * 32.0, 5, RED), 1, "walked on");

    let mut film = Film::new();
    assert_eq!(film.walk(60.0, 8, RED), 1);
    film.nobody(24);
    assert_eq!(film.walk(200.0, 5, RED), 1, "waited there");
}

#[test]
fn somebody_else_who_comes_from_behind_the_lorry_is_somebody_else() {
    let mut film = Film::new();
    assert_eq!(film.walk(60.0, 8, RED), 1);
    film.nobody(10);
    assert_ne!(film.walk(60.0 + 12.0 * 18.0, 5, BLUE), 1);
}

#[test]
fn after_half_a_minute_nobody_is_remembered() {
    let mut film = Film::new();
    assert_eq!(film.walk(60.0, 8, RED), 1);
    film.nobody(150);
    assert_ne!(film.walk(160.0, 5, RED), 1);
}

#[test]
fn who_left_over_the_edge_is_not_revived_in_the_middle() {
    let mut film = Film::new();
    assert_eq!(film.walk(500.0, 11, RED), 1, "to the right edge");
    film.nobody(8);
    assert_ne!(film.walk(520.0, 5, RED), 1);
}

#[test]
fn two_who_hide_behind_the_same_wall_come_out_as_they_went_in() {
    let mut film = Film::new();
    for step in 0..8_u8 {
        let way = 12.0 * f32::from(step);
        film.show(&[
            Dressed { x: 180.0 + way, colour: RED },
            Dressed { x: 440.0 - way, colour: GREEN },
        ]);
    }
    film.nobody(6);
    // Both have turned back.
    let mut seen = Vec::new();
    for step in 0..5_u8 {
        let way = 12.0 * f32::from(step);
        let both =
            [Dressed { x: 240.0 - way, colour: RED }, Dressed { x: 380.0 + way, colour: GREEN }];
        seen = film.show(&both);
    }
    assert_eq!(seen, [1, 2]);
}

#[test]
fn who_stands_outside_of_what_was_looked_at_is_held() {
    let mut tracker = Tracker::new(TrackerSettings::default());
    for step in 0..20_u8 {
        update(&mut tracker, &[person(100.0, 0.9)], at(f32::from(step) * 0.2));
    }
    let elsewhere = [Rect { x: 400.0, ..WHOLE }];
    for step in 20..600_u16 {
        let held = look(&mut tracker, &[], &elsewhere, at(f32::from(step) * 0.2));
        assert_eq!((held.len(), held[0].id, held[0].last_seen_at), (1, 1, at(3.8)));
    }
    let expected = tracker.interests(at(120.0)).next().unwrap();
    assert_eq!(expected.pace, Pace::Standing);
    assert!(expected.area.iou(&person(100.0, 0.9).area) > 0.95, "{expected:?}");
    let tracks = update(&mut tracker, &[person(102.0, 0.9)], at(120.2));
    assert_eq!((tracks.len(), tracks[0].id, tracks[0].is_standing), (1, 1, true));
}

#[test]
fn who_was_held_and_is_gone_when_looked_for_ends_after_some_looks() {
    let mut tracker = Tracker::new(TrackerSettings::default());
    for step in 0..20_u8 {
        update(&mut tracker, &[person(100.0, 0.9)], at(f32::from(step) * 0.2));
    }
    look(&mut tracker, &[], &[], at(100.0));
    update(&mut tracker, &[], at(200.0));
    assert_eq!(tracker.interests(at(200.0)).next().unwrap().pace, Pace::Lost);
    for step in 0..40_u8 {
        update(&mut tracker, &[], at(201.0 + f32::from(step)));
    }
    assert_eq!(tracker.interests(at(250.0)).count(), 0);
}

#[test]
fn a_walker_is_expected_further_on() {
    let mut tracker = Tracker::new(TrackerSettings::default());
    for step in 0..12_u8 {
        update(&mut tracker, &[person(12.0 * f32::from(step), 0.9)], at(f32::from(step) * 0.2));
    }
    let expected = tracker.interests(at(2.4)).next().unwrap();
    assert_eq!(expected.pace, Pace::Moving);
    assert!((expected.area.x - 144.0).abs() < 3.0, "{expected:?}");
}
