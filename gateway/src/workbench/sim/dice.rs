//! Chance that a seed decides, for every stand-in: the same seed, the same run.

use std::time::Duration;

/// `SplitMix64` (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014). Ours, and
/// not a crate's, so that a seed in a report still means the same link after every update.
#[derive(Debug)]
pub(in crate::workbench::sim) struct Dice(u64);

impl Dice {
    /// Two of the same seed and another `purpose` have nothing to do with each other.
    pub(in crate::workbench::sim) fn new(seed: u64, purpose: u64) -> Self {
        let seed = Self(seed).next();
        Self(Self(seed ^ purpose).next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// At least 0 and less than 1, in steps of 2^-32.
    pub(in crate::workbench::sim) fn roll(&mut self) -> f64 {
        let [.., a, b, c, d] = self.next().to_le_bytes();
        f64::from(u32::from_le_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
    }

    /// Less than `most`, unless that is nothing.
    pub(in crate::workbench::sim) fn up_to(&mut self, most: Duration) -> Duration {
        most.mul_f64(self.roll())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever changes these numbers changes what every seed that was ever written down means.
    #[test]
    fn a_seed_means_the_same_in_every_version() {
        let mut dice = Dice(1_234_567);
        assert_eq!(
            [dice.next(), dice.next()],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]
        );
    }
}
