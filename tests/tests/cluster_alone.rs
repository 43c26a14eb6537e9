//! A cluster by itself: killed at each stage, a week without a link, muted by hand, one sound below
//! another. A real agent with its real store, content and keys; what is heard is in files.

use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use base::{Clock, DeviceId, SystemClock};
use broadcast::{Order, Priority, Resume};
use e2e::street::{RunningSpeaker, Street, in_seconds, order, wait_until};
use gateway::config::{SpeakerMute, SpeakerRelay};
use gateway::speaker::SteadyClock;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OpenFlags};

const ENDS: [&str; 4] =
    ["broadcast.played", "broadcast.partial", "broadcast.missed", "broadcast.stopped"];

/// What the cluster has stored of a play.
fn stage(street: &Street, cluster: &DeviceId, order: &Order) -> String {
    let path = street.plan.folder.join(cluster.as_str()).join("data/vong.db");
    let select = "SELECT stage FROM cluster_play WHERE bulletin_id = ?1";
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .and_then(|it| it.query_row(select, [order.play.bulletin.to_string()], |row| row.get(0)))
        .unwrap_or_default()
}

fn start(street: &Street, cluster: &DeviceId) -> Child {
    let config = street.plan.folder.join(cluster.as_str()).join("vong.toml");
    Command::new(env!("CARGO_BIN_EXE_vong-e2e"))
        .args(["speaker", "--config"])
        .arg(config)
        .spawn()
        .unwrap()
}

fn kill(mut process: Child) {
    process.kill().unwrap();
    process.wait().unwrap();
}

/// The terminal records of a play, in the order of their arrival.
fn ends(street: &Street, order: &Order) -> Vec<(String, String)> {
    let events = street.told.events.lock().unwrap();
    let is_end = |it: &&gateway::report::Envelope| {
        it.data["bulletin_id"] == order.play.bulletin.to_string()
            && ENDS.contains(&it.kind.as_str())
    };
    let found = events.iter().map(|(_, it)| it).filter(is_end);
    found
        .map(|it| (it.kind.clone(), it.data["reason"].as_str().unwrap_or_default().to_owned()))
        .collect()
}

fn wavs(street: &Street, cluster: &DeviceId, order: &Order) -> Vec<PathBuf> {
    let dir = street.plan.folder.join(cluster.as_str()).join("heard");
    let of_it = format!("{}.wav", order.play.bulletin);
    let files = std::fs::read_dir(dir).into_iter().flatten().map(|it| it.unwrap().path());
    files.filter(|it| it.to_string_lossy().ends_with(&of_it)).collect()
}

/// A receiver that began its bulletin again whenever the mains came back: killed at each stage, one
/// play has one end and is begun once.
#[test]
fn killed_at_every_stage_it_begins_nothing_twice_and_each_play_ends_once() {
    let street = Street::new(1);
    let cluster = street.plan.clusters[0].clone();
    let mut process = start(&street, &cluster);
    street.wait_for_clusters(1);
    let mut orders = Vec::new();
    for (killed_at, seconds) in [("waiting", 20), ("playing", 12), ("played", 12)] {
        let order = order(street.content(3 + orders.len()), in_seconds(seconds));
        street.order(&cluster, &order);
        wait_until(killed_at, || stage(&street, &cluster, &order) == killed_at);
        kill(process);
        process = start(&street, &cluster);
        wait_until("it is over", || !ends(&street, &order).is_empty());
        orders.push(order);
    }
    // Below an emergency, waiting to go on.
    let waits = Order {
        resume: Resume::Resume,
        catch_up: Duration::from_secs(60),
        ..order(street.content(15), in_seconds(12))
    };
    let urgent = order(street.content(6), waits.start_at + Duration::from_secs(5));
    let urgent = Order { priority: Priority::Emergency, ..urgent };
    street.order(&cluster, &waits);
    street.order(&cluster, &urgent);
    wait_until("interrupted", || stage(&street, &cluster, &waits) == "interrupted");
    kill(process);
    process = start(&street, &cluster);
    for order in [&waits, &urgent] {
        wait_until("it is over", || !ends(&street, order).is_empty());
    }
    orders.extend([waits, urgent]);
    kill(process);
    let ends: Vec<_> = orders.iter().map(|it| ends(&street, it)).collect();
    assert!(ends.iter().all(|it| it.len() == 1), "{ends:?}");
    assert_eq!(ends[0][0].0, "broadcast.played", "killed while it waited");
    assert_eq!(ends[1][0], ("broadcast.partial".to_owned(), "the cluster restarted".to_owned()));
    assert_eq!(ends[2][0].0, "broadcast.played", "killed when it was over");
    for order in &orders[..3] {
        assert!(wavs(&street, &cluster, order).len() <= 1, "begun once at most");
    }
}

