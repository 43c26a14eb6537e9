//! A video held in memory as a camera sends it: encoded, ready to be sent in a loop.

mod encoder;

use std::path::Path;

use base::Size;
use gstreamer as gst;
use gstreamer_app as gst_app;

pub use encoder::Encoding;

use crate::error::VideoError;
use crate::reader::{Reader, Take};

/// A clip loops out of memory; a longer film belongs on a real camera.
const MOST_BYTES: usize = 256 * 1024 * 1024;
/// How long the last unit lasts when its container does not say.
const LAST_UNIT: gst::ClockTime = gst::ClockTime::from_mseconds(40);

/// What a camera encodes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Codec {
    #[default]
    H264,
    H265,
    Mjpeg,
    Vp8,
}

/// Access units in decoding order, timed from the clip's start.
#[derive(Debug)]
pub struct Clip {
    pub(crate) codec: Codec,
    pub(crate) caps: gst::Caps,
    pub(crate) units: Vec<gst::Buffer>,
    /// From the first unit of one round to the first of the next.
    pub(crate) length: gst::ClockTime,
}

impl Clip {
    /// A file of `codec` as it is; one of another, encoded. Blocks until the whole file is read, which is
    /// also how a broken one is refused.
    pub fn load(path: &Path, codec: Codec) -> Result<Self, VideoError> {
        let encoding = Encoding { codec, size: None, n_b_frames: 0 };
        match codec {
            Codec::H264 | Codec::H265 => match Self::as_it_is(path) {
                Ok(clip) if clip.codec == codec => Ok(clip),
                Ok(_) | Err(VideoError::UnsupportedCodec { .. }) => Self::encode(path, encoding),
                Err(err) => Err(err),
            },
            Codec::Mjpeg | Codec::Vp8 => Self::encode(path, encoding),
        }
    }

    /// The H.264 or H.265 of a file, untouched, B-frames and all. Blocks until the whole file is read.
    pub fn as_it_is(path: &Path) -> Result<Self, VideoError> {
        match Self::read(path, Take::H264, Codec::H264, &encoder::whole_units(Codec::H264)?) {
            Err(VideoError::UnsupportedCodec { codec, .. }) if codec == "h265" => {
                Self::read(path, Take::H265, Codec::H265, &encoder::whole_units(Codec::H265)?)
            }
            other => other,
        }
    }

    /// Blocks until the whole file is encoded.
    pub fn encode(path: &Path, encoding: Encoding) -> Result<Self, VideoError> {
        Self::read(path, Take::Pictures, encoding.codec, &encoder::chain(encoding)?)
    }

    /// Where the pictures' size is in the caps, which an encoder and a parser put there.
    pub fn size(&self) -> Option<Size> {
        let stream = self.caps.structure(0)?;
        let side = |name| stream.get::<i32>(name).ok().and_then(|it| u32::try_from(it).ok());
        Some(Size { width: side("width")?, height: side("height")? })
    }

    pub fn codec(&self) -> Codec {
        self.codec
    }

    fn read(
        path: &Path,
        take: Take,
        codec: Codec,
        chain: &[gst::Element],
    ) -> Result<Self, VideoError> {
        let sink = gst_app::AppSink::builder().sync(false).max_buffers(8).build();
        let mut reader = Reader::open(path, take, chain, sink)?;
        let mut units: Vec<gst::Buffer> = Vec::new();
        let mut caps = None;
        let mut n_bytes = 0;
        while let Some(sample) = reader.next_sample()? {
            caps = caps.or_else(|| sample.caps_owned());
            let Some(buffer) = sample.buffer_owned() else { continue };
            n_bytes += buffer.size();
            if n_bytes > MOST_BYTES {
                return Err(VideoError::TooLong { path: path.to_owned(), most_bytes: MOST_BYTES });
            }
            units.push(buffer);
        }
        let caps = caps.ok_or_else(|| reader.not_a_video("it holds no picture"))?;
        let (units, length) = from_zero(units);
        Ok(Self { codec, caps, units, length })
    }
}

/// Shifts the units so that the earliest stamp is zero, and says how long one round lasts.
fn from_zero(units: Vec<gst::Buffer>) -> (Vec<gst::Buffer>, gst::ClockTime) {
    let zero = units.iter().filter_map(|it| it.dts_or_pts()).min().unwrap_or_default();
    let mut end = gst::ClockTime::ZERO;
    let shifted = units
        .into_iter()
        .map(|mut unit| {
            let buffer = unit.make_mut();
            let pts = buffer.pts().map(|it| it.saturating_sub(zero));
            let dts = buffer.dts().map(|it| it.saturating_sub(zero));
            buffer.set_pts(pts);
            buffer.set_dts(dts);
            let at = dts.or(pts).unwrap_or(end);
            end = end.max(at + buffer.duration().unwrap_or(LAST_UNIT));
            unit
        })
        .collect();
    (shifted, end)
}
