//! Why a camera gives no pictures, by what a person would do about it.

use std::time::Duration;

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
    #[error("the camera sends {codec}, which is not supported: set it to H.264 or H.265")]
    UnsupportedCodec { codec: String },
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

/// `rtspsrc` and the decoder speak in domains; the texts name no url and no login.
pub(crate) fn from_gst(error: &glib::Error) -> CameraError {
    let why = error.message().trim_end_matches('.').to_owned();
    let kind = error.kind::<gst::ResourceError>();
    if kind == Some(gst::ResourceError::NotAuthorized) {
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
