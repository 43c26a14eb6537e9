//! The audio library: is a recording fit to be broadcast, and what exactly would be played?
//!
//! [`check`] decodes a recording to its end and measures it; [`prepare`] renders what a horn
//! plays. Both stream: memory stays the same for one second and for an hour. Opus and HE-AAC, which
//! symphonia does not decode, go through [`OpenOther`] in [`check_with`] and [`prepare_with`].

use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;

mod clipping;
mod decode;
mod filter;
mod identity;
mod other;
mod pass;
mod refused;
mod resample;
mod shape;
mod sniff;
mod source;
#[cfg(test)]
mod tests;
mod wav;
mod waveform;

pub use identity::{Identity, Sameness};
pub use other::{BlockFormat, Container, NoOther, OpenOther, OtherCodec, OtherError, OtherSound};
pub use refused::Refused;
pub use wav::{to_i16, write_wav};
pub use waveform::{MOST_PEAKS, Waveform};

use crate::loudness::{
    Limiter, Loudness, Meter, is_limited, make_up_gain_db, plan_gain_db, ratio_from_db,
};
use clipping::ClippingMeter;
use identity::Identifier;
use pass::Pass;
use shape::Shaper;
use waveform::Outline;

/// What every prepared recording is sampled at, in Hz, in one channel: Opus' own rate.
pub const SAMPLE_RATE: u32 = 48_000;
/// The longest recording taken: a ward's broadcast session is 30 minutes, its longest an hour.
pub const LONGEST: Duration = Duration::from_hours(1);
/// The shortest recording taken: anything shorter is a slip of the mouse.
pub const SHORTEST: Duration = Duration::from_secs(1);
/// An hour of 24-bit 48 kHz stereo WAV. Whatever is larger is refused before it is read.
pub const LARGEST_BYTES: u64 = 1_100_000_000;

/// The horn's lower band edge in Hz: below it a re-entrant horn only moves its diaphragm.
pub const HORN_HIGH_PASS_HZ: u32 = 300;
/// Under this integrated loudness nothing is heard over a street, and gain would only raise hiss.
const QUIETEST_LUFS: f64 = -55.0;
/// The most that the high-pass may take away, in LU. It takes 2 to 5 from speech, 30 from mains hum.
const MOST_BELOW_HORN_LU: f64 = 20.0;
/// Share of the loud samples at full scale that is still taken. A spoken sentence driven 6 dB into
/// the rails has 4 % there and is understood, at 12 dB it has 13 %, at 20 dB 34 % (see `clipping`).
const MOST_CLIPPED: f64 = 0.08;

/// A recording as it came: from disk, or from an upload already in memory.
#[derive(Clone, Copy, Debug)]
pub enum Upload<'a> {
    File(&'a Path),
    Bytes(&'a [u8]),
}

impl<'a> From<&'a Path> for Upload<'a> {
    fn from(path: &'a Path) -> Self {
        Self::File(path)
    }
}

impl<'a> From<&'a [u8]> for Upload<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

/// What [`check`] found out about a recording that may be broadcast.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedAudio {
    /// Of the decoded sound, not of the file's own claim. Within [`SHORTEST`] and [`LONGEST`].
    pub duration: Duration,
    /// The recording as it came, all its channels (EBU R 128, ITU-R BS.1770).
    pub loudness: Loudness,
    /// The same recording in one channel, high-passed for a horn: what the gain is planned on.
    pub through_horn: Loudness,
    /// In Hz, of the file.
    pub sample_rate: u32,
    pub n_channels: u16,
    /// "mp3", "aac", "flac", "alac", "vorbis", `pcm_s16le`, ..
    pub codec: String,
    /// Share of the loud samples at full scale, in `0.0..=1.0`.
    pub clipped: f64,
    /// What it is known by, to find it again.
    pub identity: Identity,
}

/// What [`prepare`] handed to its sink.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    pub checked: CheckedAudio,
    /// Samples at [`SAMPLE_RATE`], one channel.
    pub n_samples: u64,
    pub duration: Duration,
    /// The gain that was applied in front of the limiter, in dB.
    pub gain_db: f64,
    /// Measured on the samples that the sink got.
    pub loudness: Loudness,
    /// Their outline.
    pub waveform: Waveform,
}

/// Why [`prepare`] did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("the prepared sound could not be written")]
    Sink(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Decodes the recording to its end and measures it; refuses what a ward must not send out.
///
/// Blocking: an hour of MP3 takes 20 s of one x86-64 core, so call it from a blocking thread.
pub fn check<'a>(upload: impl Into<Upload<'a>>) -> Result<CheckedAudio, Refused> {
    check_with(upload, &NoOther)
}

