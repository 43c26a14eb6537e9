//! A bulletin from a typed text to the calendar, over HTTP, with the real speech and encoder.

use axum::body::Body;

use super::*;

/// A multipart form of text fields.
pub(super) fn form(visit: &Visit, fields: &[(&str, &str)]) -> Request<Body> {
    form_to("/api/v1/bulletins", visit, fields)
}

pub(super) fn form_to(path: &str, visit: &Visit, fields: &[(&str, &str)]) -> Request<Body> {
    let part = |(name, value): &(&str, &str)| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body: Vec<String> = fields.iter().map(part).collect();
    let body = format!("{}--b--\r\n", body.concat());
    let mut request = request(Method::POST, path, Some(visit), None);
    let kind = "multipart/form-data; boundary=b".parse().unwrap();
    request.headers_mut().insert(header::CONTENT_TYPE, kind);
    *request.body_mut() = Body::from(body);
    request
}

async fn step(a_box: &Box, visit: &Visit, id: &str, step: &str, body: Value) -> Answer {
    a_box.post(&format!("/api/v1/bulletins/{id}/{step}"), Some(visit), body).await
}

#[tokio::test]
async fn a_text_is_written_approved_by_another_and_scheduled() {
    let a_box = a_box().await;
    a_box.add_user("minh", "author,approver").await;
    a_box.add_user("lan", "approver").await;
    let (minh, lan) = (a_box.visit("minh").await, a_box.visit("lan").await);

    let fields = [("title", "Lịch tiêm chủng"), ("targets", "all"), ("text", "Mời bà con nghe.")];
    let made = a_box.send(form(&minh, &fields)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json());
    let bulletin = made.json();
    let id = bulletin["id"].as_str().unwrap();
    assert_eq!((&bulletin["state"], &bulletin["author"]), (&json!("draft"), &json!("minh")));
    assert_eq!(bulletin["all_clusters"], true);

    assert_eq!(step(&a_box, &minh, id, "submit", json!({})).await.json()["state"], "submitted");
    let own = step(&a_box, &minh, id, "approve", json!({})).await;
    assert_eq!((own.status, own.code().as_str()), (StatusCode::FORBIDDEN, "same_person"));
    let heard = json!({"heard": bulletin["content"]["sha256"]});
    let approved = step(&a_box, &lan, id, "approve", heard).await;
    assert_eq!(approved.json()["approval"]["by"], "lan", "{}", approved.json());

    let soon = step(&a_box, &lan, id, "schedule", json!({"at": "2027-01-15T08:00:01Z"})).await;
    assert_eq!(soon.code(), "too_soon");
    let both = json!({"at": "2027-01-15T09:00:00Z", "rrule": "RRULE:FREQ=DAILY"});
    assert_eq!(step(&a_box, &lan, id, "schedule", both).await.code(), "invalid");
    let planned = step(&a_box, &lan, id, "schedule", json!({"at": "2027-01-15T09:00:00Z"})).await;
    assert_eq!(planned.json()["bulletin"]["state"], "scheduled", "{}", planned.json());
    let next = json!([{"at": "2027-01-15T09:00:00.000Z", "why": null}]);
    assert_eq!(planned.json()["next"], next);

    let drawn = a_box.get(&format!("/api/v1/bulletins/{id}/waveform"), Some(&minh)).await.json();
    assert!(drawn["block_ms"].as_f64().unwrap() > 0.0);
    assert!(drawn["peaks"].as_array().unwrap().len() > 100);
    let sound = a_box.get(&format!("/api/v1/bulletins/{id}/audio"), Some(&minh)).await;
    assert_eq!(sound.header(header::CONTENT_TYPE), "audio/ogg");
    assert!(sound.body.starts_with(b"OggS"));
    let listed = a_box.get("/api/v1/bulletins", Some(&lan)).await.json();
    assert_eq!(listed[0]["schedule"]["at"], "2027-01-15T09:00:00.000Z");
}

