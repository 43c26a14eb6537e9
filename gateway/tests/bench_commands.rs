//! `vong bench plan`, as somebody runs it who wants to know whether a ward can rely on it.
#![cfg(all(feature = "gst", feature = "onnx"))]
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests; the allowance reaches only #[test] functions"
)]

use std::process::{Command, Output};

use serde_json::Value;

fn bench_plan(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vong"));
    command.args(["bench", "plan"]).args(args).output().unwrap()
}

#[test]
fn two_weeks_of_sixteen_clusters_keep_every_promise() {
    let output = bench_plan(&["--days", "14", "--clusters", "16"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 1, "one JSON object on one line");
    let figures: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(figures["name"], "plan");
    assert_eq!((&figures["days"], &figures["clusters"]), (&14.into(), &16.into()));
    assert_eq!(figures["broken_promises"], 0);
    for figure in
        ["seconds", "sounds", "played", "power_cuts", "link_losses", "held_back", "rss_mb"]
    {
        assert!(figures[figure].as_f64().unwrap() > 0.0, "{figure}: {figures}");
    }
    assert!(figures["machine"]["n_cpus"].as_u64().unwrap() > 0);
}

#[test]
fn clusters_that_cannot_be_shared_out_are_refused_with_a_way_on() {
    let output = bench_plan(&["--clusters", "10", "--wards", "4"]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("10 clusters cannot be shared out evenly among 4 wards"), "{told}");
}
