//! The sound of a recording that needs GStreamer to be decoded: Opus, HE-AAC.
//!
//! Elements are named, never searched for: a hostile file chooses neither demuxer nor decoder.

use std::path::Path;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSink;
use gstreamer_audio::AudioInfo;

use crate::element::{self, MissingElement};

/// How often a waiting reader looks whether the pipeline has broken.
const LOOK: gst::ClockTime = gst::ClockTime::from_mseconds(100);
/// A local file that gives nothing for so many looks, 20 s, is taken for broken.
const MOST_LOOKS: u32 = 200;
/// Decoded blocks that wait for the reader, of 20 to 120 ms each.
const N_WAITING: u32 = 16;
/// Packets in a row that do not decode before the file is given up.
const MOST_ERRORS: i32 = 3;
/// Decoders of HE-AAC, the best first.
const AAC_DECODERS: [&str; 3] = ["avdec_aac", "faad", "fdkaacdec"];

/// What wraps the sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoundContainer {
    Ogg,
    Mp4,
    Adts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoundCodec {
    Opus,
    Aac,
}

/// Of one block: in Hz, and interleaved channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoundFormat {
    pub sample_rate: u32,
    pub n_channels: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    #[error("GStreamer cannot start")]
    Init(#[from] gst::glib::Error),
    #[error(transparent)]
    ElementMissing(#[from] MissingElement),
    #[error("the sound cannot be decoded: {0}")]
    Broken(String),
}

/// Decodes a file from its start to its end, at the reader's pace.
#[derive(Debug)]
pub struct SoundFile {
    pipeline: gst::Pipeline,
    sink: AppSink,
}

impl SoundFile {
    /// Decoding starts at once and waits for the reader.
    pub fn open(
        path: &Path,
        container: SoundContainer,
        codec: SoundCodec,
    ) -> Result<Self, SoundError> {
        gst::init()?;
        let caps = gst::Caps::builder("audio/x-raw")
            .field("format", "F32LE")
            .field("layout", "interleaved")
            .build();
        let sink = AppSink::builder().caps(&caps).sync(false).max_buffers(N_WAITING).build();
        let file = Self { pipeline: build(path, container, codec, &sink)?, sink };
        // What goes wrong here arrives as a message, which says more.
        let _ = file.pipeline.set_state(gst::State::Playing);
        Ok(file)
    }

    /// Replaces what is in `samples`; `None` at the end of the sound.
    pub fn next_block(
        &mut self,
        samples: &mut Vec<f32>,
    ) -> Result<Option<SoundFormat>, SoundError> {
        let bus = self.pipeline.bus().expect("every pipeline has a bus");
        for _ in 0..MOST_LOOKS {
            if let Some(sample) = self.sink.try_pull_sample(LOOK) {
                if let Some(format) = read(&sample, samples)? {
                    return Ok(Some(format));
                }
                continue;
            }
            if let Some(message) = bus.pop_filtered(&[gst::MessageType::Error])
                && let gst::MessageView::Error(error) = message.view()
            {
                return Err(SoundError::Broken(error.error().to_string()));
            }
            if self.sink.is_eos() {
                return Ok(None);
            }
        }
        Err(SoundError::Broken("the decoder has stopped".to_owned()))
    }
}

impl Drop for SoundFile {
    fn drop(&mut self) {
        // Only ever refused by an element that is already gone.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// Empty blocks have no format to speak of.
fn read(sample: &gst::Sample, samples: &mut Vec<f32>) -> Result<Option<SoundFormat>, SoundError> {
    let broken = || SoundError::Broken("a block of it cannot be read".to_owned());
    let info = sample.caps().and_then(|it| AudioInfo::from_caps(it).ok()).ok_or_else(broken)?;
    let map = sample.buffer().and_then(|it| it.map_readable().ok()).ok_or_else(broken)?;
    samples.clear();
    samples.extend(map.chunks_exact(4).map(|it| f32::from_le_bytes([it[0], it[1], it[2], it[3]])));
    let n_channels = usize::try_from(info.channels()).map_err(|_| broken())?;
    Ok((!samples.is_empty()).then_some(SoundFormat { sample_rate: info.rate(), n_channels }))
}

fn build(
    path: &Path,
    container: SoundContainer,
    codec: SoundCodec,
    sink: &AppSink,
) -> Result<gst::Pipeline, SoundError> {
    let source = element::make("filesrc")?;
    source.set_property("location", path);
    let decoder = make_decoder(codec)?;
    let convert = element::make("audioconvert")?;
    let pipeline = gst::Pipeline::new();
    let splitter = element::make(match container {
        SoundContainer::Ogg => "oggdemux",
        SoundContainer::Mp4 => "qtdemux",
        SoundContainer::Adts => "aacparse",
    })?;
    pipeline
        .add_many([&source, &splitter, &decoder, &convert, sink.upcast_ref()])
        .expect("new elements have no parent yet");
    let broken = |err: gst::glib::BoolError| SoundError::Broken(err.to_string());
    source.link(&splitter).map_err(broken)?;
    gst::Element::link_many([&decoder, &convert, sink.upcast_ref()]).map_err(broken)?;
    if container == SoundContainer::Adts {
        splitter.link(&decoder).map_err(broken)?;
        return Ok(pipeline);
    }
    let into = decoder.static_pad("sink").expect("a decoder has a sink pad");
    splitter.connect_pad_added(move |_, pad| {
        if !into.is_linked() {
            // A pad that does not fit leaves the sink without data, and the bus says why.
            let _ = pad.link(&into);
        }
    });
    Ok(pipeline)
}

fn make_decoder(codec: SoundCodec) -> Result<gst::Element, MissingElement> {
    let decoder = match codec {
        SoundCodec::Opus => element::make("opusdec")?,
        SoundCodec::Aac => AAC_DECODERS
            .into_iter()
            .find_map(|name| element::make(name).ok())
            .ok_or_else(|| element::missing("avdec_aac"))?,
    };
    if decoder.find_property("max-errors").is_some() {
        decoder.set_property("max-errors", MOST_ERRORS);
    }
    Ok(decoder)
}

#[cfg(test)]
mod tests;
