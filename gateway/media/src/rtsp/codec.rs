//! What a camera may send, and which elements take it from packets to whole pictures.

/// A codec of a camera, by its name in SDP (RFC 6184, RFC 7798, RFC 2435).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coded {
    H264,
    H265,
    Jpeg,
}

impl Coded {
    pub(crate) fn from_encoding_name(name: &str) -> Option<Self> {
        match name {
            "H264" => Some(Self::H264),
            "H265" => Some(Self::H265),
            "JPEG" => Some(Self::Jpeg),
            _ => None,
        }
    }

    /// As a parser names it.
    pub(crate) fn from_caps_name(name: &str) -> Option<Self> {
        [Self::H264, Self::H265, Self::Jpeg].into_iter().find(|it| it.caps_name() == name)
    }

    pub(crate) fn depayloader(self) -> &'static str {
        match self {
            Self::H264 => "rtph264depay",
            Self::H265 => "rtph265depay",
            Self::Jpeg => "rtpjpegdepay",
        }
    }

    pub(crate) fn parser(self) -> &'static str {
        match self {
            Self::H264 => "h264parse",
            Self::H265 => "h265parse",
            Self::Jpeg => "jpegparse",
        }
    }

    /// The name of its caps, which is what decoders are found by.
    pub(crate) fn caps_name(self) -> &'static str {
        match self {
            Self::H264 => "video/x-h264",
            Self::H265 => "video/x-h265",
            Self::Jpeg => "image/jpeg",
        }
    }

    /// Debian's package with a decoder that every machine can run.
    pub(crate) fn decoder_package(self) -> &'static str {
        match self {
            Self::H264 | Self::H265 => "gstreamer1.0-libav",
            Self::Jpeg => "gstreamer1.0-plugins-good",
        }
    }
}
