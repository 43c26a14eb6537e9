//! The log of views as the console's API shows it.

use serde::{Deserialize, Serialize};

use crate::web::view;
use crate::web::wire::instant;

pub(crate) const MOST_LISTED: u32 = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limit {
    #[serde(default = "default_limit")]
    pub(crate) limit: u32,
}

/// Why a picture or clip is wanted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Why {
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct View {
    id: i64,
    at: String,
    user: String,
    camera: String,
    camera_name: String,
    /// `null`: the camera's picture of that moment.
    alert: Option<String>,
    /// `picture`, `clip` or `live`.
    what: String,
    reason: String,
}

impl View {
    pub(crate) fn new(view: view::View, camera_name: String) -> Self {
        let view::View { id, at, user, camera, alert, what, reason } = view;
        Self { id, at: instant(at), user, camera, camera_name, alert, what, reason }
    }
}

fn default_limit() -> u32 {
    100
}
