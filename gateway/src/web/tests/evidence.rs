//! What proves an alert: who sees people as they are, what is written down of it, and what people say
//! of an alert.

use base::{Picture, Plane, Size};

use super::*;
use crate::ward::camera::LatestPicture;

pub(super) const ALERT: &str = "0190f000-0000-7000-8000-000000000000";
const OTHER: &str = "0190f000-0000-7001-8000-000000000000";
const SIDE: u32 = 64;

/// Fine stripes, which nothing but the original has.
fn striped() -> Vec<u8> {
    let data: Vec<u8> =
        (0..SIDE * SIDE).flat_map(|at| [if at % 4 < 2 { 0 } else { 255 }; 3]).collect();
    let size = Size { width: SIDE, height: SIDE };
    models::snapshot::jpeg(&Picture::Rgb { size, data: Plane { data: &data, stride: 3 * 64 } }, &[])
        .unwrap()
}

/// How much neighbours differ, in a part of the picture: a few where it is made unrecognisable.
fn detail(jpeg: &[u8], columns: std::ops::Range<u32>) -> u32 {
    let image = image::load_from_memory(jpeg).unwrap().into_luma8();
    assert_eq!(image.dimensions(), (SIDE, SIDE));
    let differ = |x| u32::from(image.get_pixel(x, 20)[0].abs_diff(image.get_pixel(x + 1, 20)[0]));
    columns.clone().map(differ).sum::<u32>() / u32::try_from(columns.len()).unwrap()
}

/// As `ward/record.rs` leaves it, with pictures on the disk and a clip of ten bytes. `is_noted`: it is
/// known who is in it (whoever is in the left half).
pub(super) async fn add_alert(a_box: &Box, id: &str, is_noted: bool) {
    let folder = a_box.folder.path();
    std::fs::create_dir_all(folder.join("pictures")).unwrap();
    std::fs::write(folder.join("pictures/a.jpg"), striped()).unwrap();
    std::fs::write(folder.join("pictures/a.mp4"), b"0123456789").unwrap();
    let id = id.to_owned();
    let at = 1_800_000_000_000_i64 + i64::from(id == OTHER);
    let insert = "INSERT INTO camera_alert (id, event_id, camera, zone, zone_name, rule, severity, \
                  label, score, track, captured_at_ms, capture_clock, raised_at_ms, snapshot_path, \
                  snapshot_sha256, snapshot_bytes, clip_path, clip_ms, original_path, hidden) \
                  VALUES (?1, 'e', 'cam-1', 'z', 'Lòng đường', 'loiter', 'warning', 'person', 0.91, \
                  1, ?2, 'camera', ?2, 'pictures/a.jpg', 'aa', 3, 'pictures/a.mp4', 15000, \
                  iif(?3, 'pictures/a.jpg', NULL), iif(?3, '[[0, 0, 0.5, 1]]', '[]'))";
    let added = a_box.store.write(move |conn| conn.execute(insert, (id, at, is_noted)));
    assert_eq!(added.await.unwrap(), 1);
}

async fn change(a_box: &Box, sql: &'static str) {
    assert_eq!(a_box.store.write(move |conn| conn.execute(sql, [])).await.unwrap(), 1);
}

async fn n_views(a_box: &Box) -> u64 {
    let count = "SELECT count(*) FROM camera_view";
    a_box.store.read(move |conn| conn.query_row(count, [], |row| row.get(0))).await.unwrap()
}

/// A box with one alert; `lan` guards the ward, `minh` is its administrator.
async fn guarded() -> (Box, Visit, Visit) {
    let a_box = a_box().await;
    a_box.add_user("lan", "security").await;
    a_box.add_user("minh", "admin").await;
    add_alert(&a_box, ALERT, true).await;
    let (lan, minh) = (a_box.visit("lan").await, a_box.visit("minh").await);
    (a_box, lan, minh)
}

/// The clock of a test starts at eight and goes on.
fn is_of_the_test(at: &Value) -> bool {
    at.as_str().is_some_and(|it| it.starts_with("2027-01-15T08:00:"))
}

