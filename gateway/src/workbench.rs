//! Commands for whoever chooses, measures or debugs: each runs once, prints, and ends.

#[cfg(all(feature = "gst", feature = "onnx"))]
pub mod bench;
#[cfg(feature = "onnx")]
pub mod detect;
pub mod library;
pub mod plan;
pub mod say;
#[cfg(feature = "sim")]
pub mod sim;
