//! Elements that turn decoded pictures into what a camera of some codec would send.

use base::Size;
use gstreamer as gst;
use gstreamer::prelude::*;

use super::Codec;
use crate::element::{self, MissingElement};

/// A keyframe each second of a 10 fps street, so that who joins waits a second at most.
const KEYFRAME_EVERY: u32 = 10;

/// How pictures are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    pub codec: Codec,
    /// `None` leaves the size of the file.
    pub size: Option<Size>,
    /// Between two pictures that others refer to. H.264 and H.265 only.
    pub n_b_frames: u32,
}

/// From raw pictures to whole coded ones.
pub(super) fn chain(encoding: Encoding) -> Result<Vec<gst::Element>, MissingElement> {
    let mut raw = "video/x-raw,format=I420".to_owned();
    let mut chain = vec![element::make("videoconvert")?];
    if let Some(size) = encoding.size {
        chain.push(element::make("videoscale")?);
        raw = format!("{raw},width={},height={},pixel-aspect-ratio=1/1", size.width, size.height);
    }
    // Without it, JPEG would keep a colour format that RFC 2435 cannot carry.
    chain.push(filter(&raw)?);
    match encoding.codec {
        Codec::H264 => {
            chain.push(x264(encoding.n_b_frames)?);
            chain.extend(whole_units(Codec::H264)?);
        }
        Codec::H265 => {
            chain.push(x265(encoding.n_b_frames)?);
            chain.extend(whole_units(Codec::H265)?);
        }
        Codec::Mjpeg => chain.push(element::make("jpegenc")?),
        Codec::Vp8 => chain.push(vp8()?),
    }
    Ok(chain)
}

/// Parameter sets before each keyframe, a picture a buffer. Empty for what has no parser.
pub(super) fn whole_units(codec: Codec) -> Result<Vec<gst::Element>, MissingElement> {
    let (parser, caps) = match codec {
        Codec::H264 => ("h264parse", "video/x-h264"),
        Codec::H265 => ("h265parse", "video/x-h265"),
        Codec::Mjpeg | Codec::Vp8 => return Ok(Vec::new()),
    };
    let parser = element::make(parser)?;
    parser.set_property("config-interval", -1);
    Ok(vec![parser, filter(&format!("{caps},stream-format=byte-stream,alignment=au"))?])
}

fn x264(n_b_frames: u32) -> Result<gst::Element, MissingElement> {
    let encoder = element::make("x264enc")?;
    encoder.set_property_from_str("speed-preset", "veryfast");
    encoder.set_property("key-int-max", KEYFRAME_EVERY);
    encoder.set_property("bframes", n_b_frames);
    encoder.set_property("b-adapt", false);
    encoder.set_property_from_str("option-string", "scenecut=0");
    Ok(encoder)
}

fn x265(n_b_frames: u32) -> Result<gst::Element, MissingElement> {
    let encoder = element::make("x265enc")?;
    encoder.set_property_from_str("speed-preset", "ultrafast");
    encoder.set_property_from_str("key-int-max", &KEYFRAME_EVERY.to_string());
    encoder.set_property("bitrate", 800_u32);
    let options =
        format!("bframes={n_b_frames}:b-adapt=0:scenecut=0:open-gop=0:log-level=error:info=0");
    encoder.set_property("option-string", options);
    Ok(encoder)
}

fn vp8() -> Result<gst::Element, MissingElement> {
    let encoder = element::make("vp8enc")?;
    encoder.set_property_from_str("deadline", "1");
    encoder.set_property_from_str("cpu-used", "8");
    encoder.set_property_from_str("keyframe-max-dist", &KEYFRAME_EVERY.to_string());
    Ok(encoder)
}

fn filter(caps: &str) -> Result<gst::Element, MissingElement> {
    let filter = element::make("capsfilter")?;
    filter.set_property_from_str("caps", caps);
    Ok(filter)
}
