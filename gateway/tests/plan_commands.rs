//! `vong plan`, as whoever asks why something plays runs it: from a rules file, and from a box's data.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests; the allowance reaches only #[test] functions"
)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

const RULES: &str = r#"
[broadcast]
quota_preset = "hanoi-urban"
ties = ["own", "earlier"]

[[layer]]
name = "nghi-bu"
ics = "nghi-bu.ics"

[[bulletin]]
id = "ban-tin-sang"
title = "Bản tin sáng"
duration = "12m 30s"
days = { public-holidays = "not", nghi-bu = "later" }
rrule = """
DTSTART;TZID=Asia/Ho_Chi_Minh:20260105T063000
RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR
"""

[[bulletin]]
id = "thanh-pho"
duration = "5m"
level = 2
at = ["2026-09-04T06:35:00+07:00", "2026-09-05T09:00:00+07:00"]
"#;

const NGHI_BU: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\n\
    DTSTART;VALUE=DATE:20260903\r\nSUMMARY:Nghỉ bù\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

fn plan(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vong"));
    command.current_dir(folder).arg("plan").args(args).output().unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|it| serde_json::from_str(it).unwrap()).collect()
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ward.toml"), RULES).unwrap();
    std::fs::write(folder.path().join("nghi-bu.ics"), NGHI_BU).unwrap();
    folder
}

#[test]
fn why_it_will_not_play_at_06_30_on_2_september() {
    let folder = folder();
    let window = ["--rules", "ward.toml", "--from", "2026-09-02T06:30", "--to", "2026-09-02T06:31"];
    let told = lines(&plan(folder.path(), &window));
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["title"], "Bản tin sáng");
    assert_eq!((&told[0]["plays"], &told[0]["reason"]), (&json!(false), &json!("day_off")));
    let why = "it is silent on days of public-holidays, and that day is \"Quốc khánh\"";
    assert_eq!(told[0]["why"], why);
}

#[test]
fn moves_ties_and_quotas_are_told_with_their_causes() {
    let folder = folder();
    let window = ["--rules", "ward.toml", "--from", "2026-09-03", "--to", "2026-09-06"];
    let told = lines(&plan(folder.path(), &window));
    let short: Vec<_> =
        told.iter().map(|it| json!([it["id"], it["local"], it["reason"]])).collect();
    assert_eq!(
        json!(short),
        json!([
            ["ban-tin-sang", "2026-09-04T06:30:00+07:00", "clash"],
            ["ban-tin-sang", "2026-09-04T06:30:00+07:00", null],
            ["thanh-pho", "2026-09-04T06:35:00+07:00", "clash"],
            ["thanh-pho", "2026-09-05T09:00:00+07:00", "quota"],
        ])
    );
    // Of its two starts on that morning, the one that moved here gives way.
    assert_eq!(told[0]["occurrence"], "2026-09-02T23:30:00Z");
    let causes = told[1]["causes"].as_array().unwrap();
    assert_eq!(causes.len(), 2);
    assert!(causes.iter().all(|it| it["cause"] == "before"), "{causes:?}");
    let last = told[3]["why"].as_str().unwrap();
    assert!(last.starts_with("the quota hanoi-urban-weekend allows no plays"), "{last}");
}

#[test]
fn a_hostile_ics_is_refused_with_64_and_the_reason() {
    let folder = folder();
    let many = NGHI_BU.replace("SUMMARY", "RRULE:FREQ=SECONDLY\r\nSUMMARY");
    std::fs::write(folder.path().join("nghi-bu.ics"), many).unwrap();
    let window = ["--rules", "ward.toml", "--from", "2026-09-03", "--to", "2026-09-06"];
    let output = plan(folder.path(), &window);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(said.contains("layer.nghi-bu.ics") && said.contains("86400 plays a day"), "{said}");
}

#[test]
fn a_box_is_asked_by_its_configuration_and_needs_a_database() {
    let folder = folder();
    let config = "device = 'box-1'\ndata_dir = 'data'\nidentity.dir = 'identity'\n\
        uplink.host = 'centre.example'\nlocal_broker.host = '127.0.0.1'\n";
    std::fs::write(folder.path().join("vong.toml"), config).unwrap();
    let asked = |args: &[&str]| {
        let window = ["--from", "2026-09-03", "--to", "2026-09-06"];
        let output = plan(folder.path(), &[args, &window].concat());
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = asked(&["--config", "vong.toml"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("vong.db") && said.contains("has the box been started?"), "{said}");
    assert!(!folder.path().join("data").exists(), "nothing was made");
    assert_eq!(asked(&["--config", "none.toml"]).0, Some(64));
    assert_eq!(asked(&["--config", "vong.toml", "--rules", "ward.toml"]).0, Some(2));
    assert_eq!(asked(&[]).0, Some(2));
}

#[test]
fn a_schedule_wants_one_of_three_and_may_say_days() {
    let folder = tempfile::tempdir().unwrap();
    let schedule = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vong"));
        command.current_dir(folder.path()).args(["bulletin", "schedule", "7", "--user", "lan"]);
        command.env("VONG_PASSWORD", "x").args(args).output().unwrap().status.code()
    };
    assert_eq!(schedule(&[]), Some(2));
    assert_eq!(schedule(&["--days", "ram=only"]), Some(2));
    assert_eq!(schedule(&["--at", "+90s", "--rrule", "RRULE:FREQ=DAILY"]), Some(2));
    assert_eq!(schedule(&["--at", "+90s", "--event", "a"]), Some(2));
    // Good usage, and no authority to trust.
    assert_eq!(schedule(&["--at", "+90s", "--days", "ram=only,public-holidays=not"]), Some(1));
    assert_eq!(schedule(&["--ics", "lich.ics", "--event", "a"]), Some(1));
}
