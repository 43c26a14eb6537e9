//! The horn's high-pass: one second-order Butterworth section.
//!
//! Coefficients: Robert Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter
//! coefficients" (HPF, Q = 1/sqrt 2), run in direct form 2 transposed with 64-bit state, which
//! keeps the rounding noise of a low corner far below 16 bits.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

#[derive(Debug)]
pub(super) struct HighPass {
    b0: f64,
    b1: f64,
    b2: f64,
    a1: f64,
    a2: f64,
    z1: f64,
    z2: f64,
}

impl HighPass {
    /// -3 dB at `corner_hz`, 12 dB an octave below it.
    pub(super) fn new(corner_hz: u32, sample_rate: u32) -> Self {
        let omega = TAU * f64::from(corner_hz) / f64::from(sample_rate);
        let (sin, cos) = omega.sin_cos();
        let alpha = sin / (2.0 * FRAC_1_SQRT_2);
        let a0 = 1.0 + alpha;
        Self {
            b0: f64::midpoint(1.0, cos) / a0,
            b1: -(1.0 + cos) / a0,
            b2: f64::midpoint(1.0, cos) / a0,
            a1: -2.0 * cos / a0,
            a2: (1.0 - alpha) / a0,
            z1: 0.0,
            z2: 0.0,
        }
    }

    pub(super) fn run(&mut self, samples: &mut [f32]) {
        for sample in samples {
            let x = f64::from(*sample);
            let y = self.b0.mul_add(x, self.z1);
            self.z1 = self.b1 * x - self.a1 * y + self.z2;
            self.z2 = self.b2 * x - self.a2 * y;
            *sample = narrow(y);
        }
    }
}

#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "a sample, near 1.0")]
fn narrow(y: f64) -> f32 {
    y as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gain in dB at `hz`, after the filter has settled.
    fn gain_db(hz: f32) -> f32 {
        let mut wave: Vec<f32> = (0_u16..48_000)
            .map(|n| (f32::from(n) * hz * std::f32::consts::TAU / 48_000.0).sin())
            .collect();
        HighPass::new(300, 48_000).run(&mut wave);
        let settled = &wave[24_000..];
        let power = settled.iter().map(|it| it * it).sum::<f32>() / 24_000.0;
        10.0 * (power * 2.0).log10()
    }

    #[test]
    fn the_corner_is_3_db_down_and_each_octave_below_12_more() {
        assert!((gain_db(300.0) + 3.01).abs() < 0.1, "{}", gain_db(300.0));
        assert!((gain_db(75.0) + 24.1).abs() < 0.3, "{}", gain_db(75.0));
        assert!(gain_db(3000.0).abs() < 0.05, "{}", gain_db(3000.0));
    }
}
