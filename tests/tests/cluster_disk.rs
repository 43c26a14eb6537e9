//! A loudspeaker cluster whose disk is full goes on playing, promises nothing that it cannot keep, and
//! loses no receipt.

use std::fs::{self, File};
use std::path::Path;

use e2e::reporting::{Process, wait_for};
use e2e::small_disk;
use e2e::street::{Street, in_seconds, order};
use gateway::order::wire::play_to_json;
use gateway::report::wire::ReplyState;

fn log_has(log: &Path, text: &str) -> bool {
    fs::read_to_string(log).unwrap_or_default().contains(text)
}

#[test]
fn a_cluster_with_a_full_disk_plays_and_reports_when_there_is_room() {
    let street = Street::new(1);
    let cluster = &street.plan.clusters[0];
    let folder = street.plan.folder.join(cluster.as_str());
    let (data, log) = (folder.join("data"), street.path("cluster.log"));
    fs::create_dir_all(&data).unwrap();
    let mut command = small_disk::command(&data, 16, env!("CARGO_BIN_EXE_vong-e2e"));
    command.args(["speaker", "--config"]).arg(folder.join("vong.toml"));
    let speaker = Process(command.stderr(File::create(&log).unwrap()).spawn().unwrap());
    wait_for("the cluster knows the time", 60, || log_has(&log, "the clock is trusted now"));

    street.order(cluster, &order(street.content(3), in_seconds(25)));
    street.wait_for_event(cluster, &["broadcast.cached"]);
    let filler = small_disk::inside(&speaker.0, &data).join("filler");
    small_disk::fill(&filler);
    wait_for("the play is heard", 60, || {
        // The ballast, which deletes may take, is filled as well.
        small_disk::fill(&filler);
        !street.notes(cluster).is_empty()
    });
    wait_for("the log says why", 20, || log_has(&log, "waits for room on the disk"));

    let later = street.command(cluster, play_to_json(&order(street.content(20), in_seconds(20))));
    let token = street.identity.signer().unwrap().sign(&later);
    street.send(cluster, &token);
    let refused = street.wait_for_reply(later.id, ReplyState::Refused);
    assert_eq!(refused.reason.as_deref(), Some("not stored yet: the disk takes nothing"));

    fs::remove_file(&filler).unwrap();
    let end = street.wait_for_event(cluster, &["broadcast.played", "broadcast.partial"]);
    assert_eq!(end.kind, "broadcast.played", "{}", end.data);
    // What was refused for want of room was kept in memory: it is an order by now.
    wait_for("the second play is heard", 60, || street.notes(cluster).len() == 2);
    street.send(cluster, &token);
    wait_for("a copy is known", 20, || log_has(&log, "seen before"));
}
