//! Recordings whose sound symphonia cannot decode: it reads their containers, another decoder the rest.
//!
//! The container is walked to its end here, in safe code, before the other decoder sees the file: a
//! copy that was cut, a flood of frames and ten claimed hours are refused without it.

use std::path::Path;
use std::time::Duration;

use symphonia::core::errors::Error;
use symphonia::core::formats::FormatReader;

use super::decode::{Format, LENGTH_SLACK, format_of};
use super::{LONGEST, Refused, Upload, count, source};

/// What wraps the sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    Ogg,
    Mp4,
    /// AAC frame after frame.
    Adts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherCodec {
    Opus,
    /// With spectral band replication, or with more than two channels.
    HeAac,
}

impl OtherCodec {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Opus => "Opus",
            Self::HeAac => "HE-AAC (or AAC with more than two channels)",
        }
    }
}

/// Sample rate in Hz and number of channels of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockFormat {
    pub sample_rate: u32,
    pub n_channels: usize,
}

/// Why another decoder gives no more sound.
#[derive(Debug, thiserror::Error)]
pub enum OtherError {
    /// This machine lacks it; `.0` says what to install.
    #[error("{0}")]
    Missing(String),
    #[error("{0}")]
    Broken(String),
}

/// A decoder beside symphonia; GStreamer's, where it is built in.
///
/// It MUST bound what a hostile file makes it hold or wait for, and MUST NOT look at anything but the
/// file and the given container and codec.
pub trait OpenOther: Sync {
    fn open(
        &self,
        path: &Path,
        container: Container,
        codec: OtherCodec,
    ) -> Result<Box<dyn OtherSound>, OtherError>;
}

/// One pass over such a recording.
pub trait OtherSound {
    /// Replaces what is in `samples` by the next whole interleaved frames, in `-1.0..=1.0` unless
    /// the recording goes over; `None` at the end.
    fn next_block(&mut self, samples: &mut Vec<f32>) -> Result<Option<BlockFormat>, OtherError>;
}

/// Where there is no other decoder: such recordings are refused with what to do.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoOther;

impl OpenOther for NoOther {
    fn open(
        &self,
        _: &Path,
        _: Container,
        codec: OtherCodec,
    ) -> Result<Box<dyn OtherSound>, OtherError> {
        Err(OtherError::Missing(format!("{} is not read here", codec.name())))
    }
}

/// One pass, with the same limits as symphonia's.
pub(super) struct OtherPass {
    sound: Box<dyn OtherSound>,
    format: Format,
    declared: Duration,
    samples: Vec<f32>,
    is_primed: bool,
    n_frames: u64,
}

impl OtherPass {
    pub(super) fn open(
        upload: Upload<'_>,
        codec: OtherCodec,
        other: &dyn OpenOther,
    ) -> Result<Self, Refused> {
        let refused = |error| match error {
            OtherError::Missing(reason) => Refused::DecoderMissing { codec: codec.name(), reason },
            OtherError::Broken(_) => damaged(Duration::ZERO, error),
        };
        let Upload::File(path) = upload else {
            return Err(Refused::UnsupportedCodec { codec: codec.name().to_owned() });
        };
        let container = source::container(path)?;
        let (mut reader, _) = source::probe(upload)?;
        let declared = walk(&mut *reader)?;
        let sound = other.open(path, container, codec).map_err(refused)?;
        let format = Format { sample_rate: 0, n_channels: 0, codec: codec_name(codec) };
        let mut pass =
            Self { sound, format, declared, samples: Vec::new(), is_primed: false, n_frames: 0 };
        pass.is_primed = pass.fill()?;
        if pass.is_primed { Ok(pass) } else { Err(Refused::Empty) }
    }

    pub(super) fn format(&self) -> &Format {
        &self.format
    }

    pub(super) fn position(&self) -> Duration {
        match self.format.sample_rate {
            0 => Duration::ZERO,
            rate => {
                Duration::from_nanos(self.n_frames.saturating_mul(1_000_000_000) / u64::from(rate))
            }
        }
    }

    pub(super) fn next_block(&mut self) -> Result<Option<&[f32]>, Refused> {
        if !std::mem::take(&mut self.is_primed) && !self.fill()? {
            return Ok(None);
        }
        Ok(Some(&self.samples))
    }

    fn fill(&mut self) -> Result<bool, Refused> {
        let at = self.position();
        let Some(block) = self.sound.next_block(&mut self.samples).map_err(|it| damaged(at, it))?
        else {
            return self.ended().map(|()| false);
        };
        let format = format_of(block.sample_rate, block.n_channels, self.format.codec.clone())?;
        if self.n_frames > 0 && format != self.format {
            return Err(Refused::FormatChanges { at });
        }
        self.format = format;
        self.n_frames += count(self.samples.len() / block.n_channels);
        match self.position() {
            duration if duration > LONGEST + LENGTH_SLACK => Err(Refused::TooLong { duration }),
            _ => Ok(true),
        }
    }

    fn ended(&self) -> Result<(), Refused> {
        let (at, declared) = (self.position(), self.declared);
        if at + LENGTH_SLACK < declared { Err(Refused::Truncated { at, declared }) } else { Ok(()) }
    }
}

fn codec_name(codec: OtherCodec) -> String {
    match codec {
        OtherCodec::Opus => "opus".to_owned(),
        OtherCodec::HeAac => "he-aac".to_owned(),
    }
}

fn damaged(at: Duration, error: OtherError) -> Refused {
    Refused::Damaged { at, source: error.into() }
}

/// Reads every packet and decodes none. How long the packets say that they are, together; a hole
/// between them, where a damaged page was passed over, is damage.
fn walk(reader: &mut dyn FormatReader) -> Result<Duration, Refused> {
    let track =
        reader.tracks().first().ok_or(Refused::NotAudio { what: "a file without sound" })?;
    let (id, time_base) = (track.id, track.time_base);
    let in_time = |n_units: u64| {
        time_base.map_or(Duration::ZERO, |it| {
            let n_nanos = u128::from(n_units) * u128::from(it.numer.get()) * 1_000_000_000;
            let n_nanos = n_nanos / u128::from(it.denom.get());
            Duration::from_nanos(u64::try_from(n_nanos).unwrap_or(u64::MAX))
        })
    };
    let (mut n_units, mut end) = (0_u64, None::<i64>);
    loop {
        let length = in_time(n_units);
        if length > LONGEST + LENGTH_SLACK {
            return Err(Refused::TooLong { duration: length });
        }
        match reader.next_packet() {
            Ok(Some(packet)) if packet.track_id == id => {
                let (start, units) = (packet.pts.get(), packet.dur.get());
                let hole = end.map_or(0, |end| start.saturating_sub(end));
                if in_time(u64::try_from(hole).unwrap_or_default()) > LENGTH_SLACK {
                    return Err(Refused::Damaged {
                        at: length,
                        source: "a part is missing".into(),
                    });
                }
                end = Some(start.saturating_add_unsigned(units));
                n_units = n_units.saturating_add(units);
            }
            Ok(Some(_)) => {}
            Ok(None) => return Ok(length),
            Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                return Err(Refused::BreaksOff { at: length });
            }
            Err(source) => return Err(Refused::Damaged { at: length, source: source.into() }),
        }
    }
}
