//! How much of a recording was cut off at full scale.
//!
//! Measure: of the samples louder than -20 dBFS, the share that lies within 0.04 dB of full scale.
//! Quiet passages and pauses thus do not hide a distorted voice. A normal recording has none; music
//! mastered loud stays below 1 %; speech that was 20 dB too loud has a third of them there.

/// -0.04 dBFS: full scale, but for what a lossy codec makes of a flat top.
const AT_THE_RAIL: f32 = 0.995;
/// -20 dBFS.
const LOUD: f32 = 0.1;

#[derive(Debug, Default)]
pub(super) struct ClippingMeter {
    n_loud: u32,
    n_clipped: u32,
}

impl ClippingMeter {
    pub(super) fn add(&mut self, samples: &[f32]) {
        for sample in samples {
            let level = sample.abs();
            // An hour of eight channels at 192 kHz would be 5.5e9: saturate rather than wrap.
            self.n_loud = self.n_loud.saturating_add(u32::from(level >= LOUD));
            self.n_clipped = self.n_clipped.saturating_add(u32::from(level >= AT_THE_RAIL));
        }
    }

    /// In `0.0..=1.0`; 0 where nothing is loud.
    pub(super) fn clipped(&self) -> f64 {
        f64::from(self.n_clipped) / f64::from(self.n_loud.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_at_full_scale_is_not_clipped_and_one_of_twice_that_is() {
        let sine = |gain: f32| {
            let mut meter = ClippingMeter::default();
            let wave: Vec<f32> = (0_u16..4800)
                .map(|n| (f32::from(n) * 0.13).sin() * gain)
                .map(|it| it.clamp(-1.0, 1.0))
                .collect();
            meter.add(&wave);
            meter.clipped()
        };
        assert!(sine(0.99) < 0.001, "{}", sine(0.99));
        assert!(sine(2.0) > 0.5, "{}", sine(2.0));
    }
}
