//! Fills a ring from a running connection, with what its parser gives.

use std::sync::Arc;

use base::{Clock, Pts};
use gstreamer as gst;
use gstreamer::prelude::*;

use super::shared::Shared;
use crate::ring::{Ring, RingWriter};

/// One connection's way into a ring.
#[derive(Clone)]
pub(crate) struct Tap {
    writer: Arc<RingWriter>,
    shared: Arc<Shared>,
    clock: Arc<dyn Clock>,
}

impl Tap {
    pub(crate) fn new(ring: &Ring, shared: &Arc<Shared>, clock: &Arc<dyn Clock>) -> Self {
        let writer = Arc::new(ring.writer());
        Self { writer, shared: Arc::clone(shared), clock: Arc::clone(clock) }
    }

    /// From now on, every unit that leaves `parse` goes into the ring as well.
    pub(crate) fn attach(&self, parse: &gst::Element) {
        if parse.find_property("config-interval").is_some() {
            // Parameter sets before every key picture: each can be the first of a clip.
            parse.set_property("config-interval", -1);
        }
        let pad = parse.static_pad("src").expect("every parser has a source pad");
        let tap = self.clone();
        let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST;
        pad.add_probe(kinds, move |pad, info| {
            match &info.data {
                Some(gst::PadProbeData::Buffer(buffer)) => tap.put(pad, buffer.clone()),
                Some(gst::PadProbeData::BufferList(list)) => {
                    list.iter_owned().for_each(|buffer| tap.put(pad, buffer));
                }
                Some(_) | None => {}
            }
            gst::PadProbeReturn::Ok
        });
    }

    fn put(&self, pad: &gst::Pad, buffer: gst::Buffer) {
        let Some((caps, pts)) = pad.current_caps().zip(buffer.pts()) else { return };
        let running_time = pad.parent_element().and_then(|it| it.current_running_time());
        let clock = self.clock.as_ref();
        let (captured_at, _) = self.shared.captured_at(Pts(pts.nseconds()), running_time, clock);
        self.writer.push(buffer, caps, captured_at);
        self.shared.put_recorded(captured_at);
    }
}
