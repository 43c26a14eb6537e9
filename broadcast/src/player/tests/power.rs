//! The power fails after every single effect, one run each, and comes back at once, soon, or late.
//! Never twice, and one end for each (domain notes, section 5: a receiver that began its bulletin again
//! at each return of the mains).

use super::*;

/// What happens in an evening, by second.
fn evening() -> Vec<(i64, Act)> {
    let long = |n, start, resume| {
        let mut order = Order { resume, ..order(n, start) };
        order.content.duration = secs(120);
        order
    };
    let emergency = Order { priority: Priority::Emergency, ..order(9, 150) };
    vec![
        (1, Act::Order(long(1, 100, Resume::Resume))),
        (2, Act::Order(long(2, 400, Resume::Skip))),
        (3, Act::Order(long(3, 700, Resume::Restart))),
        (4, Act::Order(long(4, 1000, Resume::Duck))),
        (5, Act::Order(emergency.clone())),
        (6, Act::Order(again(&emergency, 450))),
        (7, Act::Order(again(&emergency, 750))),
        (8, Act::Order(again(&emergency, 1050))),
        (9, Act::Order(order(5, 1300))),
        (10, Act::Order(order(6, 1500))),
        (11, Act::Order(order(7, 1700))),
        (1320, Act::Stop(order(5, 1300))),
        (1530, Act::Mute(true)),
        (1600, Act::Mute(false)),
    ]
}

fn again(order: &Order, start: i64) -> Order {
    let play = PlayId { occurrence: at(start), ..order.play };
    Order { play, start_at: at(start), play_until: at(start + 600), ..order.clone() }
}

enum Act {
    Order(Order),
    Stop(Order),
    Mute(bool),
}

/// Lives through the evening; after `lives` effects the power is off for `off` seconds.
fn live(mixes: bool, lives: usize, off: i64) -> (Scene, bool) {
    let mut it = Scene::ready();
    (it.mixes, it.lives) = (mixes, Some(lives));
    let (mut s, mut has_died) = (1, false);
    let acts = evening();
    while s < 2_500 {
        for (_, act) in acts.iter().filter(|(at, _)| *at == s) {
            match act {
                Act::Order(order) => it.cached(s, order),
                Act::Stop(order) => {
                    it.on(s, Event::StopOrdered { play: order.play, owner_level: 1 });
                }
                Act::Mute(is_muted) => it.mute(s, *is_muted),
            }
        }
        it.until(s, s);
        if it.is_dead() {
            has_died = true;
            it.sounds_end_with_the_power(s);
            // What was said meanwhile is said again: a box sends what was not acknowledged.
            for (_, act) in acts.iter().filter(|(at, _)| (s..=s + off).contains(at)) {
                if let Act::Mute(is_muted) = act {
                    it.is_muted = *is_muted;
                }
            }
            it.restart(s + off);
            for (_, act) in acts.iter().filter(|(at, _)| (s..=s + off).contains(at)) {
                match act {
                    Act::Order(order) => it.cached(s + off, order),
                    Act::Stop(order) => {
                        it.on(s + off, Event::StopOrdered { play: order.play, owner_level: 1 });
                    }
                    Act::Mute(_) => {}
                }
            }
            s += off;
        }
        s += 1;
    }
    (it, has_died)
}

fn check(it: &Scene, context: &str) {
    assert!(it.sounds.is_empty(), "{context}");
    assert_eq!(it.stored.len(), 11, "{context}");
    let n_ends = it.told.iter().filter(|line| {
        let word = line.split(' ').nth(2).unwrap();
        ["played", "partial", "missed", "stopped"].contains(&word)
    });
    assert_eq!(n_ends.count(), 11, "{context}: {:?}", it.told);
    for (order, stage) in it.stored.values() {
        assert!(stage.is_ended(), "{context}: {} is {stage:?}", order.play);
        let mut heard = it.content.get(&order.play).cloned().unwrap_or_default();
        heard.sort_unstable();
        let is_twice = heard.windows(2).any(|pair| pair[1].0 < pair[0].1);
        let may_be = order.resume == Resume::Restart && heard.len() == 2;
        assert!(!is_twice || may_be, "{context}: {} was heard {heard:?}", order.play);
    }
}

#[test]
fn the_power_fails_at_every_transition_and_nothing_is_heard_twice() {
    for mixes in [true, false] {
        for off in [0, 1, 20, 90, 700] {
            let mut lives = 1;
            loop {
                let (it, has_died) = live(mixes, lives, off);
                check(&it, &format!("mixes {mixes}, died after {lives} effects for {off} s"));
                if !has_died {
                    break;
                }
                lives += 1;
            }
            assert!(lives > 90, "only {lives} transitions were tried");
        }
    }
}

#[test]
fn a_power_cut_in_each_minute_of_a_bulletin_never_begins_it_again() {
    for resume in [Resume::Skip, Resume::Resume, Resume::Restart, Resume::Duck] {
        for cut in 101..160 {
            let mut it = Scene::ready();
            it.cached(1, &Order { resume, ..order(1, 100) });
            it.until(2, cut);
            it.sounds_end_with_the_power(cut);
            it.restart(cut + 2);
            it.until(cut + 3, 900);
            let begun = it.content.values().flatten().filter(|(from, _)| from.is_zero());
            assert_eq!(begun.count(), 1, "{resume:?}, cut at {cut}: {:?}", it.content);
        }
    }
}
