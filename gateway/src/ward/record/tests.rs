//! Facts on a real database.

use std::path::PathBuf;
use std::sync::Arc;

use base::{Score, Sha256, SystemClock, new_uuid};
use jiff::SignedDuration;
use media::CaptureClock;

use super::*;
use crate::clock_trust::ClockTrust;
use crate::config::Severity;
use crate::report::rows::Bound;
use crate::report::{self, ReporterSettings};
use crate::store::StoreThread;
use crate::ward::alert::{Alert, Clip, KeptFile, News, Pictures, Snapshot, Update};
use crate::ward::camera::{Trouble, TroubleKind};

const STEPS: &[&str] = &[report::SCHEMA, SCHEMA, SCHEMA_EVIDENCE, SCHEMA_PROOF, SCHEMA_KEEPING];

async fn open(dir: &std::path::Path) -> (Store, StoreThread, Reporter) {
    let (store, thread) = Store::open(&dir.join("vong.db"), STEPS).unwrap();
    let settings = ReporterSettings {
        device: "box-1".parse().unwrap(),
        site: "da-nang".to_owned(),
        clock: Arc::new(SystemClock),
        trust: ClockTrust::new(true),
        bound: Bound { n_rows: 100, n_bytes: 1 << 20 },
    };
    let reporter = Reporter::open(&store, &thread, settings).await.unwrap();
    (store, thread, reporter)
}

fn alert(snapshot: Snapshot) -> CameraFact {
    let captured_at = "2026-03-01T08:00:00.25Z".parse().unwrap();
    CameraFact::Raised(Box::new(Alert {
        id: new_uuid(captured_at),
        camera: "cam-1".parse().unwrap(),
        zone: "gate".parse().unwrap(),
        zone_name: "Cổng".to_owned(),
        rule: "enter",
        severity: Severity::Warning,
        label: "person".to_owned(),
        score: Score::try_from(0.875_4).unwrap(),
        track: 7,
        n_objects: 1,
        area: [0.1, 0.2, 0.3, 0.4],
        began_at: captured_at,
        captured_at,
        clock: CaptureClock::Camera,
        raised_at: "2026-03-01T08:00:00.4Z".parse().unwrap(),
        snapshot,
    }))
}

/// The picture with a frame has this hash.
fn pictures(bytes: &[u8]) -> Pictures {
    let file = |name: &str, sha256| {
        let path = PathBuf::from(format!("pictures/2026-03-01/{name}"));
        KeptFile { path, sha256, n_bytes: 51_000 }
    };
    let boxed = file("x.jpg", Sha256::of(bytes));
    let original = file("x-original.jpg", Sha256::of(b"original"));
    Pictures { boxed, original, hidden: vec![[0.1, 0.2, 0.3, 0.4]] }
}

fn state(state: CameraState) -> CameraFact {
    let since = "2026-03-01T08:00:00Z".parse().unwrap();
    CameraFact::State(StateChange { camera: "cam-1".parse().unwrap(), state, since })
}

/// Records the facts, and gives the envelopes of the outbox in their order.
async fn recorded(facts: Vec<CameraFact>) -> (Vec<Value>, Vec<(String, Option<String>)>) {
    let dir = tempfile::tempdir().unwrap();
    let (store, thread, reporter) = open(dir.path()).await;
    let (tx, rx) = mpsc::channel(8);
    for fact in facts {
        tx.send(fact).await.unwrap();
    }
    drop(tx);
    run(rx, store.clone(), reporter.clone(), RoomCall::default()).await;
    let events = store.read(|conn| {
        let mut query = conn.prepare("SELECT envelope FROM outbox ORDER BY id")?;
        query.query_map([], |row| row.get::<_, Vec<u8>>(0))?.collect::<Result<Vec<_>, _>>()
    });
    let events =
        events.await.unwrap().iter().map(|it| serde_json::from_slice(it).unwrap()).collect();
    let rows = store.read(|conn| {
        let mut query = conn.prepare("SELECT event_id, snapshot_missing FROM camera_alert")?;
        query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<Vec<_>, _>>()
    });
    let rows = rows.await.unwrap();
    drop((store, reporter));
    thread.ended().await;
    (events, rows)
}

#[tokio::test]
async fn an_alert_and_its_event_are_stored_together() {
    let (events, rows) = recorded(vec![alert(Snapshot::Kept(pictures(b"x")))]).await;
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!(rows, [(event["id"].as_str().unwrap().to_owned(), None)]);
    assert_eq!(event["kind"], "alert.raised");
    assert_eq!(event["occurred_at"], "2026-03-01T08:00:00.250Z");
    let data = &event["data"];
    assert_eq!(data["snapshot"]["bytes"], 51_000);
    assert_eq!(data["snapshot"]["sha256"], Sha256::of(b"x").to_string());
    assert_eq!((&data["score"], &data["box"]), (&json!(0.875), &json!([0.1, 0.2, 0.3, 0.4])));
    assert_eq!((&data["capture_clock"], &data["severity"]), (&json!("camera"), &json!("warning")));
}

