//! The `enter` rule on walks drawn as text, and what holds for any walk.

use proptest::prelude::*;

use super::*;

const SIZE: Size = Size { width: 200, height: 100 };

fn at(picture: u32) -> Timestamp {
    Timestamp::UNIX_EPOCH + Duration::from_millis(200) * picture
}

/// The zone is the right half of the picture.
fn rule(cooldown: Duration) -> EnterRule {
    let corners = vec![[0.5, 0.0], [1.0, 0.0], [1.0, 1.0], [0.5, 1.0]];
    let zone = Polygon::new(corners).unwrap();
    EnterRule::new(EnterSettings { zone, classes: vec![0], cooldown })
}

fn track(id: u64, x: f32, now: Timestamp) -> Track {
    Track {
        id,
        class: 0,
        score: Score::try_from(0.9).unwrap(),
        area: Rect { x: x - 10.0, y: 20.0, width: 20.0, height: 60.0 },
        previous: None,
        n_hits: 2,
        first_seen_at: now,
        last_seen_at: now,
        is_standing: false,
        has_moved: true,
        is_fixture: false,
    }
}

/// One character a picture: `.` nobody, `o` outside the zone, `i` inside, `I` inside under a new id.
/// Answers with `!` where an alert is raised.
#[track_caller]
fn check(seen: &str, expected: &str) {
    assert_eq!(told(seen, Duration::ZERO), expected);
}

fn told(seen: &str, cooldown: Duration) -> String {
    let mut rule = rule(cooldown);
    let mut id = 1;
    let judge = |(picture, what): (u32, char)| {
        let now = at(picture);
        let tracks = match what {
            'o' => vec![track(id, 50.0, now)],
            'i' => vec![track(id, 150.0, now)],
            'I' => {
                id += 1;
                vec![track(id, 152.0, now)]
            }
            _ => vec![],
        };
        if rule.observe(&tracks, SIZE, now).is_empty() { '-' } else { '!' }
    };
    (0..).zip(seen.chars()).map(judge).collect()
}

#[test]
fn three_pictures_inside_are_an_entry() {
    check("ooiiiii", "----!--");
}

#[test]
fn a_jitter_across_the_border_is_not() {
    check("oiioiioi", "--------");
}

#[test]
fn who_stands_is_told_once() {
    check("iiiiiiiiiiii..iiiii", "--!----------------");
}

#[test]
fn who_is_lost_and_found_in_place_is_not_told_again() {
    check("iiii....Iiiii..Iiiiii", "--!------------------");
}

#[test]
fn who_leaves_and_comes_back_is_told_again() {
    check("iiiiooooiiii", "--!-------!-");
}

#[test]
fn the_cooldown_swallows_what_enters_in_it() {
    // 5 pictures a second; one who leaves and comes back within two seconds.
    assert_eq!(told("iiiioooiiiiiiiii", Duration::from_secs(2)), "--!-------------");
    assert_eq!(told("iiiioooooooooiii", Duration::from_secs(2)), "--!------------!");
}

#[test]
fn another_class_does_not_count() {
    let mut rule = rule(Duration::ZERO);
    for picture in 0..5 {
        let dog = Track { class: 16, ..track(1, 150.0, at(picture)) };
        assert_eq!(rule.observe(&[dog], SIZE, at(picture)), []);
    }
}

#[test]
fn two_side_by_side_are_two() {
    let mut rule = rule(Duration::ZERO);
    let mut n_told = 0;
    for picture in 0..6 {
        let now = at(picture);
        let both = [track(1, 150.0, now), track(2, 153.0, now)];
        n_told += rule.observe(&both, SIZE, now).len();
    }
    assert_eq!(n_told, 2);
}

#[test]
fn feet_below_the_picture_stand_on_its_edge() {
    let area = Rect { x: 140.0, y: 50.0, width: 20.0, height: 90.0 };
    let [x, y] = feet(area, SIZE);
    assert!((x - 0.75).abs() < 1e-6 && y < 1.0, "{x} {y}");
}

proptest! {
    /// However it flickers and whatever ids the tracker gives it: what never leaves is told once at
    /// most, and not before three pictures.
    #[test]
    fn what_never_leaves_is_told_once(seen in "[.iI]{0,80}") {
        let told = told(&seen, Duration::ZERO);
        prop_assert!(told.matches('!').count() <= 1, "{} {}", seen, told);
        if let Some(first) = told.find('!') {
            prop_assert!(seen[..=first].matches(['i', 'I']).count() >= usize::from(INERTIA));
        }
    }

    /// Two alerts are never closer than the cooldown, and only three in a row inside make one.
    #[test]
    fn alerts_keep_their_distance(seen in "[.oiI]{0,80}", n_cooldown in 0_u32..20) {
        let told = told(&seen, Duration::from_millis(200) * n_cooldown);
        let raised: Vec<_> = told.match_indices('!').map(|(picture, _)| picture).collect();
        let apart = usize::try_from(n_cooldown).unwrap();
        prop_assert!(raised.windows(2).all(|it| it[1] - it[0] >= apart), "{} {}", seen, told);
        for picture in raised {
            let there: Vec<_> =
                seen[..=picture].chars().rev().filter(|it| *it != '.').take(3).collect();
            prop_assert!(!there.contains(&'o') && there.len() == 3, "{} {}", seen, told);
        }
    }
}
