//! The JSON of `vong detect`. `CocoResult` is COCO's results format, and not ours to change.

use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct Line<'a> {
    pub(super) frame: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<&'a str>,
    /// Media time since the start; pictures have the time of their place in the folder.
    pub(super) time_ms: i64,
    pub(super) width_px: u32,
    pub(super) height_px: u32,
    /// Runs of the detector on this frame. What was not looked at is answered as it was seen last.
    pub(super) looks: usize,
    pub(super) detections: Vec<Seen<'a>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Seen<'a> {
    pub(super) label: &'a str,
    pub(super) category_id: u16,
    pub(super) score: f32,
    pub(super) bbox: [f32; 4],
}

/// What one rule tells at one frame.
#[derive(Debug, Serialize)]
pub(super) struct AlertLine<'a> {
    /// raised, updated or cleared.
    pub(super) event: &'static str,
    pub(super) rule: &'a str,
    /// Unique within the rule.
    pub(super) incident: u64,
    pub(super) frame: u64,
    pub(super) time_ms: i64,
    /// When it began in the video, which is earlier than it was told.
    pub(super) began_ms: i64,
    pub(super) tracks: &'a [u64],
    pub(super) label: &'a str,
    pub(super) score: f32,
    /// Around all that take part.
    pub(super) bbox: [f32; 4],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub(super) struct CocoResult {
    pub(super) image_id: u64,
    pub(super) category_id: u16,
    pub(super) bbox: [f32; 4],
    pub(super) score: f32,
}
