//! What is looked at on a street where people walk, stand and get lost.

use std::time::Duration;

use super::*;

const SIZE: Size = Size { width: 1920, height: 1080 };
const INPUT: Size = Size { width: 416, height: 416 };
const CALM: Moved = Moved { share: 0.0, is_settled: true };
const NEW: Moved = Moved { share: 1.0, is_settled: false };

fn person(x: f32) -> Rect {
    Rect { x, y: 500.0, width: 40.0, height: 100.0 }
}

/// One camera, five pictures a second.
struct Camera {
    attention: Attention,
    now: Timestamp,
}

impl Camera {
    fn new() -> Self {
        Self { attention: Attention::new(INPUT), now: Timestamp::UNIX_EPOCH }
    }

    /// Has had its scan at the start.
    fn started() -> Self {
        let mut camera = Self::new();
        assert_eq!(camera.looks(NEW, &[], &[]), "W");
        camera
    }

    /// `W` for the whole picture, `p` for a part, in the order of the looks.
    fn looks(&mut self, moved: Moved, areas: &[Rect], interests: &[Interest]) -> String {
        self.now += Duration::from_millis(200);
        let looks = self.attention.plan(SIZE, moved, areas, interests, self.now);
        looks.iter().map(|it| if it.crop.is_none() { 'W' } else { 'p' }).collect()
    }

    fn finds(&mut self, areas: &[Rect], found: &[Rect]) {
        self.attention.learn(SIZE, areas, found.iter().copied());
    }

    /// Of so many pictures, how many were looked at.
    fn n_looked(&mut self, n: u32, areas: &[Rect], interests: &[Interest]) -> usize {
        (0..n).filter(|_| !self.looks(CALM, areas, interests).is_empty()).count()
    }
}

fn interest(x: f32, pace: Pace) -> Interest {
    Interest { area: person(x), pace }
}

#[test]
fn a_still_street_is_looked_at_every_ten_seconds() {
    let mut camera = Camera::started();
    assert_eq!(camera.n_looked(500, &[], &[]), 10);
}

#[test]
fn what_moves_is_looked_at_at_once() {
    let mut camera = Camera::started();
    assert_eq!(camera.looks(CALM, &[person(900.0)], &[]), "p");
}

#[test]
fn who_stands_costs_nothing_between_two_scans() {
    let mut camera = Camera::started();
    assert_eq!(camera.n_looked(50, &[], &[interest(900.0, Pace::Standing)]), 1);
}

#[test]
fn who_was_lost_or_just_stopped_is_looked_for_once_a_second() {
    for pace in [Pace::Lost, Pace::Moving] {
        let mut camera = Camera::started();
        assert_eq!(camera.n_looked(50, &[], &[interest(900.0, pace)]), 10, "{pace:?}");
    }
}

#[test]
fn a_new_scene_is_scanned_once_a_second() {
    let mut camera = Camera::started();
    let n = (0..20).filter(|_| camera.looks(NEW, &[], &[]) == "W").count();
    assert_eq!(n, 4);
}

#[test]
fn many_far_away_take_turns_beside_the_whole_picture() {
    let mut camera = Camera::started();
    let far = |x: f32| Rect { x, y: 500.0, width: 20.0, height: 50.0 };
    let all = [50.0, 900.0, 1800.0].map(far);
    let followed = all.map(|area| Interest { area, pace: Pace::Moving });
    let mut seen = Vec::new();
    for _ in 0..3 {
        assert_eq!(camera.looks(CALM, &all, &followed), "W");
        assert_eq!(camera.looks(CALM, &all, &followed), "Wp");
        seen.push(camera.attention.looks[1].area.x);
    }
    seen.dedup();
    assert_eq!(seen.len(), 3, "{seen:?}");
}

#[test]
fn motion_far_away_is_looked_at_closely_now_and_then() {
    let mut camera = Camera::started();
    let far = |x: f32| Rect { x, y: 500.0, width: 20.0, height: 50.0 };
    let all = [50.0, 900.0, 1800.0].map(far);
    let looks: Vec<String> = (0..60).map(|_| camera.looks(CALM, &all, &[])).collect();
    assert_eq!(looks.iter().filter(|it| *it == "Wp").count(), 2, "{looks:?}");
    assert_eq!(looks.iter().filter(|it| *it == "W").count(), 58, "{looks:?}");
}

#[test]
fn many_near_need_one_look() {
    let mut camera = Camera::started();
    let near = |x: f32| Rect { x, y: 200.0, width: 200.0, height: 500.0 };
    assert_eq!(camera.looks(CALM, &[near(50.0), near(900.0), near(1600.0)], &[]), "W");
}

#[test]
fn leaves_are_looked_at_once_a_second_until_somebody_is_among_them() {
    let mut camera = Camera::started();
    let leaves = [person(900.0)];
    for n in 0..15 {
        assert_eq!(camera.looks(CALM, &leaves, &[]), "p", "{n}");
        camera.finds(&leaves, &[]);
    }
    assert_eq!(camera.n_looked(20, &leaves, &[]), 4);
    while camera.looks(CALM, &leaves, &[]).is_empty() {}
    camera.finds(&leaves, &[person(910.0)]);
    assert_eq!(camera.looks(CALM, &leaves, &[]), "p");
}

#[test]
fn a_clock_set_back_makes_a_scan_due() {
    let mut camera = Camera::started();
    camera.now = Timestamp::UNIX_EPOCH - Duration::from_mins(1);
    assert_eq!(camera.looks(CALM, &[], &[]), "W");
}
