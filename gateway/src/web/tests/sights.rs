//! Cameras, alerts and clusters: what is shown, and to whom.

use super::*;
use crate::report::wire::Presence;
use crate::ward::camera::{CameraComplaint, CameraState, Trouble, TroubleKind};

const ALERT: &str = "0190f000-0000-7000-8000-000000000000";

/// As `ward/record.rs` leaves it.
async fn add_alert(a_box: &Box, id: &str, snapshot_path: &str) {
    let (id, path) = (id.to_owned(), snapshot_path.to_owned());
    let at = 1_800_000_000_000_i64;
    let insert = "INSERT INTO camera_alert (id, event_id, camera, zone, zone_name, severity, label, \
                  score, track, captured_at_ms, capture_clock, raised_at_ms, snapshot_path, \
                  snapshot_sha256, snapshot_bytes) VALUES (?1, 'e', 'cam-1', 'z', 'Lòng đường', \
                  'warning', 'person', 0.91, 1, ?2, 'camera', ?2, ?3, 'aa', 3)";
    let added = a_box.store.write(move |conn| conn.execute(insert, (id, at, path)));
    assert_eq!(added.await.unwrap(), 1);
}

#[tokio::test]
async fn a_camera_says_how_it_is_and_why() {
    let a_box = a_box().await;
    a_box.add_user("lan", "technician").await;
    let visit = a_box.visit("lan").await;
    let trouble = Trouble { kind: TroubleKind::WrongPassword, text: "refused".into() };
    a_box.parts.view.send_modify(|it| it.state = CameraState::Offline(trouble));
    let camera = &a_box.get("/api/v1/cameras", Some(&visit)).await.json()[0];
    assert_eq!(camera["name"], "Ngã tư Cầu Tre");
    assert_eq!(camera["purpose"], "An toàn giao thông");
    assert_eq!((&camera["has_masks"], &camera["complaints"]), (&json!(true), &json!([])));
    assert_eq!(
        (&camera["state"], &camera["reason"]),
        (&json!("offline"), &json!("wrong_password"))
    );
    assert_eq!((&camera["fps"], &camera["analysed_fps"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn a_camera_says_what_it_is_worth() {
    let a_box = a_box().await;
    a_box.add_user("lan", "technician").await;
    let visit = a_box.visit("lan").await;
    let since = a_box.clock.now();
    a_box.parts.view.send_modify(|it| {
        it.state = CameraState::Online;
        (it.fps, it.analysed_fps, it.dropped_fps) = (5.0, 4.5, 0.5);
        it.complaints = vec![(CameraComplaint::LowFps, since)];
    });
    let camera = &a_box.get("/api/v1/cameras", Some(&visit)).await.json()[0];
    assert_eq!((&camera["analysed_fps"], &camera["dropped_fps"]), (&json!(4.5), &json!(0.5)));
    let since = wire::instant(since);
    let complaints = json!([{ "kind": "low_fps", "since": since }]);
    assert_eq!(camera["complaints"], complaints);
    assert!(camera["blind_ms"].is_u64(), "{camera}");
}

#[tokio::test(start_paused = true)]
async fn a_camera_without_a_picture_and_one_that_does_not_exist_are_not_the_same() {
    let a_box = a_box().await;
    a_box.add_user("lan", "security").await;
    let visit = a_box.visit("lan").await;
    let none_yet = a_box.get("/api/v1/cameras/cam-1/picture", Some(&visit)).await;
    assert_eq!((none_yet.status, none_yet.code().as_str()), (StatusCode::NOT_FOUND, "no_picture"));
    for id in ["cam-2", "..%2F..%2Fidentity%2Fdevice.key", "cam-1%00"] {
        let answer = a_box.get(&format!("/api/v1/cameras/{id}/picture"), Some(&visit)).await;
        assert_eq!(answer.code(), "not_found", "{id}");
    }
}

#[tokio::test]
async fn a_picture_outside_the_data_folder_or_gone_is_no_picture() {
    let a_box = a_box().await;
    a_box.add_user("lan", "security").await;
    let visit = a_box.visit("lan").await;
    let other = ALERT.replace("7000", "7001");
    add_alert(&a_box, ALERT, "/etc/hostname").await;
    add_alert(&a_box, &other, "alerts/gone.jpg").await;
    for id in [ALERT, &other] {
        let answer = a_box.get(&format!("/api/v1/alerts/{id}/picture"), Some(&visit)).await;
        assert_eq!(answer.code(), "no_picture", "{id}");
    }
    let nonsense = a_box.get("/api/v1/alerts/..%2F..%2Fward.db/picture", Some(&visit)).await;
    assert_eq!(nonsense.code(), "not_found");
    let nonsense = a_box.get("/api/v1/alerts?limit=many", Some(&visit)).await;
    assert_eq!(nonsense.code(), "invalid");
}

#[tokio::test]
async fn a_cluster_is_unknown_until_it_speaks() {
    let a_box = a_box().await;
    a_box.add_user("lan", "author").await;
    let visit = a_box.visit("lan").await;
    let cluster = a_box.get("/api/v1/clusters", Some(&visit)).await.json()[0].clone();
    assert_eq!((&cluster["name"], &cluster["state"]), (&json!("Chợ Cầu Tre"), &json!("unknown")));
    a_box.parts.cluster_views.send_modify(|views| {
        let view = views.values_mut().next().unwrap();
        view.presence = Some(Presence::Online);
        view.health = json!({"box_time": {"trusted": true}});
    });
    let cluster = a_box.get("/api/v1/clusters", Some(&visit)).await.json()[0].clone();
    assert_eq!((&cluster["state"], &cluster["clock_trusted"]), (&json!("online"), &json!(true)));
}

#[tokio::test(start_paused = true)]
async fn an_open_page_is_told_of_an_alert_and_of_its_logout() {
    let a_box = a_box().await;
    a_box.add_user("lan", "security").await;
    let visit = a_box.visit("lan").await;
    let mut page = a_box.open_events(&visit).await;
    assert!(page.next().await.contains("event: hello"));
    let watching = async {
        let mut told = page.next().await;
        while !told.contains("event: alert") {
            told = page.next().await;
        }
    };
    let raising = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        add_alert(&a_box, ALERT, "alerts/a.jpg").await;
        let event = crate::report::NewEvent {
            kind: crate::report::Kind::AlertCleared,
            occurred_at: a_box.clock.now(),
            data: json!({}),
        };
        a_box.console.ward.reporter.record(event).await.unwrap();
    };
    tokio::select! {
        ((), ()) = async { tokio::join!(watching, raising) } => {}
        () = feed::run(&a_box.console) => unreachable!("it never ends by itself"),
    }
    a_box.send(request(Method::DELETE, "/api/v1/session", Some(&visit), None)).await;
    let mut told = page.next().await;
    while !told.contains("event: logout") {
        assert!(told.starts_with(':') || told.contains("event: "), "{told}");
        told = page.next().await;
    }
    assert_eq!(page.next().await, "", "the stream goes on after the log-out");
}
