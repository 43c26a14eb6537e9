//! The MQTT contract v1, byte for byte. If this fails, do not change the test: devices in the field
//! send and expect exactly this. Add a field that old receivers ignore, or make a v2.

use std::sync::Arc;
use std::time::Duration;

use base::{Score, Sha256, SystemClock};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use broadcast::{Content, Order, PlayId, Priority, Resume};
use e2e::street::{RunningSpeaker, Street, in_seconds, order};
use gateway::clock_trust::ClockTrust;
use gateway::config::Severity;
use gateway::order::wire::{StopOrder, play_from_json, play_to_json, stop_from_json, stop_to_json};
use gateway::order::{KIND_PLAY, KIND_STOP};
use gateway::report::health::{Disk, Health, Measured};
use gateway::report::outbox::Mode;
use gateway::report::rows::{Bound, Depth};
use gateway::report::topics::{Sender, Up};
use gateway::report::wire::{self, Presence, Reply, ReplyState, Status};
use gateway::report::{self, Ack, Envelope, Kind, Reporter, ReporterSettings, Stream};
use gateway::speaker::SteadyClock;
use gateway::store::Store;
use gateway::ward::alert::{Alert, KeptFile, Pictures, Snapshot};
use gateway::ward::broadcast::{Ending, Summary};
use gateway::ward::camera::CameraFact;
use gateway::ward::record;
use gateway::ward::room::RoomCall;
use jiff::{SignedDuration, Timestamp};
use media::CaptureClock;
use provisioning::{Authority, Command};
use serde_json::{Value, json};
use tokio::sync::mpsc;

const ENVELOPE: &str = r#"{"id":"0198f0a0-1111-7000-8000-000000000001","device":"box-cau-tre-1","epoch":"0198f0a0-2222-7000-8000-000000000002","stream":"alert","seq":41,"kind":"alert.raised","occurred_at":"2026-09-02T05:30:00.250Z","recorded_at":"2026-09-02T05:30:00.400Z","clock_trusted":true,"site":"da-nang/hai-chau/cau-tre","data":{"camera":"gate","score":0.5}}"#;
const ACK: &str = r#"{"epoch":"0198f0a0-2222-7000-8000-000000000002","stream":"broadcast","up_to":17,"also":[[20,22],[30,30]]}"#;
const STATUS: &str = r#"{"state":"online","boot_id":"0198f0a0-3333-7000-8000-000000000003","epoch":"0198f0a0-2222-7000-8000-000000000002","version":"0.1.0","site":"da-nang","capabilities":["cameras"]}"#;
const REPLY: &str =
    r#"{"command_id":"0198f0a0-4444-7000-8000-000000000004","state":"refused","reason":"expired"}"#;
