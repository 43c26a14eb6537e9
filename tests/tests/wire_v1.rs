//! The MQTT contract v1, byte for byte. If this fails, do not change the test: devices in the field
//! send and expect exactly this. Add a field that old receivers ignore, or make a v2.

use gateway::report::topics::{Sender, Up};
use gateway::report::wire::{self, Presence, Reply, ReplyState, Status};
use gateway::report::{Ack, Envelope, Kind, Stream};
use serde_json::{Value, json};

const ENVELOPE: &str = r#"{"id":"0198f0a0-1111-7000-8000-000000000001","device":"box-cau-tre-1","epoch":"0198f0a0-2222-7000-8000-000000000002","stream":"alert","seq":41,"kind":"alert.raised","occurred_at":"2026-09-02T05:30:00.250Z","recorded_at":"2026-09-02T05:30:00.400Z","clock_trusted":true,"site":"da-nang/hai-chau/cau-tre","data":{"camera":"gate","score":0.5}}"#;
const ACK: &str = r#"{"epoch":"0198f0a0-2222-7000-8000-000000000002","stream":"broadcast","up_to":17,"also":[[20,22],[30,30]]}"#;
const STATUS: &str = r#"{"state":"online","boot_id":"0198f0a0-3333-7000-8000-000000000003","epoch":"0198f0a0-2222-7000-8000-000000000002","version":"0.1.0","site":"da-nang","capabilities":["cameras"]}"#;
const REPLY: &str =
    r#"{"command_id":"0198f0a0-4444-7000-8000-000000000004","state":"refused","reason":"expired"}"#;

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
