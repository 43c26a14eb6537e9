//! Clusters with wrong clocks start together; what is not ordered properly is not heard; what is
//! ordered is heard with every link cut.

use std::time::Duration;

use base::{Clock as _, DeviceId, SystemClock};
use e2e::street::{DriftingClock, RunningSpeaker, Street, in_seconds, order};
use gateway::field::provision::DevFleet;
use gateway::order::wire::play_to_json;
use gateway::report::wire::ReplyState;
use gateway::speaker::SteadyClock;
use jiff::{SignedDuration, Timestamp};
use provisioning::{Command, Identity};

/// What a loaded test machine may add to the tight figure, which `vong bench` gives.
const GENEROUS_MS: f64 = 50.0;
const ENDS: &[&str] =
    &["broadcast.played", "broadcast.partial", "broadcast.missed", "broadcast.stopped"];

fn instant(value: &serde_json::Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

fn spread_ms(times: &[Timestamp]) -> f64 {
    let (first, last) = (times.iter().min().unwrap(), times.iter().max().unwrap());
    last.duration_since(*first).as_secs_f64() * 1e3
}

#[test]
fn six_clusters_with_wrong_clocks_start_together() {
    let street = Street::new(6);
    let clusters = street.plan.clusters.clone();
    let wrong: Vec<DriftingClock> =
        [(-5.0, 50e-6), (-3.0, -50e-6), (-0.4, 20e-6), (0.7, 0.0), (2.0, -35e-6), (5.0, 45e-6)]
            .map(|(offset, drift)| DriftingClock::new(SignedDuration::from_secs_f64(offset), drift))
            .to_vec();
    let _speakers: Vec<RunningSpeaker> = clusters
        .iter()
        .zip(wrong)
        .map(|(it, clock)| RunningSpeaker::start(street.config(it), clock))
        .collect();
    street.wait_for_clusters(6);
    let content = street.content(8);
    let start_at = in_seconds(10);
    for cluster in &clusters {
        street.order(cluster, &order(content, start_at));
    }
    let (mut by_system, mut reported) = (Vec::new(), Vec::new());
    for cluster in &clusters {
        let end = street.wait_for_event(cluster, ENDS);
        assert_eq!(end.kind, "broadcast.played", "{}", end.data);
        assert!(end.data["clock"]["error_bound_ms"].as_f64().unwrap() < 20.0, "{}", end.data);
        reported.push(instant(&end.data["started_at"]));
        let notes = street.notes(cluster);
        let note = notes.values().next().unwrap();
        by_system.push(instant(&note["first_sample_system_time"]));
        assert!(note["heard_ms"].as_f64().unwrap() > 7_900.0, "{note}");
    }
    let error = |it: &Timestamp| it.duration_since(start_at).as_secs_f64() * 1e3;
    let errors: Vec<f64> = by_system.iter().map(error).collect();
    println!(
        "skew by the system's clock {:.3} ms, as reported {:.3} ms, start errors {errors:.3?} ms",
        spread_ms(&by_system),
        spread_ms(&reported)
    );
    assert!(spread_ms(&by_system) < GENEROUS_MS);
    assert!(errors.iter().all(|it| it.abs() < GENEROUS_MS));
}

struct Refused<'a> {
    street: &'a Street,
    cluster: &'a DeviceId,
}

impl Refused<'_> {
    fn check(&self, command: &Command, token: &str, state: ReplyState, why: &str) {
        self.street.send(self.cluster, token);
        let reply = self.street.wait_for_reply(command.id, state);
        let reason = reply.reason.unwrap();
        assert!(reason.contains(why), "{reason:?} is not about {why:?}");
    }
}

