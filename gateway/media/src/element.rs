//! Making GStreamer elements: one place that turns "no such element" into what to install.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

/// Units in a row that do not decode, before the connection is given up: about a second or two.
const MOST_ERRORS: i32 = 15;

/// A plug-in is absent: the package that ships it, in Debian's names.
#[derive(Clone, Debug, thiserror::Error)]
#[error("GStreamer's element {element} is missing: apt-get install {package}")]
pub struct MissingElement {
    pub element: String,
    pub package: &'static str,
}

/// The plug-in packages of Debian, by the elements that we name.
fn package(element: &str) -> &'static str {
    match element {
        "h264parse" | "h265parse" | "jpegparse" | "x265enc" | "openh264enc" => {
            "gstreamer1.0-plugins-bad"
        }
        "x264enc" => "gstreamer1.0-plugins-ugly",
        "fakesink" | "capsfilter" => "libgstreamer1.0-0",
        "videorate" | "videoconvert" | "videoscale" | "decodebin" | "parsebin" | "opusenc"
        | "opusdec" | "oggmux" | "oggdemux" | "audioconvert" | "audioresample" | "volume"
        | "appsink" | "appsrc" => "gstreamer1.0-plugins-base",
        "avdec_aac" => "gstreamer1.0-libav",
        "alsasink" => "gstreamer1.0-alsa",
        _ => "gstreamer1.0-plugins-good",
    }
}

pub(crate) fn make(name: &str) -> Result<gst::Element, MissingElement> {
    gst::ElementFactory::make(name).build().map_err(|_| missing(name))
}

pub(crate) fn missing(name: &str) -> MissingElement {
    MissingElement { element: name.to_owned(), package: package(name) }
}

/// A sink that hands decoded I420 pictures over and keeps `n_buffers` at most.
pub(crate) fn picture_sink(n_buffers: u32, drop: bool) -> gst_app::AppSink {
    let caps = gst_video::VideoCapsBuilder::new().format(gst_video::VideoFormat::I420).build();
    let sink = gst_app::AppSink::builder()
        .caps(&caps)
        .sync(false)
        .max_buffers(n_buffers)
        .drop(drop)
        .enable_last_sample(false)
        .build();
    accept_video_meta(&sink);
    sink
}

/// Lets the decoder hand out its own padded buffers. Without the answer "strides are understood",
/// it copies each picture into a tightly packed one.
fn accept_video_meta(sink: &gst_app::AppSink) {
    let pad = sink.static_pad("sink").expect("every appsink has a sink pad");
    pad.add_probe(gst::PadProbeType::QUERY_DOWNSTREAM, |_, info| {
        let Some(query) = info.query_mut() else { return gst::PadProbeReturn::Ok };
        if let gst::QueryViewMut::Allocation(allocation) = query.view_mut() {
            allocation.add_allocation_meta::<gst_video::VideoMeta>(None);
            return gst::PadProbeReturn::Handled;
        }
        gst::PadProbeReturn::Ok
    });
}

/// What a decoder invents where data is missing would be taken for objects: such pictures are left
/// out, and a stream of nothing else is an error.
pub(crate) fn distrust(decoder: &gst::Element) {
    if decoder.find_property("output-corrupt").is_some() {
        decoder.set_property("output-corrupt", false);
    }
    if decoder.find_property("max-errors").is_some() {
        decoder.set_property("max-errors", MOST_ERRORS);
    }
}

/// One decoding thread: a box has many cameras and few cores, and each thread holds pictures.
pub(crate) fn limit_threads(decoder: &gst::Element) {
    if decoder.find_property("max-threads").is_some() {
        decoder.set_property_from_str("max-threads", "1");
    }
}

/// A codec's name from the text of a missing plug-in: "H.264 (Main Profile) decoder" and the like.
pub(crate) fn missing_codec(message: &gst::MessageRef) -> Option<String> {
    let structure = message.structure().filter(|it| it.name() == "missing-plugin")?;
    let name = structure.get::<String>("name").ok()?;
    Some(name.trim_end_matches(" decoder").to_owned())
}
