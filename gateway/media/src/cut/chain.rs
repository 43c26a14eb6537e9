//! A few elements in a row, worked by the thread that pushes: no thread of GStreamer's own, so what
//! runs here has the priority of its caller and never waits for a queue.

use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use tokio::time::Instant;

/// How often a look is taken at a device that works on its own.
const LOOK: gst::ClockTime = gst::ClockTime::from_mseconds(20);

/// Buffers in at one end, samples out at the other. Codecs in software are done when
/// [`Self::push`] returns; devices are later, and are waited for in [`Self::finish`].
#[derive(Debug)]
pub(crate) struct Chain {
    pipeline: gst::Pipeline,
    into: gst::Pad,
    sink: gst_app::AppSink,
    caps: Option<gst::Caps>,
}

/// What an element said when it gave up.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ChainError(String);

impl Chain {
    /// `sink` holds as much as comes: it is emptied after every push.
    pub(crate) fn new(
        elements: &[gst::Element],
        sink: gst_app::AppSink,
    ) -> Result<Self, ChainError> {
        sink.set_property("async", false);
        // The thread that says "the end" is the one that takes what comes before it.
        sink.set_property("wait-on-eos", false);
        let pipeline = gst::Pipeline::new();
        pipeline
            .add_many(elements)
            .and_then(|()| pipeline.add(&sink))
            .expect("new elements have no parent yet");
        gst::Element::link_many(elements.iter().chain([sink.upcast_ref()]))
            .map_err(|err| ChainError(err.message.to_string()))?;
        let first = elements.first().expect("a chain has an element");
        let first = first.static_pad("sink").expect("a filter has a sink pad");
        let into = gst::Pad::builder(gst::PadDirection::Src).name("units").build();
        let chain = Self { pipeline, into, sink, caps: None };
        chain.into.link(&first).map_err(|err| ChainError(err.to_string()))?;
        chain.into.set_active(true).map_err(|err| ChainError(err.message.to_string()))?;
        if chain.pipeline.set_state(gst::State::Playing).is_err() {
            return Err(chain.error("it does not start"));
        }
        chain.into.push_event(gst::event::StreamStart::new("clip"));
        Ok(chain)
    }

    pub(crate) fn push(&mut self, buffer: gst::Buffer, caps: &gst::Caps) -> Result<(), ChainError> {
        if self.caps.as_ref() != Some(caps) {
            let is_first = self.caps.is_none();
            self.caps = Some(caps.clone());
            self.into.push_event(gst::event::Caps::new(caps));
            if is_first {
                let segment = gst::FormattedSegment::<gst::ClockTime>::new();
                self.into.push_event(gst::event::Segment::new(&segment));
            }
        }
        self.into.push(buffer).map(drop).map_err(|err| self.error(&err.to_string()))
    }

    /// What is ready.
    pub(crate) fn pull(&self) -> Option<gst::Sample> {
        self.sink.try_pull_sample(gst::ClockTime::ZERO)
    }

    /// No more comes: what is still inside, whatever it takes up to `patience` between two.
    pub(crate) fn finish(&self, patience: Duration) -> Flush<'_> {
        self.into.push_event(gst::event::Eos::new());
        Flush { chain: self, patience }
    }

    fn error(&self, otherwise: &str) -> ChainError {
        let bus = self.pipeline.bus().expect("every pipeline has a bus");
        let message = bus.pop_filtered(&[gst::MessageType::Error]);
        if let Some(gst::MessageView::Error(err)) = message.as_ref().map(|it| it.view()) {
            return ChainError(err.error().message().trim_end_matches('.').to_owned());
        }
        ChainError(otherwise.to_owned())
    }
}

/// The last samples of a chain.
#[derive(Debug)]
pub(crate) struct Flush<'a> {
    chain: &'a Chain,
    patience: Duration,
}

impl Iterator for Flush<'_> {
    type Item = gst::Sample;

    fn next(&mut self) -> Option<gst::Sample> {
        let until = Instant::now() + self.patience;
        while !self.chain.sink.is_eos() && Instant::now() < until {
            if let Some(sample) = self.chain.sink.try_pull_sample(LOOK) {
                return Some(sample);
            }
        }
        None
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        // Only ever refused by an element that is already gone.
        let _ = self.pipeline.set_state(gst::State::Null);
        let _ = self.into.set_active(false);
    }
}
