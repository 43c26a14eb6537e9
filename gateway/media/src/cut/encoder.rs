//! H.264 as every browser plays it, from the best encoder of the machine.

use std::time::Duration;

use base::Size;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use super::chain::{Chain, ChainError};
use crate::element::{self, MissingElement};

/// A clip is looked at on a screen and cut on a small box: larger pictures are scaled down to this.
const MOST_SIDE_PX: u32 = 1920;
/// Two to ten seconds of a camera: where a viewer can jump to, and the length of a fragment.
const GROUP: u32 = 50;
/// Bits for a pixel and second, as a bound on a busy street.
const BITS_PER_PIXEL: u32 = 3;
/// A device that gives nothing for this long is taken for broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// What encoders plan with where a stream does not tell its rate. Stamps stay what they are.
const NOMINAL_RATE: gst::Fraction = gst::Fraction::from_integer(25);

/// Pictures of one size in, units out.
#[derive(Debug)]
pub(crate) struct Encoder {
    chain: Chain,
    size: Size,
}

/// One unit and when it is shown, since the clip's begin.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) at_ns: i64,
    pub(crate) buffer: gst::Buffer,
    pub(crate) caps: gst::Caps,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum EncoderError {
    #[error(transparent)]
    Missing(#[from] MissingElement),
    #[error(transparent)]
    Chain(#[from] ChainError),
}

impl Encoder {
    /// Each encoder of the machine is tried on one picture, devices first, until one gives a unit:
    /// some are listed where there is no device, and some refuse a size.
    pub(crate) fn open(size: Size) -> Result<Self, EncoderError> {
        for factory in factories() {
            if build(&factory, size).is_ok_and(|it| works(it, size)) {
                tracing::debug!(encoder = %factory.name(), "an encoder for clips");
                return Ok(Self { chain: build(&factory, size)?, size });
            }
        }
        Err(element::missing("x264enc").into())
    }

    /// Of the pictures that it takes.
    pub(crate) fn size(&self) -> Size {
        self.size
    }

    pub(crate) fn push(
        &mut self,
        picture: gst::Buffer,
        caps: &gst::CapsRef,
    ) -> Result<(), ChainError> {
        self.chain.push(picture, &timed(caps))
    }

    pub(crate) fn pull(&self) -> Option<Encoded> {
        self.chain.pull().and_then(|it| encoded(&it))
    }

    pub(crate) fn finish(&self) -> impl Iterator<Item = Encoded> {
        self.chain.finish(PATIENCE).filter_map(|it| encoded(&it))
    }
}

/// From coded units to units as an MP4 holds them, with parameter sets in the caps.
pub(crate) fn units() -> Result<(Vec<gst::Element>, gst_app::AppSink), MissingElement> {
    let filter = element::make("capsfilter")?;
    filter.set_property_from_str("caps", "video/x-h264,stream-format=avc,alignment=au");
    let sink = gst_app::AppSink::builder().sync(false).enable_last_sample(false).build();
    Ok((vec![element::make("h264parse")?, filter], sink))
}

/// Encoders move their stamps so that times of decoding stay positive; the segment tells by how much.
pub(crate) fn encoded(sample: &gst::Sample) -> Option<Encoded> {
    let buffer = sample.buffer_owned()?;
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    let at = segment.to_running_time(buffer.pts()?)?;
    Some(Encoded { at_ns: i64::try_from(at.nseconds()).ok()?, buffer, caps: sample.caps_owned()? })
}

/// All that make H.264 out of pictures in plain memory: devices first, then by rank.
fn factories() -> Vec<gst::ElementFactory> {
    let kind = gst::ElementFactoryType::ENCODER | gst::ElementFactoryType::MEDIA_VIDEO;
    let coded = gst::Caps::new_empty_simple("video/x-h264");
    let raw = gst::Caps::new_empty_simple("video/x-raw");
    let mut fit: Vec<gst::ElementFactory> =
        gst::ElementFactory::factories_with_type(kind, gst::Rank::NONE)
            .into_iter()
            .filter(|it| it.can_src_any_caps(&coded) && it.can_sink_any_caps(&raw))
            .collect();
    fit.sort_by_key(|it| std::cmp::Reverse((is_device(it), it.rank())));
    fit
}

fn is_device(factory: &gst::ElementFactory) -> bool {
    factory.metadata("klass").is_some_and(|it| it.contains("Hardware"))
        || factory.name().starts_with("v4l2")
}

fn build(factory: &gst::ElementFactory, size: Size) -> Result<Chain, EncoderError> {
    let mut elements = vec![element::make("videoconvert")?];
    let target = fit(size);
    if target != size {
        let filter = element::make("capsfilter")?;
        let caps = gst_video::VideoCapsBuilder::new()
            .width(i32::try_from(target.width).unwrap_or(i32::MAX))
            .height(i32::try_from(target.height).unwrap_or(i32::MAX))
            // Square pixels, whatever the rounding of the sides would make of them.
            .pixel_aspect_ratio(gst::Fraction::from_integer(1))
            .build();
        filter.set_property("caps", caps);
        elements.extend([element::make("videoscale")?, filter]);
    }
    let encoder = element::make(&factory.name())?;
    set_up(&encoder, &factory.name(), target);
    elements.push(encoder);
    if factory.name().starts_with("v4l2") {
        // These take the level from what is asked for, and refuse where nothing is.
        let filter = element::make("capsfilter")?;
        filter.set_property_from_str("caps", "video/x-h264,level=(string)4");
        elements.push(filter);
    }
    let (last, sink) = units()?;
    elements.extend(last);
    Ok(Chain::new(&elements, sink)?)
}

/// Names and units of the same setting differ from encoder to encoder.
fn set_up(encoder: &gst::Element, name: &str, size: Size) {
    let bits_per_s = size.width * size.height * BITS_PER_PIXEL;
    let kbits_per_s = (bits_per_s / 1000).max(100).to_string();
    let bits_per_s = bits_per_s.max(100_000).to_string();
    let group = GROUP.to_string();
    let controls = format!("controls,video_bitrate={bits_per_s},h264_i_frame_period={group}");
    let settings: &[(&str, &str)] = match name {
        "x264enc" => &[
            ("speed-preset", "veryfast"),
            // No look-ahead, which would hold forty pictures.
            ("tune", "zerolatency"),
            // As good as it needs to be, at most `bitrate`.
            ("pass", "qual"),
            ("quantizer", "23"),
            ("bitrate", &kbits_per_s),
            ("key-int-max", &group),
            ("threads", "1"),
        ],
        "openh264enc" => &[
            ("complexity", "low"),
            ("rate-control", "bitrate"),
            ("bitrate", &bits_per_s),
            ("gop-size", &group),
            ("multi-thread", "1"),
        ],
        v4l2 if v4l2.starts_with("v4l2") => &[("extra-controls", &controls)],
        _ => &[("bitrate", &kbits_per_s), ("key-int-max", &group)],
    };
    for (property, value) in settings {
        if encoder.find_property(property).is_some() {
            encoder.set_property_from_str(property, value);
        }
    }
}

/// Halved colour wants even sides.
fn fit(size: Size) -> Size {
    let longest = size.width.max(size.height).max(MOST_SIDE_PX);
    let scaled = |side: u32| {
        let side = u64::from(side) * u64::from(MOST_SIDE_PX) / u64::from(longest);
        u32::try_from(side).unwrap_or(MOST_SIDE_PX).max(16) & !1
    };
    Size { width: scaled(size.width), height: scaled(size.height) }
}

fn works(mut chain: Chain, size: Size) -> bool {
    let Some((picture, caps)) = blank(size) else { return false };
    chain.push(picture, &caps).is_ok()
        && (chain.pull().is_some() || chain.finish(PATIENCE).next().is_some())
}

fn blank(size: Size) -> Option<(gst::Buffer, gst::Caps)> {
    let format = gst_video::VideoFormat::I420;
    let info = gst_video::VideoInfo::builder(format, size.width, size.height);
    let info = info.fps(NOMINAL_RATE).build().ok()?;
    let mut picture = gst::Buffer::from_slice(vec![128; info.size()]);
    picture.make_mut().set_pts(gst::ClockTime::ZERO);
    Some((picture, info.to_caps().ok()?))
}

/// The caps, with a rate.
fn timed(caps: &gst::CapsRef) -> gst::Caps {
    let mut caps = caps.to_owned();
    if let Some(raw) = caps.make_mut().structure_mut(0)
        && raw.get::<gst::Fraction>("framerate").is_ok_and(|it| it.numer() == 0)
    {
        raw.set("framerate", NOMINAL_RATE);
    }
    caps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_encoder_that_gives_a_unit_will_do_and_the_others_are_passed_over() {
        crate::init().unwrap();
        let size = Size { width: 322, height: 243 };
        let working: Vec<String> = factories()
            .into_iter()
            .filter(|it| build(it, size).is_ok_and(|it| works(it, size)))
            .map(|it| it.name().to_string())
            .collect();
        // What `scripts/setup.sh` installs; a machine with a device has more, before them.
        let in_software = ["x264enc".to_owned(), "openh264enc".to_owned()];
        assert!(working.ends_with(&in_software), "{working:?}");
        assert!(Encoder::open(size).is_ok());
        let missing = element::missing("x264enc").to_string();
        assert!(missing.ends_with("apt-get install gstreamer1.0-plugins-ugly"), "{missing}");
    }

    #[test]
    fn large_pictures_are_scaled_down_and_sides_are_even() {
        let check = |width, height, to: [u32; 2]| {
            let [w, h] = to;
            assert_eq!(fit(Size { width, height }), Size { width: w, height: h });
        };
        check(1920, 1080, [1920, 1080]);
        check(3840, 2160, [1920, 1080]);
        check(8000, 6000, [1920, 1440]);
        check(641, 361, [640, 360]);
        check(1, 1, [16, 16]);
    }
}
