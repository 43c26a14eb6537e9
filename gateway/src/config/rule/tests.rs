//! Rules that are believed, and rules that are refused, each with what to do.

use std::fs;

use jiff::Timestamp;
use models::{Heading, Line, LineDirection, Polygon};

use super::*;
use crate::config::Ward;

const SQUARE: &str = "area = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]";

fn square() -> Polygon {
    Polygon::new(vec![[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]).unwrap()
}

/// The rules of a box's only camera.
fn believed(head: &str, camera: &str) -> Result<Vec<Rule>, String> {
    let text = format!(
        "device = 'box-1'\ndata_dir = 'data'\nidentity.dir = 'identity'\nuplink.host = 'centre'\n\
         local_broker.host = '127.0.0.1'\n{head}\n[[camera]]\nid = 'c'\nurl = 'rtsp://10.0.0.2/sub'\n{camera}"
    );
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vong.toml");
    fs::write(&path, text).unwrap();
    let ward = Ward::read(&path).map_err(|err| err.root_cause().to_string())?;
    Ok(ward.cameras.into_iter().next().unwrap().rules)
}

/// One rule with these keys.
fn rule(keys: &str) -> Result<Rule, String> {
    believed("", &format!("[[camera.rule]]\nid = 'r'\n{keys}")).map(|mut it| it.remove(0))
}

fn kind(keys: &str) -> RuleKind {
    rule(keys).unwrap().kind
}

/// What is wrong, without the place of the rule.
#[track_caller]
fn check(keys: &str, problems: &[&str]) {
    let said = rule(keys).unwrap_err();
    let said: Vec<&str> =
        said.lines().map(|it| it.strip_prefix("camera.c.rule.r.").unwrap()).collect();
    assert_eq!(said, problems);
}

#[test]
fn what_is_not_said_has_a_default() {
    let rule = rule(SQUARE).unwrap();
    assert_eq!((rule.kind, rule.name.as_str()), (RuleKind::Enter { area: square() }, "r"));
    assert_eq!((rule.labels, rule.severity), (vec!["person".to_owned()], Severity::Warning));
    assert_eq!(rule.cooldown, Duration::from_secs(30));
    assert!(rule.hours.contain(Timestamp::UNIX_EPOCH));
}

#[test]
fn every_kind_can_be_written() {
    let area = square();
    let with = |kind: &str, more: &str| format!("kind = '{kind}'\n{SQUARE}\n{more}");
    assert_eq!(kind(&with("enter", "")), RuleKind::Enter { area: area.clone() });
    assert_eq!(kind(&with("leave", "")), RuleKind::Leave { area: area.clone() });
    let minute = Duration::from_mins(1);
    assert_eq!(kind(&with("loiter", "")), RuleKind::Loiter { area: area.clone(), dwell: minute });
    assert_eq!(
        kind(&with("loiter", "dwell = '5m'")),
        RuleKind::Loiter { area: area.clone(), dwell: Duration::from_mins(5) }
    );
    let dwell = Duration::from_secs(10);
    assert_eq!(
        kind(&with("crowd", "at_least = 12")),
        RuleKind::Crowd { area: area.clone(), at_least: 12, dwell }
    );
    assert_eq!(
        kind(&with("stopped_vehicle", "")),
        RuleKind::StoppedVehicle { area: area.clone(), dwell: minute }
    );
    for (text, allowed) in [
        ("90", Heading::Degrees(90.0)),
        ("22.5", Heading::Degrees(22.5)),
        ("[[0.5, 1], [0.5, 0]]", Heading::Arrow([[0.5, 1.0], [0.5, 0.0]])),
    ] {
        let area = area.clone();
        let keys = with("wrong_way", &format!("direction = {text}"));
        assert_eq!(kind(&keys), RuleKind::WrongWay { area, allowed });
    }
    let line = Line::new(vec![[0.5, 1.0], [0.5, 0.0]]).unwrap();
    for (text, direction) in [
        ("", LineDirection::Both),
        ("direction = 'both'", LineDirection::Both),
        ("direction = 'left_to_right'", LineDirection::LeftToRight),
        ("direction = 'right_to_left'", LineDirection::RightToLeft),
    ] {
        let keys = format!("kind = 'line'\nline = [[0.5, 1], [0.5, 0]]\n{text}");
        assert_eq!(kind(&keys), RuleKind::Line { line: line.clone(), direction });
    }
}

#[test]
fn vehicles_are_those_that_the_model_knows() {
    let keys = format!("kind = 'stopped_vehicle'\n{SQUARE}");
    assert_eq!(rule(&keys).unwrap().labels, ["car", "truck", "bus", "motorcycle"]);
    let keys = format!("kind = 'wrong_way'\ndirection = 0\n{SQUARE}");
    assert_eq!(rule(&keys).unwrap().labels, ["car", "truck", "bus", "motorcycle"]);
}

#[test]
fn a_model_without_vehicles_stops_none() {
    let manifest = models::Manifest::built_in().unwrap();
    let own = Entry {
        name: "nguoi".to_owned(),
        labels: models::Labels::own(vec!["person".to_owned()]),
        ..manifest.entry("yolox-nano").unwrap().clone()
    };
    let mut reader = Reader::new(std::path::Path::new("."));
    let kind = Some(Kind::StoppedVehicle);
    let labels = labels(&mut reader, Some(&own), kind, "r.labels", Field::Absent);
    assert_eq!(
        reader.finish(Some(labels)).unwrap_err().to_string(),
        "r.labels: is missing: nguoi knows none of car, truck, bus, motorcycle"
    );
}

#[test]
fn hours_are_told_in_the_wards_zone() {
    let keys = format!(
        "[[camera.rule]]\nid = 'r'\n{SQUARE}\nactive = ['mon-fri 18:00-06:00', 'sat,sun']\nquiet = ['12:00-13:00']"
    );
    for (zone, offset) in [("Asia/Ho_Chi_Minh", "+07:00"), ("Europe/Paris", "+01:00")] {
        let head = format!("schedule.timezone = '{zone}'");
        let rule = believed(&head, &keys).unwrap().remove(0);
        let is_active = |text: &str| rule.hours.contain(format!("{text}{offset}").parse().unwrap());
        // 2026-03-02 is a Monday.
        assert!(!is_active("2026-03-02T17:59:59") && is_active("2026-03-02T18:00:00"), "{zone}");
        assert!(!is_active("2026-03-07T12:30:00") && is_active("2026-03-07T13:00:00"), "{zone}");
    }
}

#[test]
fn shapes_are_refused_with_their_reason() {
    let two = "area: has 2 corners, at least 3 are needed";
    check("area = [[0, 0], [1, 0]]", &[two]);
    check(
        "area = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]",
        &[
            "area: crosses itself: edge 1-2 meets edge 3-4; name the corners in their order around the area",
        ],
    );
    check(
        "area = [[0, 0], [1, 0], [1, 0]]",
        &["area: corners 2 and 3 are the same point: leave one out"],
    );
    check(
        "area = [[0, 0], [100, 0], [100, 50]]",
        &["area: corner [100, 0] is outside the picture: both numbers must be in 0..=1"],
    );
    check("kind = 'line'\nline = [[0, 0]]", &["line: has 1 points, at least 2 are needed"]);
    check(
        "area = [[nan, 0], [1, 0], [1, 1]]",
        &["area: corner [NaN, 0] is outside the picture: both numbers must be in 0..=1"],
    );
}

#[test]
fn a_key_of_another_kind_is_named_with_what_to_do() {
    check(&format!("kind = 'line'\n{SQUARE}"), &["area: kind = \"line\" needs line, not area"]);
    check("line = [[0, 0], [1, 1]]", &["line: kind = \"enter\" needs area, not line"]);
    check(
        &format!("{SQUARE}\ndwell = 'soon'\nat_least = 0\ndirection = 'up'"),
        &[
            "direction: kind = \"enter\" has no direction; it is for line, wrong_way",
            "dwell: kind = \"enter\" has no dwell; it is for loiter, crowd, stopped_vehicle",
            "at_least: kind = \"enter\" has no at_least; it is for crowd",
        ],
    );
}

#[test]
fn what_a_kind_needs_is_named() {
    check("", &["area: is missing"]);
    check("kind = 'line'", &["line: is missing"]);
    check("kind = 'crowd'", &["area: is missing", "at_least: is missing"]);
    let say = "say where traffic may go, in degrees (0 up, 90 right, 180 down, 270 left) or as an \
               arrow [[x, y], [x, y]]";
    let way = format!("kind = 'wrong_way'\n{SQUARE}\n");
    check(&way, &[&format!("direction: is missing: {say}")]);
    check(
        &format!("{way}direction = 'left_to_right'"),
        &[&format!("direction: \"left_to_right\" is no direction: {say}")],
    );
    check(
        &format!("{way}direction = 400"),
        &[
            "direction: 400 is not an angle of 0 to 360: 0 is up, 90 to the right, 180 down, 270 to the left",
        ],
    );
    check(
        &format!("{way}direction = [[0.5, 0.5]]"),
        &[
            "direction: is none of a side such as \"left_to_right\", an angle such as 90 and an arrow [[x, y], [x, y]]",
        ],
    );
    let sides = "direction: is none of \"left_to_right\", \"right_to_left\" and \"both\", as kind = \"line\" needs";
    for wrong in ["'up'", "90"] {
        check(&format!("kind = 'line'\nline = [[0, 0], [1, 1]]\ndirection = {wrong}"), &[sides]);
    }
}

#[test]
fn everything_wrong_with_a_rule_is_told_at_once() {
    check(
        "kind = 'entre'\narea = [[0, 0], [1, 0]]\nline = 7\ndwell = '48h'\nat_least = 1\nlabels = []\n\
         active = ['lun']\nquiet = []\ncooldown = 'soon'\nseverity = 'high'\ncolour = 'red'",
        &[
            "colour: unknown key",
            "kind: \"entre\" is none of enter, leave, line, loiter, crowd, stopped_vehicle, wrong_way",
            "labels: names nothing to look for",
            "area: has 2 corners, at least 3 are needed",
            "line: invalid type: integer `7`, expected a sequence",
            "dwell: \"48h\" is more than 86400 s",
            "at_least: 1 is not within 2 to 1000",
            "active[1]: \"lun\" is not a day: write mon, tue, wed, thu, fri, sat or sun",
            "quiet: names no hours: leave the key out",
            "cooldown: \"soon\" is not a length of time such as \"30s\"",
            "severity: \"high\" is not info, warning or critical",
        ],
    );
}

#[test]
fn an_old_file_is_told_the_new_words() {
    let old = "[[camera.zone]]\nid = 'z'\npolygon = [[0, 0], [1, 0], [1, 1]]";
    assert_eq!(
        believed("", old).unwrap_err(),
        "camera.c.zone: is now called rule, and polygon is called area"
    );
    check("polygon = [[0, 0], [1, 0], [1, 1]]", &["area: is missing: polygon is now called area"]);
}
