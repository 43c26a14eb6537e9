//! 48 kHz mono samples in, an Ogg/Opus file out (RFC 6716, RFC 7845). Memory stays flat however
//! long the programme is. Each encoding gets its own random stream serial number (RFC 3533), so two
//! of the same sound differ in their bytes and their hash.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSink, AppSrc};

use crate::element::{self, MissingElement};

/// The one rate of the house: what Opus works at inside.
pub const SAMPLE_RATE_HZ: u32 = 48_000;
/// The bit rate of everything stored for loudspeakers (domain numbers, research section 3).
pub const STORED_BITRATE_BPS: u32 = 48_000;
/// How much may wait before [`OpusWriter::push`] blocks: a second of `f32`.
const MOST_QUEUED_BYTES: u64 = 4 * 48_000;

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoded {
    pub bytes: u64,
    /// Of the sound itself, to the sample; the codec's own delay is not counted.
    pub duration: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum OpusError {
    #[error("GStreamer cannot start")]
    Init(#[from] gst::glib::Error),
    #[error(transparent)]
    ElementMissing(#[from] MissingElement),
    #[error("there is no sound to encode")]
    Empty,
    #[error("encoder stopped: {0}")]
    Stopped(String),
    #[error("encoded sound cannot be written")]
    Write(#[source] io::Error),
}

/// Encodes block by block. Dropping it without [`OpusWriter::finish`] leaves a useless file.
#[derive(Debug)]
pub struct OpusWriter<W: io::Write + Send + 'static> {
    pipeline: Running,
    input: AppSrc,
    output: AppSink,
    writer: W,
    n_samples: u64,
    n_bytes: u64,
}

/// Encodes what is already in memory, for short sounds.
///
/// `pcm` is 48 kHz mono in `-1.0..=1.0`; `bitrate_bps` is 6000 to 510000 (RFC 6716 section 2.1.1).
pub fn encode_opus(pcm: &[f32], bitrate_bps: u32) -> Result<Vec<u8>, OpusError> {
    let mut writer = OpusWriter::new(Vec::new(), bitrate_bps)?;
    let block = usize::try_from(SAMPLE_RATE_HZ).expect("48000 fits any usize");
    for block in pcm.chunks(block) {
        writer.push(block)?;
    }
    writer.finish().map(|(bytes, _)| bytes)
}

impl OpusWriter<File> {
    /// Replaces the file at `path`.
    pub fn create(path: &Path, bitrate_bps: u32) -> Result<Self, OpusError> {
        Self::new(File::create(path).map_err(OpusError::Write)?, bitrate_bps)
    }

    /// As [`OpusWriter::finish`], and safe from a power cut once it returns.
    pub fn finish_synced(self) -> Result<Encoded, OpusError> {
        let (file, encoded) = self.finish()?;
        file.sync_all().map_err(OpusError::Write)?;
        Ok(encoded)
    }
}

impl<W: io::Write + Send + 'static> OpusWriter<W> {
    /// Same ranges as [`encode_opus`].
    pub fn new(writer: W, bitrate_bps: u32) -> Result<Self, OpusError> {
        gst::init()?;
        let caps = gst::Caps::builder("audio/x-raw")
            .field("format", "F32LE")
            .field("rate", i32::try_from(SAMPLE_RATE_HZ).expect("48000 fits an i32"))
            .field("channels", 1)
            .field("layout", "interleaved")
            .build();
        let input = AppSrc::builder()
            .caps(&caps)
            .format(gst::Format::Time)
            .block(true)
            .max_bytes(MOST_QUEUED_BYTES)
            .build();
        // The encoder's end is drained by whoever pushes, so it must never fill up and block.
        let output = AppSink::builder().sync(false).max_buffers(0).build();
        let pipeline = Running(gst::Pipeline::new());
        link(&pipeline.0, &input, &output, bitrate_bps)?;
        pipeline.0.set_state(gst::State::Playing).map_err(|_| stopped(&pipeline))?;
        Ok(Self { pipeline, input, output, writer, n_samples: 0, n_bytes: 0 })
    }

    /// 48 kHz mono samples in `-1.0..=1.0`, any number at a time. Blocks while the encoder is busy.
    pub fn push(&mut self, block: &[f32]) -> Result<(), OpusError> {
        let bytes: Vec<u8> = block.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let mut buffer = gst::Buffer::from_slice(bytes);
        let from = clock_time(self.n_samples);
        self.n_samples += u64::try_from(block.len()).expect("a block fits 64 bits");
        let timed = buffer.get_mut().expect("nobody else holds a new buffer");
        timed.set_pts(from);
        timed.set_duration(clock_time(self.n_samples) - from);
        self.input.push_buffer(buffer).map_err(|_| stopped(&self.pipeline))?;
        while let Some(sample) = self.output.try_pull_sample(gst::ClockTime::ZERO) {
            self.write(&sample)?;
        }
        Ok(())
    }

    /// Encodes what is left and hands the writer back, flushed.
    pub fn finish(mut self) -> Result<(W, Encoded), OpusError> {
        if self.n_samples == 0 {
            return Err(OpusError::Empty);
        }
        self.input.end_of_stream().map_err(|_| stopped(&self.pipeline))?;
        while let Ok(sample) = self.output.pull_sample() {
            self.write(&sample)?;
        }
        if !self.output.is_eos() {
            return Err(stopped(&self.pipeline));
        }
        self.writer.flush().map_err(OpusError::Write)?;
        let duration = Duration::from_nanos(clock_time(self.n_samples).nseconds());
        let encoded = Encoded { bytes: self.n_bytes, duration };
        Ok((self.writer, encoded))
    }

    fn write(&mut self, sample: &gst::Sample) -> Result<(), OpusError> {
        let Some(map) = sample.buffer().and_then(|it| it.map_readable().ok()) else {
            return Err(OpusError::Stopped("a page of the file cannot be read".to_owned()));
        };
        self.n_bytes += u64::try_from(map.len()).expect("a page fits 64 bits");
        self.writer.write_all(&map).map_err(OpusError::Write)
    }
}

/// A pipeline that stops when it is dropped; GStreamer only warns about one that is still playing.
#[derive(Debug)]
struct Running(gst::Pipeline);

impl Drop for Running {
    fn drop(&mut self) {
        // Going to NULL cannot fail in a way that anybody could act on.
        let _ = self.0.set_state(gst::State::Null);
    }
}

fn link(
    pipeline: &gst::Pipeline,
    input: &AppSrc,
    output: &AppSink,
    bitrate_bps: u32,
) -> Result<(), OpusError> {
    let convert = element::make("audioconvert")?;
    let encode = element::make("opusenc")?;
    let bitrate = i32::try_from(bitrate_bps).unwrap_or(i32::MAX);
    encode.set_property("bitrate", bitrate.clamp(6_000, 510_000));
    let mux = element::make("oggmux")?;
    let broken = |err: gst::glib::BoolError| OpusError::Stopped(err.to_string());
    pipeline
        .add_many([input.upcast_ref(), &convert, &encode, &mux, output.upcast_ref()])
        .map_err(broken)?;
    gst::Element::link_many([input.upcast_ref(), &convert, &encode, &mux, output.upcast_ref()])
        .map_err(broken)
}

/// What the pipeline has to say about its end.
fn stopped(pipeline: &Running) -> OpusError {
    let said = pipeline.0.bus().and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
    let text = said.as_ref().and_then(|message| {
        let gst::MessageView::Error(error) = message.view() else { return None };
        Some(error.error().to_string())
    });
    OpusError::Stopped(text.unwrap_or_else(|| "no reason given".to_owned()))
}

fn clock_time(n_samples: u64) -> gst::ClockTime {
    let rate = u64::from(SAMPLE_RATE_HZ);
    let seconds = gst::ClockTime::from_seconds(n_samples / rate);
    seconds + gst::ClockTime::from_nseconds(n_samples % rate * 1_000_000_000 / rate)
}

#[cfg(test)]
mod tests;
