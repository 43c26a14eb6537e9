//! What a cluster reports of its plays: the data of `broadcast.*` events.

use std::time::Duration;

use broadcast::player::{EndingKind, Report};
use broadcast::{Order, PlayId};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::report::wire::time_text;
use crate::report::{Kind, NewEvent};

/// What was measured of one sound, as far as it has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    /// Box time of the first sample at the sink, without the acoustic delay that was asked for.
    pub(super) started_at: Option<Timestamp>,
    /// `started_at` minus when it was to be.
    pub(super) start_error: Option<SignedDuration>,
    /// Where in the content it began.
    pub(super) seek: Duration,
    pub(super) heard: Option<Duration>,
    pub(super) n_gaps: u32,
    pub(super) worst_error: Duration,
    /// Box minus local, and its bound, when the sound began.
    pub(super) clock: Option<(SignedDuration, Duration)>,
}

pub(super) fn event(
    order: &Order,
    report: &Report,
    measured: Option<&Measured>,
    now: Timestamp,
) -> NewEvent {
    let mut data = json!({
        "bulletin_id": order.play.bulletin.to_string(),
        "occurrence": time_text(order.play.occurrence),
        "content_sha256": order.content.sha256.to_string(),
        "ordered_start_at": time_text(order.start_at),
    });
    let kind = match report {
        Report::Ordered => Kind::BroadcastOrdered,
        Report::Cached => Kind::BroadcastCached,
        Report::Started { .. } => Kind::BroadcastStarted,
        Report::Ended(ending) => {
            if !ending.reason.is_empty() {
                data["reason"] = json!(ending.reason);
            }
            match ending.kind {
                EndingKind::Played => Kind::BroadcastPlayed,
                EndingKind::Partial => Kind::BroadcastPartial,
                EndingKind::Missed => Kind::BroadcastMissed,
                EndingKind::Stopped => Kind::BroadcastStopped,
            }
        }
    };
    let is_sounding = matches!(report, Report::Started { .. } | Report::Ended(_));
    if let Some(measured) = measured.filter(|_| is_sounding) {
        measured.add_to(&mut data);
    }
    let occurred_at = if let Report::Started { at } = report { *at } else { now };
    NewEvent { kind, occurred_at, data }
}

/// A play that was stopped before its order came: nothing more is known of it.
pub(super) fn barred(play: PlayId, now: Timestamp) -> NewEvent {
    let data = json!({
        "bulletin_id": play.bulletin.to_string(),
        "occurrence": time_text(play.occurrence),
        "reason": "stopped before its order came",
    });
    NewEvent { kind: Kind::BroadcastStopped, occurred_at: now, data }
}

impl Measured {
    fn add_to(&self, data: &mut Value) {
        if let Some(at) = self.started_at {
            // Skew is computed from these: a millisecond would be too coarse.
            data["started_at"] = json!(format!("{at:.6}"));
        }
        if let Some(error) = self.start_error {
            data["start_error_ms"] = json!(millis(error.as_secs_f64()));
        }
        data["seek_ms"] = json!(millis(self.seek.as_secs_f64()));
        if let Some((offset, bound)) = self.clock {
            let (offset, bound) = (offset.as_secs_f64(), bound.as_secs_f64());
            data["clock"] = json!({ "offset_ms": millis(offset), "error_bound_ms": millis(bound) });
        }
        if let Some(heard) = self.heard {
            data["heard_ms"] = json!(millis(heard.as_secs_f64()));
            data["n_gaps"] = json!(self.n_gaps);
            data["worst_error_ms"] = json!(millis(self.worst_error.as_secs_f64()));
        }
    }
}

/// Milliseconds with three digits behind the point.
fn millis(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e3
}