#[test]
fn what_is_not_properly_ordered_is_refused_and_not_heard() {
    let street = Street::new(2);
    let (cluster, other) = (&street.plan.clusters[0], &street.plan.clusters[1]);
    let _speaker = RunningSpeaker::start(street.config(cluster), SteadyClock);
    street.wait_for_clusters(1);
    let (signer, refused) =
        (street.identity.signer().unwrap(), Refused { street: &street, cluster });
    let data = play_to_json(&order(street.content(2), in_seconds(3)));
    let good = street.command(cluster, data.clone());

    // Unsigned: the signature is cut off; then it is that of another command.
    let token = signer.sign(&good);
    let (_, signature) = token.rsplit_once('.').unwrap();
    for (end, why) in [("", "sign"), (signature, "signature")] {
        let command = street.command(cluster, data.clone());
        let signed = signer.sign(&command);
        let forged = format!("{}.{end}", signed.rsplit_once('.').unwrap().0);
        refused.check(&command, &forged, ReplyState::Refused, why);
    }

    // Yesterday's order, stolen and sent again today.
    let then = SystemClock.now() - Duration::from_secs(86_400);
    let old = Command { issued_at: then, not_after: then, ..street.command(cluster, data.clone()) };
    refused.check(&old, &signer.sign(&old), ReplyState::Expired, "last instant");

    let foreign = street.command(other, data.clone());
    refused.check(&foreign, &signer.sign(&foreign), ReplyState::Refused, "another device");

    // A box of the same name, of another fleet: its key is on no roster of ours.
    let other_fleet = DevFleet::small(&street.path("other-fleet"), 21_000).make().unwrap();
    let folder = other_fleet.folder.join(other_fleet.the_box.as_str()).join("identity");
    let stranger = Identity::load(&folder, SystemClock.now()).unwrap();
    let forged = street.command(cluster, data.clone());
    let strange = stranger.signer().unwrap().sign(&forged);
    refused.check(&forged, &strange, ReplyState::Refused, "roster");

    let unknown = Command { kind: "shell".into(), ..street.command(cluster, data.clone()) };
    refused.check(&unknown, &signer.sign(&unknown), ReplyState::Refused, "not known");

    let mut unapproved = data.clone();
    unapproved["approved_by"] = "".into();
    let unapproved = street.command(cluster, unapproved);
    refused.check(&unapproved, &signer.sign(&unapproved), ReplyState::Refused, "unapproved");

    assert!(street.told.events.lock().unwrap().is_empty(), "something was taken for an order");

    street.send(cluster, &token);
    street.wait_for_reply(good.id, ReplyState::Accepted);
    refused.check(&good, &token, ReplyState::Refused, "seen before");
    let end = street.wait_for_event(cluster, ENDS);
    assert_eq!(end.kind, "broadcast.played", "{}", end.data);
    assert_eq!(street.notes(cluster).len(), 1, "heard once");
}

#[test]
fn content_that_is_not_what_was_approved_is_missed_with_the_reason() {
    let street = Street::new(1);
    let cluster = &street.plan.clusters[0];
    let _speaker = RunningSpeaker::start(street.config(cluster), SteadyClock);
    street.wait_for_clusters(1);
    let content = street.content(5);
    let mut bytes = std::fs::read(street.shelf(content.sha256)).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(street.shelf(content.sha256), bytes).unwrap();
    street.order(cluster, &order(content, in_seconds(20)));
    let end = street.wait_for_event(cluster, ENDS);
    assert_eq!(end.kind, "broadcast.missed");
    assert!(end.data["reason"].as_str().unwrap().contains("other content"), "{}", end.data);
    assert!(street.notes(cluster).is_empty(), "nothing was heard");
}

#[test]
fn ordered_and_cached_it_plays_with_every_link_cut_and_after_a_restart() {
    let mut street = Street::new(1);
    let cluster = street.plan.clusters[0].clone();
    let speaker = RunningSpeaker::start(street.config(&cluster), SteadyClock);
    street.wait_for_clusters(1);
    let start_at = in_seconds(12);
    street.order(&cluster, &order(street.content(2), start_at));
    street.wait_for_event(&cluster, &["broadcast.cached"]);
    street.cut();
    speaker.end();
    let _speaker = RunningSpeaker::start(street.config(&cluster), SteadyClock);
    e2e::street::wait_until("it was played", || !street.notes(&cluster).is_empty());
    let notes = street.notes(&cluster);
    let heard_at = instant(&notes.values().next().unwrap()["first_sample_system_time"]);
    let error = heard_at.duration_since(start_at).as_secs_f64() * 1e3;
    assert!(error.abs() < GENEROUS_MS, "{error} ms");
    // The receipts waited, and come when the link does.
    street.connect();
    let end = street.wait_for_event(&cluster, ENDS);
    assert_eq!(end.kind, "broadcast.played", "{}", end.data);
}

/// `RssAnon` of a process in KiB: its own memory, without the code, which a debug build has ten times
/// of.
fn own_memory_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|it| it.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn an_idle_cluster_is_small_and_loads_its_sound_with_the_first_play() {
    let street = Street::new(1);
    let cluster = &street.plan.clusters[0];
    let config = street.plan.folder.join(cluster.as_str()).join("vong.toml");
    let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_vong-e2e"))
        .args(["speaker", "--config"])
        .arg(&config)
        .spawn()
        .unwrap();
    street.wait_for_clusters(1);
    let idle = own_memory_kib(process.id());
    street.order(cluster, &order(street.content(6), in_seconds(6)));
    street.wait_for_event(cluster, &["broadcast.started"]);
    let playing = own_memory_kib(process.id());
    let end = street.wait_for_event(cluster, ENDS);
    process.kill().unwrap();
    process.wait().unwrap();
    println!("own memory: idle {idle} KiB, playing {playing} KiB");
    assert_eq!(end.kind, "broadcast.played", "{}", end.data);
    assert!(idle < 16 << 10, "{idle} KiB");
    assert!(playing < 40 << 10, "{playing} KiB");
}
