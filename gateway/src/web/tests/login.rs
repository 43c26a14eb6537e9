//! Log-in, rate limit, expiry and log-out.

use std::time::Duration;

use super::*;

#[tokio::test]
async fn a_user_logs_in_and_out() {
    let a_box = a_box().await;
    a_box.add_user("lan", "author,security").await;
    let answer = a_box.log_in("lan", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["roles"], json!(["author", "security"]));
    let cookie = answer.header(header::SET_COOKIE);
    for part in ["__Host-vong=", "; HttpOnly", "; Secure", "; SameSite=Strict", "; Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let visit = answer.visit();
    let me = a_box.get("/api/v1/me", Some(&visit)).await;
    assert_eq!(me.json()["user"], "lan");
    assert_eq!(me.json()["csrf"], visit.csrf.as_str());

    let out = a_box.send(request(Method::DELETE, "/api/v1/session", Some(&visit), None)).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(out.header(header::SET_COOKIE).contains("Max-Age=0"));
    assert_eq!(a_box.get("/api/v1/me", Some(&visit)).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_are_told_the_same() {
    let a_box = a_box().await;
    a_box.add_user("lan", "author").await;
    let wrong = a_box.log_in("lan", "a wrong password").await;
    let unknown = a_box.log_in("minh", PASSWORD).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(wrong.code(), "wrong_password");
    assert_eq!(wrong.body, unknown.body);
    assert_eq!(wrong.header(header::SET_COOKIE), "");
}

#[tokio::test(start_paused = true)]
async fn guessing_is_slowed_down_even_with_the_right_password() {
    let a_box = a_box().await;
    a_box.add_user("lan", "author").await;
    for _ in 0..5 {
        assert_eq!(a_box.log_in("lan", "a wrong password").await.code(), "wrong_password");
    }
    let refused = a_box.log_in("lan", PASSWORD).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.code(), "too_many_attempts");
    let wait: u64 = refused.header(header::RETRY_AFTER).parse().unwrap();
    assert!((1..=2).contains(&wait), "{wait}");

    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(a_box.log_in("lan", PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn one_address_cannot_try_many_users() {
    let a_box = a_box().await;
    for n in 0..5 {
        assert_eq!(
            a_box.log_in(&format!("user-{n}"), "guess guess").await.code(),
            "wrong_password"
        );
    }
    assert_eq!(a_box.log_in("user-6", "guess guess").await.code(), "too_many_attempts");
}

#[tokio::test(start_paused = true)]
async fn an_idle_session_ends_and_a_used_one_ends_with_the_shift() {
    let a_box = a_box().await;
    a_box.add_user("lan", "author").await;
    let (idle, used) = (a_box.visit("lan").await, a_box.visit("lan").await);
    for _ in 0..11 {
        tokio::time::sleep(Duration::from_hours(1)).await;
        assert_eq!(a_box.get("/api/v1/me", Some(&used)).await.status, StatusCode::OK);
    }
    assert_eq!(a_box.get("/api/v1/me", Some(&idle)).await.code(), "unauthenticated");
    tokio::time::sleep(Duration::from_hours(1)).await;
    assert_eq!(a_box.get("/api/v1/me", Some(&used)).await.code(), "unauthenticated");
}

#[tokio::test]
async fn what_is_stored_opens_nothing() {
    let a_box = a_box().await;
    a_box.add_user("lan", "author").await;
    let visit = a_box.visit("lan").await;
    let stored: Vec<u8> = a_box
        .store
        .read(|conn| conn.query_row("SELECT id_sha256 FROM session", [], |row| row.get(0)))
        .await
        .unwrap();
    let (_, id) = visit.cookie.split_once('=').unwrap();
    assert_eq!(stored, base::Sha256::of(id.as_bytes()).as_bytes());
    let forged = Visit {
        cookie: format!("__Host-vong={}", base::Sha256::of(id.as_bytes())),
        csrf: visit.csrf,
    };
    assert_eq!(a_box.get("/api/v1/me", Some(&forged)).await.code(), "unauthenticated");
}

#[tokio::test]
async fn nonsense_is_refused_with_a_reason() {
    let a_box = a_box().await;
    let answer = a_box.post("/api/v1/session", None, json!({"user": "lan"})).await;
    assert_eq!(answer.code(), "invalid");
    assert!(answer.json()["error"]["message"].as_str().unwrap().contains("password"));
    let huge = json!({"user": "lan", "password": "x".repeat(100_000)});
    let answer = a_box.post("/api/v1/session", None, huge).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}
