//! From raised to cleared, and what an edit does.

use proptest::prelude::*;

use super::*;

fn line_rule() -> RuleKind {
    let line = Line::new(vec![[0.5, 1.0], [0.5, 0.0]]).unwrap();
    RuleKind::Line { line, direction: LineDirection::Both }
}

fn ends(events: &[RuleEvent]) -> Vec<(u64, ClearReason)> {
    let end = |it: &RuleEvent| match it {
        RuleEvent::Cleared { incident, reason, .. } => Some((incident.id, *reason)),
        RuleEvent::Raised(_) | RuleEvent::Updated(_) => None,
    };
    events.iter().filter_map(end).collect()
}

#[test]
fn an_incident_says_who_where_and_since_when() {
    let mut walk = Walk::new(settings(enter()));
    walk.go("ooii");
    let [RuleEvent::Raised(incident)] = &walk.events[..] else { panic!("{:?}", walk.events) };
    let person = track(1, [150.0, 80.0], at(3));
    assert_eq!((incident.id, &incident.tracks[..], incident.n_most), (1, &[1][..], 1));
    assert_eq!((incident.class, incident.score, incident.area), (0, person.score, person.area));
    assert_eq!((incident.began_at, incident.last_seen_at), (at(2), at(3)));
}

#[test]
fn a_loiterers_incident_began_with_the_arrival() {
    let mut walk = Walk::new(settings(RuleKind::Loiter { area: half(), dwell: PICTURE * 20 }));
    walk.go("ooo").go(&"i".repeat(30));
    let RuleEvent::Raised(incident) = &walk.events[0] else { panic!("{:?}", walk.events) };
    assert_eq!((incident.began_at, incident.last_seen_at), (at(3), at(23)));
}

#[test]
fn who_is_lost_is_gone_after_ten_seconds_and_who_is_held_is_not() {
    let mut walk = Walk::new(settings(enter()));
    walk.go("ii").go(&".".repeat(49)).go("i").go(&"h".repeat(100));
    assert_eq!(ends(&walk.events), []);
    walk.go(&".".repeat(49));
    assert_eq!(ends(&walk.events), []);
    walk.go(".");
    assert_eq!(ends(&walk.events), [(1, ClearReason::Gone)]);
    let RuleEvent::Cleared { incident, at: cleared_at, .. } = walk.events.last().unwrap() else {
        panic!("{:?}", walk.events)
    };
    assert_eq!((&incident.tracks[..], incident.last_seen_at), (&[1][..], at(51)), "seen, not held");
    assert_eq!(*cleared_at, at(201));
}

#[test]
fn an_incident_follows_its_object_to_another_id() {
    let mut walk = Walk::new(settings(enter()));
    walk.go("ii...").go("Iiii");
    assert_eq!(walk.rule.incidents().next().unwrap().tracks, [2]);
    walk.go("ooo");
    assert_eq!(ends(&walk.events), [(1, ClearReason::Left)]);
}

#[test]
fn a_camera_that_was_away_finds_its_parked_car_again() {
    let mut rule = Rule::new(settings(enter()));
    let car = |id, now| track(id, [150.0, 80.0], now);
    let n_events: Vec<usize> = (0..60_u32)
        .map(|picture| {
            // An hour passes after the 30th picture, and the tracker begins anew.
            let away = if picture < 30 { Duration::ZERO } else { Duration::from_hours(1) };
            let now = at(picture) + away;
            let seen = car(if picture < 30 { 1 } else { 2 }, now);
            let events = rule.observe(&[seen], SIZE, now);
            events.iter().filter(|it| !matches!(it, RuleEvent::Updated(_))).count()
        })
        .collect();
    assert_eq!(n_events.iter().sum::<usize>(), 1, "{n_events:?}");
}

