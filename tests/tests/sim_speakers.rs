//! `vong sim speakers`: real clusters in one process, with wrong clocks, some with sound and some without.

use std::process::Command;

use e2e::sim_speakers::SimSpeakers;
use e2e::street::{Street, in_seconds, order};
use jiff::Timestamp;

const VONG: &str = env!("CARGO_BIN_EXE_vong-e2e");
/// What a loaded test machine may add; `vong bench fanout` gives the tight figure.
const GENEROUS_MS: f64 = 50.0;

#[test]
fn many_clusters_in_one_process_play_in_step_and_note_when() {
    let street = Street::new(6);
    let (speakers, told) = SimSpeakers::start(VONG, &street, &["--decode", "2", "--seed", "3"]);
    let sinks: Vec<&str> = told.iter().map(|it| it["sink"].as_str().unwrap()).collect();
    assert_eq!(sinks, ["wav", "wav", "timestamp", "timestamp", "timestamp", "timestamp"]);
    assert!(told.iter().any(|it| it["clock_offset_ms"].as_f64().unwrap().abs() > 1_000.0));
    street.wait_for_clusters(6);
    let content = street.content(4);
    let start_at = in_seconds(10);
    for cluster in &street.plan.clusters {
        street.order(cluster, &order(content, start_at));
    }
    let mut errors = Vec::new();
    for cluster in &street.plan.clusters {
        let end = street.wait_for_event(cluster, &["broadcast.played", "broadcast.missed"]);
        assert_eq!(end.kind, "broadcast.played", "{}", end.data);
        let notes = street.notes(cluster);
        let note = notes.values().next().unwrap();
        let first: Timestamp = note["first_sample_system_time"].as_str().unwrap().parse().unwrap();
        errors.push(first.duration_since(start_at).as_secs_f64() * 1e3);
        assert!(note["heard_ms"].as_f64().unwrap() > 3_900.0, "{note}");
    }
    println!("start errors {errors:.3?} ms");
    assert!(errors.iter().all(|it| it.abs() < GENEROUS_MS), "{errors:?}");
    speakers.end();
}

#[test]
fn a_folder_without_clusters_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let output = Command::new(VONG).args(["sim", "speakers"]).arg(dir.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("vong provision dev-fleet"));
}
