//! Over a line, and against the traffic.

use proptest::prelude::*;

use super::*;

/// Up the middle of the picture.
fn line(direction: LineDirection) -> RuleKind {
    let line = Line::new(vec![[0.5, 1.0], [0.5, 0.6], [0.5, 0.0]]).unwrap();
    RuleKind::Line { line, direction }
}

fn wrong_way(allowed: Heading) -> RuleKind {
    let whole = vec![[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
    RuleKind::WrongWay { area: Polygon::new(whole).unwrap(), allowed }
}

/// How often a rule tells of feet that are at these points, one a picture.
fn n_told(kind: RuleKind, way: &[[f32; 2]]) -> usize {
    let mut walk = Walk::new(settings(kind));
    for feet in way {
        walk.see(&[track(1, *feet, walk.now())]);
    }
    walk.n_raised()
}

/// From one point to another in steps of a picture.
fn straight(from: [f32; 2], to: [f32; 2], n_steps: u8) -> Vec<[f32; 2]> {
    let part = |it: u8| f32::from(it) / f32::from(n_steps);
    let between = |axis: usize, it: u8| from[axis] + (to[axis] - from[axis]) * part(it);
    (0..=n_steps).map(|it| [between(0, it), between(1, it)]).collect()
}

#[test]
fn the_second_picture_beyond_the_line_is_a_crossing() {
    check(line(LineDirection::Both), "ooiiiooo", "---!--!-");
    check(line(LineDirection::LeftToRight), "ooiiiooo", "---!----");
    check(line(LineDirection::RightToLeft), "ooiiiooo", "------!-");
}

#[test]
fn the_first_hit_of_a_new_track_may_be_before_the_line() {
    let mut walk = Walk::new(settings(line(LineDirection::LeftToRight)));
    for x in [110.0, 120.0] {
        let before = track(1, [90.0, 80.0], walk.now()).area;
        walk.see(&[Track { previous: Some(before), ..track(1, [x, 80.0], walk.now()) }]);
    }
    assert_eq!(walk.told, "-!");
}

#[test]
fn who_stands_on_the_line_crosses_nothing() {
    check(line(LineDirection::Both), "o<><><<><<>>><><o", "-----------------");
    // Just beyond it for three seconds is across.
    check(line(LineDirection::Both), &format!("o{}", ">".repeat(17)), "----------------!-");
}

#[test]
fn who_is_lost_before_the_line_and_found_beyond_it_has_crossed() {
    let mut walk = Walk::new(settings(line(LineDirection::LeftToRight)));
    walk.see(&[track(1, [96.0, 80.0], walk.now())]);
    walk.go("...");
    for x in [101.0, 108.0, 116.0] {
        walk.see(&[track(2, [x, 80.0], walk.now())]);
    }
    assert_eq!(walk.told, "------!");
}

#[test]
fn around_the_end_of_the_line_is_no_crossing() {
    let short = Line::new(vec![[0.5, 1.0], [0.5, 0.7]]).unwrap();
    let kind = RuleKind::Line { line: short, direction: LineDirection::Both };
    let mut around = straight([80.0, 90.0], [80.0, 65.0], 5);
    around.extend(straight([80.0, 65.0], [120.0, 65.0], 5));
    around.extend(straight([120.0, 65.0], [120.0, 90.0], 5));
    assert_eq!(n_told(kind.clone(), &around), 0);
    assert_eq!(n_told(kind, &straight([80.0, 90.0], [120.0, 90.0], 8)), 1);
}

#[test]
fn against_the_traffic_by_its_own_size_is_the_wrong_way() {
    let right = wrong_way(Heading::Degrees(90.0));
    assert_eq!(n_told(right.clone(), &straight([20.0, 80.0], [180.0, 80.0], 20)), 0);
    assert_eq!(n_told(right.clone(), &straight([180.0, 80.0], [20.0, 80.0], 20)), 1);
    // Back by less than its own 60 pixels.
    assert_eq!(n_told(right.clone(), &straight([180.0, 80.0], [125.0, 80.0], 20)), 0);
    // First with the traffic, then back.
    let mut turn = straight([20.0, 80.0], [180.0, 80.0], 20);
    turn.extend(straight([180.0, 80.0], [100.0, 80.0], 20));
    assert_eq!(n_told(right.clone(), &turn), 1);
    // Across it.
    assert_eq!(n_told(right, &straight([110.0, 5.0], [90.0, 95.0], 20)), 0);
}

#[test]
fn an_angle_and_an_arrow_mean_what_is_seen() {
    let up = straight([100.0, 95.0], [100.0, 15.0], 20);
    let down: Vec<_> = up.iter().rev().copied().collect();
    for allowed in [Heading::Degrees(0.0), Heading::Arrow([[0.5, 0.9], [0.5, 0.1]])] {
        assert_eq!((n_told(wrong_way(allowed), &up), n_told(wrong_way(allowed), &down)), (0, 1));
    }
    // Down and to the right at 45 degrees of the picture, not of its sides.
    let slope = straight([180.0, 95.0], [110.0, 25.0], 20);
    assert_eq!(n_told(wrong_way(Heading::Degrees(135.0)), &slope), 1);
    assert_eq!(n_told(wrong_way(Heading::Arrow([[0.0, 0.0], [0.5, 1.0]])), &slope), 1);
}

#[test]
fn what_is_no_direction_is_refused_with_the_reason() {
    let refused = |it: Heading| it.checked().unwrap_err().to_string();
    assert_eq!(
        refused(Heading::Degrees(-90.0)),
        "-90 is not an angle of 0 to 360: 0 is up, 90 to the right, 180 down, 270 to the left"
    );
    assert!(Heading::Degrees(f32::NAN).checked().is_err());
    assert_eq!(
        refused(Heading::Arrow([[0.5, 0.5], [0.5, 1.5]])),
        "point [0.5, 1.5] is outside the picture: both numbers must be in 0..=1"
    );
    assert_eq!(
        refused(Heading::Arrow([[0.5, 0.5], [0.5, 0.5]])),
        "the arrow has no length: give the point where it starts and the one where it ends"
    );
}

proptest! {
    /// However long somebody stays on either side: each crossing is told once.
    #[test]
    fn a_line_crossed_n_times_is_told_n_times(stays in proptest::collection::vec(2_usize..12, 1..20)) {
        let sides = ["o", "i"].into_iter().cycle();
        let seen: String = stays.iter().zip(sides).map(|(n, side)| side.repeat(*n)).collect();
        let n_told = |direction| raised(line(direction), Duration::ZERO, &seen).matches('!').count();
        let n_crossings = stays.len() - 1;
        prop_assert_eq!(n_told(LineDirection::Both), n_crossings);
        prop_assert_eq!(n_told(LineDirection::LeftToRight), n_crossings.div_ceil(2));
        prop_assert_eq!(n_told(LineDirection::RightToLeft), n_crossings / 2);
    }

    /// Whatever it does within the reach of a jitter, for less than three seconds on a side.
    #[test]
    fn a_twitch_on_the_line_is_no_crossing(seen in "(>{1,14}<{1,14}){0,20}") {
        let told = raised(line(LineDirection::Both), Duration::ZERO, &seen);
        prop_assert!(!told.contains('!'), "{} {}", seen, told);
    }

    /// Still feet that twitch by a tenth of the size go no way at all.
    #[test]
    fn a_twitch_is_not_the_wrong_way(
        twitches in proptest::collection::vec([-6.0_f32..6.0, -6.0_f32..6.0], 1..100),
        angle in 0.0_f32..360.0,
    ) {
        let way: Vec<_> = twitches.iter().map(|[x, y]| [100.0 + x, 80.0 + y]).collect();
        prop_assert_eq!(n_told(wrong_way(Heading::Degrees(angle)), &way), 0);
    }
}
