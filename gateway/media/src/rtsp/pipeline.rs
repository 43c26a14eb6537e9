//! From the wire to pictures: `rtspsrc` -> depay -> parse -> decode -> drop to the rate -> I420.
//!
//! No queue between them: the sink keeps the newest picture and drops older ones, so nothing ever
//! waits behind it. A decoder that is too slow makes the jitter buffer drop.

use std::sync::Arc;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::capture::{SenderReport, Sync};
use super::error::{CameraError, from_gst};
use super::shared::Shared;
use super::tap::Tap;
use super::{RtspSettings, RtspTransport};
use crate::element::{self, MissingElement};

/// How long a packet may be late. GStreamer's own 2 s would be 2 s on every alert.
const LATENCY_MS: u32 = 200;
/// How long the camera may take to accept a connection or to answer. The default is 20 s.
const ANSWER_WITHIN_US: u64 = 5_000_000;

pub(crate) fn build(
    settings: &RtspSettings,
    shared: &Arc<Shared>,
    tap: Option<Tap>,
) -> Result<(gst::Pipeline, gst_app::AppSink), CameraError> {
    let pipeline = gst::Pipeline::new();
    let source = source(settings)?;
    let rate = element::make("videorate")?;
    rate.set_property_from_str("drop-only", "true");
    rate.set_property_from_str("max-rate", &settings.fps.max(1).to_string());
    let convert = element::make("videoconvert")?;
    let sink = element::picture_sink(1, true);
    pipeline
        .add_many([&source, &rate, &convert, sink.upcast_ref()])
        .expect("new elements have no parent yet");
    gst::Element::link_many([&rate, &convert, sink.upcast_ref()]).expect("all take raw video");
    report_pictures(&sink, shared);
    report_errors(&pipeline, shared);
    report_sender_time(&source, shared);
    choose_stream(&source, shared);
    let weak = pipeline.downgrade();
    let own = Arc::clone(shared);
    source.connect_pad_added(move |_, pad| {
        let Some(pipeline) = weak.upgrade() else { return };
        if let Err(err) = connect_decoder(&pipeline, pad, &rate, &own, tap.as_ref()) {
            own.put_error(err);
        }
    });
    Ok((pipeline, sink))
}

pub(super) fn source(settings: &RtspSettings) -> Result<gst::Element, MissingElement> {
    let source = element::make("rtspsrc")?;
    let (url, inside) = without_login(&settings.url);
    source.set_property("location", url);
    // As properties and not inside the url, which shows up in messages and dumps.
    let user = settings.username.clone().or_else(|| inside.as_ref().map(|it| it.0.clone()));
    let password = settings.password.as_ref().map(|it| it.expose_secret().clone());
    source.set_property("user-id", user);
    source.set_property("user-pw", password.or_else(|| inside.map(|it| it.1)));
    let protocols = match settings.transport {
        RtspTransport::Tcp => "tcp",
        RtspTransport::Udp => "udp",
    };
    source.set_property_from_str("protocols", protocols);
    source.set_property("latency", LATENCY_MS);
    source.set_property("drop-on-latency", true);
    source.set_property("tcp-timeout", ANSWER_WITHIN_US);
    source.set_property("timeout", ANSWER_WITHIN_US);
    source.set_property("udp-reconnect", false);
    Ok(source)
}

/// Takes `user:password@` out of a url.
fn without_login(url: &str) -> (String, Option<(String, String)>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let Some((login, host)) = authority.rsplit_once('@') else { return (url.to_owned(), None) };
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    (format!("{scheme}://{host}{path}"), Some((user.to_owned(), password.to_owned())))
}

fn report_pictures(sink: &gst_app::AppSink, shared: &Arc<Shared>) {
    let shared = Arc::clone(shared);
    let callbacks = gst_app::AppSinkCallbacks::builder().new_sample(move |_| {
        shared.put_picture();
        Ok(gst::FlowSuccess::Ok)
    });
    sink.set_callbacks(callbacks.build());
}

/// Answers on the thread that complains, so that no message waits on a bus that nobody reads.
pub(super) fn report_errors(pipeline: &gst::Pipeline, shared: &Arc<Shared>) {
    let shared = Arc::clone(shared);
    let bus = pipeline.bus().expect("every pipeline has a bus");
    bus.set_sync_handler(move |_, message| {
        let kind = message.type_();
        if let gst::MessageView::Error(error) = message.view() {
            shared.put_error(from_gst(&error.error()));
        } else if kind == gst::MessageType::Eos {
            shared.put_error(CameraError::Ended { why: "it said so".to_owned() });
        }
        gst::BusSyncReply::Drop
    });
}

