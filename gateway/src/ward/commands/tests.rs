//! What the box does on the centre's word, once.

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::ward::rules::tests::{desk, rule};

fn command(id: u128, kind: &str, data: Value) -> Command {
    Command {
        id: Uuid::from_u128(id),
        to: "box-demo-1".parse().unwrap(),
        issuer: "centre".parse().unwrap(),
        kind: kind.to_owned(),
        issued_at: Timestamp::from_second(1_800_000_000).unwrap(),
        not_after: Timestamp::from_second(1_800_000_060).unwrap(),
        data,
    }
}

#[tokio::test]
async fn rules_of_the_centre_are_obeyed_once() {
    let desk = desk().await;
    let trust = ClockTrust::new(true);
    let data = json!({ "camera": "cam-1", "rules": [rule("a", "leave")] });
    let order = command(1, KIND_CAMERA_RULES, data);
    assert_eq!(obey(&trust, &desk.book, order.clone()).await, Ok(()));
    let made = desk.book.of("cam-1").await.unwrap();
    assert_eq!((made.revision, made.edited.unwrap().0.as_str()), (1, "centre"));
    assert_eq!(desk.orders.take_rules(), Some(made.rules));
    assert_eq!(obey(&trust, &desk.book, order).await, Err("seen before".to_owned()));
    assert_eq!((desk.orders.take_rules(), desk.n_audits().await), (None, 1));

    let back = command(2, KIND_CAMERA_RULES, json!({ "camera": "cam-1", "rules": null }));
    assert_eq!(obey(&trust, &desk.book, back).await, Ok(()));
    assert_eq!(desk.orders.take_rules().unwrap()[0].id.as_str(), "tep");
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_with_its_reason() {
    let desk = desk().await;
    let cases = [
        ("camera.reboot", json!({}), "this box does not know commands of kind camera.reboot"),
        (KIND_CAMERA_RULES, json!({ "rules": [] }), "camera: is missing"),
        (KIND_CAMERA_RULES, json!({ "camera": "cam-1" }), "rules: is neither a list nor null"),
        (KIND_CAMERA_RULES, json!({ "camera": "x", "rules": [] }), "there is no such camera"),
        (
            KIND_CAMERA_RULES,
            json!({ "camera": "cam-1", "rules": [{ "id": "a", "kind": "fly" }] }),
            "rule 1.kind: \"fly\" is none of enter, leave, line, loiter, crowd, stopped_vehicle, \
             wrong_way",
        ),
    ];
    for (kind, data, why) in cases {
        let refused = obey(&ClockTrust::new(true), &desk.book, command(1, kind, data)).await;
        assert_eq!(refused, Err(why.to_owned()));
    }
    let good = command(1, KIND_CAMERA_RULES, json!({ "camera": "cam-1", "rules": [] }));
    let early = obey(&ClockTrust::new(false), &desk.book, good).await.unwrap_err();
    assert!(early.contains("not trusted yet"), "{early}");
    assert_eq!(desk.orders.take_rules(), None);
}
