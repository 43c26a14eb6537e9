//! Rules that are tried on a recording.

use std::fs;

use e2e::footage::{media, models, numbers, objects};
use serde_json::Value;

use super::{refuses, vong};

const YARD: &str = "
[[rule]]
id = 'san'
kind = 'enter'
labels = ['person']
active = ['mon 03:00-03:01']
area = [[0.3, 0.3], [0.9, 0.3], [0.9, 1], [0.3, 1]]
";

#[test]
fn rules_are_tried_on_a_recording() {
    let (model, _) = models()[0];
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules.toml");
    fs::write(&rules, YARD).unwrap();
    let video = media("vtest-360.mp4", "scripts/fetch-media.sh");
    let args: [&dyn AsRef<std::ffi::OsStr>; 10] = [
        &"--video",
        &video,
        &"--model",
        &model,
        &"--step",
        &"2",
        &"--format",
        &"alerts",
        &"--rules",
        &rules,
    ];
    let events = objects(&vong(&args));
    let of = |event: &str| events.iter().filter(|it| it["event"] == *event).collect::<Vec<_>>();
    let (raised, cleared) = (of("raised"), of("cleared"));
    assert!(!raised.is_empty() && !cleared.is_empty(), "{events:?}");
    for it in &raised {
        assert_eq!((&it["rule"], &it["label"]), (&Value::from("san"), &Value::from("person")));
        assert!(it["began_ms"].as_i64() <= it["time_ms"].as_i64(), "{it}");
        let [x, y, width, height] = numbers(&it["bbox"]);
        let feet = [(x + width / 2.0) / 640.0, (y + height) / 360.0];
        assert!((0.3..=0.9).contains(&feet[0]) && feet[1] >= 0.3, "{it}");
    }
    assert!(cleared.iter().all(|it| it["reason"].is_string()), "{events:?}");
}

#[test]
fn rules_that_are_no_good_are_refused_by_name_and_key() {
    let (model, _) = models()[0];
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules.toml");
    let video = media("vtest-360.mp4", "scripts/fetch-media.sh");
    let with = |text: &str, expected: &[&str]| {
        fs::write(&rules, text).unwrap();
        let args: [&dyn AsRef<std::ffi::OsStr>; 8] =
            [&"--video", &video, &"--model", &model, &"--format", &"alerts", &"--rules", &rules];
        refuses(&args, expected);
    };
    with(&YARD.replace("'person'", "'unicorn'"), &["rules.toml: rule san.labels", "unicorn"]);
    with(&YARD.replace(", [0.9, 1], [0.3, 1]]", "]"), &["rules.toml: rule san.area", "3"]);
    with("[[camera]]\nid = 'cong'\n", &["rules.toml: [[rule]] tables are expected"]);
    fs::remove_file(&rules).unwrap();
    let args: [&dyn AsRef<std::ffi::OsStr>; 8] =
        [&"--video", &video, &"--model", &model, &"--format", &"alerts", &"--rules", &rules];
    refuses(&args, &["rules.toml"]);
    let args: [&dyn AsRef<std::ffi::OsStr>; 10] = [
        &"--video",
        &video,
        &"--model",
        &model,
        &"--format",
        &"alerts",
        &"--labels",
        &"car",
        &"--rules",
        &rules,
    ];
    refuses(&args, &["each rule has its own labels"]);
    let args: [&dyn AsRef<std::ffi::OsStr>; 6] =
        [&"--video", &video, &"--model", &model, &"--rules", &rules];
    refuses(&args, &["--rules goes with --format alerts"]);
}
