//! An alert as the console's API shows it.

use serde::{Deserialize, Serialize};

use crate::web::alert;
use crate::web::wire::instant;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limit {
    #[serde(default = "default_limit")]
    pub(crate) limit: u32,
}

#[derive(Debug, Serialize)]
pub(crate) struct Alert {
    id: String,
    camera: String,
    camera_name: String,
    zone: String,
    zone_name: String,
    label: String,
    /// 0 to 1.
    score: f64,
    severity: String,
    /// When the camera took the picture, and when the rule fired.
    at: String,
    raised_at: String,
    has_picture: bool,
}

impl Alert {
    pub(crate) fn new(alert: alert::Alert, camera_name: String) -> Self {
        Self {
            id: alert.id,
            camera: alert.camera,
            camera_name,
            zone: alert.zone,
            zone_name: alert.zone_name,
            label: alert.label,
            score: alert.score,
            severity: alert.severity,
            at: instant(alert.captured_at),
            raised_at: instant(alert.raised_at),
            has_picture: alert.has_picture,
        }
    }
}

fn default_limit() -> u32 {
    50
}
