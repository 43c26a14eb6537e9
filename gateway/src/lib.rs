//! The gateway: builds the parts, connects them, runs them, stops them in order.

pub mod centre;
pub mod cli;
pub mod clock_trust;
pub mod config;
pub mod daemon;
#[cfg(feature = "onnx")]
pub mod engine;
pub mod field;
mod log;
#[cfg(all(feature = "gst", feature = "onnx"))]
mod machine;
pub mod order;
#[cfg(all(feature = "gst", feature = "onnx"))]
mod ranges;
pub mod recording;
pub mod report;
pub mod signals;
#[cfg(feature = "gst")]
pub mod speaker;
pub mod store;
pub mod timekeeping;
pub mod tls;
pub mod voice;
#[cfg(all(feature = "gst", feature = "onnx"))]
pub mod ward;
#[cfg(all(feature = "gst", feature = "onnx"))]
pub mod web;
pub mod workbench;
