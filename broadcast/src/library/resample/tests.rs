//! The resampler against a sine it should have made, and against one it must not pass.

use std::f64::consts::TAU;

use proptest::prelude::*;

use super::*;

fn sine(rate: u32, hz: f64, n: u32) -> Vec<f32> {
    (0..n).map(|at| narrow((TAU * hz * f64::from(at) / f64::from(rate)).sin())).collect()
}

fn resample(rate: u32, wave: &[f32], block: usize) -> Vec<f32> {
    let mut resampler = Resampler::new(rate);
    let mut out = Vec::new();
    for samples in wave.chunks(block) {
        resampler.push(samples, &mut out);
    }
    resampler.finish(&mut out);
    out
}

/// Power of `got - wanted` under the power of a full sine, in dB, away from both ends.
fn error_db(got: &[f32], wanted: &[f32]) -> f64 {
    let middle = 2_000..got.len() - 2_000;
    let n = f64::from(u32::try_from(middle.len()).unwrap());
    let power: f64 = middle.map(|at| f64::from(got[at] - wanted[at]).powi(2)).sum::<f64>() / n;
    10.0 * (power * 2.0).log10()
}

#[test]
fn a_tone_arrives_as_the_same_tone_in_the_same_place() {
    for rate in USUAL_RATES {
        let hz = f64::from(rate.min(SAMPLE_RATE)) * 0.4;
        let got = resample(rate, &sine(rate, hz, rate), 1152);
        assert_eq!(got.len(), 48_000, "{rate} Hz");
        let error = error_db(&got, &sine(SAMPLE_RATE, hz, SAMPLE_RATE));
        assert!(error < -80.0, "{rate} Hz: error {error:.1} dB");
    }
}

#[test]
fn what_48_khz_cannot_hold_does_not_fold_down() {
    let got = resample(96_000, &sine(96_000, 30_000.0, 96_000), 4096);
    let silence = vec![0.0; got.len()];
    assert!(error_db(&got, &silence) < -80.0, "{:.1} dB", error_db(&got, &silence));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_length_and_the_samples_do_not_depend_on_the_blocks(
        rate in proptest::sample::select(USUAL_RATES.to_vec()),
        n in 1_u32..6_000,
        block in 1_usize..3_000,
    ) {
        let wave = sine(rate, 440.0, n);
        let got = resample(rate, &wave, block);
        let expected = u64::from(n) * u64::from(SAMPLE_RATE) / u64::from(rate);
        prop_assert_eq!(count(got.len()), expected);
        prop_assert_eq!(got, resample(rate, &wave, wave.len()));
    }
}