/// As [`check`], with another decoder for what symphonia does not decode.
pub fn check_with<'a>(
    upload: impl Into<Upload<'a>>,
    other: &dyn OpenOther,
) -> Result<CheckedAudio, Refused> {
    let upload = upload.into();
    let mut decoder = Pass::open(upload, other)?;
    let format = decoder.format().clone();
    let mut original = Meter::new(format.n_channels, format.sample_rate);
    let mut through_horn = Meter::new(1, SAMPLE_RATE);
    let mut clipping = ClippingMeter::default();
    let mut shaper = Shaper::new(&format);
    let mut identifier = Identifier::new(format.sample_rate, format.n_channels);
    while let Some(block) = decoder.next_block()? {
        original.add(block);
        clipping.add(block);
        identifier.add(block);
        let shaped = shaper.shape(block);
        through_horn.add(shaped);
        identifier.add_shaped(shaped);
    }
    let shaped = shaper.finish();
    through_horn.add(shaped);
    identifier.add_shaped(shaped);
    let checked = CheckedAudio {
        duration: decoder.position(),
        loudness: original.loudness(),
        through_horn: through_horn.loudness(),
        sample_rate: format.sample_rate,
        n_channels: format.n_channels,
        // Floating point goes past full scale without loss, so nothing is clipped there.
        clipped: if format.is_float_pcm() { 0.0 } else { clipping.clipped() },
        codec: format.codec,
        identity: identifier.finish(source::hash(upload)?),
    };
    judge(&checked)?;
    Ok(checked)
}

fn judge(checked: &CheckedAudio) -> Result<(), Refused> {
    if checked.duration < SHORTEST {
        return Err(Refused::TooShort { duration: checked.duration });
    }
    if checked.loudness.integrated_lufs < QUIETEST_LUFS {
        return Err(Refused::Silent { loudness: checked.loudness });
    }
    let least = QUIETEST_LUFS.max(checked.loudness.integrated_lufs - MOST_BELOW_HORN_LU);
    if checked.through_horn.integrated_lufs < least {
        return Err(Refused::NothingForAHorn { loudness: checked.through_horn });
    }
    if checked.clipped > MOST_CLIPPED {
        return Err(Refused::Clipped { clipped: checked.clipped });
    }
    Ok(())
}

/// Renders what a horn plays and hands it to `sink` in blocks of 48 kHz mono samples: high-passed
/// at [`HORN_HIGH_PASS_HZ`], at the house loudness, true peaks under the house ceiling.
///
/// Passes over the recording (measure; where peaks must be limited, try the gain; render) keep
/// memory flat; `sink` is called in order and its first error ends the work. Blocking, like
/// [`check`], and up to three times as long.
pub fn prepare<'a, E>(
    upload: impl Into<Upload<'a>>,
    sink: impl FnMut(&[f32]) -> Result<(), E>,
) -> Result<Prepared, PrepareError>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    prepare_with(upload, &NoOther, sink)
}

/// As [`prepare`], with another decoder for what symphonia does not decode.
pub fn prepare_with<'a, E>(
    upload: impl Into<Upload<'a>>,
    other: &dyn OpenOther,
    sink: impl FnMut(&[f32]) -> Result<(), E>,
) -> Result<Prepared, PrepareError>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let upload = upload.into();
    let checked = check_with(upload, other)?;
    let mut gain_db = plan_gain_db(checked.through_horn);
    if is_limited(checked.through_horn, gain_db) {
        let tried = render(upload, other, gain_db, |_| Ok::<(), Infallible>(()))?;
        gain_db = make_up_gain_db(checked.through_horn, gain_db, tried.loudness);
    }
    let Rendered { n_samples, loudness, waveform } = render(upload, other, gain_db, sink)?;
    let duration = Duration::from_nanos(n_samples * 1_000_000_000 / u64::from(SAMPLE_RATE));
    Ok(Prepared { checked, n_samples, duration, gain_db, loudness, waveform })
}

/// What came out of one pass.
struct Rendered {
    n_samples: u64,
    loudness: Loudness,
    waveform: Waveform,
}

fn render<E>(
    upload: Upload<'_>,
    other: &dyn OpenOther,
    gain_db: f64,
    mut sink: impl FnMut(&[f32]) -> Result<(), E>,
) -> Result<Rendered, PrepareError>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut decoder = Pass::open(upload, other)?;
    let mut shaper = Shaper::new(decoder.format());
    let mut limiter = Limiter::new(ratio_from_db(gain_db));
    let mut meter = Meter::new(1, SAMPLE_RATE);
    let mut outline = Outline::new();
    let mut n_samples = 0_u64;
    let mut emit = |samples: &[f32]| {
        meter.add(samples);
        outline.add(samples);
        n_samples += count(samples.len());
        sink(samples).map_err(|error| PrepareError::Sink(error.into()))
    };
    while let Some(block) = decoder.next_block()? {
        emit(limiter.limit(shaper.shape(block)))?;
    }
    emit(limiter.limit(shaper.finish()))?;
    emit(limiter.finish())?;
    Ok(Rendered { n_samples, loudness: meter.loudness(), waveform: outline.finish() })
}

/// A number of samples: memory holds fewer than 64 bits can count.
fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