#[test]
fn a_clock_that_is_set_raises_and_clears_nothing() {
    for step in [SignedDuration::from_hours(87_600), SignedDuration::from_hours(-3)] {
        let mut rule = Rule::new(RuleSettings {
            cooldown: Duration::from_secs(3),
            ..settings(RuleKind::Loiter { area: half(), dwell: Duration::from_mins(1) })
        });
        let begin = Timestamp::UNIX_EPOCH + Duration::from_hours(100_000);
        let mut told = String::new();
        for picture in 0..400_u32 {
            let set = if picture < 30 { SignedDuration::ZERO } else { step };
            let now = begin + PICTURE * picture + set;
            let events = rule.observe(&[track(1, [150.0, 80.0], now)], SIZE, now);
            told.push(if events.iter().any(|it| matches!(it, RuleEvent::Raised(_))) {
                '!'
            } else {
                '-'
            });
        }
        assert_eq!(told.matches('!').count(), 1, "{told}");
        // A step ahead is at most five seconds to it.
        let at = told.find('!').unwrap();
        assert!((275..=301).contains(&at), "{at}");
    }
}

#[test]
fn what_happened_in_an_instant_is_over_after_half_a_minute() {
    let mut walk = Walk::new(settings(line_rule()));
    walk.go("oo").go(&"i".repeat(160));
    assert_eq!((walk.told.find('!'), walk.told.find('x')), (Some(3), Some(153)));
    assert_eq!(ends(&walk.events), [(1, ClearReason::Over)]);
    assert!(!walk.told.contains('u'), "{}", walk.told);
    let mut walk = Walk::new(settings(line_rule()));
    walk.go("ooii").go(&".".repeat(60));
    assert_eq!(ends(&walk.events), [(1, ClearReason::Gone)]);
}

#[test]
fn what_lasts_is_told_ever_more_rarely() {
    let mut walk = Walk::new(settings(enter()));
    walk.go(&"i".repeat(60 * 60 * 5));
    let seconds: Vec<usize> =
        walk.told.match_indices('u').map(|(picture, _)| picture / 5).collect();
    assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 320, 640, 1240, 1840, 2440, 3040]);
}

#[test]
fn who_enters_in_the_cooldown_joins_the_incident_before() {
    let cooldown = Duration::from_secs(30);
    let mut walk = Walk::new(RuleSettings { cooldown, ..settings(enter()) });
    walk.go("ii");
    let both = |now| [track(1, [150.0, 80.0], now), track(2, [190.0, 80.0], now)];
    for _ in 0..40 {
        walk.see(&both(walk.now()));
    }
    assert_eq!((walk.n_raised(), walk.told.matches('u').count()), (1, 1));
    let incident = walk.rule.incidents().next().unwrap();
    assert_eq!((&incident.tracks[..], incident.n_most), (&[1, 2][..], 2));
    let around = Rect { x: 140.0, y: 20.0, width: 60.0, height: 60.0 };
    assert_eq!(incident.area, around);
    // The first one leaves: it goes on; the second one leaves: it ends.
    for _ in 0..5 {
        walk.see(&both(walk.now())[1..]);
    }
    walk.id = 1;
    for _ in 0..5 {
        let now = walk.now();
        walk.see(&[track(1, [50.0, 80.0], now), track(2, [190.0, 80.0], now)]);
    }
    assert_eq!(ends(&walk.events), []);
    for _ in 0..5 {
        walk.see(&[track(2, [50.0, 80.0], walk.now())]);
    }
    assert_eq!(ends(&walk.events), [(1, ClearReason::Left)]);
}

