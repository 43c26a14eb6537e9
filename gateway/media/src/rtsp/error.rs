//! Why a camera gives no pictures, by what a person would do about it.

use std::time::Duration;

use base::Size;
use gstreamer as gst;
use gstreamer::glib;

use crate::element::MissingElement;

#[derive(Clone, Debug, thiserror::Error)]
pub enum CameraError {
    /// Asking again soon locks some cameras: the caller waits long.
    #[error("the camera refuses the user name or the password")]
    Unauthorised,
    #[error("the camera cannot be reached: {why}")]
    Unreachable { why: String },
    #[error("the camera has no stream at this path: check the end of its url")]
    NoSuchStream,
    #[error("the camera sends {codec}, which is not supported: set it to H.264, H.265 or MJPEG")]
    UnsupportedCodec { codec: String },
    /// Refused before anything is decoded: each picture would take 1.5 bytes a pixel, many times over.
    #[error(
        "the camera sends {}x{} pictures; at most 3840x2160 or as many pixels are decoded: \
         set the camera to a smaller size", .size.width, .size.height
    )]
    TooLarge { size: Size },
    #[error("no picture came for {} s", .after.as_secs())]
    Stalled { after: Duration },
    #[error("the stream cannot be decoded: {why}")]
    Undecodable { why: String },
    #[error("the camera ended the stream: {why}")]
    Ended { why: String },
    #[error(transparent)]
    MissingElement(#[from] MissingElement),
}

impl CameraError {
    /// A connection that breaks is another matter than one that never stood.
    pub(crate) fn seen_later(self, has_pictures: bool) -> Self {
        if let (Self::Unreachable { why }, true) = (&self, has_pictures) {
            return Self::Ended { why: why.clone() };
        }
        self
    }
}

/// Of a decoder that gives up, and of one that never begins.
pub(crate) const NOT_PICTURES: &str = "packets come, but no picture can be made of them";

/// Of a stream of which no picture arrives whole.
pub(crate) const LOSSY: &str =
    "packets get lost on the way, and no picture is whole: use TCP, or mend the network";

/// `rtspsrc` and the decoder speak in domains; the texts name no url and no login.
/// What a decoder says of its resources is about a chip, and not about the camera.
pub(crate) fn from_gst(error: &glib::Error, is_decoder: bool) -> CameraError {
    let why = error.message().trim_end_matches('.').to_owned();
    let kind = error.kind::<gst::ResourceError>();
    if is_decoder && kind.is_some() {
        CameraError::Undecodable { why }
    } else if kind == Some(gst::ResourceError::NotAuthorized) {
        CameraError::Unauthorised
    } else if kind == Some(gst::ResourceError::NotFound) {
        CameraError::NoSuchStream
    } else if kind.is_some() {
        CameraError::Unreachable { why }
    } else if error.kind::<gst::StreamError>() == Some(gst::StreamError::Decode) {
        CameraError::Undecodable { why: NOT_PICTURES.to_owned() }
    } else {
        CameraError::Undecodable { why }
    }
}
