//! A play as the console's API shows it.

use base::DeviceId;
use jiff::SignedDuration;
use serde::Serialize;

use crate::ward::broadcast::{Outcome, PlayStage, PlayView, Summary, TargetStage, TargetView};
use crate::web::wire::{instant, length_ms};

#[derive(Debug, Serialize)]
pub(crate) struct Plays {
    /// Of the next day, the soonest first.
    pub(crate) next: Vec<Play>,
    /// The latest first.
    pub(crate) last: Vec<Play>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Play {
    bulletin_id: String,
    occurrence: String,
    title: String,
    priority: &'static str,
    start_at: String,
    duration_ms: u64,
    /// `held_back`, `ordered`, `playing`, `withdrawn`, or how it ended: `played`, `partial`,
    /// `missed`, `stopped`.
    state: &'static str,
    /// Why it was held back, withdrawn or missed.
    reason: Option<String>,
    skew_ms: Option<f64>,
    start_error_max_ms: Option<f64>,
    receipts: Vec<Receipt>,
}

#[derive(Debug, Serialize)]
struct Receipt {
    cluster: String,
    cluster_name: String,
    state: &'static str,
    reason: Option<String>,
    started_at: Option<String>,
    start_error_ms: Option<f64>,
}

impl Play {
    pub(crate) fn new(play: &PlayView, name_of: impl Fn(&DeviceId) -> String) -> Self {
        let summary = play.summary.as_ref();
        let is_heard = play.targets.iter().any(|it| it.stage == TargetStage::Started);
        Self {
            bulletin_id: play.play.bulletin.to_string(),
            occurrence: instant(play.play.occurrence),
            title: play.title.clone(),
            priority: play.priority.as_str(),
            start_at: instant(play.start_at),
            duration_ms: length_ms(play.duration),
            state: state(play.stage, summary.map(Summary::outcome), is_heard),
            reason: play.reason.clone(),
            skew_ms: summary.and_then(|it| it.skew).map(milliseconds),
            start_error_max_ms: summary.and_then(|it| it.start_error_max).map(milliseconds),
            receipts: play.targets.iter().map(|it| Receipt::new(it, &name_of)).collect(),
        }
    }
}

impl Receipt {
    fn new(target: &TargetView, name_of: &impl Fn(&DeviceId) -> String) -> Self {
        Self {
            cluster: target.cluster.to_string(),
            cluster_name: name_of(&target.cluster),
            state: target.stage.as_str(),
            reason: target.reason.clone(),
            started_at: target.started_at.map(instant),
            start_error_ms: target.start_error.map(milliseconds),
        }
    }
}

/// `is_heard`: on some cluster at least.
pub(crate) fn state(stage: PlayStage, outcome: Option<Outcome>, is_heard: bool) -> &'static str {
    match (stage, outcome) {
        (PlayStage::Closed, Some(Outcome::Played)) => "played",
        (PlayStage::Closed, Some(Outcome::Partial)) => "partial",
        (PlayStage::Closed, Some(Outcome::Stopped)) => "stopped",
        (PlayStage::Closed, Some(Outcome::Missed) | None) => "missed",
        (PlayStage::Ordered, _) if is_heard => "playing",
        (PlayStage::HeldBack | PlayStage::Ordered | PlayStage::Withdrawn, _) => stage.as_str(),
    }
}

/// To the microsecond, as receipts have it.
fn milliseconds(span: SignedDuration) -> f64 {
    span.as_secs_f64() * 1000.0
}