#[test]
fn another_cooldown_tells_nothing_again_and_another_area_begins_anew() {
    let mut walk = Walk::new(settings(enter()));
    walk.go(&"i".repeat(10));
    let cooldown = Duration::from_secs(1);
    assert_eq!(walk.rule.change(RuleSettings { cooldown, ..settings(enter()) }, at(10)), []);
    walk.go(&"i".repeat(10));
    assert_eq!((walk.n_raised(), walk.rule.incidents().count()), (1, 1));
    let all = Polygon::new(vec![[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]).unwrap();
    let events = walk.rule.change(settings(RuleKind::Enter { area: all }), at(20));
    assert_eq!(ends(&events), [(1, ClearReason::RuleChanged)]);
    walk.go("ii");
    let RuleEvent::Raised(incident) = walk.events.last().unwrap() else { panic!() };
    assert_eq!(incident.id, 2, "an id comes once in the life of a rule");
}

#[test]
fn a_dwell_that_grows_shorter_is_met_by_who_is_there_already() {
    let loiter = |dwell| settings(RuleKind::Loiter { area: half(), dwell });
    let mut walk = Walk::new(loiter(Duration::from_mins(1)));
    walk.go(&"i".repeat(50));
    assert_eq!(walk.rule.change(loiter(Duration::from_secs(5)), at(50)), []);
    walk.go("i");
    assert!(walk.told.ends_with('!'));
}

#[test]
fn a_set_keeps_whom_its_rules_know() {
    let id = |text: &str| text.parse::<base::DeviceId>().unwrap();
    let rule = |text: &str, cooldown: u64| {
        let cooldown = Duration::from_secs(cooldown);
        (id(text), RuleSettings { cooldown, ..settings(enter()) })
    };
    let mut rules = RuleSet::new(vec![rule("gate", 0), rule("yard", 0)]);
    let look = |rules: &mut RuleSet, picture| {
        rules.observe(&[track(1, [150.0, 80.0], at(picture))], SIZE, at(picture))
    };
    assert_eq!(look(&mut rules, 0).len(), 0);
    assert_eq!(look(&mut rules, 1).len(), 2);
    let events = rules.change(vec![rule("door", 0), rule("gate", 9)], at(1));
    let [(gone, event)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(
        (gone, ends(std::slice::from_ref(event))),
        (&id("yard"), vec![(1, ClearReason::RuleChanged)])
    );
    assert_eq!(look(&mut rules, 2).len(), 0);
    let events = look(&mut rules, 3);
    assert!(
        matches!(&events[..], [(new, RuleEvent::Raised(_))] if *new == id("door")),
        "{events:?}"
    );
    let open: Vec<_> = rules.incidents().map(|(id, _)| id.as_str()).collect();
    assert_eq!(open, ["door", "gate"]);
}

proptest! {
    /// Of every incident: raised once, then updates at least five seconds apart, then cleared once;
    /// and after everybody was away for long, all are cleared.
    #[test]
    fn an_incident_is_raised_then_updated_then_cleared(
        seen in "[.oiIh<>]{0,200}",
        n_cooldown in 0_u32..20,
        which in 0_usize..6,
    ) {
        let area = half();
        let dwell = PICTURE * 10;
        let kinds = [
            enter(),
            line_rule(),
            RuleKind::Leave { area: half() },
            RuleKind::Loiter { area: half(), dwell },
            RuleKind::StoppedVehicle { area: half(), dwell },
            RuleKind::Crowd { area, at_least: 1, dwell },
        ];
        let cooldown = PICTURE * n_cooldown;
        let mut walk = Walk::new(RuleSettings { cooldown, ..settings(kinds[which].clone()) });
        // Of each event: whose, what, and in which picture.
        let mut lives: Vec<(u64, char, usize)> = Vec::new();
        for (picture, what) in seen.chars().chain(".".repeat(200).chars()).enumerate() {
            let n_before = walk.events.len();
            walk.go(&what.to_string());
            for event in &walk.events[n_before..] {
                let (what, it) = match event {
                    RuleEvent::Raised(it) => ('!', it),
                    RuleEvent::Updated(it) => ('u', it),
                    RuleEvent::Cleared { incident, .. } => ('x', incident),
                };
                prop_assert!(!it.tracks.is_empty() && it.n_most >= it.tracks.len());
                prop_assert!(it.began_at <= it.last_seen_at);
                lives.push((it.id, what, picture));
            }
        }
        prop_assert_eq!(walk.rule.incidents().count(), 0);
        let n_raised = u64::try_from(walk.n_raised()).unwrap();
        for id in 1..=n_raised {
            let life: String = lives.iter().filter(|(it, ..)| *it == id).map(|(_, what, _)| what).collect();
            let middle = life.strip_prefix('!').and_then(|it| it.strip_suffix('x'));
            prop_assert!(middle.is_some_and(|it| it.chars().all(|it| it == 'u')), "{}", life);
            let updated: Vec<usize> = lives
                .iter()
                .filter(|(it, what, _)| *it == id && *what == 'u')
                .map(|(_, _, picture)| *picture)
                .collect();
            prop_assert!(updated.windows(2).all(|it| it[1] - it[0] >= 25), "{:?}", updated);
        }
        let n_cleared = lives.iter().filter(|(_, what, _)| *what == 'x').count();
        prop_assert_eq!(n_cleared, walk.n_raised());
    }
}