const PLAY: &str = r#"{"id":"0198f0a0-5555-7000-8000-000000000005","to":"loa-1","issuer":"box-cau-tre-1","kind":"order.play","issued_at":"2026-09-01T22:30:00.000Z","not_after":"2026-09-02T22:45:00.000Z","data":{"approved_by":"lan","bulletin_id":"0198f0a0-6666-7000-8000-000000000006","catch_up_ms":600000,"content":{"bytes":123456,"codec":"opus","duration_ms":20500,"sha256":"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"},"occurrence":"2026-09-02T22:30:00Z","owner_level":0,"play_until":"2026-09-02T22:45:00Z","priority":"priority","resume":"resume","start_at":"2026-09-02T22:30:00.25Z","volume":80}}"#;
const STOP: &str = r#"{"id":"0198f0a0-5555-7000-8000-000000000005","to":"loa-1","issuer":"box-cau-tre-1","kind":"order.stop","issued_at":"2026-09-01T22:30:00.000Z","not_after":"2026-09-02T22:45:00.000Z","data":{"bulletin_id":"0198f0a0-6666-7000-8000-000000000006","occurrence":"2026-09-02T22:30:00Z","owner_level":1}}"#;
const HEALTH: &str = r#"{"at":"2026-09-02T05:30:00.000Z","clock_trusted":true,"clusters":{"loa-1":"online"},"disk":{"free_bytes":9000000000,"total_bytes":30000000000},"epoch":"0198f0a0-2222-7000-8000-000000000002","outbox":{"mode":"backlog","n_bytes":4096,"n_events":3,"oldest_age_s":90},"temperature_c":48}"#;
const ALERT: &str = r#"{"alert":"0198f0a0-7777-7000-8000-000000000007","began_at":"2026-09-02T05:29:59.850Z","box":[0.1,0.2,0.3,0.4],"camera":"gate","capture_clock":"camera","label":"person","n_objects":1,"original":{"bytes":50000,"sha256":"0682c5f2076f099c34cfdd15a9e063849ed437a49677e6fcc5b4198c76575be5"},"raised_at":"2026-09-02T05:30:00.400Z","rule":"enter","score":0.875,"severity":"warning","snapshot":{"bytes":51000,"sha256":"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"},"track":7,"zone":"yard","zone_name":"Sân chợ"}"#;
/// As a cluster tells its box.
const PLAYED_HERE: &str = r#"{"bulletin_id":"0198f0a0-6666-7000-8000-000000000006","clock":{"error_bound_ms":0.9,"offset_ms":-4012.5},"content_sha256":"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881","heard_ms":20500.1,"n_gaps":0,"occurrence":"2026-09-02T22:30:00.000Z","ordered_start_at":"2026-09-02T22:30:00.250Z","seek_ms":0.0,"start_error_ms":1.25,"started_at":"2026-09-02T22:30:00.251250Z","worst_error_ms":2.5}"#;
/// As a box tells the centre, once for all its clusters.
const PLAYED: &str = r#"{"approved_by":"lan","bulletin_id":"0198f0a0-6666-7000-8000-000000000006","caught_up":0,"content_sha256":"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881","missed":0,"occurrence":"2026-09-02T22:30:00.000Z","partial":0,"played":6,"priority":"priority","reason":null,"skew_ms":2.5,"start_at":"2026-09-02T22:30:00.250Z","start_error_max_ms":1.5,"start_error_p50_ms":0.5,"stopped":0,"targets":6,"title":"Bản tin sáng"}"#;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn play() -> PlayId {
    PlayId {
        bulletin: "0198f0a0-6666-7000-8000-000000000006".parse().unwrap(),
        occurrence: at("2026-09-02T22:30:00Z"),
    }
}

fn envelope() -> Envelope {
    Envelope {
        id: "0198f0a0-1111-7000-8000-000000000001".parse().unwrap(),
        device: "box-cau-tre-1".parse().unwrap(),
        epoch: "0198f0a0-2222-7000-8000-000000000002".parse().unwrap(),
        stream: Stream::Alert,
        seq: 41,
        kind: "alert.raised".to_owned(),
        occurred_at: "2026-09-02T05:30:00.25Z".parse().unwrap(),
        recorded_at: "2026-09-02T05:30:00.4Z".parse().unwrap(),
        clock_trusted: true,
        site: "da-nang/hai-chau/cau-tre".to_owned(),
        data: json!({ "camera": "gate", "score": 0.5 }),
    }
}

#[test]
fn an_envelope() {
    assert_eq!(String::from_utf8(wire::envelope_to_json(&envelope())).unwrap(), ENVELOPE);
    assert_eq!(wire::envelope_from_json(ENVELOPE.as_bytes()).unwrap(), envelope());
}

#[test]
fn an_acknowledgement() {
    let ack = Ack {
        epoch: "0198f0a0-2222-7000-8000-000000000002".parse().unwrap(),
        stream: Stream::Broadcast,
        up_to: 17,
        also: vec![(20, 22), (30, 30)],
    };
    assert_eq!(String::from_utf8(wire::ack_to_json(&ack)).unwrap(), ACK);
    assert_eq!(wire::ack_from_json(ACK.as_bytes()).unwrap(), ack);
    let short = br#"{"epoch":"0198f0a0-2222-7000-8000-000000000002","stream":"alert","up_to":1}"#;
    assert!(wire::ack_from_json(short).unwrap().also.is_empty());
}

