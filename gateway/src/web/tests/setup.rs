//! The one-time set-up link.

use std::time::Duration;

use super::*;
use crate::web::setup::link;

async fn code(a_box: &Box) -> String {
    let link = link(&a_box.store, &*a_box.clock).await.unwrap().unwrap();
    link.strip_prefix("/setup#").unwrap().to_owned()
}

async fn set_up(a_box: &Box, code: &str, user: &str) -> Answer {
    let body = json!({"token": code, "user": user, "password": PASSWORD});
    a_box.post("/api/v1/setup", None, body).await
}

#[tokio::test]
async fn the_link_makes_the_first_user_once() {
    let a_box = a_box().await;
    let code = code(&a_box).await;
    let made = set_up(&a_box, &code, "chi.lan").await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json());
    assert_eq!(made.json()["roles"].as_array().unwrap().len(), 5);
    assert_eq!(a_box.get("/api/v1/me", Some(&made.visit())).await.status, StatusCode::OK);

    let again = set_up(&a_box, &code, "minh").await;
    assert_eq!((again.status, again.code().as_str()), (StatusCode::FORBIDDEN, "setup_code"));
    assert_eq!(link(&a_box.store, &*a_box.clock).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn the_link_expires_after_a_day() {
    let a_box = a_box().await;
    let code = code(&a_box).await;
    tokio::time::sleep(Duration::from_hours(24)).await;
    assert_eq!(set_up(&a_box, &code, "lan").await.code(), "setup_code");
}

#[tokio::test]
async fn a_newer_link_voids_the_older() {
    let a_box = a_box().await;
    let (old, new) = (code(&a_box).await, code(&a_box).await);
    assert_eq!(set_up(&a_box, &old, "lan").await.code(), "setup_code");
    assert_eq!(set_up(&a_box, &new, "lan").await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_refused_name_or_password_does_not_spend_the_link() {
    let a_box = a_box().await;
    let code = code(&a_box).await;
    assert_eq!(set_up(&a_box, &code, "Chị Lan").await.code(), "user_name");
    let weak = json!({"token": code, "user": "lan", "password": "123456"});
    assert_eq!(a_box.post("/api/v1/setup", None, weak).await.code(), "password");
    assert_eq!(set_up(&a_box, &code, "lan").await.status, StatusCode::CREATED);
}
