//! A judge that lets anything pass would make every run a success: each promise, broken once.

use base::Sha256;
use uuid::Uuid;

use super::super::Terms;
use super::*;
use crate::plan::Policy;
use crate::player::Rules;
use crate::quiet::QuietHours;
use crate::{Content, Volume};

const DAY: &str = "2026-01-05T09:00:00+07:00";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A minute of content at nine in the morning, that may begin five minutes late and end ten minutes later.
fn order(n: u128, start_at: Timestamp) -> Order {
    Order {
        play: PlayId { bulletin: Uuid::from_u128(n), occurrence: start_at },
        content: Content { sha256: Sha256::of(b"tin"), bytes: 1, duration: secs(60) },
        start_at,
        play_until: start_at + secs(600),
        priority: Priority::Normal,
        volume: Volume::FULL,
        owner_level: 0,
        approved_by: "minh".into(),
        resume: Resume::Skip,
        catch_up: secs(300),
    }
}

fn heard(order: &Order, late: u64, seek: u64, length: u64) -> Sounded {
    let from = order.start_at + secs(late);
    Sounded {
        cluster: 0,
        play: order.play,
        from,
        to: from + secs(length),
        seek: secs(seek),
        is_power_cut: false,
        is_silenced: false,
    }
}

fn ending(kind: EndingKind) -> Ending {
    Ending { kind, reason: String::new() }
}

/// What the judge says when `act` happens on a cluster that took its orders an hour ahead.
fn judged(orders: &[Order], act: impl FnOnce(&mut Judge<'_>)) -> Vec<String> {
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
    let quiet = Some(QuietHours::night(zone.clone()));
    let ward = Ward {
        policy: Policy::new(zone, quiet),
        terms: Terms {
            look_ahead: secs(86_400),
            look_back: secs(86_400),
            tail: secs(5),
            patience: secs(30),
            round: secs(3_600),
        },
        clusters: vec!["loa-1".to_owned()],
        rules: Rules { lead: secs(4), shortest_lead: secs(2), ..Rules::default() },
        bulletins: Vec::new(),
    };
    let mut nobody = |_: &Sounded| {};
    let mut judge = Judge::new(&ward, at(DAY) - secs(86_400), &mut nobody);
    for order in orders {
        judge.vouched(0, order, None);
        judge.taken(0, order, order.start_at - secs(3_600));
    }
    act(&mut judge);
    let words = |it: &String| it.rsplit(": ").next().unwrap().to_owned();
    let what = |it: &String| it.split_once("Z: ").map_or(words(it), |(_, it)| it.to_owned());
    judge.broken.iter().map(what).collect()
}

#[track_caller]
fn condemns(what: &str, orders: &[Order], act: impl FnOnce(&mut Judge<'_>)) {
    let said = judged(orders, act);
    assert!(said.iter().any(|it| it.contains(what)), "{what:?} is not in {said:?}");
}

#[test]
fn a_play_as_it_should_be_is_let_pass() {
    let order = order(1, at(DAY));
    let said = judged(std::slice::from_ref(&order), |judge| {
        judge.sounded(&heard(&order, 0, 0, 60));
        judge.ended(0, &order, &ending(EndingKind::Played), None, order.start_at + secs(60));
        judge.close(order.play_until);
    });
    assert_eq!(said, [""; 0]);
}

#[test]
fn every_wrong_sound_is_condemned() {
    let (one, other) = (order(1, at(DAY)), order(2, at(DAY)));
    let sounds = |sounds: Vec<Sounded>| {
        move |judge: &mut Judge<'_>| sounds.iter().for_each(|it| judge.sounded(it))
    };
    let both = [one.clone(), other.clone()];
    let two = vec![heard(&one, 0, 0, 60), heard(&other, 59, 59, 1)];
    condemns("two items at once", &both, sounds(two));
    let early = Sounded { from: one.start_at - secs(1), ..heard(&one, 0, 0, 60) };
    condemns("before its time", &both, sounds(vec![early]));
    condemns("after its catch-up window", &both, sounds(vec![heard(&one, 303, 0, 1)]));
    condemns("beyond its window", &both, sounds(vec![heard(&one, 300, 0, 301)]));
    let again = vec![heard(&one, 0, 0, 30), heard(&one, 40, 29, 20)];
    condemns("sounds twice", &both, sounds(again));
    let cut = Sounded { is_power_cut: true, ..heard(&one, 0, 0, 30) };
    condemns("after the cluster restarted", &both, sounds(vec![cut, heard(&one, 40, 40, 20)]));
    condemns("nobody ordered it", &[], sounds(vec![heard(&one, 0, 0, 60)]));
    let unapproved = Order { approved_by: String::new(), ..one.clone() };
    condemns("unapproved", &[unapproved], sounds(vec![heard(&one, 0, 0, 60)]));
    condemns("after it was stopped", &both, |judge| {
        judge.stopped(0, one.play, one.start_at);
        judge.sounded(&heard(&one, 1, 0, 60));
    });
    condemns("after its end", &both, |judge| {
        judge.ended(0, &one, &ending(EndingKind::Stopped), None, one.start_at);
        judge.sounded(&heard(&one, 1, 0, 60));
    });
    condemns("it sounds expired", &[], |judge| {
        judge.vouched(0, &one, Some(one.start_at + secs(59)));
        judge.sounded(&heard(&one, 0, 0, 60));
    });
}

#[test]
fn the_music_at_04_45_is_condemned_and_an_emergency_is_not() {
    for start in ["2026-01-05T04:45:00+07:00", "2026-01-05T20:59:30+07:00"] {
        let music = order(1, at(start));
        let said = judged(std::slice::from_ref(&music), |it| it.sounded(&heard(&music, 0, 0, 60)));
        assert!(said.iter().any(|it| it.contains("in quiet hours")), "{start}: {said:?}");
        let alarm = Order { priority: Priority::Emergency, ..music };
        let said = judged(std::slice::from_ref(&alarm), |it| it.sounded(&heard(&alarm, 0, 0, 60)));
        assert_eq!(said, [""; 0]);
    }
    let evening = order(1, at("2026-01-05T20:59:00+07:00"));
    let said = judged(std::slice::from_ref(&evening), |it| it.sounded(&heard(&evening, 0, 0, 60)));
    assert_eq!(said, [""; 0], "it ends when the night begins");
}

#[test]
fn every_wrong_record_is_condemned() {
    let one = order(1, at(DAY));
    let orders = std::slice::from_ref(&one);
    let end = one.start_at + secs(60);
    condemns("no terminal record", orders, |it| it.close(end));
    condemns("a second terminal record", orders, |judge| {
        judge.ended(0, &one, &ending(EndingKind::Stopped), None, end);
        judge.ended(0, &one, &ending(EndingKind::Missed), None, end);
    });
    condemns("not all of it was heard", orders, |judge| {
        judge.sounded(&heard(&one, 0, 0, 30));
        judge.ended(0, &one, &ending(EndingKind::Played), None, end);
    });
    condemns("some of it was heard", orders, |judge| {
        judge.sounded(&heard(&one, 0, 0, 30));
        judge.ended(0, &one, &ending(EndingKind::Missed), None, end);
    });
    condemns("silent without a reason", orders, |judge| {
        judge.ended(0, &one, &ending(EndingKind::Missed), None, end);
    });
    let said = judged(orders, |judge| {
        judge.troubled(0);
        judge.ended(0, &one, &ending(EndingKind::Missed), None, end);
    });
    assert_eq!(said, [""; 0], "a cluster without power has a reason");
}