#[test]
fn a_status() {
    let status = Status {
        state: Presence::Online,
        boot_id: "0198f0a0-3333-7000-8000-000000000003".parse().unwrap(),
        epoch: "0198f0a0-2222-7000-8000-000000000002".parse().unwrap(),
        version: "0.1.0".to_owned(),
        site: "da-nang".to_owned(),
        capabilities: vec!["cameras".to_owned()],
    };
    assert_eq!(String::from_utf8(status.to_json()).unwrap(), STATUS);
    assert_eq!(Status::from_json(STATUS.as_bytes()).unwrap(), status);
    assert_eq!(wire::epoch_of(STATUS.as_bytes()), Some(status.epoch));
}

#[test]
fn a_reply() {
    let reply = Reply {
        command_id: "0198f0a0-4444-7000-8000-000000000004".parse().unwrap(),
        state: ReplyState::Refused,
        reason: Some("expired".to_owned()),
    };
    assert_eq!(String::from_utf8(reply.to_json()).unwrap(), REPLY);
    assert_eq!(Reply::from_json(REPLY.as_bytes()).unwrap(), reply);
}

/// What a receiver finds under the signature.
fn signed(kind: &str, data: Value) -> String {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::create(&dir.path().join("authority"), at("2026-09-01T00:00:00Z"));
    let (signer, _) = authority.unwrap().new_command_key().unwrap();
    let token = signer.sign(&Command {
        id: "0198f0a0-5555-7000-8000-000000000005".parse().unwrap(),
        to: "loa-1".parse().unwrap(),
        issuer: "box-cau-tre-1".parse().unwrap(),
        kind: kind.to_owned(),
        issued_at: at("2026-09-01T22:30:00Z"),
        not_after: at("2026-09-02T22:45:00Z"),
        data,
    });
    let payload = token.split('.').nth(1).unwrap();
    String::from_utf8(URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[test]
fn an_order_and_its_stop() {
    let order = Order {
        play: play(),
        content: Content {
            sha256: Sha256::of(b"x"),
            bytes: 123_456,
            duration: Duration::from_millis(20_500),
        },
        start_at: at("2026-09-02T22:30:00.25Z"),
        play_until: at("2026-09-02T22:45:00Z"),
        priority: Priority::Priority,
        volume: 80.try_into().unwrap(),
        owner_level: 0,
        approved_by: "lan".to_owned(),
        resume: Resume::Resume,
        catch_up: Duration::from_secs(600),
    };
    assert_eq!(signed(KIND_PLAY, play_to_json(&order)), PLAY);
    let read: Value = serde_json::from_str(PLAY).unwrap();
    assert_eq!(play_from_json(&read["data"]).unwrap(), order);
    let stop = StopOrder { play: play(), owner_level: 1 };
    assert_eq!(signed(KIND_STOP, stop_to_json(&stop)), STOP);
    let read: Value = serde_json::from_str(STOP).unwrap();
    assert_eq!(stop_from_json(&read["data"]).unwrap(), stop);
}

#[test]
fn a_health() {
    let measured = Measured {
        at: at("2026-09-02T05:30:00Z"),
        clock_trusted: true,
        epoch: "0198f0a0-2222-7000-8000-000000000002".parse().unwrap(),
        mode: Mode::Backlog,
        depth: Some(Depth {
            n_rows: 3,
            n_bytes: 4096,
            oldest_recorded_at: Some(at("2026-09-02T05:28:30Z")),
        }),
        disk: Some(Disk { free_bytes: 9_000_000_000, total_bytes: 30_000_000_000 }),
        temperature_c: Some(48),
    };
    let health = Health::default();
    health.set("clusters", json!({ "loa-1": "online" }));
    assert_eq!(String::from_utf8(health.to_json(&measured)).unwrap(), HEALTH);
    assert_eq!(wire::epoch_of(HEALTH.as_bytes()), Some(measured.epoch));
    let silent = Measured { depth: None, disk: None, temperature_c: None, ..measured };
    let told = wire::health_from_json(&Health::default().to_json(&silent)).unwrap();
    assert_eq!((&told["outbox"], &told["disk"]), (&json!({ "mode": "backlog" }), &Value::Null));
}

/// Recorded as a box records it, and read from its outbox.
async fn recorded(alert: Alert) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let steps = &[
        report::SCHEMA,
        record::SCHEMA,
        record::SCHEMA_EVIDENCE,
        record::SCHEMA_PROOF,
        record::SCHEMA_KEEPING,
    ];
    let (store, thread) = Store::open(&dir.path().join("vong.db"), steps).unwrap();
    let settings = ReporterSettings {
        device: "box-cau-tre-1".parse().unwrap(),
        site: String::new(),
        clock: Arc::new(SystemClock),
        trust: ClockTrust::new(true),
        bound: Bound::default(),
    };
    let reporter = Reporter::open(&store, &thread, settings).await.unwrap();
    let (facts, received) = mpsc::channel(1);
    facts.send(CameraFact::Raised(Box::new(alert))).await.unwrap();
    drop(facts);
    record::run(received, store.clone(), reporter, RoomCall::default()).await;
    let read = |conn: &rusqlite::Connection| {
        conn.query_row("SELECT envelope FROM outbox", [], |row| row.get::<_, Vec<u8>>(0))
    };
    let envelope = wire::envelope_from_json(&store.read(read).await.unwrap()).unwrap();
    assert_eq!((envelope.kind.as_str(), envelope.stream), ("alert.raised", Stream::Alert));
    envelope.data
}

fn file(name: &str, content: &[u8], n_bytes: u64) -> KeptFile {
    let path = format!("pictures/2026-09-02/{name}").into();
    KeptFile { path, sha256: Sha256::of(content), n_bytes }
}

#[tokio::test]
async fn an_alert() {
    let alert = Alert {
        id: "0198f0a0-7777-7000-8000-000000000007".parse().unwrap(),
        camera: "gate".parse().unwrap(),
        zone: "yard".parse().unwrap(),
        zone_name: "Sân chợ".to_owned(),
        rule: "enter",
        severity: Severity::Warning,
        label: "person".to_owned(),
        score: Score::try_from(0.875_4).unwrap(),
        track: 7,
        n_objects: 1,
        area: [0.1, 0.2, 0.3, 0.4],
        began_at: at("2026-09-02T05:29:59.85Z"),
        captured_at: at("2026-09-02T05:30:00.25Z"),
        clock: CaptureClock::Camera,
        raised_at: at("2026-09-02T05:30:00.4Z"),
        snapshot: Snapshot::Kept(Pictures {
            boxed: file("x.jpg", b"x", 51_000),
            original: file("x-original.jpg", b"original", 50_000),
            hidden: vec![[0.1, 0.2, 0.3, 0.4]],
        }),
    };
    let blind = Alert { snapshot: Snapshot::Missing { why: "full".to_owned() }, ..alert.clone() };
    assert_eq!(recorded(alert).await.to_string(), ALERT);
    let mut expected: Value = serde_json::from_str(ALERT).unwrap();
    expected.as_object_mut().unwrap().retain(|key, _| key != "snapshot" && key != "original");
    expected["snapshot_missing"] = json!("full");
    assert_eq!(recorded(blind).await, expected);
}

#[test]
fn a_play_that_is_over_as_a_box_tells_it() {
    let ending = Ending {
        play: play(),
        title: "Bản tin sáng".to_owned(),
        start_at: at("2026-09-02T22:30:00.25Z"),
        content: Sha256::of(b"x"),
        priority: Priority::Priority,
        approved_by: "lan".to_owned(),
        reason: None,
        summary: Summary {
            n_targets: 6,
            n_played: 6,
            skew: Some(SignedDuration::from_micros(2_500)),
            start_error_p50: Some(SignedDuration::from_micros(500)),
            start_error_max: Some(SignedDuration::from_micros(1_500)),
            ..Summary::default()
        },
    };
    assert_eq!(ending.to_json().to_string(), PLAYED);
}

/// What does not depend on the day: keys, and for each value of what kind it is.
fn form(value: &Value) -> Value {
    match value {
        Value::Object(map) => map.iter().map(|(key, it)| (key.clone(), form(it))).collect(),
        Value::Number(it) => if it.is_f64() { "decimal" } else { "integer" }.into(),
        Value::String(text) if text.parse::<Timestamp>().is_ok() => {
            format!("a time, {} characters", text.len()).into()
        }
        Value::String(text) if text.parse::<uuid::Uuid>().is_ok() => "an id".into(),
        Value::String(text) if text.parse::<Sha256>().is_ok() => "a hash".into(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::String(_) => value.clone(),
    }
}

#[test]
fn a_play_that_is_over_as_a_cluster_tells_it() {
    let street = Street::new(1);
    let cluster = &street.plan.clusters[0];
    let _speaker = RunningSpeaker::start(street.config(cluster), SteadyClock);
    street.wait_for_clusters(1);
    street.order(cluster, &order(street.content(1), in_seconds(3)));
    let told = street.wait_for_event(cluster, &["broadcast.played", "broadcast.partial"]);
    assert_eq!(told.kind, "broadcast.played", "{}", told.data);
    assert_eq!(form(&told.data), form(&serde_json::from_str(PLAYED_HERE).unwrap()));
}

#[test]
fn the_topics() {
    let (station, cluster) = ("box-1".parse().unwrap(), "loa-1".parse().unwrap());
    let station = Sender::of_box(station);
    let cluster = Sender::of_cluster(station.station.clone(), cluster);
    let topics = [
        (station.up(Up::Status), "vong/v1/box-1/up/status"),
        (station.up(Up::Health), "vong/v1/box-1/up/health"),
        (station.up(Up::Event), "vong/v1/box-1/up/event"),
        (station.up(Up::Reply), "vong/v1/box-1/up/reply"),
        (station.ack(), "vong/v1/box-1/down/ack"),
        (cluster.up(Up::Event), "vong/v1/box-1/loa/loa-1/up/event"),
        (cluster.ack(), "vong/v1/box-1/loa/loa-1/down/ack"),
        (cluster.command(), "vong/v1/box-1/loa/loa-1/down/command"),
        (cluster.ping(), "vong/v1/box-1/loa/loa-1/down/ping"),
        (cluster.all_down(), "vong/v1/box-1/loa/loa-1/down/#"),
    ];
    for (made, written) in topics {
        assert_eq!(made, written);
    }
}

#[test]
fn the_kinds_and_their_streams() {
    let written = [
        "alert.raised alert",
        "alert.updated alert",
        "alert.cleared alert",
        "alert.acknowledged alert",
        "alert.test alert",
        "camera.offline camera",
        "camera.online camera",
        "camera.frozen camera",
        "camera.dark camera",
        "camera.blurred camera",
        "camera.moved camera",
        "camera.clock_skew camera",
        "camera.low_fps camera",
        "broadcast.ordered broadcast",
        "broadcast.cached broadcast",
        "broadcast.started broadcast",
        "broadcast.played broadcast",
        "broadcast.partial broadcast",
        "broadcast.missed broadcast",
        "broadcast.stopped broadcast",
        "broadcast.heard broadcast",
        "cluster.fault device",
        "cluster.recovered device",
        "cluster.muted device",
        "device.enrolled device",
        "device.renewed device",
        "device.config_applied device",
        "device.config_rolled_back device",
        "device.evicted device",
        "device.storage_replaced device",
        "device.storage_full device",
        "audit.entry audit",
    ];
    let known: Vec<String> =
        Kind::ALL.iter().map(|it| format!("{} {}", it.as_str(), it.stream())).collect();
    assert_eq!(known, written);
}

#[test]
fn what_makes_no_sense_is_refused_with_the_reason() {
    let with = |key: &str, value: Value| {
        let mut wire: Value = serde_json::from_str(ENVELOPE).unwrap();
        wire[key] = value;
        wire::envelope_from_json(wire.to_string().as_bytes()).unwrap_err().to_string()
    };
    assert!(with("seq", json!(0)).contains("sequence number 0"));
    assert!(with("seq", json!(u64::MAX)).contains("2^63"));
    assert!(with("stream", json!("gossip")).contains("\"gossip\" is not a stream"));
    assert!(with("device", json!("a/b")).contains("\"a/b\" is not a device id"));
    assert!(with("occurred_at", json!("yesterday")).contains("RFC 3339"));
    assert!(wire::envelope_from_json(b"\xff\xfe").is_err());
    // A newer sender may say more, and know more kinds.
    let mut newer: Value = serde_json::from_str(ENVELOPE).unwrap();
    newer["kind"] = json!("alert.imagined");
    newer["mood"] = json!("good");
    let newer = wire::envelope_from_json(newer.to_string().as_bytes()).unwrap();
    assert_eq!((newer.kind.as_str(), newer.known_kind()), ("alert.imagined", None));
}
