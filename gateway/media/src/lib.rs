//! Video in and out, sound out: the only crate that names GStreamer.

mod element;
mod error;
mod file;
mod frame;
mod opus;

pub use element::MissingElement;
pub use error::{InitError, VideoError};
pub use file::VideoFile;
pub use frame::VideoFrame;
pub use opus::{Encoded, OpusError, OpusWriter, SAMPLE_RATE_HZ, STORED_BITRATE_BPS, encode_opus};

/// Loads GStreamer. Call it once, before anything else of this crate; again does nothing.
pub fn init() -> Result<(), InitError> {
    gstreamer::init().map_err(|source| InitError::Library { source: source.into() })
}
