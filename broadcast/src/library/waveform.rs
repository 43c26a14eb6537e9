//! The outline of a sound, for a picture of it: a peak a block, as many as a screen is wide.

use std::time::Duration;

use super::SAMPLE_RATE;

/// Peaks that are kept at most; a power of two, so that blocks can be joined in pairs.
pub const MOST_PEAKS: usize = 1024;

/// Peaks of equal blocks in order; the last block may be shorter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waveform {
    peaks: Vec<u8>,
    block: Duration,
}

impl Waveform {
    /// Puts together what a store kept.
    pub fn restore(peaks: Vec<u8>, block: Duration) -> Self {
        Self { peaks, block }
    }

    /// The highest absolute sample of each block, 255 being full scale. At most [`MOST_PEAKS`].
    pub fn peaks(&self) -> &[u8] {
        &self.peaks
    }

    /// How long each block is.
    pub fn block(&self) -> Duration {
        self.block
    }
}

/// Draws while samples pass: nobody knows yet how many will come, so that whenever the peaks fill
/// up, neighbours are joined and blocks become twice as long.
pub(super) struct Outline {
    peaks: Vec<f32>,
    /// Samples in a block.
    block: u64,
    /// Of the block that is being filled.
    peak: f32,
    n_in_block: u64,
}

impl Outline {
    pub(super) fn new() -> Self {
        Self { peaks: Vec::new(), block: 64, peak: 0.0, n_in_block: 0 }
    }

    /// Mono samples at [`SAMPLE_RATE`].
    pub(super) fn add(&mut self, samples: &[f32]) {
        for sample in samples {
            self.peak = self.peak.max(sample.abs());
            self.n_in_block += 1;
            if self.n_in_block == self.block {
                self.end_block();
            }
        }
    }

    pub(super) fn finish(mut self) -> Waveform {
        // Twice where the last one is one too many: joined pairs leave it over.
        while self.n_in_block > 0 {
            self.end_block();
        }
        let n_nanos = self.block * 1_000_000_000 / u64::from(SAMPLE_RATE);
        let peaks = self.peaks.iter().map(|peak| to_u8(*peak)).collect();
        Waveform { peaks, block: Duration::from_nanos(n_nanos) }
    }

    fn end_block(&mut self) {
        self.peaks.push(std::mem::take(&mut self.peak));
        self.n_in_block = 0;
        if self.peaks.len() > MOST_PEAKS {
            self.join_pairs();
        }
    }

    /// The peak that came too many opens the next, longer block.
    fn join_pairs(&mut self) {
        self.peak = self.peaks.pop().unwrap_or_default();
        self.n_in_block = self.block;
        self.peaks =
            self.peaks.chunks(2).map(|it| it.iter().copied().fold(0.0, f32::max)).collect();
        self.block *= 2;
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped before"
)]
fn to_u8(peak: f32) -> u8 {
    (peak.clamp(0.0, 1.0) * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn outline(samples: &[f32]) -> Waveform {
        let mut outline = Outline::new();
        for block in samples.chunks(997) {
            outline.add(block);
        }
        outline.finish()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// As if each block were looked at alone, however long the sound is.
        #[test]
        fn peaks_are_those_of_equal_blocks(n in 1_usize..400_000, period in 1_usize..5_000) {
            let sample = |at: usize| if at.is_multiple_of(period) { 0.8 } else { -0.2 };
            let samples: Vec<f32> = (0..n).map(sample).collect();
            let waveform = outline(&samples);
            let n_in_block = (waveform.block().as_nanos() * 48_000).div_ceil(1_000_000_000);
            let n_in_block = usize::try_from(n_in_block).unwrap();
            let expected: Vec<u8> = samples
                .chunks(n_in_block)
                .map(|it| to_u8(it.iter().fold(0.0, |peak, it| it.abs().max(peak))))
                .collect();
            prop_assert!(waveform.peaks().len() <= MOST_PEAKS);
            prop_assert_eq!(waveform.peaks(), expected);
        }
    }

    #[test]
    fn an_hour_stays_small() {
        let mut outline = Outline::new();
        let second = vec![0.5; 48_000];
        for _ in 0..3600 {
            outline.add(&second);
        }
        let waveform = outline.finish();
        assert!((MOST_PEAKS / 2..=MOST_PEAKS).contains(&waveform.peaks().len()));
        assert!(waveform.peaks().iter().all(|it| *it == 128));
    }
}