#[tokio::test]
async fn an_alert_without_a_picture_says_why() {
    let missing = Snapshot::Missing { why: "the disk is full".to_owned() };
    let (events, rows) = recorded(vec![alert(missing)]).await;
    assert_eq!(events[0]["data"]["snapshot_missing"], "the disk is full");
    assert_eq!(events[0]["data"].get("snapshot"), None);
    assert_eq!(rows[0].1.as_deref(), Some("the disk is full"));
}

#[tokio::test]
async fn a_camera_that_comes_and_goes_is_reported() {
    let text = "the camera refuses the user name or the password".to_owned();
    let trouble = Trouble { kind: TroubleKind::WrongPassword, text: text.clone() };
    let facts = [CameraState::Connecting, CameraState::Offline(trouble), CameraState::Online];
    let (events, _) = recorded(facts.map(state).to_vec()).await;
    let kinds: Vec<&Value> = events.iter().map(|it| &it["kind"]).collect();
    assert_eq!(kinds, ["camera.offline", "camera.online"]);
    let expected = json!({ "camera": "cam-1", "reason": "wrong_password", "text": text });
    assert_eq!(events[0]["data"], expected);
}

/// What became of one alert, and what was said of it.
#[tokio::test]
async fn an_alert_is_updated_and_cleared_by_its_number() {
    let CameraFact::Raised(alert) = alert(Snapshot::Kept(pictures(b"x"))) else { panic!() };
    let (id, camera) = (alert.id, alert.camera.clone());
    let at = alert.captured_at + SignedDuration::from_secs(4);
    let update = |news| {
        let (alert, camera) = (id, camera.clone());
        CameraFact::Updated(Update { alert, camera, at, news })
    };
    let file = KeptFile {
        path: PathBuf::from("clips/2026-03-01/x.mp4"),
        sha256: Sha256::of(b"clip"),
        n_bytes: 900_000,
    };
    let clip = Clip {
        file,
        duration: Duration::from_millis(15_100),
        codec: "avc1.64001f".to_owned(),
        began_at: alert.captured_at,
    };
    let facts = vec![
        CameraFact::Raised(alert),
        update(News::Picture(pictures(b"better"))),
        update(News::Clip(clip)),
        CameraFact::Cleared(Ending { alert: id, camera: camera.clone(), at, reason: "left" }),
    ];
    let (events, _) = recorded(facts).await;
    let kinds: Vec<&str> = events.iter().map(|it| it["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["alert.raised", "alert.updated", "alert.updated", "alert.cleared"]);
    assert!(events.iter().all(|it| it["data"]["alert"] == id.to_string()));
    let better = &events[1]["data"];
    assert_eq!(better["snapshot"]["sha256"], Sha256::of(b"better").to_string());
    let clip = &events[2]["data"]["clip"];
    assert_eq!((&clip["duration_ms"], &clip["bytes"]), (&json!(15_100), &json!(900_000)));
    assert_eq!(events[3]["data"]["reason"], "left");
}

#[tokio::test]
async fn what_a_restart_cut_off_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let (store, thread, reporter) = open(dir.path()).await;
    let (tx, rx) = mpsc::channel(8);
    tx.send(alert(Snapshot::Kept(pictures(b"x")))).await.unwrap();
    drop(tx);
    run(rx, store.clone(), reporter.clone(), RoomCall::default()).await;
    assert_eq!(close_the_past(&store, &reporter).await.unwrap(), 1);
    assert_eq!(close_the_past(&store, &reporter).await.unwrap(), 0, "once");
    let row = store.read(|conn| {
        let query = "SELECT clear_reason, clip_missing FROM camera_alert";
        conn.query_row(query, [], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
    });
    let expected = ("restart".to_owned(), "the box was restarted".to_owned());
    assert_eq!(row.await.unwrap(), expected);
    let told = "SELECT envelope FROM outbox WHERE envelope LIKE '%alert.updated%'";
    let told = store.read(move |conn| conn.query_row(told, [], |row| row.get::<_, Vec<u8>>(0)));
    let told: Value = serde_json::from_slice(&told.await.unwrap()).unwrap();
    assert_eq!(told["data"]["clip_missing"], "the box was restarted", "the centre waits no longer");
    drop((store, reporter));
    thread.ended().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_picture_is_told_when_it_begins_and_ends() {
    let change = |begins| {
        CameraFact::Complaint(ComplaintChange {
            camera: "cam-1".parse().unwrap(),
            complaint: Complaint::Blurred.into(),
            begins,
            at: "2026-03-01T08:00:00Z".parse().unwrap(),
            detail: None,
        })
    };
    let (events, _) = recorded(vec![change(true), change(false)]).await;
    assert!(events.iter().all(|it| it["kind"] == "camera.blurred"));
    assert_eq!(events[1]["data"], json!({ "camera": "cam-1", "is_so": false }));
}

#[tokio::test]
async fn a_test_alarm_is_proven_when_the_centre_has_committed_it() {
    let dir = tempfile::tempdir().unwrap();
    let (store, thread, reporter) = open(dir.path()).await;
    let camera: DeviceId = "cam-1".parse().unwrap();
    let now: jiff::Timestamp = "2026-03-01T08:00:01Z".parse().unwrap();
    let look = |camera: DeviceId| move |conn: &Connection| proof::look(conn, &camera, now);
    let (asked, again) = (camera.clone(), camera.clone());
    store.write(move |conn| proof::ask(conn, &asked, now)).await.unwrap();
    let seen = store.write(look(camera.clone())).await.unwrap().unwrap();
    assert_eq!((seen.raised_at, seen.proven_at), (None, None));
    let CameraFact::Raised(test) = alert(Snapshot::Kept(pictures(b"x"))) else { panic!() };
    let (tx, rx) = mpsc::channel(8);
    tx.send(CameraFact::Tested(test)).await.unwrap();
    drop(tx);
    run(rx, store.clone(), reporter.clone(), RoomCall::default()).await;
    let seen = store.write(look(camera.clone())).await.unwrap().unwrap();
    assert!(seen.raised_at.is_some() && seen.proven_at.is_none(), "it is on its way");
    store.write(|conn| conn.execute("DELETE FROM outbox", [])).await.unwrap();
    let seen = store.write(look(camera)).await.unwrap().unwrap();
    assert_eq!(seen.proven_at, Some(now));
    let good = seen.good.unwrap();
    assert_eq!((Some(good.raised_at), good.proven_at), (seen.raised_at, now));
    let later = now + Duration::from_hours(6);
    let again = store.write(move |conn| proof::ask(conn, &again, later)).await.unwrap().unwrap();
    assert_eq!((again.asked_at, again.raised_at, again.proven_at), (later, None, None));
    assert_eq!(again.good, Some(good), "what came back stays known while the next is on its way");
    drop((store, reporter));
    thread.ended().await;
}

#[tokio::test]
async fn a_box_that_had_proof_before_keeps_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vong.db");
    let (store, thread) = Store::open(&path, &STEPS[..STEPS.len() - 2]).unwrap();
    let insert = "INSERT INTO camera_proof VALUES ('cam-1', 1000, 'e', 1, 2000, 3000), \
                  ('cam-2', 1000, 'e', 2, 2000, NULL)";
    store.write(move |conn| conn.execute(insert, [])).await.unwrap();
    drop(store);
    thread.ended().await;
    let (store, thread) = Store::open(&path, STEPS).unwrap();
    let good = async |camera: &str| {
        let camera: DeviceId = camera.parse().unwrap();
        store.read(move |conn| proof::last(conn, &camera)).await.unwrap().unwrap().good
    };
    let kept = good("cam-1").await.unwrap();
    assert_eq!((kept.raised_at.as_second(), kept.proven_at.as_second()), (2, 3));
    assert_eq!(good("cam-2").await, None);
    drop(store);
    thread.ended().await;
}

#[tokio::test]
async fn a_test_alarm_that_was_dropped_from_a_full_outbox_proves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (store, thread, reporter) = open(dir.path()).await;
    reporter.on_evicted(proof::evicted);
    let camera: DeviceId = "cam-1".parse().unwrap();
    let now: jiff::Timestamp = "2026-03-01T08:00:01Z".parse().unwrap();
    let asked = camera.clone();
    store.write(move |conn| proof::ask(conn, &asked, now)).await.unwrap();
    let CameraFact::Raised(test) = alert(Snapshot::Kept(pictures(b"x"))) else { panic!() };
    let (tx, rx) = mpsc::channel(200);
    tx.send(CameraFact::Tested(test)).await.unwrap();
    // Far from the centre: a hundred rows are all that the outbox holds.
    for _ in 0..120 {
        tx.send(alert(Snapshot::Kept(pictures(b"x")))).await.unwrap();
    }
    drop(tx);
    run(rx, store.clone(), reporter.clone(), RoomCall::default()).await;
    let is_there = "SELECT count(*) FROM outbox WHERE envelope LIKE '%alert.test%'";
    let n = store.read(move |conn| conn.query_row(is_there, [], |row| row.get::<_, i64>(0)));
    assert_eq!(n.await.unwrap(), 0, "the test is about this");
    let seen = store.write(move |conn| proof::look(conn, &camera, now)).await.unwrap().unwrap();
    assert!(seen.raised_at.is_some() && seen.proven_at.is_none(), "{seen:?}");
    drop((store, reporter));
    thread.ended().await;
}
