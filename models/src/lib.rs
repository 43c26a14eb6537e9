//! From pixels to facts: detect, track, and judge what was seen.
//!
//! Pure, but for `onnx`: pictures, boxes and times go in, boxes, tracks and alerts come out.

mod detection;
#[cfg(feature = "onnx")]
mod head;
mod label;
#[cfg(feature = "onnx")]
mod letterbox;
mod line;
mod manifest;
mod motion;
#[cfg(feature = "onnx")]
mod onnx;
mod polygon;
mod rule;
mod segment;
pub mod snapshot;
mod still;
mod tracker;

pub use detection::{Detect, DetectError, Detection, Rect};
pub use label::Labels;
pub use line::{Line, LineError};
pub use manifest::{
    Channels, Entry, FileCheck, Fit, HeadKind, HeadSpec, Input, Manifest, ManifestError,
};
pub use motion::MotionGate;
#[cfg(feature = "onnx")]
pub use onnx::{Engine, OnnxDetector, OpenError, What, open_detector};
pub use polygon::{Polygon, PolygonError};
pub use rule::{
    ClearReason, Heading, HeadingError, Hours, HoursError, Incident, LineDirection, Rule,
    RuleEvent, RuleKind, RuleSet, RuleSettings, WeekSpan,
};
pub use still::{Still, StillError};
pub use tracker::{Sighting, Track, Tracker, TrackerSettings};