/// The first video is taken, sound and everything else is not even set up.
pub(super) fn choose_stream(source: &gst::Element, shared: &Arc<Shared>) {
    let shared = Arc::clone(shared);
    source.connect("select-stream", false, move |values| {
        let caps = values.get(2)?.get::<gst::Caps>().ok()?;
        let stream = caps.structure(0)?;
        if stream.get::<&str>("media") != Ok("video") {
            return Some(false.to_value());
        }
        let codec = stream.get::<&str>("encoding-name").unwrap_or("an unknown codec");
        let is_known = matches!(codec, "H264" | "H265");
        if !is_known {
            shared.put_error(CameraError::UnsupportedCodec { codec: codec.to_owned() });
        }
        let is_first = !shared.has_stream();
        shared.put_stream();
        Some((is_known && is_first).to_value())
    });
}

fn connect_decoder(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    rate: &gst::Element,
    shared: &Arc<Shared>,
    tap: Option<&Tap>,
) -> Result<(), CameraError> {
    let names = match codec(pad).as_str() {
        "H264" => ["rtph264depay", "h264parse", "video/x-h264"],
        "H265" => ["rtph265depay", "h265parse", "video/x-h265"],
        other => return Err(CameraError::UnsupportedCodec { codec: other.to_owned() }),
    };
    let (depay, parse) = (element::make(names[0])?, element::make(names[1])?);
    let decoder = element::decoder(names[2])?;
    if let Some(tap) = tap {
        tap.attach(&parse);
    }
    pipeline.add_many([&depay, &parse, &decoder]).expect("new elements have no parent yet");
    let unfit = |err: glib::BoolError| CameraError::Undecodable { why: err.message.to_string() };
    gst::Element::link_many([&depay, &parse, &decoder, rate]).map_err(unfit)?;
    for made in [&decoder, &parse, &depay] {
        made.sync_state_with_parent().map_err(unfit)?;
    }
    report_packets(pad, shared);
    let into = depay.static_pad("sink").expect("every depayloader has a sink pad");
    pad.link(&into).map(drop).map_err(|err| CameraError::Undecodable { why: err.to_string() })
}

/// What a camera's stream is encoded with, in the words of RTP.
pub(super) fn codec(pad: &gst::Pad) -> String {
    let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
    let name = caps.structure(0).and_then(|it| it.get::<&str>("encoding-name").ok());
    name.unwrap_or_default().to_owned()
}

pub(super) fn report_packets(pad: &gst::Pad, shared: &Arc<Shared>) {
    let shared = Arc::clone(shared);
    pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST, move |_, _| {
        shared.put_packet();
        gst::PadProbeReturn::Ok
    });
}

/// The jitter buffer tells, with each RTCP sender report, which moment of the camera's clock which
/// moment of the stream is. (Debian 12's `rtspsrc` puts no reference time on the buffers.)
pub(super) fn report_sender_time(source: &gst::Element, shared: &Arc<Shared>) {
    let shared = Arc::clone(shared);
    source.connect("new-manager", false, move |values| {
        let manager = values.get(1)?.get::<gst::Element>().ok()?;
        let shared = Arc::clone(&shared);
        manager.connect("new-jitterbuffer", false, move |values| {
            let buffer = values.get(1)?.get::<gst::Element>().ok()?;
            let shared = Arc::clone(&shared);
            buffer.connect("handle-sync", false, move |values| {
                let sync = values.get(1)?.get::<gst::Structure>().ok()?;
                if let Some(report) = sender_report(&sync) {
                    shared.put_report(report);
                }
                None
            });
            None
        });
        None
    });
}

fn sender_report(sync: &gst::StructureRef) -> Option<SenderReport> {
    let packet = sync.get::<gst::Buffer>("sr-buffer").ok()?;
    let packet = packet.map_readable().ok()?;
    let times = Sync {
        base_rtp: sync.get("base-rtptime").ok()?,
        base_time_ns: sync.get("base-time").ok()?,
        sr_rtp: sync.get("sr-ext-rtptime").ok()?,
        clock_rate_hz: sync.get("clock-rate").ok()?,
    };
    SenderReport::new(&packet, times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_does_not_stay_in_the_url() {
        let login = |user: &str, password: &str| Some((user.to_owned(), password.to_owned()));
        let check = |url: &str, bare: &str, inside| {
            assert_eq!(without_login(url), (bare.to_owned(), inside));
        };
        check("rtsp://10.0.0.2/street", "rtsp://10.0.0.2/street", None);
        check("rtsp://an:b@c@10.0.0.2:554/s@1", "rtsp://10.0.0.2:554/s@1", login("an", "b@c"));
        check("rtsp://an@10.0.0.2", "rtsp://10.0.0.2", login("an", ""));
    }
}
