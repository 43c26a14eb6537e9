//! `vong check-config`, `config-schema` and `plan`, as whoever sets up a box runs them: exit codes,
//! and what goes to stdout.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests; the allowance reaches only #[test] functions"
)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const GOOD_BOX: &str = "
device = 'box-1'
data_dir = 'data'
identity.dir = 'identity'
uplink.host = 'centre.example'
local_broker.host = '127.0.0.1'
";
/// One mistake of each kind, and the key of each.
const BAD_BOX: &str = "
device = 'Box 1'
data_dri = 'data'
identity.dir = 'identity'
local_broker.host = '127.0.0.1'
detector.model = 'yolov8n'
[[camera]]
id = 'cong'
url = 'rtsp://10.0.0.2/sub'
[[camera.rule]]
id = 'san'
area = [[0, 0], [1, 0]]
";
const BAD_KEYS: [&str; 6] =
    ["data_dri", "device", "data_dir", "uplink", "detector.model", "camera.cong.rule.san.area"];

fn vong(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vong")).current_dir(folder).args(args).output().unwrap()
}

fn folder_with(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("vong.toml"), text).unwrap();
    folder
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Ends with `code`, prints nothing on stdout, and says something.
#[track_caller]
fn refuses(folder: &Path, args: &[&str], code: i32) -> String {
    let output = vong(folder, args);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    assert!(output.stdout.is_empty() && !said.is_empty(), "{args:?}: {}", stdout(&output));
    said
}

#[test]
fn a_good_file_is_called_good_and_whose_it_is() {
    let folder = folder_with(GOOD_BOX);
    let output = vong(folder.path(), &["check-config", "vong.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stdout(&output), "vong.toml: a good configuration of a box\n");
}

#[test]
fn a_bad_file_ends_the_check_and_the_daemon_with_64_and_every_key() {
    let folder = folder_with(BAD_BOX);
    for args in [["check-config", "vong.toml"].as_slice(), &["run", "--config", "vong.toml"]] {
        let said = refuses(folder.path(), args, 64);
        let (first, problems) = said.split_once('\n').unwrap();
        assert!(first.contains("vong.toml is not a valid configuration:"), "{first}");
        let problems = problems.lines().map(|it| it.split_once("ERROR ").unwrap().1);
        let keys: Vec<&str> = problems.map(|it| it.split(": ").next().unwrap()).collect();
        assert_eq!(keys, BAD_KEYS, "{said}");
    }
    assert!(!folder.path().join("data").exists(), "nothing was begun");
}

#[test]
fn broken_toml_is_told_once_with_its_file_and_its_line() {
    let folder = folder_with("device = \"x\n");
    for args in [["check-config", "vong.toml"].as_slice(), &["run", "--config", "vong.toml"]] {
        let said = refuses(folder.path(), args, 64);
        for text in ["vong.toml is not a valid configuration:", "TOML parse error at line 1"] {
            assert_eq!(said.matches(text).count(), 1, "{said}");
        }
    }
}

#[test]
fn every_daemon_refuses_a_file_that_is_not_there_with_64() {
    let folder = tempfile::tempdir().unwrap();
    for daemon in ["run", "speaker", "centre"] {
        let said = refuses(folder.path(), &[daemon, "--config", "none.toml"], 64);
        assert!(said.contains("none.toml"), "{said}");
    }
    refuses(folder.path(), &["check-config", "none.toml"], 64);
}

#[test]
fn a_schema_is_all_that_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    for (role, key) in [("box", "camera"), ("speaker", "sound"), ("centre", "broker")] {
        let output = vong(folder.path(), &["config-schema", role]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert!(schema["properties"][key].is_object(), "{role}");
        assert_eq!(stderr(&output), "");
    }
}

#[test]
fn the_help_has_an_example_and_the_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["check-config", "config-schema"] {
        let help = stdout(&vong(folder.path(), &[command, "--help"]));
        let example = format!("\n  vong {command} ");
        assert!(help.contains(&example) && help.contains("Exit codes: 0 "), "{help}");
    }
}

#[test]
fn wrong_usage_ends_with_2() {
    let folder = folder_with(GOOD_BOX);
    let wrong: [&[&str]; 7] = [
        &[],
        &["fly"],
        &["run"],
        &["run", "--config", "vong.toml", "--fast"],
        &["check-config"],
        &["config-schema", "ward"],
        &["provision", "dev-fleet", "--out", "fleet", "--speakers", "1000"],
    ];
    for args in wrong {
        refuses(folder.path(), args, 2);
    }
}

#[test]
fn a_plan_is_one_json_object_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let rules = "
        [[bulletin]]
        id = 'sang'
        duration = '5m'
        rrule = '''
        DTSTART;TZID=Asia/Ho_Chi_Minh:20260105T063000
        RRULE:FREQ=DAILY
        '''
        [[bulletin]]
        id = 'dem'
        duration = '5m'
        at = ['2026-01-06T23:00:00+07:00']
    ";
    std::fs::write(folder.path().join("rules.toml"), rules).unwrap();
    let args =
        ["plan", "--rules", "rules.toml", "--from", "2026-01-06", "--to", "2026-01-07T12:00"];
    let output = vong(folder.path(), &args);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let lines: Vec<Value> =
        stdout(&output).lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let told: Vec<_> = lines.iter().map(|it| (&it["local"], &it["plays"], &it["reason"])).collect();
    assert_eq!(
        serde_json::json!(told),
        serde_json::json!([
            ["2026-01-06T06:30:00+07:00", true, null],
            ["2026-01-06T23:00:00+07:00", false, "quiet_hours"],
            ["2026-01-07T06:30:00+07:00", true, null],
        ])
    );
}

#[test]
fn a_plan_refuses_its_file_with_64_and_its_window_with_2() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rules.toml"), "[[bulletin]]\nid = 'a'\n").unwrap();
    let args = |file, to| ["plan", "--rules", file, "--from", "2026-01-06", "--to", to];
    refuses(folder.path(), &args("rules.toml", "2026-01-07"), 64);
    refuses(folder.path(), &args("none.toml", "2026-01-07"), 64);
    let good = "[[bulletin]]\nid = 'a'\nduration = '5m'\nat = ['2026-01-06T23:00:00+07:00']\n";
    std::fs::write(folder.path().join("rules.toml"), good).unwrap();
    refuses(folder.path(), &args("rules.toml", "2026-01-05"), 2);
    refuses(folder.path(), &args("rules.toml", "mai"), 2);
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    // The schema is larger than a pipe, so that the end of `head` is noticed.
    let script = "\"$0\" config-schema box | head -1; exit ${PIPESTATUS[0]}";
    let output =
        Command::new("bash").args(["-c", script, env!("CARGO_BIN_EXE_vong")]).output().unwrap();
    assert_eq!(stdout(&output), "{\n");
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}
