//! `order.play` and `order.stop` as JSON (design section 6), converted by hand.

use std::time::Duration;

use base::{Sha256, Sha256Error};
use broadcast::{Content, Order, OrderError, PlayId, Volume};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Serialize, Deserialize)]
struct PlayV1 {
    bulletin_id: Uuid,
    occurrence: Timestamp,
    content: ContentV1,
    start_at: Timestamp,
    play_until: Timestamp,
    priority: String,
    volume: u8,
    owner_level: u8,
    approved_by: String,
    resume: String,
    catch_up_ms: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct ContentV1 {
    sha256: String,
    bytes: u64,
    duration_ms: u64,
    codec: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct StopV1 {
    bulletin_id: Uuid,
    occurrence: Timestamp,
    owner_level: u8,
}

/// Ends one play, before or while it sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopOrder {
    pub play: PlayId,
    /// As in [`Order::owner_level`]: a lower level than the play's own is refused.
    pub owner_level: u8,
}

/// Why the data of a command is not an order. The text goes back to the sender as the reason.
#[derive(Debug, thiserror::Error)]
pub enum OrderWireError {
    #[error("order data is not what version 1 says: {0}")]
    Shape(#[from] serde_json::Error),
    #[error("content.codec {0:?} is not known: send opus")]
    Codec(String),
    #[error(transparent)]
    Hash(#[from] Sha256Error),
    #[error(transparent)]
    Order(#[from] OrderError),
}

pub fn play_to_json(order: &Order) -> serde_json::Value {
    let content = ContentV1 {
        sha256: order.content.sha256.to_string(),
        bytes: order.content.bytes,
        duration_ms: millis(order.content.duration),
        codec: "opus".to_owned(),
    };
    let play = PlayV1 {
        bulletin_id: order.play.bulletin,
        occurrence: order.play.occurrence,
        content,
        start_at: order.start_at,
        play_until: order.play_until,
        priority: order.priority.as_str().to_owned(),
        volume: order.volume.percent(),
        owner_level: order.owner_level,
        approved_by: order.approved_by.clone(),
        resume: order.resume.as_str().to_owned(),
        catch_up_ms: millis(order.catch_up),
    };
    serde_json::to_value(play).expect("strings, numbers and ids always fit JSON")
}

/// Unknown fields are let pass, so that a newer box can order an older cluster. The caller still
/// has [`Order::check`] to ask.
pub fn play_from_json(data: &serde_json::Value) -> Result<Order, OrderWireError> {
    let play = PlayV1::deserialize(data)?;
    if play.content.codec != "opus" {
        return Err(OrderWireError::Codec(play.content.codec));
    }
    Ok(Order {
        play: PlayId { bulletin: play.bulletin_id, occurrence: play.occurrence },
        content: Content {
            sha256: play.content.sha256.parse::<Sha256>()?,
            bytes: play.content.bytes,
            duration: Duration::from_millis(play.content.duration_ms),
        },
        start_at: play.start_at,
        play_until: play.play_until,
        priority: play.priority.parse()?,
        volume: Volume::try_from(play.volume)?,
        owner_level: play.owner_level,
        approved_by: play.approved_by,
        resume: play.resume.parse()?,
        catch_up: Duration::from_millis(play.catch_up_ms),
    })
}

pub fn stop_to_json(stop: &StopOrder) -> serde_json::Value {
    let PlayId { bulletin, occurrence } = stop.play;
    let stop = StopV1 { bulletin_id: bulletin, occurrence, owner_level: stop.owner_level };
    serde_json::to_value(stop).expect("numbers and ids always fit JSON")
}

pub fn stop_from_json(data: &serde_json::Value) -> Result<StopOrder, OrderWireError> {
    let stop = StopV1::deserialize(data)?;
    let play = PlayId { bulletin: stop.bulletin_id, occurrence: stop.occurrence };
    Ok(StopOrder { play, owner_level: stop.owner_level })
}

/// Saturates: half a billion years is long enough.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample() -> serde_json::Value {
        json!({
            "bulletin_id": "01989f2e-6f00-7000-8000-000000000001",
            "occurrence": "2026-09-02T22:30:00Z",
            "content": {"sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                        "bytes": 123_456, "duration_ms": 20_500, "codec": "opus"},
            "start_at": "2026-09-02T22:30:00Z", "play_until": "2026-09-02T22:45:00Z",
            "priority": "priority", "volume": 80, "owner_level": 0, "approved_by": "lan",
            "resume": "restart", "catch_up_ms": 600_000
        })
    }

    #[test]
    fn an_order_survives_the_wire() {
        let order = play_from_json(&sample()).unwrap();
        assert_eq!(order.content.duration, Duration::from_millis(20_500));
        assert_eq!(play_to_json(&order), sample());
        let stop = StopOrder { play: order.play, owner_level: 1 };
        assert_eq!(stop_from_json(&stop_to_json(&stop)).unwrap(), stop);
    }

    #[test]
    fn a_bad_order_says_what_is_wrong() {
        let with = |pointer: &str, value: serde_json::Value| {
            let mut data = sample();
            *data.pointer_mut(pointer).unwrap() = value;
            play_from_json(&data).unwrap_err().to_string()
        };
        assert!(with("/volume", json!(101)).contains("0..=100"));
        assert!(with("/content/codec", json!("mp3")).contains("send opus"));
        assert!(with("/content/sha256", json!("12")).contains("SHA-256"));
        assert!(with("/priority", json!("urgent")).contains("use normal, priority or emergency"));
        assert!(with("/start_at", json!("tomorrow")).contains("version 1"));
    }
}
