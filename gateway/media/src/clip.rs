//! A video held in memory as a camera sends it: encoded, ready to be sent in a loop.

use std::path::Path;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use crate::element;
use crate::error::VideoError;
use crate::reader::{Reader, Take};

/// A clip loops out of memory; a longer film belongs on a real camera.
const MOST_BYTES: usize = 256 * 1024 * 1024;
/// How long the last unit lasts when its container does not say.
const LAST_UNIT: gst::ClockTime = gst::ClockTime::from_mseconds(40);

/// What a camera encodes with. H.264 goes out of its file as it is; the others are encoded at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Codec {
    #[default]
    H264,
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
    /// Blocks until the whole file is read, which is also how a broken one is refused.
    pub fn load(path: &Path, codec: Codec) -> Result<Self, VideoError> {
        let sink = gst_app::AppSink::builder().sync(false).max_buffers(8).build();
        let chain = chain(codec)?;
        let take = if codec == Codec::H264 { Take::H264 } else { Take::Pictures };
        let mut reader = Reader::open(path, take, &chain, sink)?;
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

fn chain(codec: Codec) -> Result<Vec<gst::Element>, VideoError> {
    let filter = |caps: &str| -> Result<gst::Element, VideoError> {
        let filter = element::make("capsfilter")?;
        filter.set_property_from_str("caps", caps);
        Ok(filter)
    };
    Ok(match codec {
        Codec::H264 => {
            let parser = element::make("h264parse")?;
            parser.set_property("config-interval", -1);
            vec![parser, filter("video/x-h264,stream-format=byte-stream,alignment=au")?]
        }
        Codec::Mjpeg => vec![element::make("videoconvert")?, element::make("jpegenc")?],
        Codec::Vp8 => {
            let encoder = element::make("vp8enc")?;
            encoder.set_property_from_str("deadline", "1");
            encoder.set_property_from_str("cpu-used", "8");
            encoder.set_property_from_str("keyframe-max-dist", "10");
            vec![element::make("videoconvert")?, encoder]
        }
    })
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
