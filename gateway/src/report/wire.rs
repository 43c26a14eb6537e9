//! The MQTT contract v1 as JSON. Frozen by `tests/tests/wire_v1.rs`: fields are added, never changed.

use base::DeviceId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{Ack, Envelope, Stream};

/// The longest payload that any of our topics carries; larger content goes by hash over HTTPS.
pub const LARGEST_PAYLOAD_BYTES: usize = 64 << 10;

#[derive(Debug, thiserror::Error)]
pub enum WireError {
    #[error("not the JSON that was expected")]
    Json(#[from] serde_json::Error),
    #[error("{0:?} is not a device id")]
    Device(String),
    #[error("{0:?} is not a time: RFC 3339 is needed")]
    Time(String),
    #[error("{0:?} is not a stream")]
    Stream(String),
    #[error("sequence number {0}: they go from 1 to 2^63 - 1")]
    Seq(u64),
}

#[derive(Serialize, Deserialize)]
struct EnvelopeV1 {
    id: Uuid,
    device: String,
    epoch: Uuid,
    stream: String,
    seq: u64,
    kind: String,
    occurred_at: String,
    recorded_at: String,
    clock_trusted: bool,
    site: String,
    data: Value,
}

#[derive(Serialize, Deserialize)]
struct AckV1 {
    epoch: Uuid,
    stream: String,
    up_to: u64,
    #[serde(default)]
    also: Vec<(u64, u64)>,
}

/// `up/status`: retained, and the last will with `offline`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub state: Presence,
    /// New with every start of the program: tells a restart from a lost connection.
    pub boot_id: Uuid,
    /// Of the outbox, so that a receiver can say at once what it has of it.
    pub epoch: Uuid,
    pub version: String,
    pub site: String,
    #[serde(default)]
    pub capabilities: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    Online,
    Offline,
}

/// `up/reply`: what became of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    pub command_id: Uuid,
    pub state: ReplyState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReplyState {
    Accepted,
    Done,
    Refused,
    Expired,
}

/// RFC 3339 in UTC with milliseconds: `2026-09-02T05:30:00.000Z`.
pub fn time_text(at: Timestamp) -> String {
    format!("{at:.3}")
}

pub fn parse_time(text: &str) -> Result<Timestamp, WireError> {
    text.parse().map_err(|_| WireError::Time(text.to_owned()))
}

pub fn envelope_to_json(envelope: &Envelope) -> Vec<u8> {
    json(&EnvelopeV1 {
        id: envelope.id,
        device: envelope.device.to_string(),
        epoch: envelope.epoch,
        stream: envelope.stream.to_string(),
        seq: envelope.seq,
        kind: envelope.kind.clone(),
        occurred_at: time_text(envelope.occurred_at),
        recorded_at: time_text(envelope.recorded_at),
        clock_trusted: envelope.clock_trusted,
        site: envelope.site.clone(),
        data: envelope.data.clone(),
    })
}

pub fn envelope_from_json(payload: &[u8]) -> Result<Envelope, WireError> {
    let wire: EnvelopeV1 = serde_json::from_slice(payload)?;
    if wire.seq == 0 || i64::try_from(wire.seq).is_err() {
        return Err(WireError::Seq(wire.seq));
    }
    Ok(Envelope {
        id: wire.id,
        device: parse_device(&wire.device)?,
        epoch: wire.epoch,
        stream: parse_stream(&wire.stream)?,
        seq: wire.seq,
        kind: wire.kind,
        occurred_at: parse_time(&wire.occurred_at)?,
        recorded_at: parse_time(&wire.recorded_at)?,
        clock_trusted: wire.clock_trusted,
        site: wire.site,
        data: wire.data,
    })
}

pub fn ack_to_json(ack: &Ack) -> Vec<u8> {
    json(&AckV1 {
        epoch: ack.epoch,
        stream: ack.stream.to_string(),
        up_to: ack.up_to,
        also: ack.also.clone(),
    })
}

pub fn ack_from_json(payload: &[u8]) -> Result<Ack, WireError> {
    let wire: AckV1 = serde_json::from_slice(payload)?;
    let stream = parse_stream(&wire.stream)?;
    Ok(Ack { epoch: wire.epoch, stream, up_to: wire.up_to, also: wire.also })
}

/// Health is an open map: each part of a device adds its own entry.
pub fn health_from_json(payload: &[u8]) -> Result<Value, WireError> {
    Ok(Value::Object(serde_json::from_slice(payload)?))
}

/// The epoch in a status or a health, if it has one.
pub fn epoch_of(payload: &[u8]) -> Option<Uuid> {
    #[derive(Deserialize)]
    struct Epoch {
        epoch: Uuid,
    }
    serde_json::from_slice::<Epoch>(payload).ok().map(|it| it.epoch)
}

impl Status {
    pub fn to_json(&self) -> Vec<u8> {
        json(self)
    }

    pub fn from_json(payload: &[u8]) -> Result<Self, WireError> {
        Ok(serde_json::from_slice(payload)?)
    }
}

impl Reply {
    pub fn to_json(&self) -> Vec<u8> {
        json(self)
    }

    pub fn from_json(payload: &[u8]) -> Result<Self, WireError> {
        Ok(serde_json::from_slice(payload)?)
    }
}

pub fn parse_device(text: &str) -> Result<DeviceId, WireError> {
    text.parse().map_err(|_| WireError::Device(text.to_owned()))
}

pub fn parse_stream(text: &str) -> Result<Stream, WireError> {
    Stream::parse(text).ok_or_else(|| WireError::Stream(text.to_owned()))
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("strings, numbers and maps with string keys always serialise")
}
