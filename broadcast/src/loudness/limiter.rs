//! Gain, then a look-ahead limiter that keeps true peaks under the ceiling.
//!
//! The peak in front of each sample is read at four times the rate, as BS.1770 does. The gain that
//! peak calls for is held from `LOOKAHEAD` before it to `LOOKAHEAD` after, then averaged over
//! `LOOKAHEAD`: it arrives at the peak on a ramp, so that nothing clicks, and recovers over
//! `RELEASE`. A gain below 1 never acts on sound that stays under the ceiling.

use std::collections::VecDeque;

use super::CEILING_DBTP;

/// 3 ms at 48 kHz: longer than a consonant's attack, shorter than a syllable.
const LOOKAHEAD: usize = 144;
/// Share of the way back to 1 that the gain makes with each sample: 40 ms at 48 kHz.
const RELEASE: f32 = 1.0 / 1920.0;
/// Peaks between the four points per sample, and the ramp's own side bands: kept off in dB.
const MARGIN_DB: f64 = 0.3;

/// Taps on each side of the points between two samples.
const HALF_TAPS: usize = 6;

pub(crate) struct Limiter {
    gain: f32,
    ceiling: f32,
    phases: [[f32; 2 * HALF_TAPS]; 3],
    /// The newest samples, for the points between them.
    between: VecDeque<f32>,
    /// Samples waiting for the gain that will be right for them.
    delayed: VecDeque<f32>,
    /// (position, gain wanted there), rising gains from the front: the front is the window's least.
    wanted: VecDeque<(u64, f32)>,
    position: u64,
    released: f32,
    /// The last `LOOKAHEAD` released gains and their sum, for the average.
    ramp: VecDeque<f32>,
    ramp_sum: f64,
    out: Vec<f32>,
}

impl Limiter {
    /// `gain` is a factor, applied before anything is limited.
    pub(crate) fn new(gain: f64) -> Self {
        Self {
            gain: narrow(gain),
            ceiling: narrow(super::ratio_from_db(CEILING_DBTP - MARGIN_DB)),
            phases: [1.0, 2.0, 3.0].map(|quarter| phase(quarter / 4.0)),
            between: VecDeque::from(vec![0.0; 2 * HALF_TAPS]),
            delayed: VecDeque::from(vec![0.0; LATENCY]),
            wanted: VecDeque::new(),
            position: 0,
            released: 1.0,
            ramp: VecDeque::from(vec![1.0; LOOKAHEAD]),
            ramp_sum: f64::from(u16::try_from(LOOKAHEAD).expect("a few hundred")),
            out: Vec::new(),
        }
    }

    /// Gives as many samples as have been taken, once the first `LATENCY` are in.
    pub(crate) fn limit(&mut self, samples: &[f32]) -> &[f32] {
        self.out.clear();
        for sample in samples {
            self.step(*sample * self.gain);
        }
        &self.out
    }

    /// The samples that were still waiting. The limiter is done after this.
    pub(crate) fn finish(&mut self) -> &[f32] {
        self.out.clear();
        for _ in 0..LATENCY {
            self.step(0.0);
        }
        &self.out
    }

    fn step(&mut self, sample: f32) {
        self.between.pop_front();
        self.between.push_back(sample);
        self.delayed.push_back(sample);
        let wanted = (self.ceiling / self.peak().max(self.ceiling)).min(1.0);
        let least = self.least_wanted(wanted);
        // Down at once (the average makes the ramp), up slowly.
        self.released = least.min(self.released + (1.0 - self.released) * RELEASE);
        let leaving = self.ramp.pop_front().unwrap_or(1.0);
        self.ramp.push_back(self.released);
        self.ramp_sum += f64::from(self.released) - f64::from(leaving);
        let delayed = self.delayed.pop_front().unwrap_or(0.0);
        self.position += 1;
        if self.position > LATENCY_SAMPLES {
            let share = f64::from(u16::try_from(LOOKAHEAD).expect("a few hundred"));
            self.out.push(delayed * narrow(self.ramp_sum / share));
        }
    }

