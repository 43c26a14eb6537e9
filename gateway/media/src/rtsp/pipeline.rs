//! From the wire to pictures: `rtspsrc` -> depay -> parse -> gate -> decode -> drop to the rate -> I420.
//!
//! No queue between them: the sink keeps the newest picture and drops older ones, so nothing ever
//! waits behind it. A decoder that is too slow makes the jitter buffer drop.

use std::sync::Arc;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use tokio::time::Instant;

use super::codec::Coded;
use super::error::{CameraError, from_gst};
use super::shared::Shared;
use super::tap::Tap;
use super::{RtspSettings, decoder, gate, source};
use crate::element;

pub(crate) fn build(
    settings: &RtspSettings,
    shared: &Arc<Shared>,
    tap: Option<Tap>,
) -> Result<(gst::Pipeline, gst_app::AppSink), CameraError> {
    let pipeline = gst::Pipeline::new();
    let source = source::build(settings, shared)?;
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
    let weak = pipeline.downgrade();
    let (own, settings) = (Arc::clone(shared), settings.clone());
    source.connect_pad_added(move |_, pad| {
        let Some(pipeline) = weak.upgrade() else { return };
        if let Err(err) = connect_decoder(&pipeline, pad, &rate, (&settings, &own), tap.as_ref()) {
            own.put_error(err);
        }
    });
    Ok((pipeline, sink))
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
            let is_decoder = message.src().is_some_and(is_decoder);
            shared.put_error(from_gst(&error.error(), is_decoder));
        } else if kind == gst::MessageType::Eos {
            shared.put_error(CameraError::Ended { why: "it said so".to_owned() });
        }
        gst::BusSyncReply::Drop
    });
}

/// A decoder, or an element inside of one.
fn is_decoder(element: &gst::Object) -> bool {
    let mut at = Some(element.clone());
    while let Some(it) = at {
        if it.name() == decoder::NAME {
            return true;
        }
        at = it.parent();
    }
    false
}

fn connect_decoder(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    rate: &gst::Element,
    (settings, shared): (&RtspSettings, &Arc<Shared>),
    tap: Option<&Tap>,
) -> Result<(), CameraError> {
    let coded = codec(pad)?;
    let (depay, parse) = (element::make(coded.depayloader())?, element::make(coded.parser())?);
    // Before the gate: a ring wants every unit, also those that are not decoded.
    if let Some(tap) = tap {
        tap.attach(&parse);
    }
    gate::watch(&parse, coded, settings.fps, shared);
    let (decoder, chosen) = decoder::open(coded, &settings.decoders, Instant::now())?;
    shared.put_decoder(chosen);
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

/// What a camera's stream is encoded with.
pub(super) fn codec(pad: &gst::Pad) -> Result<Coded, CameraError> {
    let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
    let name = caps.structure(0).and_then(|it| it.get::<&str>("encoding-name").ok());
    let name = name.unwrap_or_default();
    let unsupported = || CameraError::UnsupportedCodec { codec: name.to_owned() };
    Coded::from_encoding_name(name).ok_or_else(unsupported)
}

pub(super) fn report_packets(pad: &gst::Pad, shared: &Arc<Shared>) {
    let shared = Arc::clone(shared);
    pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST, move |_, _| {
        shared.put_packet();
        gst::PadProbeReturn::Ok
    });
}
