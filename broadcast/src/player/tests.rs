//! The player against a virtual clock and an honest sink.

use base::Sha256;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::*;
use crate::order::{Priority, Resume, Volume};
use crate::quiet::QuietHours;

mod duck;
mod limit;
mod loudness;
mod mute;
mod power;
mod property;
mod scene;
mod week;

use scene::{Scene, at, order, secs};

#[test]
fn an_order_is_fetched_played_on_the_second_and_reported() {
    let mut it = Scene::ready();
    it.cached(1, &order(1, 100));
    it.until(2, 200);
    assert_eq!(it.told, ["1 1 ordered", "1 1 cached", "100 1 started", "160 1 played"]);
}

#[test]
fn the_sink_is_opened_ahead_for_the_exact_instant() {
    let mut it = Scene::ready();
    it.cached(1, &order(1, 100));
    it.until(2, 96);
    assert_eq!(it.sound(), None);
    it.until(97, 97);
    let sound = it.sound().unwrap();
    assert_eq!((sound.start_at, sound.seek), (at(100), secs(0)));
}

#[test]
fn nothing_plays_before_the_clock_is_trusted() {
    let mut it = Scene::ready();
    it.on(0, Event::ClockTrusted(false));
    it.cached(1, &order(1, 100));
    it.until(2, 99_999);
    assert_eq!((it.told.len(), it.sounds.is_empty()), (2, true));
    // The clock was wrong; now it is right and the play still ahead.
    it.on(50, Event::ClockTrusted(true));
    it.until(51, 101);
    assert_eq!(it.told.last().unwrap(), "100 1 started");
}

#[test]
fn late_content_seeks_to_be_in_step() {
    let mut it = Scene::ready();
    it.on(1, Event::Ordered(order(1, 100)));
    it.on(120, Event::ContentCached(order(1, 0).content.sha256));
    assert_eq!(it.sound().unwrap().seek, secs(21), "20 s late and a second to open the sink");
    it.until(121, 200);
    assert_eq!(it.told.last().unwrap(), "160 1 partial 21.0s was skipped");
}

#[test]
fn a_few_seconds_late_begins_at_the_beginning() {
    let mut it = Scene::ready();
    it.on(1, Event::Ordered(order(1, 100)));
    it.on(105, Event::ContentCached(order(1, 0).content.sha256));
    assert_eq!(it.sound().unwrap().seek, secs(0));
    it.until(106, 200);
    assert_eq!(it.told.last().unwrap(), "166 1 played");
}

#[test]
fn later_than_the_catch_up_window_is_missed() {
    let mut it = Scene::ready();
    it.on(1, Event::Ordered(Order { catch_up: secs(20), ..order(1, 100) }));
    it.until(2, 119);
    assert_eq!(it.told.len(), 1);
    it.until(120, 130);
    assert_eq!(it.told[1], "120 1 missed its content did not arrive in time");
    it.on(130, Event::ContentCached(order(1, 0).content.sha256));
    assert_eq!((it.told.len(), it.sounds.is_empty()), (2, true));
}

#[test]
fn the_music_at_04_45_does_not_sound_though_it_was_ordered() {
    let quiet = Some(QuietHours::night(TimeZone::get("Asia/Ho_Chi_Minh").unwrap()));
    let rules = Rules { quiet, ..scene::rules() };
    let start: Timestamp = "2025-12-08T04:45:00+07:00".parse().unwrap();
    let start = start.as_second();
    let mut it = Scene::new(rules);
    it.on(start - 100, Event::ClockTrusted(true));
    it.cached(start - 100, &order(1, start));
    let emergency = Order { priority: Priority::Emergency, ..order(2, start + 100) };
    it.cached(start - 90, &emergency);
    it.until(start - 90, start + 300);
    assert!(it.told[2].ends_with("1 missed it would sound in quiet hours"), "{:?}", it.told);
    assert!(it.told.last().unwrap().ends_with("2 played"), "an emergency is heard at any hour");
}