/// A cluster's oscillator, and what of a week the test leaves out.
#[derive(Clone)]
struct LeapingClock(Arc<AtomicI64>);

impl Clock for LeapingClock {
    fn now(&self) -> Timestamp {
        SteadyClock.now() + SignedDuration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

#[test]
fn after_seven_days_without_a_link_it_plays_what_it_was_ordered() {
    const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
    let mut street = Street::new(1);
    let cluster = street.plan.clusters[0].clone();
    let left_out = Arc::new(AtomicI64::new(0));
    let clock = LeapingClock(Arc::clone(&left_out));
    let mut config = street.config(&cluster);
    // What is needed in a week is fetched now: nobody waits for the night.
    (config.prefetch.off_peak, config.prefetch.spread) = (None, Duration::ZERO);
    let _speaker = RunningSpeaker::start(config, clock);
    street.wait_for_clusters(1);
    let known_enough = SystemClock.now() + Duration::from_secs(50);
    let on_day_seven = order(street.content(2), in_seconds(100) + WEEK);
    street.order(&cluster, &on_day_seven);
    street.wait_for_event(&cluster, &["broadcast.cached"]);
    // The drift that a few seconds of exchanges give is not good for a week, and is not trusted for one.
    wait_until("a minute with the box", || SystemClock.now() > known_enough);
    street.cut();
    left_out.store(WEEK.as_millis().try_into().unwrap(), Ordering::Relaxed);
    wait_until("it was played", || stage(&street, &cluster, &on_day_seven) == "played");
    let notes = street.notes(&cluster);
    let note = notes.values().next().unwrap();
    let heard_at: Timestamp = note["first_sample_box_time"].as_str().unwrap().parse().unwrap();
    let error = heard_at.duration_since(on_day_seven.start_at);
    assert!(error.abs() < SignedDuration::from_millis(50), "{error:?}");
    // The receipt waited, and comes when the link does.
    street.connect();
    let end = street.wait_for_event(&cluster, &ENDS);
    assert_eq!((end.kind.as_str(), end.clock_trusted), ("broadcast.played", true));
}

/// An SD card that ages: what is about to sound is looked at first, and fetched again.
#[test]
fn a_file_that_was_damaged_in_the_cache_is_not_heard_and_its_copy_is() {
    let street = Street::new(1);
    let cluster = street.plan.clusters[0].clone();
    let _speaker = RunningSpeaker::start(street.config(&cluster), SteadyClock);
    street.wait_for_clusters(1);
    let order = order(street.content(3), in_seconds(10));
    street.order(&cluster, &order);
    wait_until("cached", || stage(&street, &cluster, &order) == "waiting");
    let folder = street.plan.folder.join(cluster.as_str());
    let cached = folder.join(format!("data/cache/{}.opus", order.content.sha256));
    let mut bytes = std::fs::read(&cached).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&cached, &bytes).unwrap();
    wait_until("it is over", || !ends(&street, &order).is_empty());
    assert_eq!(ends(&street, &order), [("broadcast.played".to_owned(), String::new())]);
    assert_ne!(std::fs::read(&cached).unwrap(), bytes, "fetched again");
}

/// Somebody at the pole wants quiet now, and the centre learns that it was not a fault.
#[test]
fn a_switch_on_the_pole_mutes_it_with_every_link_down_and_the_amplifier_goes_off() {
    let mut street = Street::new(1);
    let cluster = street.plan.clusters[0].clone();
    let (switch, relay) = (street.path("gpio17"), street.path("amplifier"));
    std::fs::write(&switch, "0\n").unwrap();
    std::fs::write(&relay, "1\n").unwrap();
    let mut config = street.config(&cluster);
    config.mute =
        Some(SpeakerMute { input: switch.clone(), active: "1".to_owned(), mutes_emergency: false });
    config.sound.relay = Some(SpeakerRelay {
        file: relay.clone(),
        active: "1".to_owned(),
        inactive: "0".to_owned(),
        hold: Duration::from_secs(1),
    });
    let _speaker = RunningSpeaker::start(config, SteadyClock);
    let amplifier = || std::fs::read_to_string(&relay).unwrap();
    wait_until("the amplifier is off", || amplifier() == "0");
    street.wait_for_clusters(1);
    let first = order(street.content(20), in_seconds(10));
    let second = order(street.content(3), in_seconds(40));
    let emergency = order(street.content(2), in_seconds(46));
    let emergency = Order { priority: Priority::Emergency, ..emergency };
    for order in [&first, &second, &emergency] {
        street.order(&cluster, order);
        wait_until("cached", || stage(&street, &cluster, order) == "waiting");
    }
    street.cut();
    wait_until("the amplifier warms up", || amplifier() == "1");
    let in_the_middle = first.start_at + Duration::from_secs(3);
    wait_until("it sounds", || SystemClock.now() > in_the_middle);
    std::fs::write(&switch, "1\n").unwrap();
    wait_until("it is muted", || stage(&street, &cluster, &first) == "partial");
    wait_until("the amplifier is off again", || amplifier() == "0");
    wait_until("the next is missed", || stage(&street, &cluster, &second) == "missed");
    wait_until("an emergency is heard", || stage(&street, &cluster, &emergency) == "played");
    std::fs::write(&switch, "0\n").unwrap();
    street.connect();
    let muted = street.wait_for_event(&cluster, &["cluster.muted"]);
    assert_eq!(muted.data["playing"][0], first.play.bulletin.to_string());
    street.wait_for_event(&cluster, &["cluster.recovered"]);
    wait_until("all receipts", || !ends(&street, &emergency).is_empty());
    let muted_by_hand = |kind: &str| vec![(kind.to_owned(), "muted on site".to_owned())];
    assert_eq!(ends(&street, &first), muted_by_hand("broadcast.partial"));
    assert_eq!(ends(&street, &second), muted_by_hand("broadcast.missed"));
}

#[test]
fn music_goes_on_below_a_notice_and_rises_again() {
    let street = Street::new(1);
    let cluster = street.plan.clusters[0].clone();
    let _speaker = RunningSpeaker::start(street.config(&cluster), SteadyClock);
    street.wait_for_clusters(1);
    let music = order(street.content(16), in_seconds(10));
    let music = Order { resume: Resume::Duck, ..music };
    let notice = order(street.content(4), music.start_at + Duration::from_secs(6));
    let notice = Order { priority: Priority::Priority, ..notice };
    street.order(&cluster, &music);
    street.order(&cluster, &notice);
    for order in [&music, &notice] {
        wait_until("it is over", || !ends(&street, order).is_empty());
        assert_eq!(ends(&street, order)[0].0, "broadcast.played", "{:?}", ends(&street, order));
    }
    let bytes = std::fs::read(&wavs(&street, &cluster, &music)[0]).unwrap();
    let samples = bytes[44..].chunks_exact(2).map(|it| i16::from_le_bytes([it[0], it[1]]));
    let samples: Vec<i16> = samples.collect();
    let loudest = |from: usize| {
        let part = &samples[from * 48_000..(from + 1) * 48_000];
        f64::from(part.iter().map(|it| it.unsigned_abs()).max().unwrap())
    };
    let decibels = |second| 20.0 * (loudest(second) / loudest(1)).log10();
    assert!((-17.0..-13.0).contains(&decibels(7)), "{} dB", decibels(7));
    assert!(decibels(14).abs() < 1.0, "{} dB", decibels(14));
}
