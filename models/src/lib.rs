//! From pixels to facts: detect, track, and judge what was seen.
//!
//! Pure, but for `onnx`: pictures, boxes and times go in, boxes, tracks and alerts come out.

mod detection;
#[cfg(feature = "onnx")]
mod head;
mod label;
#[cfg(feature = "onnx")]
mod letterbox;
mod manifest;
mod motion;
#[cfg(feature = "onnx")]
mod onnx;
mod polygon;
mod rule;
pub mod snapshot;
mod still;
mod tracker;

pub use detection::{Detect, DetectError, Detection, Rect};
pub use label::Labels;
pub use manifest::{
    Channels, Entry, FileCheck, Fit, HeadKind, HeadSpec, Input, Manifest, ManifestError,
};
pub use motion::MotionGate;
#[cfg(feature = "onnx")]
pub use onnx::{Engine, OnnxDetector, OpenError, What, open_detector};
pub use polygon::{Polygon, PolygonError};
pub use rule::{EnterRule, EnterSettings, Entered};
pub use still::{Still, StillError};
pub use tracker::{Expected, Pace, STANDING_AFTER, Sighting, Track, Tracker, TrackerSettings};
