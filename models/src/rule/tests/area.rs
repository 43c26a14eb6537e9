//! Into an area and out of it.

use proptest::prelude::*;

use super::*;

fn leave() -> RuleKind {
    RuleKind::Leave { area: half() }
}

#[test]
fn two_pictures_inside_are_an_entry_and_three_outside_a_departure() {
    check(enter(), "ooiiiiooooo", "---!----x--");
}

#[test]
fn the_first_hit_of_a_new_track_is_its_previous_box() {
    let mut walk = Walk::new(settings(enter()));
    let now = walk.now();
    let before = track(1, [148.0, 80.0], now).area;
    walk.see(&[Track { previous: Some(before), ..track(1, [150.0, 80.0], now) }]);
    assert_eq!(walk.told, "!");
    let mut walk = Walk::new(settings(enter()));
    let before = track(1, [80.0, 80.0], now).area;
    walk.see(&[Track { previous: Some(before), ..track(1, [150.0, 80.0], now) }]);
    assert_eq!(walk.told, "-");
}

#[test]
fn one_picture_inside_is_not_an_entry() {
    check(enter(), "oioioioi", "--------");
}

#[test]
fn a_jitter_across_the_border_is_told_once() {
    check(enter(), "<><>><<<><<><<<>><<><<<><<>", "----!----------------------");
}

#[test]
fn who_stays_just_outside_has_left() {
    // Three seconds of it; the counting begins with the first picture outside.
    check(enter(), &format!("ii{}ii", "<".repeat(16)), "-!---------------x-!");
    check(enter(), &format!("ii{}ii", "<".repeat(14)), "-!----------------");
}

#[test]
fn a_held_track_is_neither_in_nor_out() {
    check(enter(), "oihhhhi", "------!");
}

#[test]
fn who_leaves_and_comes_back_is_told_again() {
    assert_eq!(raised(enter(), Duration::ZERO, "iiiiooooiiii"), "-!-------!--");
}

#[test]
fn the_cooldown_swallows_what_enters_in_it() {
    // 5 pictures a second; one who leaves and comes back within two seconds.
    let cooldown = Duration::from_secs(2);
    assert_eq!(raised(enter(), cooldown, "iiiioooiiiiiiiiii"), "-!---------------");
    assert_eq!(raised(enter(), cooldown, "iiiioooooooooiii"), "-!------------!-");
}

#[test]
fn another_class_does_not_count() {
    let mut walk = Walk::new(settings(enter()));
    for _ in 0..5 {
        let dog = Track { class: 16, ..track(1, [150.0, 80.0], walk.now()) };
        walk.see(&[dog]);
    }
    assert_eq!(walk.told, "-----");
}

#[test]
fn what_never_moved_does_not_enter_until_it_moves() {
    let mut walk = Walk::new(settings(enter()));
    for has_moved in [false, false, false, false, true] {
        walk.see(&[Track { has_moved, ..track(1, [150.0, 80.0], walk.now()) }]);
    }
    assert_eq!(walk.told, "----!");
}

#[test]
fn two_side_by_side_are_two() {
    let mut walk = Walk::new(settings(enter()));
    for _ in 0..6 {
        let now = walk.now();
        walk.see(&[track(1, [150.0, 80.0], now), track(2, [153.0, 80.0], now)]);
    }
    assert_eq!(walk.n_raised(), 2);
}

#[test]
fn leaving_is_told_each_time_and_being_lost_is_not_leaving() {
    check(leave(), "iiiooooiiioooo", "-----!------!-");
    assert_eq!(
        raised(leave(), Duration::ZERO, &format!("iiii{}", ".".repeat(100))).matches('!').count(),
        0
    );
    assert_eq!(raised(leave(), Duration::ZERO, "oooooooo").matches('!').count(), 0);
}

#[test]
fn outside_the_hours_nothing_is_told_nor_later() {
    let hours = Hours::new(vec!["00:01-24:00".parse().unwrap()], vec![], jiff::tz::TimeZone::UTC);
    let mut walk = Walk::new(RuleSettings { hours, ..settings(enter()) });
    // Inside from before the first minute until after it; then out and in again.
    walk.go(&"i".repeat(320)).go("ooo").go("iii");
    assert_eq!(walk.told.matches('!').count(), 1);
    assert!(walk.told.ends_with("!-"), "{}", walk.told);
}

proptest! {
    /// However it flickers and whatever ids the tracker gives it: what never leaves is told once at
    /// most, and not before two pictures.
    #[test]
    fn what_never_leaves_is_told_once(seen in "[.iIh]{0,80}") {
        let told = raised(enter(), Duration::ZERO, &seen);
        prop_assert!(told.matches('!').count() <= 1, "{} {}", seen, told);
        if let Some(first) = told.find('!') {
            prop_assert!(seen[..=first].matches(['i', 'I', 'h']).count() >= 2, "{} {}", seen, told);
        }
        let n_seen = seen.split(['.']).map(|it| it.replace('h', "").len()).max();
        prop_assert!(n_seen < Some(2) || told.contains('!'), "{} {}", seen, told);
    }

    /// A box that twitches across the border, never for three seconds on its outer side.
    #[test]
    fn a_jitter_is_told_once_at_most(parts in proptest::collection::vec("<{0,14}>{1,14}", 0..20)) {
        for kind in [enter(), leave()] {
            let seen = parts.concat();
            let told = raised(kind, Duration::ZERO, &seen);
            prop_assert!(told.matches('!').count() <= 1, "{} {}", seen, told);
        }
    }

    /// Two alerts are never closer than the cooldown, and only two in a row inside make one.
    #[test]
    fn alerts_keep_their_distance(seen in "[.oiI]{0,80}", n_cooldown in 0_u32..20) {
        let told = raised(enter(), PICTURE * n_cooldown, &seen);
        let raised: Vec<_> = told.match_indices('!').map(|(picture, _)| picture).collect();
        let apart = usize::try_from(n_cooldown).unwrap();
        prop_assert!(raised.windows(2).all(|it| it[1] - it[0] >= apart), "{} {}", seen, told);
        for picture in raised {
            let there: Vec<_> =
                seen[..=picture].chars().rev().filter(|it| *it != '.').take(2).collect();
            prop_assert!(!there.contains(&'o') && there.len() == 2, "{} {}", seen, told);
        }
    }
}
