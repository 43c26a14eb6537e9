//! Video in and out, sound out: the only crate that names GStreamer.

#[cfg(feature = "sim")]
mod clip;
mod element;
mod error;
#[cfg(feature = "sim")]
mod feeder;
mod file;
mod frame;
mod opus;
pub mod playout;
mod reader;
mod rtsp;
#[cfg(feature = "sim")]
mod rtsp_server;

#[cfg(feature = "sim")]
pub use clip::{Clip, Codec};
pub use element::MissingElement;
pub use error::{InitError, VideoError};
pub use file::VideoFile;
pub use frame::VideoFrame;
pub use opus::{Encoded, OpusError, OpusWriter, SAMPLE_RATE_HZ, STORED_BITRATE_BPS, encode_opus};
pub use rtsp::{CameraError, CameraFrame, CaptureClock, RtspCamera, RtspSettings, RtspTransport};
#[cfg(feature = "sim")]
pub use rtsp_server::{
    Fault, Login, LoginScheme, RtspServer, RtspServerError, RtspServerSettings, Stream,
};

/// Loads GStreamer. Call it once, before anything else of this crate; again does nothing.
pub fn init() -> Result<(), InitError> {
    gstreamer::init().map_err(|source| InitError::Library { source: source.into() })
}
