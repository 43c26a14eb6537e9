//! A template from its text to a draft, over HTTP.

use super::broadcasts::form;
use super::*;

const TEXT: &str = "Mời bà con họp lúc {giờ} ngày {ngày}.";

#[tokio::test]
async fn a_template_becomes_a_draft_once_its_places_are_filled() {
    let a_box = a_box().await;
    a_box.add_user("minh", "author").await;
    a_box.add_user("lan", "approver").await;
    let (minh, lan) = (a_box.visit("minh").await, a_box.visit("lan").await);
    let new = json!({"name": "Mời họp", "text": TEXT});
    let refused = a_box.post("/api/v1/templates", Some(&lan), new.clone()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "templates are written by authors");
    let made = a_box.post("/api/v1/templates", Some(&minh), new.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json());
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(made.json()["places"], json!(["giờ", "ngày"]));
    let again = a_box.post("/api/v1/templates", Some(&minh), new).await;
    assert_eq!((again.status, again.code().as_str()), (StatusCode::CONFLICT, "template_exists"));

    let short = [("title", "Họp"), ("template", &id), ("values", r#"{"ngày": "2/9", "nơi": "a"}"#)];
    let refused = a_box.send(form(&minh, &short)).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, "template_values")
    );
    let problems = refused.json()["error"]["problems"].clone();
    assert_eq!((&problems[0]["key"], &problems[1]["key"]), (&json!("giờ"), &json!("nơi")));

    let values = r#"{"ngày": "2/9", "giờ": "17h30"}"#;
    let full = [("title", "Họp tổ 12"), ("template", &id), ("values", values)];
    let made = a_box.send(form(&minh, &full)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json());
    assert_eq!(made.json()["text"], "Mời bà con họp lúc 17h30 ngày 2/9.");
    assert_eq!(made.json()["voice"], "north");
    assert_eq!(made.json()["state"], "draft");
}

#[tokio::test(start_paused = true)]
async fn a_template_is_changed_and_removed() {
    let a_box = a_box().await;
    a_box.add_user("minh", "author").await;
    let minh = a_box.visit("minh").await;
    let new = json!({"name": "Mời họp", "text": TEXT, "voice": "south"});
    let made = a_box.post("/api/v1/templates", Some(&minh), new).await.json();
    let path = format!("/api/v1/templates/{}", made["id"].as_str().unwrap());
    let broken = json!({"name": "Mời họp", "text": "lúc {giờ"});
    assert_eq!(a_box.put(&path, &minh, broken).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let other = json!({"name": "Cắt điện", "text": "Mất điện {ngày}."});
    assert_eq!(a_box.put(&path, &minh, other).await.json()["name"], "Cắt điện");
    let listed = a_box.get("/api/v1/templates", Some(&minh)).await.json();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["places"]), (1, &json!(["ngày"])));
    assert_eq!(a_box.delete(&path, &minh).await.status, StatusCode::NO_CONTENT);
    assert_eq!(a_box.delete(&path, &minh).await.status, StatusCode::NOT_FOUND);
    assert_eq!(a_box.n_recorded("audit.entry").await, 3);
}
