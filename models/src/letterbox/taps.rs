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
    /// In `0.0..1.0`, in steps of 1/2048 as `OpenCV` has them.
    pub(super) share: f32,
}

/// `INTER_RESIZE_COEF_SCALE` of `OpenCV`.
const STEPS: u16 = 2048;

impl Taps {
    /// `source` samples become `target`; neither may be 0.
    pub(super) fn new(source: u16, target: u16) -> Self {
        let (source, target) = (i64::from(source), i64::from(target));
        let taps = (0..target).map(|at| {
            // (at + 1/2) * source / target - 1/2, over the common denominator 2 * target.
            let (numerator, denominator) = ((2 * at + 1) * source - target, 2 * target);
            let first = numerator.div_euclid(denominator);
            let rest = numerator.rem_euclid(denominator);
            let steps = (rest * i64::from(STEPS) + target) / denominator;
            let share = u16::try_from(steps).map_or(0.0, f32::from) / f32::from(STEPS);
            match usize::try_from(first) {
                Err(_) => Tap { first: 0, share: 0.0 },
                Ok(_) if first >= source - 1 => {
                    Tap { first: usize::try_from(source - 1).unwrap_or(0), share: 0.0 }
                }
                Ok(first) => Tap { first, share },
            }
        });
        Self { taps: taps.collect() }
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Tap> {
        self.taps.iter()
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
