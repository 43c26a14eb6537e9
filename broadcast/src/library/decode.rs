//! A recording as a stream of interleaved samples, with every limit that keeps a hostile file cheap.

use std::time::Duration;

use symphonia::core::codecs::audio::well_known::{CODEC_ID_AAC, CODEC_ID_OPUS};
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatReader, Track, TrackType};

use super::other::OtherCodec;
use super::resample::is_usual_rate;
use super::sniff::Shape;
use super::source;
use super::{LONGEST, Refused, Upload, count};

/// More than 7.1 is not a recording of a person.
const MOST_CHANNELS: usize = 8;
/// A cut MP3 starts with up to two frames that lean on bits that are gone; more is damage.
const MOST_BAD_PACKETS: u32 = 3;
/// Encoder delay and padding may be missing from the decoded length; a lost word may not.
pub(super) const LENGTH_SLACK: Duration = Duration::from_millis(250);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Format {
    /// In Hz; one of the rates that `resample` knows.
    pub(super) sample_rate: u32,
    /// In `1..=8`.
    pub(super) n_channels: u16,
    pub(super) codec: String,
}

impl Format {
    pub(super) fn is_float_pcm(&self) -> bool {
        self.codec.starts_with("pcm_f")
    }
}

/// Where a recording's sound can be decoded.
pub(super) enum Opened<'a> {
    Here(Box<Decoder<'a>>),
    Elsewhere(OtherCodec),
}

/// One pass over a recording that symphonia decodes.
pub(super) struct Decoder<'a> {
    reader: Box<dyn FormatReader + 'a>,
    codec: Box<dyn AudioDecoder>,
    track: u32,
    format: Format,
    /// What the file says of its own length, where that can be believed.
    declared: Option<Duration>,
    shape: Shape,
    samples: Vec<f32>,
    /// The first block is decoded while opening, because only it tells the true format.
    is_primed: bool,
    n_frames: u64,
    n_bad_packets: u32,
}

impl<'a> Decoder<'a> {
    pub(super) fn open(upload: Upload<'a>) -> Result<Opened<'a>, Refused> {
        let (reader, shape) = source::probe(upload)?;
        if shape == Shape::BareStream {
            source::count(upload)?;
        }
        let track = reader
            .default_track(TrackType::Audio)
            .ok_or(Refused::NotAudio { what: "a file without sound" })?;
        let (id, declared) = (track.id, declared_length(track, shape));
        if let Some(duration) = declared.filter(|it| *it > LONGEST + LENGTH_SLACK) {
            return Err(Refused::TooLong { duration });
        }
        let Some(decoder) = make_decoder(track, shape) else {
            return other_codec(track).map(Opened::Elsewhere);
        };
        let codec = decoder.codec_info().short_name.to_owned();
        let format = Format { sample_rate: 0, n_channels: 0, codec };
        let mut opened = Self {
            reader,
            codec: decoder,
            track: id,
            format,
            declared,
            shape,
            samples: Vec::new(),
            is_primed: false,
            n_frames: 0,
            n_bad_packets: 0,
        };
        opened.is_primed = opened.fill()?;
        if !opened.is_primed {
            return Err(opened
                .declared
                .map_or(Refused::Empty, |_| Refused::BreaksOff { at: Duration::ZERO }));
        }
        Ok(Opened::Here(Box::new(opened)))
    }

    pub(super) fn format(&self) -> &Format {
        &self.format
    }

    /// How much sound has been decoded.
    pub(super) fn position(&self) -> Duration {
        match self.format.sample_rate {
            0 => Duration::ZERO,
            rate => {
                Duration::from_nanos(self.n_frames.saturating_mul(1_000_000_000) / u64::from(rate))
            }
        }
    }

    /// The next interleaved samples, never an empty slice; `None` at the recording's sound end.
    pub(super) fn next_block(&mut self) -> Result<Option<&[f32]>, Refused> {
        if !std::mem::take(&mut self.is_primed) && !self.fill()? {
            return Ok(None);
        }
        Ok(Some(&self.samples))
    }

    /// Decodes up to the next packet that holds sound. False at the end.
    fn fill(&mut self) -> Result<bool, Refused> {
        loop {
            let packet = match self.reader.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => packet,
                Ok(Some(_)) => continue,
                Ok(None) => return self.ended().map(|()| false),
                Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    return self.cut_short().map(|()| false);
                }
                Err(source) => {
                    return Err(Refused::Damaged { at: self.position(), source: source.into() });
                }
            };
            match self.codec.decode(&packet) {
                Ok(block) if block.frames() == 0 => {}
                Ok(block) => {
                    let (rate, n_channels) = (block.spec().rate(), block.spec().channels().count());
                    let n_frames = block.frames();
                    // Resized first: a decoder's block is bounded, and the buffer is used again.
                    self.samples.resize(block.samples_interleaved(), 0.0);
                    block.copy_to_slice_interleaved(&mut self.samples);
                    return self.accept(rate, n_channels, n_frames).map(|()| true);
                }
                Err(source) => self.skip_bad_packet(source)?,
            }
        }
    }

    fn accept(&mut self, rate: u32, n_channels: usize, n_frames: usize) -> Result<(), Refused> {
        if self.n_frames == 0 {
            let codec = std::mem::take(&mut self.format.codec);
            self.format = format_of(rate, n_channels, codec)?;
        } else if rate != self.format.sample_rate
            || n_channels != usize::from(self.format.n_channels)
        {
            return Err(Refused::FormatChanges { at: self.position() });
        }
        self.n_frames += count(n_frames);
        match self.position() {
            duration if duration > LONGEST + LENGTH_SLACK => Err(Refused::TooLong { duration }),
            _ => Ok(()),
        }
    }

    fn skip_bad_packet(&mut self, source: Error) -> Result<(), Refused> {
        self.n_bad_packets += 1;
        // HE-AAC announces itself in the first packet, when the header did not.
        let fatal = !matches!(source, Error::DecodeError(_) | Error::IoError(_));
        if fatal || self.n_bad_packets > MOST_BAD_PACKETS {
            return Err(Refused::Damaged { at: self.position(), source: source.into() });
        }
        Ok(())
    }

    /// The reader says that this is the end: is it where the file said it would be?
    fn ended(&self) -> Result<(), Refused> {
        let at = self.position();
        match self.declared {
            Some(declared) if at + LENGTH_SLACK < declared => {
                Err(Refused::Truncated { at, declared })
            }
            _ => Ok(()),
        }
    }

    /// The file's bytes end within a packet.
    fn cut_short(&self) -> Result<(), Refused> {
        let at = self.position();
        match self.declared {
            Some(declared) => Err(Refused::Truncated { at, declared }),
            None if self.shape == Shape::OpenEndedWav => Ok(()),
            None => Err(Refused::BreaksOff { at }),
        }
    }
}

