//! Recording and receiving on a real store, without a broker.

use std::sync::{Arc, Mutex};

use base::{Clock as _, SystemClock};
use rusqlite::Connection;
use serde_json::json;

use super::outbox::Lane;
use super::receiver::{Listener, Notice};
use super::rows::{self, Bound};
use super::topics::Sender;
use super::*;
use crate::clock_trust::ClockTrust;
use crate::store::{Store, StoreError, StoreThread};

const STEPS: &[&str] = &[SCHEMA, SCHEMA_AUDIT];

fn open(dir: &std::path::Path) -> (Store, StoreThread) {
    Store::open(&dir.join("vong.db"), STEPS).unwrap()
}

async fn reporter(store: &Store, thread: &StoreThread, device: &str, bound: Bound) -> Reporter {
    let settings = ReporterSettings {
        device: device.parse().unwrap(),
        site: "da-nang".to_owned(),
        clock: Arc::new(SystemClock),
        trust: ClockTrust::new(true),
        bound,
    };
    Reporter::open(store, thread, settings).await.unwrap()
}

fn event(kind: Kind, data: Value) -> NewEvent {
    NewEvent { kind, occurred_at: SystemClock.now(), data }
}

async fn outbox(store: &Store) -> Vec<Envelope> {
    let rows = store.read(|conn| rows::load(conn, Lane::All { after: 0 }, 10_000)).await.unwrap();
    rows.iter().map(|it| wire::envelope_from_json(&it.payload).unwrap()).collect()
}

async fn receive(store: &Store, envelope: &Envelope) -> received::Arrival {
    let (envelope, now) = (envelope.clone(), SystemClock.now());
    store.write(move |conn| received::store(conn, &envelope, now)).await.unwrap()
}

#[tokio::test]
async fn a_fact_that_is_rolled_back_leaves_no_gap() {
    let dir = tempfile::tempdir().unwrap();
    let (store, thread) = open(dir.path());
    let reporter = reporter(&store, &thread, "box-1", Bound::default()).await;
    reporter.record(event(Kind::AlertRaised, json!({}))).await.unwrap();
    let failing = {
        let reporter = reporter.clone();
        store.write(move |conn| {
            reporter.record_in(conn, event(Kind::AlertRaised, json!({})))?;
            conn.execute("INSERT INTO no_such_table VALUES (1)", [])
        })
    };
    assert!(failing.await.is_err());
    reporter.record(event(Kind::AlertRaised, json!({}))).await.unwrap();
    reporter.record(event(Kind::CameraOffline, json!({}))).await.unwrap();
    let seqs: Vec<_> = outbox(&store).await.iter().map(|it| (it.stream, it.seq)).collect();
    assert_eq!(seqs, [(Stream::Alert, 1), (Stream::Alert, 2), (Stream::Camera, 1)]);
}

#[tokio::test]
async fn an_event_that_does_not_fit_into_a_message_is_refused_before_the_outbox() {
    let dir = tempfile::tempdir().unwrap();
    let (store, thread) = open(dir.path());
    let reporter = reporter(&store, &thread, "box-1", Bound::default()).await;
    let huge = json!({ "picture": "x".repeat(wire::LARGEST_PAYLOAD_BYTES) });
    let refused = reporter.record(event(Kind::AlertRaised, huge)).await.unwrap_err();
    let StoreError::Sql(refused) = refused else { panic!("{refused:?}") };
    assert!(refused.to_string().contains("put the content into a file"), "{refused}");
    reporter.record(event(Kind::AlertRaised, json!({}))).await.unwrap();
    assert_eq!(outbox(&store).await[0].seq, 1);
}

#[tokio::test]
async fn a_full_outbox_drops_the_least_worth_and_its_receiver_sees_no_gap() {
    let dir = tempfile::tempdir().unwrap();
    let (store, thread) = open(dir.path());
    let bound = Bound { n_rows: 500, n_bytes: u64::MAX };
    let sender = reporter(&store, &thread, "box-1", bound).await;
    for n in 0..400 {
        sender.record(event(Kind::AlertRaised, json!({ "n": n }))).await.unwrap();
        sender.record(event(Kind::AlertUpdated, json!({ "n": n }))).await.unwrap();
    }
    let left = outbox(&store).await;
    assert!(left.len() <= 501, "{}", left.len());
    let n_raised = left.iter().filter(|it| it.known_kind() == Some(Kind::AlertRaised)).count();
    assert_eq!(n_raised, 400, "an alert went before its details");
    for envelope in &left {
        assert_eq!(receive(&store, envelope).await, received::Arrival::New);
    }
    let gaps = store.read(|conn| received::gaps(conn, 100)).await.unwrap();
    assert_eq!(gaps, []);
    let progress = {
        let epoch = sender.epoch();
        store.read(move |conn| received::progress(conn, &"box-1".parse().unwrap(), epoch))
    };
    let alerts = progress.await.unwrap().into_iter().find(|it| it.stream == Stream::Alert);
    assert_eq!(alerts.unwrap().up_to, 800);
}

