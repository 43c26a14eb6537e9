//! What happens to units between the ring and the file: nothing, or decoding, painting and encoding.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use gstreamer as gst;
use jiff::Timestamp;

use super::chain::{Chain, ChainError};
use super::encoder::{self, Encoder, EncoderError};
use super::output::Output;
use super::{CutError, Painter, Treatment};
use crate::element;
use crate::frame::{paint_over, parts};
use crate::mask::Masker;
use crate::ring::{Edge, Packet, Unit};
use crate::rtsp::DecoderMemory;
use crate::rtsp::codec::Coded;
use crate::rtsp::decoder;
use crate::rtsp::gate;
use tokio::time::Instant;

/// Whether the clip goes on, or why it ends here.
pub(crate) type Flow = ControlFlow<Edge>;

/// What browsers decode; cameras have others to offer, of ten bits or with full colour.
const PLAYABLE: [&str; 6] =
    ["constrained-baseline", "baseline", "main", "high", "constrained-high", "progressive-high"];

pub(crate) enum Treat<'a> {
    Through(Chain),
    Anew(Box<Anew<'a>>),
}

pub(crate) struct Anew<'a> {
    decoder: Chain,
    /// Opened with the first picture, which tells its size.
    encoder: Option<Encoder>,
    masker: Masker,
    painter: Option<&'a mut Painter<'a>>,
    /// When the units that are being decoded were taken, by their stamps.
    captured_at: BTreeMap<u64, Timestamp>,
}

impl<'a> Treat<'a> {
    pub(crate) fn new(caps: &gst::Caps, treatment: Treatment<'a>) -> Result<Self, CutError> {
        let is_painted = !treatment.masks.is_empty() || treatment.painter.is_some();
        if is_playable(caps) && !is_painted {
            let (elements, sink) = encoder::units()?;
            return Ok(Self::Through(Chain::new(&elements, sink).map_err(broken)?));
        }
        // A clip has units of one format alone.
        caps.structure(0).map_or(Ok(()), gate::check_size)?;
        Ok(Self::Anew(Box::new(Anew {
            decoder: decoder(caps)?,
            encoder: None,
            masker: Masker::new(treatment.masks),
            painter: treatment.painter,
            captured_at: BTreeMap::new(),
        })))
    }

    pub(crate) fn is_transcoding(&self) -> bool {
        matches!(self, Self::Anew(_))
    }

    pub(crate) fn put(
        &mut self,
        unit: Unit<Packet>,
        output: &mut Output<'_>,
    ) -> Result<Flow, CutError> {
        match self {
            Self::Through(chain) => {
                output.put_captured_at(unit.captured_at);
                if let Err(err) = chain.push(unit.payload.buffer, &unit.payload.caps) {
                    return output.give_up(&err);
                }
                let units = std::iter::from_fn(|| chain.pull());
                output.put_all(units.filter_map(|it| encoder::encoded(&it)))
            }
            Self::Anew(anew) => anew.put(unit, output),
        }
    }

    /// What is still inside.
    pub(crate) fn finish(&mut self, output: &mut Output<'_>) -> Result<Flow, CutError> {
        match self {
            Self::Through(chain) => {
                let units = chain.finish(encoder::PATIENCE);
                output.put_all(units.filter_map(|it| encoder::encoded(&it)))
            }
            Self::Anew(anew) => anew.finish(output),
        }
    }
}