#[test]
fn a_play_that_runs_into_quiet_hours_is_cut() {
    let quiet = Some(QuietHours::night(TimeZone::get("Asia/Ho_Chi_Minh").unwrap()));
    let rules = Rules { quiet, ..scene::rules() };
    let nine: Timestamp = "2025-12-08T21:00:00+07:00".parse().unwrap();
    let mut it = Scene::new(rules);
    let start = nine.as_second() - 30;
    it.on(start - 100, Event::ClockTrusted(true));
    it.cached(start - 100, &order(1, start));
    it.until(start - 99, start);
    let until = it.sound().unwrap().until;
    assert!(until <= nine && nine.duration_since(until).as_millis() <= 2, "{until}");
}

#[test]
fn an_emergency_takes_the_horn_and_each_policy_is_kept() {
    for (resume, last) in [
        (Resume::Skip, "127 1 partial interrupted by a more urgent play"),
        (Resume::Resume, "224 1 played"),
        (Resume::Restart, "251 1 played"),
    ] {
        let mut it = Scene::ready();
        it.cached(1, &Order { resume, ..order(1, 100) });
        it.until(2, 110);
        it.cached(110, &Order { priority: Priority::Emergency, ..order(2, 130) });
        it.until(111, 400);
        let of_first: Vec<&String> = it.told.iter().filter(|it| it.contains(" 1 ")).collect();
        assert_eq!(of_first.last().unwrap().as_str(), last, "{resume:?}: {:?}", it.told);
        assert!(it.told.contains(&"190 2 played".to_owned()));
    }
}

#[test]
fn a_short_catch_up_window_is_for_the_beginning_alone() {
    let mut it = Scene::ready();
    it.cached(1, &Order { resume: Resume::Resume, catch_up: secs(0), ..order(1, 100) });
    it.until(2, 110);
    it.cached(110, &Order { priority: Priority::Emergency, ..order(2, 130) });
    it.until(111, 400);
    assert!(it.told.contains(&"224 1 played".to_owned()), "{:?}", it.told);
}

#[test]
fn equals_wait_for_their_turn() {
    let mut it = Scene::ready();
    it.cached(1, &order(1, 100));
    it.cached(1, &order(2, 158));
    it.until(2, 300);
    assert_eq!(it.told[5..], ["160 1 played", "161 2 started", "221 2 played"]);
}

#[test]
fn a_play_that_cannot_begin_gives_its_turn_to_the_next() {
    let rules = scene::rules();
    let mut it = Scene::new(rules);
    it.cached(1, &order(1, 100));
    it.cached(1, &order(2, 172));
    // Of the first there is nothing left to hear when the clock is trusted at last.
    it.on(170, Event::ClockTrusted(true));
    it.until(171, 300);
    let ends =
        ["170 1 missed too late: its content would be over", "172 2 started", "232 2 played"];
    assert_eq!(it.told[4..], ends);
}

#[test]
fn a_stop_that_overtakes_its_order_is_remembered_over_a_restart() {
    let mut it = Scene::ready();
    let play = order(1, 100).play;
    it.on(1, Event::StopOrdered { play, owner_level: 1 });
    it.on(2, Event::StopOrdered { play, owner_level: 1 });
    it.restart(3);
    it.cached(4, &order(1, 100));
    it.until(5, 300);
    let refused = "4 1 refused this play was stopped before its order came";
    assert_eq!(it.told, ["1 1 barred", refused]);
}

#[test]
fn a_stop_of_a_lower_level_does_not_bar_the_order_of_a_higher_one() {
    let mut it = Scene::ready();
    it.on(1, Event::StopOrdered { play: order(1, 100).play, owner_level: 0 });
    it.cached(2, &order(1, 100));
    it.until(3, 300);
    assert_eq!(it.told.last().unwrap(), "160 1 played");
}

#[test]
fn a_restart_never_begins_a_play_again() {
    let mut it = Scene::ready();
    it.cached(1, &order(1, 100));
    it.until(2, 110);
    it.restart(115);
    it.until(116, 300);
    assert_eq!(it.told.last().unwrap(), "115 1 partial the cluster restarted");
    it.restart(301);
    it.cached(302, &order(1, 100));
    it.until(303, 900);
    assert_eq!(it.told.iter().filter(|it| it.contains("started")).count(), 2, "{:?}", it.told);
}

