//! What the centre is told of a play that is over. Frozen by `tests/tests/wire_v1.rs`.

use base::Sha256;
use broadcast::{PlayId, Priority};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::skew::Summary;
use crate::report::wire::time_text;

/// `data` of the one event that ends a play: `broadcast.played`, `.partial`, `.missed`, `.stopped`.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    pub play: PlayId,
    pub title: String,
    pub start_at: Timestamp,
    pub content: Sha256,
    pub priority: Priority,
    pub approved_by: String,
    /// Why it was held back or withdrawn.
    pub reason: Option<String>,
    pub summary: Summary,
}

impl Ending {
    pub fn to_json(&self) -> Value {
        let sum = &self.summary;
        json!({
            "bulletin_id": self.play.bulletin,
            "occurrence": time_text(self.play.occurrence),
            "title": self.title,
            "start_at": time_text(self.start_at),
            "content_sha256": self.content.to_string(),
            "priority": self.priority.as_str(),
            "approved_by": self.approved_by,
            "reason": self.reason,
            "targets": sum.n_targets,
            "played": sum.n_played,
            "partial": sum.n_partial,
            "missed": sum.n_missed,
            "stopped": sum.n_stopped,
            "caught_up": sum.n_caught_up,
            "skew_ms": in_ms(sum.skew),
            "start_error_p50_ms": in_ms(sum.start_error_p50),
            "start_error_max_ms": in_ms(sum.start_error_max),
        })
    }
}

fn in_ms(duration: Option<SignedDuration>) -> Value {
    duration.map_or(Value::Null, |it| json!(it.as_secs_f64() * 1_000.0))
}
