//! The switch at the pole: who turned it does not want to hear it, and the centre learns why.

use super::*;

#[test]
fn what_sounds_is_cut_off_and_what_comes_is_missed_while_muted_on_site() {
    let mut it = Scene::ready();
    it.cached(1, &order(1, 100));
    it.cached(1, &order(2, 200));
    it.cached(1, &order(3, 300));
    it.until(2, 119);
    it.mute(120, true);
    assert!(it.sounds.is_empty());
    it.until(121, 210);
    it.mute(211, false);
    it.until(212, 400);
    let ends = ["120 1 partial muted on site", "197 2 missed muted on site"];
    assert_eq!(it.told[7..], [ends[0], ends[1], "300 3 started", "360 3 played"]);
}

#[test]
fn muted_before_its_first_sample_it_is_missed() {
    let mut it = Scene::ready();
    it.cached(1, &order(1, 100));
    it.until(2, 98);
    it.mute(98, true);
    assert_eq!(it.told.last().unwrap(), "98 1 missed muted on site");
}

#[test]
fn an_emergency_is_heard_unless_the_cluster_is_set_up_otherwise() {
    for (mutes_emergency, last) in [(false, "160 1 played"), (true, "97 1 missed muted on site")] {
        let mut it = Scene::under(Rules { mutes_emergency, ..scene::rules() });
        it.mute(1, true);
        it.cached(1, &Order { priority: Priority::Emergency, ..order(1, 100) });
        it.until(2, 200);
        assert_eq!(it.told.last().unwrap(), last);
    }
}

#[test]
fn a_mute_needs_no_clock_and_outlives_a_restart() {
    let mut it = Scene::ready();
    it.cached(1, &Order { resume: Resume::Resume, ..order(1, 100) });
    it.cached(1, &order(2, 300));
    it.until(2, 110);
    it.on(111, Event::ClockTrusted(false));
    it.mute(112, true);
    assert_eq!(it.told.last().unwrap(), "112 1 partial muted on site");
    it.restart(200);
    it.until(201, 400);
    assert_eq!(it.told.last().unwrap(), "297 2 missed muted on site");
}

#[test]
fn a_play_that_waits_for_the_horn_does_not_go_on_under_mute() {
    let mut it = Scene::ready();
    it.cached(1, &Order { resume: Resume::Resume, ..order(1, 100) });
    it.cached(1, &Order { priority: Priority::Emergency, ..order(2, 120) });
    it.until(2, 130);
    it.mute(131, true);
    it.until(132, 300);
    assert_eq!(it.told[6..], ["180 2 played", "180 1 partial muted on site"]);
}