/// Two MP3 joined end to end carry the first one's header: trimmed to what it claims, as gapless
/// decoding does, the second would be lost. Untrimmed, the first 50 ms are an encoder's silence.
fn make_decoder(track: &Track, shape: Shape) -> Option<Box<dyn AudioDecoder>> {
    let params = track.codec_params.as_ref()?.audio()?;
    let options = AudioDecoderOptions::default().gapless(shape != Shape::BareStream);
    symphonia::default::get_codecs().make_audio_decoder(params, &options).ok()
}

/// A believable format, or why it is none.
pub(super) fn format_of(rate: u32, n_channels: usize, codec: String) -> Result<Format, Refused> {
    if n_channels == 0 || n_channels > MOST_CHANNELS {
        return Err(Refused::Channels { n_channels });
    }
    if !is_usual_rate(rate) {
        return Err(Refused::SampleRate { sample_rate: rate });
    }
    let n_channels = u16::try_from(n_channels).map_err(|_| Refused::Channels { n_channels })?;
    Ok(Format { sample_rate: rate, n_channels, codec })
}

fn declared_length(track: &Track, shape: Shape) -> Option<Duration> {
    if shape == Shape::OpenEndedWav {
        return None;
    }
    let rate = track.codec_params.as_ref()?.audio()?.sample_rate.filter(|rate| *rate > 0)?;
    let n_micros = u128::from(track.num_frames?) * 1_000_000 / u128::from(rate);
    Some(Duration::from_micros(u64::try_from(n_micros).unwrap_or(u64::MAX)))
}

pub(super) fn unsupported(codec: impl Into<String>) -> Refused {
    Refused::UnsupportedCodec { codec: codec.into() }
}

/// Who else may decode what symphonia does not.
fn other_codec(track: &Track) -> Result<OtherCodec, Refused> {
    match track.codec_params.as_ref().and_then(|it| it.audio()).map(|it| it.codec) {
        Some(CODEC_ID_OPUS) => Ok(OtherCodec::Opus),
        Some(CODEC_ID_AAC) => Ok(OtherCodec::HeAac),
        _ => Err(unsupported("this kind of recording")),
    }
}
