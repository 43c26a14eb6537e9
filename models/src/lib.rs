//! From pixels to facts: detect, track, and judge what was seen.
//!
//! Pure, but for `onnx`: pictures, boxes and times go in, boxes, tracks and alerts come out.

mod attention;
mod detection;
#[cfg(feature = "onnx")]
mod head;
mod label;
mod latch;
mod lens;
#[cfg(feature = "onnx")]
mod letterbox;
mod line;
mod look;
mod lookout;
mod luma;
mod manifest;
mod motion;
#[cfg(feature = "onnx")]
mod onnx;
mod photo;
mod polygon;
mod provider;
mod region;
mod rule;
mod segment;
pub mod snapshot;
mod still;
mod tracker;

pub use attention::{Attention, Interest, Look, Pace};
pub use detection::{Detect, DetectError, Detection, Rect};
pub use label::Labels;
pub use latch::Latch;
pub use lens::{Complaint, Lens, sharpness_of};
pub use line::{Line, LineError};
pub use look::{Seen, look};
pub use lookout::{Gate, Lookout};
pub use luma::SmallLuma;
pub use manifest::{
    Channels, Entry, FileCheck, Fit, HeadKind, HeadSpec, Input, Manifest, ManifestError,
};
pub use motion::{MotionDetector, Moved};
#[cfg(feature = "onnx")]
pub use onnx::{
    Delivery, Engine, OnnxDetector, OnnxVoice, OpenError, VoiceError, What, open_detector,
    open_voice,
};
pub use photo::Photo;
pub use polygon::{Polygon, PolygonError};
pub use provider::{Device, Provider, ProviderError};
pub use rule::{
    ClearReason, Heading, HeadingError, Hours, HoursError, Incident, LineDirection, Rule,
    RuleEvent, RuleKind, RuleSet, RuleSettings, WeekSpan,
};
pub use still::{Still, StillError};
pub use tracker::{STANDING_AFTER, Sighting, Track, Tracker, TrackerSettings};