#[tokio::test]
async fn an_edit_is_for_authors_and_voids_what_was_approved() {
    let a_box = a_box().await;
    a_box.add_user("minh", "author").await;
    a_box.add_user("lan", "approver").await;
    let (minh, lan) = (a_box.visit("minh").await, a_box.visit("lan").await);
    let fields = [("title", "Lịch tiêm"), ("targets", "all"), ("text", "Mời bà con nghe.")];
    let made = a_box.send(form(&minh, &fields)).await.json();
    let id = made["id"].as_str().unwrap();
    step(&a_box, &minh, id, "submit", json!({})).await;
    step(&a_box, &lan, id, "approve", json!({})).await;
    let path = format!("/api/v1/bulletins/{id}");
    let edit = |visit, body| a_box.send(request(Method::PATCH, &path, Some(visit), Some(body)));

    let title = json!({"title": "Lịch tiêm chủng", "priority": "priority", "resume": "duck"});
    assert_eq!(edit(&lan, title.clone()).await.code(), "role");
    assert_eq!(edit(&minh, json!({})).await.code(), "invalid", "nothing to change");
    assert_eq!(edit(&minh, json!({"title": " "})).await.code(), "invalid");
    let nowhere = json!({"targets": "place:khong-co"});
    assert_eq!(edit(&minh, nowhere).await.code(), "invalid");
    let past = json!({"title": "Tin", "expires_at": "2020-01-01T00:00:00Z"});
    assert_eq!(edit(&minh, past).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let kept = a_box.get(&path, Some(&lan)).await.json();
    assert_eq!(kept["state"], "approved", "a refused edit costs nothing");
    let edited = edit(&minh, title).await.json();
    assert_eq!((&edited["state"], &edited["approvals"]), (&json!("draft"), &json!([])));
    assert_eq!(edited["priority"], "priority");
    assert_eq!((&edited["title"], &edited["resume"]), (&json!("Lịch tiêm chủng"), &json!("duck")));
    assert_eq!(
        (&edited["all_clusters"], &edited["catch_up_ms"]),
        (&json!(true), &made["catch_up_ms"])
    );
}

#[tokio::test]
async fn before_dawn_the_answer_says_that_a_second_approver_is_needed() {
    let a_box = a_box().await;
    for (name, roles) in [("minh", "author"), ("lan", "approver"), ("hoa", "approver")] {
        a_box.add_user(name, roles).await;
    }
    let minh = a_box.visit("minh").await;
    let (lan, hoa) = (a_box.visit("lan").await, a_box.visit("hoa").await);
    let fields = [("title", "Nhạc sáng"), ("text", "Mời bà con tập thể dục.")];
    let made = a_box.send(form(&minh, &fields)).await.json();
    let id = made["id"].as_str().unwrap();
    step(&a_box, &minh, id, "submit", json!({})).await;
    step(&a_box, &lan, id, "approve", json!({})).await;
    let planned = step(&a_box, &lan, id, "schedule", json!({"at": "2027-01-15T21:45:00Z"})).await;
    let bulletin = planned.json()["bulletin"].clone();
    assert_eq!(
        (&bulletin["state"], &bulletin["schedule"]["by"]),
        (&json!("approved"), &json!("lan"))
    );
    let missing = json!({"code": "outside_hours", "at": "2027-01-15T21:45:00.000Z"});
    assert_eq!(bulletin["second_missing"], missing);
    assert!(planned.json()["next"][0]["why"].as_str().unwrap().contains("one person alone"));
    let twice = step(&a_box, &lan, id, "approve", json!({})).await;
    assert_eq!((twice.status, twice.code().as_str()), (StatusCode::FORBIDDEN, "own_schedule"));
    let other = json!({"schedule": made["content"]["sha256"]});
    assert_eq!(step(&a_box, &hoa, id, "approve", other).await.code(), "changed_meanwhile");
    let seen =
        json!({"heard": bulletin["content"]["sha256"], "schedule": bulletin["schedule"]["sha256"]});
    let signed = step(&a_box, &hoa, id, "approve", seen).await.json();
    assert_eq!((&signed["state"], &signed["second_missing"]), (&json!("scheduled"), &Value::Null));
    assert_eq!(signed["approvals"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_rejection_says_why_and_wants_a_reason() {
    let a_box = a_box().await;
    a_box.add_user("minh", "author").await;
    a_box.add_user("lan", "approver").await;
    let (minh, lan) = (a_box.visit("minh").await, a_box.visit("lan").await);
    let fields = [("title", "Lịch cắt điện"), ("text", "Tạm ngừng cấp điện.")];
    let made = a_box.send(form(&minh, &fields)).await.json();
    let id = made["id"].as_str().unwrap();
    let early = step(&a_box, &lan, id, "reject", json!({"reason": "thiếu tên tổ"})).await;
    assert_eq!((early.status, early.code().as_str()), (StatusCode::CONFLICT, "wrong_state"));
    step(&a_box, &minh, id, "submit", json!({})).await;
    let silent = step(&a_box, &lan, id, "reject", json!({"reason": " "})).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = step(&a_box, &lan, id, "reject", json!({"reason": "thiếu tên tổ"})).await.json();
    assert_eq!(said["rejection"]["reason"], "thiếu tên tổ");
}

#[tokio::test]
async fn a_form_that_is_wrong_is_told_what_is_wrong() {
    let a_box = a_box().await;
    a_box.add_user("minh", "author").await;
    let minh = a_box.visit("minh").await;
    let long = "x".repeat(70_000);
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("title", "a")], "give a file"),
        (&[("text", "xin chào")], "title: is needed"),
        (&[("title", "a"), ("text", "xin chào"), ("colour", "red")], "colour"),
        (&[("title", "a"), ("text", "xin chào"), ("priority", "high")], "normal or priority"),
        (&[("title", "a"), ("text", "cháy"), ("priority", "emergency")], "normal or priority"),
        (&[("title", "a"), ("text", "xin chào"), ("targets", "loa-9")], "loa-9"),
        (&[("title", "a"), ("text", &long)], "at most"),
        (&[("title", "a"), ("file", "not a recording at all")], ""),
    ];
    for (fields, expected) in cases {
        let answer = a_box.send(form(&minh, fields)).await;
        let message = answer.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
        assert!(answer.status.is_client_error(), "{fields:?}: {} {message}", answer.status);
        assert!(!message.is_empty() && message.contains(expected), "{fields:?}: {message}");
    }
    // The thread that prepares sound answers first and drops its file then.
    let spool = a_box.folder.path().join("spool");
    let n_left = || std::fs::read_dir(&spool).map_or(0, Iterator::count);
    for _ in 0..500 {
        if n_left() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} uploads were left behind", n_left());
}

#[tokio::test]
async fn a_bulletin_says_what_an_interruption_does_to_it_and_how_late_it_may_begin() {
    let a_box = a_box().await;
    a_box.add_user("minh", "author").await;
    let minh = a_box.visit("minh").await;
    let add = async |more: &[(&str, &str)]| {
        let fields = [("title", "Nhạc chiều"), ("text", "Mời bà con nghe nhạc.")];
        a_box.send(form(&minh, &[&fields, more].concat())).await
    };
    let usual = add(&[("priority", "priority")]).await.json();
    let length = usual["content"]["duration_ms"].clone();
    assert_eq!((&usual["resume"], &usual["catch_up_ms"]), (&json!("resume"), &length));
    let chosen = add(&[("resume", "duck"), ("catch_up_ms", "500")]).await.json();
    let path = format!("/api/v1/bulletins/{}", chosen["id"].as_str().unwrap());
    let shown = a_box.get(&path, Some(&minh)).await.json();
    assert_eq!((&shown["resume"], &shown["catch_up_ms"]), (&json!("duck"), &json!(500)));

    for (field, value, expected) in [
        ("resume", "pause", "use resume, restart, skip or duck"),
        ("catch_up_ms", "-1", "0 or more"),
        ("catch_up_ms", "2m", "whole milliseconds"),
    ] {
        let refused = add(&[(field, value)]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(refused.json().to_string().contains(expected), "{}", refused.json());
    }
    let late = add(&[("catch_up_ms", "3600000")]).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.json().to_string().contains("cannot begin 3600 s late"), "{}", late.json());
}
