//! A stored sound as the console's API shows and takes it.

use serde::{Deserialize, Serialize};

use crate::ward::broadcast::SoundView;
use crate::web::wire::{instant, length_ms};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Approve {
    /// SHA-256 of the sound that was listened to; without it, what is stored now is approved.
    pub(crate) heard: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Sound {
    id: String,
    /// `alarm` or `chime`.
    kind: &'static str,
    title: String,
    sha256: String,
    bytes: u64,
    duration_ms: u64,
    put_by: String,
    put_at: String,
    approved_by: Option<String>,
    approved_at: Option<String>,
}

impl From<&SoundView> for Sound {
    fn from(view: &SoundView) -> Self {
        let item = &view.item;
        Self {
            id: item.id.to_string(),
            kind: item.kind.as_str(),
            title: item.title.clone(),
            sha256: item.content.sha256.to_string(),
            bytes: item.content.bytes,
            duration_ms: length_ms(item.content.duration),
            put_by: view.put_by.to_string(),
            put_at: instant(view.put_at),
            approved_by: item.approved.as_ref().map(|(by, _)| by.to_string()),
            approved_at: view.approved_at.map(instant),
        }
    }
}
