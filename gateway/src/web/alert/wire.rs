//! An alert as the console's API shows it.

use serde::{Deserialize, Serialize};

use crate::web::alert::{self, Clip};
use crate::web::wire::instant;

/// Which alerts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    #[serde(default = "default_limit")]
    pub(crate) limit: u32,
    pub(crate) camera: Option<String>,
    /// Those that go on, or those that are over; all unless given.
    pub(crate) open: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Look {
    #[serde(default)]
    pub(crate) kind: PictureKind,
    pub(crate) reason: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PictureKind {
    /// With a frame around what the alert is about.
    #[default]
    Boxed,
    Original,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hold {
    pub(crate) reason: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Alert {
    id: String,
    camera: String,
    camera_name: String,
    zone: String,
    zone_name: String,
    /// The rule's kind: `enter`, `leave`, `line`, `loiter`, `crowd`, `stopped_vehicle`, `wrong_way`.
    rule: String,
    label: String,
    /// 0 to 1.
    score: f64,
    n_objects: i64,
    severity: String,
    /// When it began in the pictures, when the camera took the one that raised it, and when the rule
    /// fired.
    began_at: Option<String>,
    at: String,
    raised_at: String,
    /// `null` while it goes on.
    cleared_at: Option<String>,
    clear_reason: Option<String>,
    has_picture: bool,
    has_clip: bool,
    /// Why there is none. A clip that is still being cut has neither.
    clip_missing: Option<String>,
    clip_ms: Option<i64>,
    acknowledged_by: Option<String>,
    acknowledged_at: Option<String>,
    held: Option<Held>,
}

/// A legal hold.
#[derive(Debug, Serialize)]
pub(crate) struct Held {
    by: String,
    at: String,
    reason: String,
}

impl Alert {
    pub(crate) fn new(alert: alert::Alert, camera_name: String) -> Self {
        let (clip_ms, clip_missing) = match alert.clip {
            Clip::Kept { ms } => (Some(ms), None),
            Clip::Missing { why } => (None, Some(why)),
            Clip::Awaited => (None, None),
        };
        let (cleared_at, clear_reason) =
            alert.cleared.map_or((None, None), |it| (Some(instant(it.at)), it.reason));
        let (acknowledged_by, acknowledged_at) =
            alert.acknowledged.map(|it| (it.by, instant(it.at))).unzip();
        Self {
            id: alert.id,
            camera: alert.camera,
            camera_name,
            zone: alert.zone,
            zone_name: alert.zone_name,
            rule: alert.rule,
            label: alert.label,
            score: alert.score,
            n_objects: alert.n_objects,
            severity: alert.severity,
            began_at: alert.began_at.map(instant),
            at: instant(alert.captured_at),
            raised_at: instant(alert.raised_at),
            cleared_at,
            clear_reason,
            has_picture: alert.has_picture,
            has_clip: clip_ms.is_some(),
            clip_missing,
            clip_ms,
            acknowledged_by,
            acknowledged_at,
            held: alert.held.map(|it| Held { by: it.by, at: instant(it.at), reason: it.reason }),
        }
    }
}

fn default_limit() -> u32 {
    50
}
