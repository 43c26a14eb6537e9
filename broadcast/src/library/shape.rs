//! From whatever a recording is to what a horn takes: one channel, 48 kHz, high-passed.

use super::decode::Format;
use super::filter::HighPass;
use super::resample::Resampler;
use super::{HORN_HIGH_PASS_HZ, SAMPLE_RATE};

pub(super) struct Shaper {
    n_channels: u16,
    mono: Vec<f32>,
    resampler: Resampler,
    high_pass: HighPass,
    shaped: Vec<f32>,
}

impl Shaper {
    pub(super) fn new(format: &Format) -> Self {
        Self {
            n_channels: format.n_channels,
            mono: Vec::new(),
            resampler: Resampler::new(format.sample_rate),
            high_pass: HighPass::new(HORN_HIGH_PASS_HZ, SAMPLE_RATE),
            shaped: Vec::new(),
        }
    }

    /// Takes interleaved samples of the recording; gives what is ready of the shaped sound.
    pub(super) fn shape(&mut self, interleaved: &[f32]) -> &[f32] {
        let share = 1.0 / f32::from(self.n_channels);
        self.mono.clear();
        self.mono.extend(
            interleaved
                .chunks_exact(usize::from(self.n_channels))
                .map(|frame| frame.iter().sum::<f32>() * share),
        );
        self.shaped.clear();
        self.resampler.push(&self.mono, &mut self.shaped);
        self.high_pass.run(&mut self.shaped);
        &self.shaped
    }

    /// The sound that was still inside the resampler.
    pub(super) fn finish(&mut self) -> &[f32] {
        self.shaped.clear();
        self.resampler.finish(&mut self.shaped);
        self.high_pass.run(&mut self.shaped);
        &self.shaped
    }
}
