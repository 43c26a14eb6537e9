//! How loud a sound is (EBU R 128, ITU-R BS.1770), and how it gets to the house's level.
//!
//! House level: -18 LUFS integrated, true peak at most -2 dBTP. R 128's -23 LUFS is for living
//! rooms; a horn over a street works 5 LU higher, and -2 dBTP leaves what Opus may overshoot.

use std::fmt;

use ebur128::{EbuR128, Mode};

mod limiter;

pub(crate) use limiter::Limiter;

/// Integrated loudness of everything that is broadcast, in LUFS.
pub const HOUSE_LUFS: f64 = -18.0;
/// True peak that nothing broadcast goes over, in dBTP.
pub const CEILING_DBTP: f64 = -2.0;

/// How far the limiter may press a peak down, in dB. Speech bears 6 dB without sounding squeezed; a
/// recording with sharper peaks stays quieter than the house level instead, and says so.
const MOST_LIMITING_DB: f64 = 6.0;
/// More gain than this only raises the noise of a recording that was made too far away, in dB.
const MOST_GAIN_DB: f64 = 30.0;

/// A measured loudness. Silence is `-inf` in both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loudness {
    pub integrated_lufs: f64,
    pub true_peak_dbtp: f64,
}

impl fmt::Display for Loudness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} LUFS, peak {:.1} dBTP", self.integrated_lufs, self.true_peak_dbtp)
    }
}

/// Measures interleaved samples as they pass.
pub struct Meter {
    state: EbuR128,
    n_channels: u32,
}

impl Meter {
    /// `n_channels` in `1..=8`, `sample_rate` in Hz in `8_000..=192_000`.
    pub fn new(n_channels: u16, sample_rate: u32) -> Self {
        // The histogram keeps an hour's gating blocks in a fixed 8 KB instead of a growing list.
        let mode = Mode::I | Mode::TRUE_PEAK | Mode::HISTOGRAM;
        let n_channels = u32::from(n_channels);
        let state = EbuR128::new(n_channels, sample_rate, mode)
            .expect("the caller keeps to the documented ranges");
        Self { state, n_channels }
    }

    pub fn add(&mut self, interleaved: &[f32]) {
        self.state.add_frames_f32(interleaved).expect("whole frames, and planes are not used");
    }

    pub fn loudness(&self) -> Loudness {
        let peak = (0..self.n_channels)
            .filter_map(|channel| self.state.true_peak(channel).ok())
            .fold(0.0, f64::max);
        Loudness {
            integrated_lufs: self.state.loudness_global().unwrap_or(f64::NEG_INFINITY),
            true_peak_dbtp: 20.0 * peak.log10(),
        }
    }
}

/// The gain in dB that brings `measured` to the house level, as far as its peaks allow.
pub(crate) fn plan_gain_db(measured: Loudness) -> f64 {
    (HOUSE_LUFS - measured.integrated_lufs).min(most_gain_db(measured))
}

/// `gain_db`, raised by what the limiter took from `measured` with it, as far as its peaks allow.
/// `limited` is what came out. A sharp voice loses up to 1.6 LU in the limiter.
pub(crate) fn make_up_gain_db(measured: Loudness, gain_db: f64, limited: Loudness) -> f64 {
    let lost = (HOUSE_LUFS - limited.integrated_lufs).max(0.0);
    (gain_db + lost).min(most_gain_db(measured).max(gain_db))
}

/// Whether `gain_db` drives the peaks of `measured` into the limiter.
pub(crate) fn is_limited(measured: Loudness, gain_db: f64) -> bool {
    measured.true_peak_dbtp + gain_db > CEILING_DBTP
}

fn most_gain_db(measured: Loudness) -> f64 {
    (CEILING_DBTP + MOST_LIMITING_DB - measured.true_peak_dbtp).min(MOST_GAIN_DB)
}

/// The factor that `db` is.
pub(crate) fn ratio_from_db(db: f64) -> f64 {
    10_f64.powf(db / 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(integrated_lufs: f64, true_peak_dbtp: f64) -> Loudness {
        Loudness { integrated_lufs, true_peak_dbtp }
    }

    #[test]
    fn gain_goes_to_the_house_level_unless_peaks_or_noise_forbid_it() {
        let check = |lufs, peak, expected: f64| {
            let gain = plan_gain_db(measured(lufs, peak));
            assert!((gain - expected).abs() < 1e-9, "{lufs} LUFS, {peak} dBTP: {gain} dB");
        };
        check(-23.0, -10.0, 5.0);
        check(-10.0, 0.0, -8.0);
        check(-30.0, -6.0, 10.0); // 12 wanted; the peaks allow 4 + 6
        check(-54.0, -40.0, 30.0);
    }

    #[test]
    fn what_the_limiter_took_is_made_up_for_within_the_same_bounds() {
        let check = |measured: Loudness, limited: f64, expected: f64| {
            let planned = plan_gain_db(measured);
            let gain = make_up_gain_db(measured, planned, self::measured(limited, -2.3));
            assert!((gain - expected).abs() < 1e-9, "{measured}: {gain} dB");
        };
        check(measured(-20.0, 0.0), -19.5, 3.5); // 2 planned, 1.5 lost; the peaks allow 4
        check(measured(-22.0, 0.5), -20.0, 3.5); // the peaks allow no more than was planned
        check(measured(-18.0, -9.0), -17.8, 0.0); // too loud is not made up for
    }

    #[test]
    fn a_full_scale_1_khz_sine_measures_minus_3_lufs() {
        // BS.1770-4, annex 1: 0 dBFS at 997 Hz in one front channel reads -3.01 LKFS.
        let mut meter = Meter::new(1, 48_000);
        let wave: Vec<f32> = (0_u32..144_000)
            .map(|n| f64::from(n) * 997.0 / 48_000.0)
            .map(|turns| (turns.fract() * std::f64::consts::TAU).sin())
            .map(|it| f32::from(half::nearest(it)) / 32_767.0)
            .collect();
        meter.add(&wave);
        let loudness = meter.loudness();
        assert!((loudness.integrated_lufs + 3.01).abs() < 0.1, "{loudness}");
        assert!(loudness.true_peak_dbtp.abs() < 0.1, "{loudness}");
    }

    #[test]
    fn silence_is_minus_infinity() {
        let mut meter = Meter::new(2, 44_100);
        meter.add(&vec![0.0; 88_200]);
        assert!(meter.loudness().integrated_lufs.is_infinite());
        assert!(meter.loudness().true_peak_dbtp.is_infinite());
    }

    mod half {
        #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "-1.0..=1.0")]
        pub(super) fn nearest(sample: f64) -> i16 {
            (sample * 32_767.0).round() as i16
        }
    }
}
