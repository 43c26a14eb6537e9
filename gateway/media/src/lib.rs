//! Video in and out, sound out: the only crate that names GStreamer.

#[cfg(feature = "sim")]
mod clip;
mod cut;
mod element;
mod error;
#[cfg(feature = "sim")]
mod fault;
#[cfg(feature = "sim")]
mod feeder;
mod file;
mod frame;
mod grievance;
mod mask;
#[cfg(feature = "sim")]
mod noise;
mod opus;
#[cfg(feature = "sim")]
mod playhead;
pub mod playout;
mod reader;
mod ring;
mod rtsp;
#[cfg(feature = "sim")]
mod rtsp_server;
mod sound_file;

#[cfg(feature = "sim")]
pub use clip::{Clip, Codec, Encoding};
pub use cut::{CutClip, CutError, Painter, Progress, Treatment, cut};
pub use element::MissingElement;
pub use error::{InitError, VideoError};
#[cfg(feature = "sim")]
pub use fault::{Fault, Reboot};
pub use file::VideoFile;
pub use frame::{FrameMut, PlaneMut, VideoFrame};
pub use mask::Masks;
pub use opus::{Encoded, OpusError, OpusWriter, SAMPLE_RATE_HZ, STORED_BITRATE_BPS, encode_opus};
pub use ring::{Edge, Piece, Ring, RingLimits, Window};
pub use rtsp::{
    CameraError, CameraFrame, CaptureClock, DecoderMemory, DecoderUse, RtspCamera, RtspRecorder,
    RtspSettings, RtspTransport,
};
#[cfg(feature = "sim")]
pub use rtsp_server::{
    Login, LoginScheme, RtspServer, RtspServerError, RtspServerSettings, Stream,
};

pub use sound_file::{SoundCodec, SoundContainer, SoundError, SoundFile, SoundFormat};

/// Loads GStreamer. Call it once, before anything else of this crate; again does nothing.
pub fn init() -> Result<(), InitError> {
    gstreamer::init().map_err(|source| InitError::Library { source: source.into() })?;
    grievance::listen();
    Ok(())
}