#[tokio::test]
async fn a_copied_database_begins_a_new_epoch() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (store, thread) = open(one.path());
    let first = reporter(&store, &thread, "box-1", Bound::default()).await;
    first.record(event(Kind::AlertRaised, json!({}))).await.unwrap();
    let epoch = first.epoch();
    drop((store, first));
    thread.ended().await;
    std::fs::copy(one.path().join("vong.db"), two.path().join("vong.db")).unwrap();

    let (store, thread) = open(one.path());
    assert_eq!(reporter(&store, &thread, "box-1", Bound::default()).await.epoch(), epoch);
    let (store, thread) = open(two.path());
    let copied = reporter(&store, &thread, "box-1", Bound::default()).await;
    assert_ne!(copied.epoch(), epoch);
    copied.record(event(Kind::AlertRaised, json!({}))).await.unwrap();
    let kept: Vec<_> = outbox(&store).await.iter().map(|it| (it.epoch, it.seq)).collect();
    assert_eq!(kept, [(epoch, 1), (copied.epoch(), 1)], "what was not sent is still to be sent");
    let other = reporter(&store, &thread, "box-2", Bound::default()).await;
    assert!(outbox(&store).await.is_empty(), "they are another device's to send");
    assert_ne!(other.epoch(), copied.epoch());
}

#[tokio::test]
async fn a_damaged_database_is_reported_in_the_new_epoch() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("vong.db"), [0x55; 8192]).unwrap();
    let (store, thread) = open(dir.path());
    reporter(&store, &thread, "box-1", Bound::default()).await;
    let first = &outbox(&store).await[0];
    assert_eq!(first.known_kind(), Some(Kind::DeviceStorageReplaced));
    assert!(first.data["set_aside"].as_str().unwrap().starts_with("vong.db.damaged-"));
}

#[tokio::test]
async fn each_event_is_stored_once_in_whatever_order_it_comes() {
    let dir = tempfile::tempdir().unwrap();
    let (store, thread) = open(dir.path());
    let sender = reporter(&store, &thread, "box-1", Bound::default()).await;
    for n in 0..6 {
        sender.record(event(Kind::AuditEntry, json!({ "n": n }))).await.unwrap();
    }
    let sent = outbox(&store).await;
    let gaps = || store.read(|conn| received::gaps(conn, 10));
    for index in [0, 4, 4, 0, 2] {
        receive(&store, &sent[index]).await;
    }
    let missing: Vec<_> = gaps().await.unwrap().iter().map(|it| (it.from, it.to)).collect();
    assert_eq!(missing, [(2, 2), (4, 4)]);
    for envelope in &sent {
        receive(&store, envelope).await;
    }
    assert_eq!(gaps().await.unwrap(), []);
    let n = store.read(|conn| {
        conn.query_row("SELECT count(*) FROM received_event", [], |it| it.get::<_, i64>(0))
    });
    assert_eq!(n.await.unwrap(), 6);
    store.write(|conn| received::prune(conn, 2)).await.unwrap();
    assert_eq!(receive(&store, &sent[0]).await, received::Arrival::Duplicate);
}

/// Stumbles over every second event.
#[derive(Default)]
struct Clumsy(Mutex<Vec<u64>>);

impl Listener for Clumsy {
    fn stored(
        &self,
        conn: &Connection,
        _: &Sender,
        envelope: &Envelope,
        _: Timestamp,
    ) -> rusqlite::Result<()> {
        conn.execute("INSERT INTO seen_command VALUES (?1, 0)", [envelope.id.to_string()])?;
        self.0.lock().unwrap().push(envelope.seq);
        if envelope.seq.is_multiple_of(2) { Err(rusqlite::Error::InvalidQuery) } else { Ok(()) }
    }

    fn committed(&self, _: &Sender, _: &Envelope, _: Timestamp) {}

