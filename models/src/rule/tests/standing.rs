//! What stays: who loiters, what parks, how many they are.

use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn loiter() -> RuleKind {
    RuleKind::Loiter { area: half(), dwell: SECOND }
}

fn stopped() -> RuleKind {
    RuleKind::StoppedVehicle { area: half(), dwell: SECOND }
}

fn crowd(at_least: usize) -> RuleKind {
    RuleKind::Crowd { area: half(), at_least, dwell: SECOND }
}

#[test]
fn a_dwell_counts_from_the_first_picture_inside() {
    check(loiter(), "ooiiiiiiii", "-------!--");
    check(loiter(), "ooiiiiohiooo", "-------!---x");
}

#[test]
fn who_is_held_goes_on_to_stand() {
    check(loiter(), "iihhhhhhh", "-----!---");
}

#[test]
fn who_is_lost_for_a_while_goes_on_to_stand_under_another_id() {
    check(loiter(), "iii...III", "------!--");
}

#[test]
fn who_stands_is_told_once() {
    for kind in [enter(), loiter(), stopped()] {
        let told = raised(
            kind.clone(),
            Duration::ZERO,
            &format!("{}..{}", "i".repeat(40), "i".repeat(40)),
        );
        assert_eq!(told.matches('!').count(), 1, "{kind:?}");
        let told = raised(kind.clone(), Duration::ZERO, "iiiiiiii....Iiiii..Iiiiiiiii");
        assert_eq!(told.matches('!').count(), 1, "{kind:?}");
    }
}

#[test]
fn a_parked_vehicle_hidden_for_minutes_is_not_told_again() {
    for (n_hidden, n_raised) in [(9 * 60 * 5, 1), (11 * 60 * 5, 2)] {
        let mut walk = Walk::new(settings(stopped()));
        walk.go(&"i".repeat(20)).go(&".".repeat(n_hidden)).go("I").go(&"i".repeat(20));
        assert_eq!(walk.n_raised(), n_raised);
    }
}

#[test]
fn who_follows_through_the_same_door_is_somebody_else() {
    // In at the edge of the picture and away: the next one there is not the one who was walking.
    let mut walk = Walk::new(settings(enter()));
    for (id, n_wait) in [(1, 60), (2, 0)] {
        for x in [192.0, 172.0, 150.0, 172.0, 192.0] {
            walk.see(&[track(id, [x, 80.0], walk.now())]);
        }
        walk.go(&".".repeat(n_wait));
    }
    assert_eq!(walk.n_raised(), 2);
}

#[test]
fn what_drives_through_does_not_stand() {
    let mut walk = Walk::new(settings(stopped()));
    for step in 0..10_u8 {
        walk.see(&[track(1, [105.0 + 8.0 * f32::from(step), 80.0], walk.now())]);
    }
    assert_eq!(walk.n_raised(), 0);
    // And stops: after three seconds it is believed, since when is known.
    for _ in 0..20 {
        walk.see(&[track(1, [180.0, 80.0], walk.now())]);
    }
    let RuleEvent::Raised(incident) = &walk.events[0] else { panic!("{:?}", walk.events) };
    assert_eq!((incident.began_at, incident.last_seen_at), (at(9), at(24)));
}

#[test]
fn a_car_half_hidden_for_a_moment_goes_on_to_stand() {
    // Hidden for longer than three seconds, its box says that it stood elsewhere and then here again.
    for (n_hidden, expected) in [(10, 50), (20, 30 + 50)] {
        let dwell = PICTURE * 50;
        let mut walk = Walk::new(settings(RuleKind::StoppedVehicle { area: half(), dwell }));
        for picture in 0..120 {
            let whole = track(1, [150.0, 80.0], walk.now());
            let is_hidden = (10..10 + n_hidden).contains(&picture);
            let area = Rect { x: 151.0, width: 9.0, ..whole.area };
            walk.see(&[if is_hidden { Track { area, ..whole } } else { whole }]);
        }
        assert_eq!(walk.told.find('!'), Some(expected), "{n_hidden}");
    }
}

#[test]
fn who_circles_back_does_not_stand_there_since_before() {
    let mut walk =
        Walk::new(settings(RuleKind::StoppedVehicle { area: half(), dwell: SECOND * 20 }));
    // Back and forth for 12 seconds.
    let x = |picture: u16| match (picture, picture.is_multiple_of(2)) {
        (11..=70, true) => 140.0,
        (11..=70, false) => 175.0,
        _ => 110.0,
    };
    for picture in 0..=160 {
        walk.see(&[track(1, [x(picture), 80.0], walk.now())]);
    }
    assert_eq!(walk.n_raised(), 0, "{}", walk.told);
    for _ in 0..30 {
        walk.see(&[track(1, [110.0, 80.0], walk.now())]);
    }
    let RuleEvent::Raised(incident) = &walk.events[0] else { panic!("{:?}", walk.events) };
    assert_eq!(incident.began_at, at(71));
}

#[test]
fn a_camera_that_changes_its_size_tells_nothing_again() {
    let mut rule = Rule::new(settings(stopped()));
    let mut n_raised = 0;
    for picture in 0..60_u16 {
        let now = at(u32::from(picture));
        let car = track(1, [150.0, 80.0], now);
        let (car, size) = if picture < 30 {
            (car, SIZE)
        } else {
            let Rect { x, y, width, height } = car.area;
            let area = Rect { x: x * 4.0, y: y * 3.0, width: width * 4.0, height: height * 3.0 };
            (Track { id: 2, area, ..car }, Size { width: 800, height: 300 })
        };
        let events = rule.observe(&[car], size, now);
        n_raised += events.iter().filter(|it| matches!(it, RuleEvent::Raised(_))).count();
    }
    assert_eq!(n_raised, 1);
}