#[test]
fn a_restart_goes_on_in_step_when_the_order_says_resume() {
    let mut it = Scene::ready();
    it.cached(1, &Order { resume: Resume::Resume, ..order(1, 100) });
    it.until(2, 110);
    it.restart(115);
    assert_eq!(it.sound().unwrap().seek, secs(16));
    it.until(116, 300);
    assert_eq!(it.told.last().unwrap(), "160 1 partial 16.0s was skipped");
}

#[test]
fn what_was_heard_before_the_power_failed_was_not_missed() {
    let mut it = Scene::ready();
    let order = Order { resume: Resume::Resume, ..order(1, 100) };
    it.cached(1, &order);
    it.until(2, 110);
    it.restart(115);
    it.sounds.clear();
    let failed = Some("the sound card is gone".to_owned());
    it.on(116, Event::SoundEnded { play: order.play, heard: secs(0), failed });
    assert_eq!(it.told.last().unwrap(), "116 1 partial the sound card is gone");
}

#[test]
fn only_the_owner_or_a_higher_level_stops_it() {
    let mut it = Scene::ready();
    let play = order(1, 100).play;
    it.cached(1, &order(1, 100));
    it.until(2, 110);
    it.on(110, Event::StopOrdered { play, owner_level: 0 });
    assert!(!it.sounds.is_empty());
    it.on(111, Event::StopOrdered { play, owner_level: 1 });
    assert!(it.sounds.is_empty());
    assert!(it.told[3].starts_with("110 1 refused only the level"), "{:?}", it.told);
    assert_eq!(it.told[4], "111 1 stopped stopped by order");
}

#[test]
fn a_schedule_may_change_until_it_begins() {
    let mut it = Scene::ready();
    it.cached(1, &order(1, 100));
    let later = Order { start_at: at(200), play_until: at(800), ..order(1, 100) };
    it.on(2, Event::Ordered(later));
    it.until(3, 205);
    assert_eq!(it.told[3], "200 1 started", "{:?}", it.told);
    it.on(206, Event::Ordered(Order { volume: 10.try_into().unwrap(), ..order(1, 100) }));
    assert_eq!(it.told[4], "206 1 refused this play has begun: stop it instead");
}

#[test]
fn wrong_content_is_missed_with_the_reason() {
    let mut it = Scene::ready();
    it.on(1, Event::Ordered(order(1, 100)));
    let sha256 = order(1, 0).content.sha256;
    it.on(5, Event::ContentFailed { sha256, reason: "the box sent other content".into() });
    assert_eq!(it.told[1], "5 1 missed the box sent other content");
}

#[test]
fn a_damaged_file_is_needed_again_and_played_late() {
    let mut it = Scene::ready();
    it.cached(1, &order(1, 100));
    assert_eq!(it.player.needed().count(), 0);
    it.until(2, 97);
    it.sounds.clear();
    it.on(98, Event::ContentDamaged(order(1, 0).content.sha256));
    assert_eq!(it.player.needed().count(), 1);
    it.on(103, Event::ContentCached(order(1, 0).content.sha256));
    it.until(104, 200);
    assert_eq!(it.told[2..], ["104 1 started", "164 1 played"]);
}

#[test]
fn a_damaged_file_that_no_copy_replaces_is_missed_with_the_reason() {
    let mut it = Scene::ready();
    it.cached(1, &order(1, 100));
    it.until(2, 97);
    it.sounds.clear();
    it.on(98, Event::ContentDamaged(order(1, 0).content.sha256));
    it.until(99, 500);
    let why = "400 1 missed its copy was damaged, and no other came in time";
    assert_eq!(it.told[2..], [why]);
}

#[test]
fn what_is_ahead_is_wanted_and_what_is_old_is_forgotten() {
    let mut it = Scene::ready();
    it.cached(1, &order(1, 100));
    assert_eq!(it.player.wanted().count(), 1);
    it.until(2, 200);
    assert_eq!((it.player.wanted().count(), it.stored.len()), (0, 1));
    it.on(100 + 600 + 10 * 86_400, Event::TimerFired);
    assert_eq!(it.stored.len(), 0);
}