    /// The highest of the sample in the middle of `between` and the three points after it.
    fn peak(&self) -> f32 {
        let at_sample = self.between.get(HALF_TAPS - 1).map_or(0.0, |it| it.abs());
        self.phases
            .iter()
            .map(|taps| self.between.iter().zip(taps).map(|(it, tap)| it * tap).sum::<f32>().abs())
            .fold(at_sample, f32::max)
    }

    /// The least gain wanted by any of the last `HOLD` samples.
    fn least_wanted(&mut self, wanted: f32) -> f32 {
        while self.wanted.back().is_some_and(|(_, later)| *later >= wanted) {
            self.wanted.pop_back();
        }
        self.wanted.push_back((self.position, wanted));
        while self.wanted.front().is_some_and(|(at, _)| at + HOLD <= self.position) {
            self.wanted.pop_front();
        }
        self.wanted.front().map_or(1.0, |(_, least)| *least)
    }
}

/// A peak is known `HALF_TAPS` samples late, and its ramp takes `LOOKAHEAD`.
const LATENCY: usize = LOOKAHEAD + HALF_TAPS;
/// The same, as positions count.
const LATENCY_SAMPLES: u64 = 150;
/// One more than the average's length on both sides of the peak.
const HOLD: u64 = 150;

/// A windowed sinc that reads the point `offset` (in samples) after the middle sample.
fn phase(offset: f64) -> [f32; 2 * HALF_TAPS] {
    let mut taps = [0.0; 2 * HALF_TAPS];
    let mut distance = -f64::from(u8::try_from(HALF_TAPS - 1).expect("six")) - offset;
    let half = f64::from(u8::try_from(HALF_TAPS).expect("six"));
    for tap in &mut taps {
        let x = std::f64::consts::PI * distance;
        let window = 0.5 + 0.5 * (x / half).cos();
        *tap = narrow(if x == 0.0 { 1.0 } else { x.sin() / x } * window);
        distance += 1.0;
    }
    taps
}

#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "a gain or a tap")]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::loudness::Meter;

    fn limited(gain: f64, wave: &[f32], block: usize) -> Vec<f32> {
        let mut limiter = Limiter::new(gain);
        let mut out = Vec::new();
        for samples in wave.chunks(block) {
            out.extend_from_slice(limiter.limit(samples));
        }
        out.extend_from_slice(limiter.finish());
        out
    }

    fn true_peak(wave: &[f32]) -> f64 {
        let mut meter = Meter::new(1, 48_000);
        meter.add(wave);
        meter.loudness().true_peak_dbtp
    }

    #[test]
    fn what_stays_under_the_ceiling_passes_unchanged_and_in_place() {
        let wave: Vec<f32> = (0_u16..9_600).map(|n| (f32::from(n) * 0.05).sin() * 0.5).collect();
        let got = limited(1.0, &wave, 1000);
        assert_eq!(got.len(), wave.len());
        for (got, wanted) in got.iter().zip(&wave) {
            assert!((got - wanted).abs() < 1e-5);
        }
    }

    #[test]
    fn a_peak_between_two_samples_is_seen() {
        // A quarter-rate sine at 45 degrees: its samples are 3 dB below its peaks.
        let wave: Vec<f32> = (0_u16..9_600)
            .map(|n| ((f32::from(n) + 0.5) * std::f32::consts::FRAC_PI_2).sin())
            .collect();
        let peak = true_peak(&limited(1.2, &wave, 480));
        assert!((-3.5..=CEILING_DBTP).contains(&peak), "{peak} dBTP");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Bursts of noise at any level: worse than speech.
        #[test]
        fn no_true_peak_passes_the_ceiling(
            bursts in proptest::collection::vec((0.0_f32..1.0, 1_usize..400), 1..20),
            seed in proptest::collection::vec(-1.0_f32..1.0, 401),
            gain_db in 0.0_f64..12.0,
            block in 1_usize..700,
        ) {
            let mut wave = vec![0.0; 1_000];
            for (level, length) in bursts {
                wave.extend(seed.iter().take(length).map(|it| it * level));
                wave.extend(std::iter::repeat_n(0.0, length));
            }
            let out = limited(crate::loudness::ratio_from_db(gain_db), &wave, block);
            prop_assert_eq!(out.len(), wave.len());
            let peak = true_peak(&out);
            prop_assert!(peak <= CEILING_DBTP, "{} dBTP", peak);
        }
    }
}