impl Anew<'_> {
    fn put(&mut self, unit: Unit<Packet>, output: &mut Output<'_>) -> Result<Flow, CutError> {
        self.captured_at.insert(u64::try_from(unit.at_ns).unwrap_or(0), unit.captured_at);
        if let Err(err) = self.decoder.push(unit.payload.buffer, &unit.payload.caps) {
            return output.give_up(&err);
        }
        while let Some(picture) = self.decoder.pull() {
            let flow = self.encode(picture, output)?;
            if flow.is_break() {
                return Ok(flow);
            }
        }
        Ok(Flow::Continue(()))
    }

    fn finish(&mut self, output: &mut Output<'_>) -> Result<Flow, CutError> {
        let pictures: Vec<gst::Sample> = self.decoder.finish(encoder::PATIENCE).collect();
        for picture in pictures {
            let flow = self.encode(picture, output)?;
            if flow.is_break() {
                return Ok(flow);
            }
        }
        match &self.encoder {
            Some(encoder) => output.put_all(encoder.finish()),
            None => Ok(Flow::Continue(())),
        }
    }

    fn encode(&mut self, picture: gst::Sample, output: &mut Output<'_>) -> Result<Flow, CutError> {
        let unfit = |err: crate::frame::SampleError| CutError::Broken { why: err.to_string() };
        let (mut buffer, info) = parts(&picture).map_err(unfit)?;
        let Some(caps) = picture.caps_owned() else { return Ok(Flow::Continue(())) };
        // The sample's own hold on the buffer would make every painting a copy.
        drop(picture);
        let captured_at = self.taken_at(buffer.pts().unwrap_or_default());
        if !self.masker.is_idle() || self.painter.is_some() {
            let (masker, painter) = (&mut self.masker, &mut self.painter);
            let painted = paint_over(buffer.make_mut(), &info, |frame| {
                masker.hide(frame);
                if let Some(painter) = painter {
                    painter(frame, captured_at);
                }
            });
            painted.map_err(unfit)?;
        }
        output.put_captured_at(captured_at);
        let size = base::Size { width: info.width(), height: info.height() };
        let encoder = match self.encoder.take().filter(|it| it.size() == size) {
            Some(encoder) => self.encoder.insert(encoder),
            None if output.is_begun() => return Ok(Flow::Break(Edge::StreamChanged)),
            None => self.encoder.insert(Encoder::open(size).map_err(unencodable)?),
        };
        encoder.push(buffer, &caps).map_err(broken)?;
        let encoder = &*encoder;
        output.put_all(std::iter::from_fn(|| encoder.pull()))
    }

    /// When the picture with this stamp was taken. Older ones are forgotten: pictures come in order.
    fn taken_at(&mut self, pts: gst::ClockTime) -> Timestamp {
        let later = self.captured_at.split_off(&(pts.nseconds() + 1));
        let earlier = std::mem::replace(&mut self.captured_at, later);
        let taken_at = earlier.last_key_value().or(self.captured_at.first_key_value());
        taken_at.map_or(Timestamp::UNIX_EPOCH, |it| *it.1)
    }
}

fn is_playable(caps: &gst::Caps) -> bool {
    let stream = caps.structure(0).filter(|it| it.name() == "video/x-h264");
    // A parser that has seen no parameter set yet names no profile.
    stream.is_some_and(|it| it.get::<&str>("profile").map_or(true, |it| PLAYABLE.contains(&it)))
}

fn decoder(caps: &gst::Caps) -> Result<Chain, CutError> {
    let name = caps.structure(0).map(|it| it.name().to_string()).unwrap_or_default();
    let unknown = || CutError::Broken { why: format!("{name} is no codec of a camera") };
    let coded = Coded::from_caps_name(&name).ok_or_else(unknown)?;
    let mut elements = Vec::new();
    if coded != Coded::Jpeg {
        elements.push(element::make(coded.parser())?);
    }
    let (decoder, _) = decoder::open(coded, &DecoderMemory::default(), Instant::now())?;
    elements.push(decoder);
    elements.push(element::make("videoconvert")?);
    Chain::new(&elements, element::picture_sink(0, false)).map_err(broken)
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn broken(err: ChainError) -> CutError {
    CutError::Broken { why: err.to_string() }
}

fn unencodable(err: EncoderError) -> CutError {
    match err {
        EncoderError::Missing(missing) => missing.into(),
        EncoderError::Chain(err) => broken(err),
    }
}