    fn heard(&self, _: &Sender, _: Notice) {}
}

#[tokio::test]
async fn a_listener_that_stumbles_loses_its_own_work_and_not_the_event() {
    let dir = tempfile::tempdir().unwrap();
    let (store, thread) = open(dir.path());
    let sender = reporter(&store, &thread, "box-1", Bound::default()).await;
    for _ in 0..4 {
        sender.record(event(Kind::AuditEntry, json!({}))).await.unwrap();
    }
    let from = Sender::of_box("box-1".parse().unwrap());
    let batch = outbox(&store).await.into_iter().map(|it| (from.clone(), it)).collect();
    let clumsy = Arc::new(Clumsy::default());
    let acks = {
        let clumsy = clumsy.clone();
        store.write(move |conn| {
            receiver::store_batch(conn, &*clumsy, batch, Timestamp::UNIX_EPOCH).map(|it| it.1)
        })
    };
    assert_eq!(acks.await.unwrap()[0].1.up_to, 4);
    assert_eq!(*clumsy.0.lock().unwrap(), [1, 2, 3, 4]);
    let n = store.read(|conn| {
        conn.query_row("SELECT count(*) FROM seen_command", [], |it| it.get::<_, i64>(0))
    });
    assert_eq!(n.await.unwrap(), 2);
}

#[tokio::test]
async fn every_audit_entry_names_the_one_before_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (store, thread) = open(dir.path());
    let first = reporter(&store, &thread, "box-1", Bound::default()).await;
    for action in ["bulletin.add", "bulletin.submit"] {
        first.record(event(Kind::AuditEntry, json!({ "action": action }))).await.unwrap();
        first.record(event(Kind::AlertRaised, json!({}))).await.unwrap();
    }
    // What is rolled back leaves no trace in the chain either.
    let lost = first.clone();
    let failing = store.write(move |conn| {
        lost.record_in(conn, event(Kind::AuditEntry, json!({ "action": "lost" })))?;
        conn.execute("INSERT INTO no_such_table VALUES (1)", [])
    });
    failing.await.unwrap_err();
    let again = reporter(&store, &thread, "box-1", Bound::default()).await;
    again.record(event(Kind::AuditEntry, json!({ "action": "bulletin.approve" }))).await.unwrap();

    let log: Vec<Envelope> = outbox(&store).await;
    let log: Vec<Vec<u8>> =
        log.iter().filter(|it| it.stream == Stream::Audit).map(wire::envelope_to_json).collect();
    assert_eq!(log.len(), 3);
    let verify = |log: &[Vec<u8>]| chain::verify(log.iter().map(Vec::as_slice));
    // From parsed envelopes, as the centre has them: the same bytes.
    let head = verify(&log).unwrap().unwrap();
    let kept = "SELECT sha256 FROM audit_head WHERE n_entries = 3";
    let kept: String =
        store.read(move |conn| conn.query_row(kept, [], |row| row.get(0))).await.unwrap();
    assert_eq!(head.to_string(), kept);
    let centre = tempfile::tempdir().unwrap();
    let (centre, _centre_thread) = open(centre.path());
    for envelope in &log {
        receive(&centre, &wire::envelope_from_json(envelope).unwrap()).await;
    }
    let logs = centre.read(received::audit_log).await.unwrap();
    let bytes: Vec<_> = logs["box-1"].iter().map(|it| it.bytes.clone()).collect();
    assert_eq!(bytes, log, "what the centre stored is what the box hashed");
    assert!(verify(&[log[0].clone(), log[2].clone()]).is_err(), "one was left out");
    // An epoch's id holds the time of a clock that may have stood at 1970.
    let mut late = wire::envelope_from_json(&log[0]).unwrap();
    late.epoch = Uuid::nil();
    receive(&centre, &late).await;
    let logs = centre.read(received::audit_log).await.unwrap();
    let newest = logs["box-1"].last().unwrap().envelope.epoch;
    assert_eq!((newest, logs["box-1"].len()), (Uuid::nil(), 4), "epochs stand as they arrived");
    let mut changed = wire::envelope_from_json(&log[1]).unwrap();
    changed.data["action"] = json!("nothing");
    let changed = wire::envelope_to_json(&changed);
    let refused = verify(&[log[0].clone(), changed, log[2].clone()]).unwrap_err();
    assert!(refused.to_string().starts_with("entry 2 of the audit log does not name"), "{refused}");
}
