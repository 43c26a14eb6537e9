//! Where bilinear sampling looks, along one axis: precomputed, and exact in integers.

/// For each output sample: the first of two neighbouring source samples, and the share of the
/// second one. Half-pixel centres, no antialiasing, edges repeated: `INTER_LINEAR` of `OpenCV`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Taps {
    taps: Vec<Tap>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tap {
    /// `first + 1` may be one past the last source sample, with share 0: rows are kept one longer.
    pub(super) first: usize,
    /// In `0.0..=1.0`: `steps / STEPS`.
    pub(super) share: f32,
    pub(super) steps: i16,
}

impl Taps {
    /// `INTER_RESIZE_COEF_SCALE` of `OpenCV`.
    pub(super) const STEPS: i16 = 2048;

    /// `source` samples become `target`; neither may be 0.
    pub(super) fn new(source: u16, target: u16) -> Self {
        let (source, target) = (i64::from(source), i64::from(target));
        let taps = (0..target).map(|at| {
            // (at + 1/2) * source / target - 1/2, over the common denominator 2 * target.
            let (numerator, denominator) = ((2 * at + 1) * source - target, 2 * target);
            let first = numerator.div_euclid(denominator);
            let rest = numerator.rem_euclid(denominator);
            let steps = (rest * i64::from(Self::STEPS) + target) / denominator;
            let last = source - 1;
            match usize::try_from(first) {
                Ok(index) if first < last => Tap::new(index, steps),
                Ok(_) => Tap::new(usize::try_from(last).unwrap_or(0), 0),
                Err(_) => Tap::new(0, 0),
            }
        });
        Self { taps: taps.collect() }
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Tap> {
        self.taps.iter()
    }

    /// `n` at a time; the last may be fewer.
    pub(super) fn chunks(&self, n: usize) -> std::slice::Chunks<'_, Tap> {
        self.taps.chunks(n)
    }
}

impl Tap {
    fn new(first: usize, steps: i64) -> Self {
        let steps = i16::try_from(steps).unwrap_or(0);
        Self { first, share: f32::from(steps) / f32::from(Taps::STEPS), steps }
    }

    /// Of the first sample and of the second one, in steps.
    pub(super) fn weights(self) -> [i16; 2] {
        [Taps::STEPS - self.steps, self.steps]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: u16, target: u16, expected: &[(usize, f32)]) {
        let got: Vec<_> = Taps::new(source, target).iter().map(|it| (it.first, it.share)).collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn the_same_size_looks_at_each_sample_alone() {
        check(3, 3, &[(0, 0.0), (1, 0.0), (2, 0.0)]);
    }

    #[test]
    fn half_the_size_looks_between_two() {
        check(4, 2, &[(0, 0.5), (2, 0.5)]);
    }

    #[test]
    fn twice_the_size_repeats_the_edges() {
        check(2, 4, &[(0, 0.0), (0, 0.25), (0, 0.75), (1, 0.0)]);
    }
}