#[test]
fn a_vehicle_that_never_moved_is_parked_all_the_same() {
    let mut walk = Walk::new(settings(stopped()));
    for _ in 0..8 {
        walk.see(&[Track { has_moved: false, ..track(1, [150.0, 80.0], walk.now()) }]);
    }
    assert_eq!(walk.told, "-----!--");
}

#[test]
fn what_lasts_is_told_when_the_cooldown_is_over() {
    // The first one is told and leaves at once; the second stands on.
    let mut walk = Walk::new(RuleSettings { cooldown: SECOND * 5, ..settings(loiter()) });
    walk.go("iiiiiiooo");
    assert_eq!(walk.told, "-----!--x");
    walk.id = 2;
    walk.go(&"i".repeat(30));
    assert_eq!(
        walk.told.match_indices('!').map(|(picture, _)| picture).collect::<Vec<_>>(),
        [5, 30]
    );
}

#[test]
fn a_dwell_counts_within_the_hours() {
    let hours = Hours::new(vec!["00:01-24:00".parse().unwrap()], vec![], jiff::tz::TimeZone::UTC);
    let mut walk = Walk::new(RuleSettings { hours, ..settings(stopped()) });
    walk.go(&"i".repeat(330));
    // A minute is 300 pictures.
    assert_eq!(walk.told.find('!'), Some(305));
}

#[test]
fn an_hour_without_pictures_is_nobodys_dwell() {
    let mut rule = Rule::new(settings(RuleKind::Loiter { area: half(), dwell: SECOND * 60 }));
    for (second, expected) in [(0, 0), (1, 0), (3_601, 0), (3_602, 0)] {
        let now = Timestamp::UNIX_EPOCH + SECOND * second;
        let events = rule.observe(&[track(1, [150.0, 80.0], now)], SIZE, now);
        assert_eq!(events.len(), expected, "after {second} s");
    }
}

/// `n` people in a row inside, each far enough from the next to be another one.
fn people(n: usize, now: Timestamp) -> Vec<Track> {
    let person = |id: u16| track(u64::from(id), [105.0 + 15.0 * f32::from(id), 80.0], now);
    (0..u16::try_from(n).unwrap()).map(person).collect()
}

/// A digit a picture: how many there are.
fn told_of_crowd(at_least: usize, counts: &str) -> String {
    let mut walk = Walk::new(settings(crowd(at_least)));
    for count in counts.chars() {
        let n = usize::try_from(count.to_digit(10).unwrap()).unwrap();
        walk.see(&people(n, walk.now()));
    }
    walk.told
}

#[test]
fn enough_for_long_enough_are_a_crowd() {
    assert_eq!(told_of_crowd(3, "2222222222"), "----------");
    // Inside from the second picture on.
    assert_eq!(told_of_crowd(3, "3333333333"), "------!---");
    assert_eq!(told_of_crowd(3, "5555555555"), "------!---");
}

#[test]
fn whom_the_detector_overlooks_for_a_moment_still_counts() {
    assert_eq!(told_of_crowd(3, "3323233333"), "------!---");
}

#[test]
fn a_crowd_is_told_once_until_it_thinned_out_for_a_while() {
    let seen = format!("{}{}{}{}", "3".repeat(10), "1".repeat(30), "3".repeat(20), "1".repeat(70));
    let told = told_of_crowd(3, &seen);
    assert_eq!(told.matches('!').count(), 1, "{told}");
    assert_eq!(told.matches('x').count(), 1, "{told}");
    // Ten seconds after those who stay away no longer count.
    assert_eq!(told.find('x'), Some(60 + 10 + 50 - 1), "{told}");
}

#[test]
fn what_never_moved_counts_in_a_crowd() {
    let mut walk = Walk::new(settings(crowd(2)));
    for _ in 0..8 {
        let still = people(2, walk.now()).into_iter().map(|it| Track { has_moved: false, ..it });
        walk.see(&still.collect::<Vec<_>>());
    }
    assert_eq!(walk.n_raised(), 1);
}

proptest! {
    /// What a crowd's incidents count is what was there.
    #[test]
    fn a_crowd_is_as_many_as_were_there(counts in proptest::collection::vec(0_usize..6, 1..120), at_least in 1_usize..6) {
        let mut walk = Walk::new(settings(crowd(at_least)));
        for (picture, n) in counts.iter().enumerate() {
            let from = picture.saturating_sub(10);
            let most = counts[from..=picture].iter().copied().max().unwrap();
            for event in walk.see(&people(*n, walk.now())) {
                if let RuleEvent::Raised(it) | RuleEvent::Updated(it) = event {
                    prop_assert!(it.tracks.len() <= most, "{} of {}", it.tracks.len(), most);
                    prop_assert!(it.n_most >= it.tracks.len());
                }
                if let RuleEvent::Raised(it) = event {
                    prop_assert!(it.tracks.len() >= at_least);
                }
            }
        }
    }

    /// What never leaves is told once at most by every kind, however it flickers.
    #[test]
    fn what_never_leaves_is_told_once_by_every_kind(seen in "[.iIh]{0,120}") {
        for kind in [loiter(), stopped()] {
            let told = raised(kind, Duration::ZERO, &seen);
            prop_assert!(told.matches('!').count() <= 1, "{} {}", seen, told);
        }
    }
}
