//! A second connection to a camera, for its main stream: it fills a ring and never decodes.

use std::sync::Arc;

use base::Clock;
use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use jiff::Timestamp;
use tokio::time::Instant;

use super::codec::Coded;
use super::error::CameraError;
use super::shared::Shared;
use super::tap::Tap;
use super::{CONNECT_WITHIN, RtspSettings, STALL_AFTER, gate, pipeline, source, tear_down};
use crate::element;
use crate::ring::Ring;

/// A running connection; dropping it tears it down in the background. Like [`super::RtspCamera`] it
/// never heals itself.
pub struct RtspRecorder {
    pipeline: gst::Pipeline,
    shared: Arc<Shared>,
    /// When patience ends, unless a unit comes.
    deadline: Instant,
    has_recorded: bool,
}

impl RtspRecorder {
    /// Starts to connect, and returns at once: what goes wrong shows in [`Self::next`]. Of the
    /// settings, `fps` and `masks` are of no meaning here: every unit is kept, as it was sent.
    pub fn connect(
        settings: &RtspSettings,
        ring: &Ring,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, CameraError> {
        let shared = Arc::new(Shared::default());
        let tap = Tap::new(ring, &shared, clock);
        let pipeline = build(settings, &shared, tap)?;
        let deadline = Instant::now() + CONNECT_WITHIN;
        let recorder = Self { pipeline, shared, deadline, has_recorded: false };
        // What goes wrong here arrives as a message, which says more.
        let _ = recorder.pipeline.set_state(gst::State::Playing);
        Ok(recorder)
    }

    /// The capture time of the newest unit, once there is one that was not told yet: it is in the
    /// ring. Cancel-safe. After an error, nothing more.
    pub async fn next(&mut self) -> Result<Timestamp, CameraError> {
        loop {
            if let Some(captured_at) = self.shared.take_recorded() {
                self.deadline = Instant::now() + STALL_AFTER;
                self.has_recorded = true;
                return Ok(captured_at);
            }
            if let Some(err) = self.shared.take_error() {
                return Err(err.seen_later(self.has_recorded));
            }
            let news = self.shared.news();
            if tokio::time::timeout_at(self.deadline, news).await.is_err() {
                return Err(self.shared.out_of_patience());
            }
        }
    }
}

impl Drop for RtspRecorder {
    fn drop(&mut self) {
        tear_down(&self.pipeline);
    }
}

fn build(
    settings: &RtspSettings,
    shared: &Arc<Shared>,
    tap: Tap,
) -> Result<gst::Pipeline, CameraError> {
    let pipeline = gst::Pipeline::new();
    let source = source::build(settings, shared)?;
    let sink = element::make("fakesink")?;
    sink.set_property("sync", false);
    sink.set_property("async", false);
    sink.set_property("enable-last-sample", false);
    pipeline.add_many([&source, &sink]).expect("new elements have no parent yet");
    pipeline::report_errors(&pipeline, shared);
    let weak = pipeline.downgrade();
    let own = Arc::clone(shared);
    source.connect_pad_added(move |_, pad| {
        let Some(pipeline) = weak.upgrade() else { return };
        if let Err(err) = record(&pipeline, pad, &sink, &own, &tap) {
            own.put_error(err);
        }
    });
    Ok(pipeline)
}

fn record(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    sink: &gst::Element,
    shared: &Arc<Shared>,
    tap: &Tap,
) -> Result<(), CameraError> {
    let coded = pipeline::codec(pad)?;
    let chain = chain(coded)?;
    pipeline.add_many(&chain).expect("new elements have no parent yet");
    let unfit = |err: glib::BoolError| CameraError::Undecodable { why: err.message.to_string() };
    gst::Element::link_many(chain.iter().chain([sink])).map_err(unfit)?;
    let last = chain.last().expect("a chain has an element");
    let out = last.static_pad("src").expect("every filter has a source pad");
    gate::watch_size(&out, coded, shared);
    tap.attach(last);
    let own = Arc::clone(shared);
    out.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST, move |_, _| {
        own.put_picture();
        gst::PadProbeReturn::Ok
    });
    for made in chain.iter().rev() {
        made.sync_state_with_parent().map_err(unfit)?;
    }
    pipeline::report_packets(pad, shared);
    let into = chain[0].static_pad("sink").expect("every depayloader has a sink pad");
    pad.link(&into).map(drop).map_err(|err| CameraError::Undecodable { why: err.to_string() })
}

/// From packets to units as a ring wants them: whole, and each group with its parameter sets inside.
fn chain(coded: Coded) -> Result<Vec<gst::Element>, CameraError> {
    let mut chain = vec![element::make(coded.depayloader())?];
    let media = match coded {
        Coded::H264 => "video/x-h264",
        Coded::H265 => "video/x-h265",
        // Each picture is whole, and a key picture.
        Coded::Jpeg => return Ok(chain),
    };
    let parse = element::make(coded.parser())?;
    parse.set_property("config-interval", -1);
    let filter = element::make("capsfilter")?;
    let caps = format!("{media},stream-format=byte-stream,alignment=au");
    filter.set_property_from_str("caps", &caps);
    chain.extend([parse, filter]);
    Ok(chain)
}