fn path(what: &str) -> String {
    format!("/api/v1/alerts/{ALERT}/{what}")
}

#[tokio::test]
async fn people_are_recognised_by_security_alone_and_for_a_reason() {
    let (a_box, lan, minh) = guarded().await;
    let why = "tr%E1%BB%99m%20xe";
    for (visit, query) in [(&lan, ""), (&lan, "?reason=%20"), (&minh, "?reason=x"), (&minh, "")] {
        let seen = a_box.get(&path(&format!("picture{query}")), Some(visit)).await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.json());
        assert_eq!(seen.header("x-picture"), "blurred");
        let (hidden, open) = (detail(&seen.body, 2..28), detail(&seen.body, 36..62));
        assert!(hidden < 30 && open > 100, "{query}: {hidden} {open}");
    }
    assert_eq!((n_views(&a_box).await, a_box.n_recorded("audit.entry").await), (0, 0));

    let seen = a_box.get(&path(&format!("picture?kind=original&reason={why}")), Some(&lan)).await;
    assert_eq!((seen.status, seen.header("x-picture")), (StatusCode::OK, "original"));
    assert_eq!(seen.body, striped());
    assert_eq!(seen.header(header::CONTENT_TYPE), "image/jpeg");
    assert_eq!(seen.header(header::CACHE_CONTROL), "no-store");
    assert_eq!((n_views(&a_box).await, a_box.n_recorded("camera.viewed").await), (1, 1));
    let mut views = a_box.get("/api/v1/views?limit=5", Some(&minh)).await.json();
    assert!(is_of_the_test(&views[0]["at"].take()), "{views}");
    let expected = json!([{
        "id": 1, "at": null, "user": "lan", "camera": "cam-1",
        "camera_name": "Ngã tư Cầu Tre", "alert": ALERT, "what": "picture", "reason": "trộm xe",
    }]);
    assert_eq!(views, expected);
}

#[tokio::test]
async fn a_reason_that_is_none_is_refused() {
    let (a_box, lan, _) = guarded().await;
    for reason in ["x".repeat(201), "a%0Ab".to_owned()] {
        let said = a_box.get(&path(&format!("picture?reason={reason}")), Some(&lan)).await;
        assert_eq!((said.status, said.code().as_str()), (StatusCode::BAD_REQUEST, "reason"));
    }
    let said = a_box.get(&path("picture?kind=naked"), Some(&lan)).await;
    assert_eq!(said.code(), "invalid");
}

#[tokio::test]
async fn where_nobody_noted_who_is_in_a_picture_all_of_it_is_hidden() {
    let (a_box, _, minh) = guarded().await;
    add_alert(&a_box, OTHER, false).await;
    change(&a_box, "UPDATE camera_alert SET hidden = 'nonsense' WHERE original_path IS NOT NULL")
        .await;
    for id in [ALERT, OTHER] {
        let seen = a_box.get(&format!("/api/v1/alerts/{id}/picture"), Some(&minh)).await;
        let (left, right) = (detail(&seen.body, 2..28), detail(&seen.body, 36..62));
        assert!(left < 30 && right < 30, "{id}: {left} {right}");
    }
}

