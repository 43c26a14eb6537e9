//! Rules over the API: read, changed, refused beside their field, put back.

use super::*;

const PATH: &str = "/api/v1/cameras/cam-1/rules";

async fn put(a_box: &Box, visit: &Visit, rules: Value, revision: u64) -> Answer {
    let body = json!({ "rules": rules, "revision": revision });
    a_box.send(request(Method::PUT, PATH, Some(visit), Some(body))).await
}

async fn installed() -> (Box, Visit) {
    let a_box = a_box().await;
    a_box.add_user("ky-thuat", "technician").await;
    let visit = a_box.visit("ky-thuat").await;
    (a_box, visit)
}

fn line() -> Value {
    json!({ "id": "vach", "kind": "line", "line": [[0.1, 0.5], [0.9, 0.5]], "direction": "both" })
}

#[tokio::test]
async fn a_technician_reads_changes_and_puts_back() {
    let (a_box, visit) = installed().await;
    let shown = a_box.get(PATH, Some(&visit)).await.json();
    assert_eq!((&shown["source"], &shown["revision"]), (&json!("file"), &json!(0)));
    assert_eq!(
        (&shown["rules"][0]["id"], &shown["edited_by"]),
        (&json!("long-duong"), &Value::Null)
    );
    assert_eq!(shown["labels"][0], "person");

    let made = put(&a_box, &visit, json!([shown["rules"][0], line()]), 0).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.json());
    let made = made.json();
    assert_eq!((&made["source"], &made["revision"]), (&json!("console"), &json!(1)));
    assert_eq!(made["edited_by"], "ky-thuat");
    assert_eq!(made["rules"][0], shown["rules"][0]);
    assert_eq!(made["rules"][1]["labels"], json!(["person"]));
    assert_eq!(a_box.get(PATH, Some(&visit)).await.json(), made);
    assert_eq!(a_box.n_recorded("camera.rules_changed").await, 1);

    let back = a_box.delete(PATH, &visit).await.json();
    assert_eq!((&back["source"], &back["revision"]), (&json!("file"), &json!(2)));
    assert_eq!(back["rules"], shown["rules"]);
    assert_eq!(a_box.n_recorded("camera.rules_reset").await, 1);
}

#[tokio::test]
async fn who_was_overtaken_is_told() {
    let (a_box, visit) = installed().await;
    assert_eq!(put(&a_box, &visit, json!([]), 0).await.status, StatusCode::OK);
    let late = put(&a_box, &visit, json!([line()]), 0).await;
    assert_eq!((late.status, late.code().as_str()), (StatusCode::CONFLICT, "changed"));
    assert_eq!(a_box.get(PATH, Some(&visit)).await.json()["rules"], json!([]));
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_its_field() {
    let (a_box, visit) = installed().await;
    let crossing = json!({ "id": "a", "area": [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]] });
    let refused = put(&a_box, &visit, json!([line(), crossing]), 0).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::BAD_REQUEST, "rules"));
    let problems = refused.json()["error"]["problems"].clone();
    assert_eq!(problems.as_array().unwrap().len(), 1, "{problems}");
    assert_eq!((&problems[0]["at"], &problems[0]["key"]), (&json!(1), &json!("area")));
    assert!(problems[0]["message"].as_str().unwrap().starts_with("crosses itself"), "{problems}");
    assert_eq!(a_box.get(PATH, Some(&visit)).await.json()["revision"], 0);
    let elsewhere = a_box.get("/api/v1/cameras/cam-2/rules", Some(&visit)).await;
    assert_eq!(elsewhere.code(), "not_found");
    let body = json!({ "rules": [] });
    let blind = a_box.send(request(Method::PUT, PATH, Some(&visit), Some(body))).await;
    assert_eq!(blind.code(), "invalid");
}

#[tokio::test]
async fn a_guard_sees_the_rules_and_changes_none() {
    let a_box = a_box().await;
    a_box.add_user("lan", "security").await;
    let visit = a_box.visit("lan").await;
    assert_eq!(a_box.get(PATH, Some(&visit)).await.status, StatusCode::OK);
    assert_eq!(put(&a_box, &visit, json!([]), 0).await.code(), "role");
    assert_eq!(a_box.delete(PATH, &visit).await.code(), "role");
}
