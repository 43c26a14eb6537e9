//! A rational polyphase resampler to 48 kHz.
//!
//! The rates of recordings are few and their ratios to 48 kHz are small fractions, so the filter is
//! a table of windowed-sinc phases: exact ratio, linear phase, no drift, and the output has the
//! length of the input to the sample. Method: Crochiere & Rabiner, "Multirate Digital Signal
//! Processing", ch. 2; window after Kaiser (beta 9: sidelobes below -90 dB).

use std::f64::consts::PI;

use super::{SAMPLE_RATE, count};

/// Rates that recorders and editors write, in Hz. Others would need huge tables, and are mistakes.
const USUAL_RATES: [u32; 16] = [
    8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 37_800, 44_056, 44_100, 48_000, 64_000,
    88_200, 96_000, 176_400, 192_000,
];

pub(super) fn is_usual_rate(rate: u32) -> bool {
    USUAL_RATES.contains(&rate)
}

/// Zero crossings of the sinc on each side of its centre, at the lower of the two rates.
const N_CROSSINGS: u32 = 32;
const KAISER_BETA: f64 = 9.0;
/// The pass band, as a share of the lower rate's half: the rest is the filter's slope.
const PASS_BAND: f64 = 0.93;

/// Up by `up`, down by `down`, where `up / down = 48 kHz / rate` in lowest terms.
pub(super) struct Resampler {
    up: usize,
    down: usize,
    /// `up` rows of `n_taps` coefficients, oldest sample first.
    phases: Vec<f32>,
    n_taps: usize,
    /// Input not yet used up; starts as the silence before the sound.
    history: Vec<f32>,
    /// Position of the next output, in steps of 1/`up` input samples from `history`'s start.
    next: usize,
    n_in: u64,
    n_out: u64,
}

impl Resampler {
    /// `rate` in Hz must be a usual one ([`is_usual_rate`]).
    pub(super) fn new(rate: u32) -> Self {
        let divisor = gcd(SAMPLE_RATE, rate);
        let (up, down) = (SAMPLE_RATE / divisor, rate / divisor);
        // Half the filter's length in input samples: longer when going down, to cut off lower.
        let half = if down > up { (N_CROSSINGS * down).div_ceil(up) } else { N_CROSSINGS };
        let n_taps = 2 * half;
        let cutoff = PASS_BAND * (f64::from(up) / f64::from(down)).min(1.0);
        let mut phases = Vec::new();
        for phase in 0..up {
            let row = phase_row(f64::from(phase) / f64::from(up), half, cutoff);
            phases.extend(row);
        }
        let n_taps = index(n_taps);
        Self {
            up: index(up),
            down: index(down),
            phases,
            n_taps,
            // Output 0 is centred on input 0, so the filter's older half hears silence.
            history: vec![0.0; n_taps / 2 - 1],
            next: 0,
            n_in: 0,
            n_out: 0,
        }
    }

    /// Appends to `out` every sample that can be computed by now.
    pub(super) fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.n_in += count(samples.len());
        if self.up == self.down {
            out.extend_from_slice(samples);
            return;
        }
        self.history.extend_from_slice(samples);
        self.run(out);
    }

    /// Appends the rest, so that all output together is as long as the input was.
    pub(super) fn finish(&mut self, out: &mut Vec<f32>) {
        if self.up == self.down {
            return;
        }
        let tail = vec![0.0; self.n_taps];
        self.history.extend_from_slice(&tail);
        let before = out.len();
        let wanted = self.n_in * count(self.up) / count(self.down);
        let missing = wanted.saturating_sub(self.n_out);
        self.run(out);
        out.truncate(before + usize::try_from(missing).unwrap_or(usize::MAX - before));
    }

    fn run(&mut self, out: &mut Vec<f32>) {
        let before = out.len();
        loop {
            let (at, phase) = (self.next / self.up, self.next % self.up);
            let Some(window) = self.history.get(at..at + self.n_taps) else { break };
            let row = &self.phases[phase * self.n_taps..(phase + 1) * self.n_taps];
            out.push(window.iter().zip(row).map(|(sample, tap)| sample * tap).sum());
            self.next += self.down;
        }
        let used = (self.next / self.up).min(self.history.len());
        self.history.drain(..used);
        self.next -= used * self.up;
        self.n_out += count(out.len() - before);
    }
}

/// The taps for an output that lies `offset` (in `0.0..1.0` input samples) after its input sample,
/// scaled so that a constant passes unchanged.
fn phase_row(offset: f64, half: u32, cutoff: f64) -> Vec<f32> {
    let taps: Vec<f64> = (0..2 * half)
        .map(|tap| {
            let distance = f64::from(tap) - f64::from(half - 1) - offset;
            let window = kaiser(distance / f64::from(half));
            sinc(cutoff * distance) * window
        })
        .collect();
    let sum: f64 = taps.iter().sum();
    taps.into_iter().map(|tap| narrow(tap / sum)).collect()
}

fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-12 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

/// `position` in `-1.0..=1.0` from the window's centre.
fn kaiser(position: f64) -> f64 {
    let inside = (1.0 - position * position).max(0.0);
    bessel_i0(KAISER_BETA * inside.sqrt()) / bessel_i0(KAISER_BETA)
}

/// Modified Bessel function of the first kind, order 0, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1_u32..=40 {
        term *= quarter / (f64::from(k) * f64::from(k));
        sum += term;
    }
    sum
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn index(value: u32) -> usize {
    usize::try_from(value).expect("32 bits fit an index on every target")
}

#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "a tap, below 1.0")]
fn narrow(tap: f64) -> f32 {
    tap as f32
}

#[cfg(test)]
mod tests;
