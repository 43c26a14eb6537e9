//! Whether two recordings are the same: the same file, the same samples, or the same sound by ear.
//!
//! A ward gets one bulletin as MP3 from the province and as M4A over a chat. Their bytes and their
//! samples differ, but how loud they are from moment to moment does not.

use base::{Sha256, Sha256Hasher};

use super::to_i16;

/// Moments of this many samples at 48 kHz: 25 ms, about a spoken sound.
const MOMENT: usize = 1200;
/// What an encoder may delay the sound by, in moments: 125 ms.
const MOST_DELAY: usize = 5;
/// How much two recordings may differ in length, in moments, and be the same: 250 ms.
const MOST_LONGER: usize = 10;
/// From this correlation on they are the same. Measured on 12 s of espeak-ng: MP3 at 16 kb/s, Opus at
/// 24 and AAC at 48 have 0.997 and more, 15 dB less level 0.964 (its quiet moments fall under the
/// floor), other words of the same voice 0.22.
const LEAST_ALIKE: f32 = 0.9;
/// Below this level is silence, whatever a codec makes of it.
const FLOOR_DBFS: f32 = -60.0;

/// How two recordings are the same, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sameness {
    /// Byte for byte.
    File,
    /// Sample for sample at 16 bits: another lossless container, another title.
    Samples,
    /// By ear: another codec, bit rate, sample rate, level.
    Sound,
}

impl Sameness {
    /// One word for a machine.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Samples => "samples",
            Self::Sound => "sound",
        }
    }
}

/// What a recording is known by. 40 bytes a second; an hour has 144 KB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Of the file as it came.
    pub file: Sha256,
    /// Of all decoded samples at 16 bits, with rate and channels.
    pub samples: Sha256,
    /// The level of each moment as a horn would play it, in dB above the floor.
    levels: Vec<u8>,
}

impl Identity {
    /// Two recordings whose [`Identity::levels`] differ in number by more are not the same, so that most
    /// need not be looked at.
    pub const MOST_LONGER: usize = MOST_LONGER;

    /// Puts together what a store kept.
    pub fn restore(file: Sha256, samples: Sha256, levels: Vec<u8>) -> Self {
        Self { file, samples, levels }
    }

    /// The level of each moment, for a store.
    pub fn levels(&self) -> &[u8] {
        &self.levels
    }

    pub fn sameness(&self, other: &Self) -> Option<Sameness> {
        if self.file == other.file {
            Some(Sameness::File)
        } else if self.samples == other.samples {
            Some(Sameness::Samples)
        } else {
            are_alike(&self.levels, &other.levels).then_some(Sameness::Sound)
        }
    }
}

/// Takes samples as they pass.
pub(super) struct Identifier {
    samples: Sha256Hasher,
    bytes: Vec<u8>,
    levels: Vec<u8>,
    energy: f32,
    n_in_moment: usize,
}

impl Identifier {
    pub(super) fn new(sample_rate: u32, n_channels: u16) -> Self {
        let mut samples = Sha256Hasher::default();
        samples.update(&sample_rate.to_le_bytes());
        samples.update(&n_channels.to_le_bytes());
        Self { samples, bytes: Vec::new(), levels: Vec::new(), energy: 0.0, n_in_moment: 0 }
    }

    /// Interleaved samples of the recording.
    pub(super) fn add(&mut self, interleaved: &[f32]) {
        self.bytes.clear();
        self.bytes.extend(interleaved.iter().flat_map(|it| to_i16(*it).to_le_bytes()));
        self.samples.update(&self.bytes);
    }

    /// The same as one channel at 48 kHz, high-passed.
    pub(super) fn add_shaped(&mut self, shaped: &[f32]) {
        for sample in shaped {
            self.energy += sample * sample;
            self.n_in_moment += 1;
            if self.n_in_moment == MOMENT {
                self.levels.push(level(self.energy));
                (self.energy, self.n_in_moment) = (0.0, 0);
            }
        }
    }

    pub(super) fn finish(self, file: Sha256) -> Identity {
        Identity { file, samples: self.samples.finish(), levels: self.levels }
    }
}

/// Decibels above the floor, in halves.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "clamped to 0..=120"
)]
fn level(energy: f32) -> u8 {
    let dbfs = 10.0 * (energy / MOMENT as f32).max(1e-12).log10();
    ((dbfs - FLOOR_DBFS) * 2.0).clamp(0.0, 120.0) as u8
}

fn are_alike(one: &[u8], two: &[u8]) -> bool {
    if one.len().abs_diff(two.len()) > MOST_LONGER {
        return false;
    }
    (0..=MOST_DELAY).any(|delay| {
        let (later, earlier) = (one.get(delay..), two.get(delay..));
        [(later, Some(two)), (Some(one), earlier)].into_iter().any(|pair| {
            let (Some(one), Some(two)) = pair else { return false };
            correlation(one, two) >= LEAST_ALIKE
        })
    })
}

/// Pearson's, over the moments that both have; 0 where one does not change at all.
fn correlation(one: &[u8], two: &[u8]) -> f32 {
    let pairs = || one.iter().zip(two).map(|(a, b)| (f64::from(*a), f64::from(*b)));
    let n = f64::from(u32::try_from(one.len().min(two.len())).unwrap_or(u32::MAX));
    let (sum_one, sum_two) = pairs().fold((0.0, 0.0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
    let (mean_one, mean_two) = (sum_one / n, sum_two / n);
    let (mut both, mut only_one, mut only_two) = (0.0, 0.0, 0.0);
    for (a, b) in pairs() {
        let (a, b) = (a - mean_one, b - mean_two);
        both += a * b;
        only_one += a * a;
        only_two += b * b;
    }
    let spread = (only_one * only_two).sqrt();
    if spread > 0.0 { narrow(both / spread) } else { 0.0 }
}

#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "-1.0..=1.0")]
fn narrow(correlation: f64) -> f32 {
    correlation as f32
}
