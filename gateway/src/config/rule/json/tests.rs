//! Rules that come as JSON: what is shown is read back as the same, what is wrong is told by its key.

use models::Manifest;

use super::*;

fn read(rules: &[Value]) -> Result<Vec<Rule>, Vec<RuleProblem>> {
    let manifest = Manifest::built_in().unwrap();
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
    rules_from_json(rules, manifest.entry("yolox-nano").unwrap(), &zone)
}

/// A rule of a kind, with more keys.
fn of(kind: &str, more: &Value) -> Value {
    let mut rule = json!({ "id": "r", "kind": kind });
    if kind != "line" {
        rule["area"] = json!([[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]);
    }
    for (key, value) in more.as_object().unwrap() {
        rule[key] = value.clone();
    }
    rule
}

#[test]
fn every_kind_is_read_back_as_it_was_shown() {
    let hours = json!({ "active": ["mon-fri 18:00-06:00", "sat,sun"], "quiet": ["12:00-13:00"] });
    for rule in [
        of("enter", &hours),
        of("leave", &json!({ "severity": "critical", "cooldown": "1500ms" })),
        of("line", &json!({ "line": [[0, 0.33], [1, 0.34]], "direction": "left_to_right" })),
        of("line", &json!({ "line": [[0.5, 0], [0.5, 1]] })),
        of("loiter", &json!({ "dwell": "2m", "name": "Cổng trường" })),
        of("crowd", &json!({ "at_least": 7, "labels": ["person", "bicycle"] })),
        of("stopped_vehicle", &json!({})),
        of("wrong_way", &json!({ "direction": 90 })),
        of("wrong_way", &json!({ "direction": [[0.1, 0.9], [0.1, 0.2]] })),
    ] {
        let believed =
            read(std::slice::from_ref(&rule)).unwrap_or_else(|err| panic!("{rule}: {err:?}"));
        let shown = rule_to_json(&believed[0]);
        assert_eq!(read(std::slice::from_ref(&shown)).unwrap(), believed, "{shown}");
    }
}

#[test]
fn what_is_not_said_is_shown_with_its_default() {
    let shown = rule_to_json(&read(&[of("loiter", &json!({}))]).unwrap()[0]);
    let expected = json!({
        "id": "r", "name": "r", "kind": "loiter", "area": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]],
        "dwell": "60s", "labels": ["person"], "cooldown": "30s", "severity": "warning",
    });
    assert_eq!(shown, expected);
}

#[test]
fn every_problem_is_told_by_its_rule_and_key() {
    let crossing = json!({ "area": [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]] });
    let problems = read(&[
        of("enter", &json!({})),
        of("enter", &crossing),
        json!({ "id": "Cổng chính", "kind": "enter" }),
        of("crowd", &json!({ "id": "c", "labels": ["xe máy"], "colour": "red" })),
        json!("a rule"),
    ])
    .unwrap_err();
    let told: Vec<(usize, &str)> = problems.iter().map(|it| (it.rule, it.key.as_str())).collect();
    let expected = [
        (1, ""),
        (1, "area"),
        (2, "id"),
        (2, "area"),
        (3, "colour"),
        (3, "labels"),
        (3, "at_least"),
        (4, ""),
    ];
    let sorted = |list: &[(usize, &str)]| {
        let mut list: Vec<(usize, String)> =
            list.iter().map(|(rule, key)| (*rule, (*key).to_owned())).collect();
        list.sort();
        list
    };
    assert_eq!(sorted(&told), sorted(&expected), "{problems:?}");
    assert_eq!(problems[0].text, "id is used twice");
    assert!(
        problems[1].text.starts_with("crosses itself: edge 1-2 meets edge 3-4"),
        "{problems:?}"
    );
}

#[test]
fn hours_that_are_none_are_told_by_their_place() {
    let hours = json!({
        "active": ["mon-fri 18:00-06:00", "sat 07:00-07:00", ", 18:00-22:00"],
        "quiet": ["12:00-13:00", "12:60-13:00"],
    });
    let problems = read(&[of("enter", &hours)]).unwrap_err();
    let told: Vec<&str> = problems.iter().map(|it| it.key.as_str()).collect();
    assert_eq!(told, ["active[2]", "active[3]", "quiet[2]"]);
    assert!(problems[0].text.contains("is none or all of the day"), "{problems:?}");
    assert!(problems[1].text.starts_with("\"\" is not a day"), "{problems:?}");
}