#[tokio::test]
async fn a_clip_is_for_security_and_each_play_is_written_down() {
    let (a_box, lan, minh) = guarded().await;
    let admin = a_box.get(&path("clip?reason=x"), Some(&minh)).await;
    assert_eq!((admin.status, admin.code().as_str()), (StatusCode::FORBIDDEN, "role"));
    let silent = a_box.get(&path("clip"), Some(&lan)).await;
    assert_eq!((silent.status, silent.code().as_str()), (StatusCode::FORBIDDEN, "reason"));
    assert_eq!(n_views(&a_box).await, 0);

    let ask = async |range: &str| {
        let mut asked = request(Method::GET, &path("clip?reason=x"), Some(&lan), None);
        asked.headers_mut().insert(header::RANGE, range.parse().unwrap());
        a_box.send(asked).await
    };
    // Whoever begins in the middle is written down all the same, but not for each piece.
    let middle = ask("bytes=4-6").await;
    assert_eq!((middle.status, middle.body.as_slice()), (StatusCode::PARTIAL_CONTENT, &b"456"[..]));
    assert_eq!(middle.header(header::CONTENT_RANGE), "bytes 4-6/10");
    assert_eq!(n_views(&a_box).await, 1);
    ask("bytes=7-").await;
    assert_eq!(n_views(&a_box).await, 1);
    let start = ask("bytes=0-").await;
    assert_eq!(start.status, StatusCode::PARTIAL_CONTENT);
    let whole = a_box.get(&path("clip?reason=x"), Some(&lan)).await;
    assert_eq!((whole.status, whole.body.as_slice()), (StatusCode::OK, &b"0123456789"[..]));
    assert_eq!(whole.header(header::CONTENT_TYPE), "video/mp4");
    assert_eq!(whole.header(header::ACCEPT_RANGES), "bytes");
    assert_eq!((n_views(&a_box).await, a_box.n_recorded("camera.viewed").await), (3, 3));
    let outside = ask("bytes=10-").await;
    assert_eq!(outside.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(n_views(&a_box).await, 3);
}

#[tokio::test]
async fn an_alert_without_a_clip_says_why() {
    let (a_box, lan, _) = guarded().await;
    let clip = async || a_box.get(&path("clip?reason=x"), Some(&lan)).await;
    let listed = async || a_box.get("/api/v1/alerts", Some(&lan)).await.json()[0].clone();
    change(&a_box, "UPDATE camera_alert SET clip_path = 'pictures/gone.mp4'").await;
    assert!(clip().await.json()["error"]["message"].as_str().unwrap().contains("gone"));
    change(&a_box, "UPDATE camera_alert SET clip_path = NULL, clip_ms = NULL").await;
    let awaited = clip().await.json();
    assert!(awaited["error"]["message"].as_str().unwrap().contains("being cut"), "{awaited}");
    let shown = listed().await;
    assert_eq!((&shown["has_clip"], &shown["clip_missing"]), (&json!(false), &Value::Null));
    change(&a_box, "UPDATE camera_alert SET clip_missing = 'the disk is full'").await;
    let missing = clip().await;
    assert_eq!((missing.status, missing.code().as_str()), (StatusCode::NOT_FOUND, "no_clip"));
    assert_eq!(listed().await["clip_missing"], "the disk is full");
    assert_eq!(n_views(&a_box).await, 0);
}

#[tokio::test]
async fn alerts_are_listed_by_camera_and_by_whether_they_go_on() {
    let (a_box, lan, _) = guarded().await;
    add_alert(&a_box, OTHER, true).await;
    let over = "UPDATE camera_alert SET cleared_at_ms = 1800000009000, clear_reason = 'left', \
                began_at_ms = 1799999990000 WHERE id LIKE '%7001%'";
    change(&a_box, over).await;
    let ids = async |query: &str| {
        let listed = a_box.get(&format!("/api/v1/alerts?{query}"), Some(&lan)).await.json();
        let ids = listed.as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(ids("").await, [OTHER, ALERT]);
    assert_eq!(ids("limit=1&camera=cam-1").await, [OTHER]);
    assert_eq!(ids("open=true").await, [ALERT]);
    assert_eq!(ids("open=false").await, [OTHER]);
    assert!(ids("camera=cam-2").await.is_empty());
    let listed = a_box.get("/api/v1/alerts", Some(&lan)).await.json();
    let (over, open) = (&listed[0], &listed[1]);
    assert_eq!(
        (&over["began_at"], &over["cleared_at"]),
        (&json!("2027-01-15T07:59:50.000Z"), &json!("2027-01-15T08:00:09.000Z"))
    );
    assert_eq!((&over["clear_reason"], &open["cleared_at"]), (&json!("left"), &Value::Null));
    assert_eq!(
        (&open["rule"], &open["n_objects"], &open["clip_ms"]),
        (&json!("loiter"), &json!(1), &json!(15000))
    );
    let nonsense = a_box.get("/api/v1/alerts?open=maybe", Some(&lan)).await;
    assert_eq!(nonsense.code(), "invalid");
}

#[tokio::test]
async fn who_sees_to_an_alert_first_is_remembered() {
    let (a_box, lan, minh) = guarded().await;
    a_box.add_user("hoa", "security").await;
    let hoa = a_box.visit("hoa").await;
    let made = a_box.post(&path("acknowledge"), Some(&lan), json!({})).await;
    assert_eq!((made.status, &made.json()["acknowledged_by"]), (StatusCode::OK, &json!("lan")));
    let again = a_box.post(&path("acknowledge"), Some(&hoa), json!({})).await;
    assert_eq!((again.status, &again.json()["acknowledged_by"]), (StatusCode::OK, &json!("lan")));
    assert_eq!(a_box.n_recorded("alert.acknowledged").await, 1);
    let admin = a_box.post(&path("acknowledge"), Some(&minh), json!({})).await;
    assert_eq!(admin.code(), "role");
    let unknown = format!("/api/v1/alerts/{OTHER}/acknowledge");
    assert_eq!(a_box.post(&unknown, Some(&lan), json!({})).await.code(), "not_found");
}

#[tokio::test]
async fn a_hold_says_who_and_why_until_it_is_released() {
    let (a_box, lan, minh) = guarded().await;
    let hold = path("hold");
    for nonsense in ["", " ", "a\nb"] {
        let said = a_box.post(&hold, Some(&lan), json!({ "reason": nonsense })).await;
        assert_eq!(said.code(), "reason", "{nonsense:?}");
    }
    let mut made = a_box.post(&hold, Some(&lan), json!({ "reason": "vụ án 12" })).await.json();
    assert!(is_of_the_test(&made["held"]["at"].take()), "{made}");
    let expected = json!({ "by": "lan", "at": null, "reason": "vụ án 12" });
    assert_eq!(made["held"], expected);
    let second = a_box.post(&hold, Some(&minh), json!({ "reason": "vụ án 13" })).await;
    assert_eq!((second.status, second.code().as_str()), (StatusCode::CONFLICT, "held"));
    assert_eq!(a_box.n_recorded("alert.held").await, 1);
    let released = a_box.delete(&hold, &minh).await;
    assert_eq!((released.status, &released.json()["held"]), (StatusCode::OK, &Value::Null));
    assert_eq!(a_box.delete(&hold, &minh).await.status, StatusCode::OK);
    assert_eq!(a_box.n_recorded("alert.released").await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_look_through_a_camera_is_written_down_while_it_lasts() {
    let (a_box, lan, minh) = guarded().await;
    let show = || {
        let (hidden, at) = (vec![[0.0, 0.0, 0.5, 1.0]], a_box.clock.now());
        a_box.parts.desk.put(LatestPicture::new(striped(), hidden, at));
    };
    let look = async |visit: &Visit, query: &str| {
        show();
        let seen = a_box.get(&format!("/api/v1/cameras/cam-1/picture{query}"), Some(visit)).await;
        assert_ne!(seen.header("x-captured-at"), "", "{}", seen.json());
        seen.header("x-picture").to_owned()
    };
    assert_eq!(look(&minh, "?reason=x").await, "blurred");
    assert_eq!(look(&lan, "").await, "blurred");
    assert_eq!(n_views(&a_box).await, 0);
    for _ in 0..3 {
        assert_eq!(look(&lan, "?reason=x").await, "original");
    }
    assert_eq!(n_views(&a_box).await, 1);
    assert_eq!(look(&lan, "?reason=y").await, "original");
    assert_eq!(n_views(&a_box).await, 2);
    tokio::time::sleep(Duration::from_mins(16)).await;
    assert_eq!(look(&lan, "?reason=x").await, "original");
    assert_eq!((n_views(&a_box).await, a_box.n_recorded("camera.viewed").await), (3, 3));
}
