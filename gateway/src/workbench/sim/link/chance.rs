//! Chance that a seed decides: the same seed, the same losses and the same jitter.

use super::super::dice::Dice;
use super::terms::Loss;

/// Which packets are lost, one after the other.
#[derive(Debug)]
pub(super) struct Luck {
    loss: Option<Loss>,
    was_lost: bool,
    dice: Dice,
}

impl Luck {
    pub(super) fn new(loss: Option<Loss>, mut dice: Dice) -> Self {
        // As if it had gone on for ever: else the first packets would be luckier than the rest.
        let was_lost = loss.is_some_and(|it| dice.roll() < it.share);
        Self { loss, was_lost, dice }
    }

    pub(super) fn loses_the_next(&mut self) -> bool {
        let Some(loss) = self.loss else { return false };
        let roll = self.dice.roll();
        self.was_lost = if self.was_lost { roll >= loss.ends } else { roll < loss.begins };
        self.was_lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: u32 = 200_000;

    /// The part that was lost, and how many in a row on average.
    fn losses(loss: Loss, seed: u64) -> (f64, f64) {
        let mut luck = Luck::new(Some(loss), Dice::new(seed, 0));
        let (mut n_lost, mut n_bursts, mut was_lost) = (0_u32, 0_u32, false);
        for _ in 0..N {
            let is_lost = luck.loses_the_next();
            n_lost += u32::from(is_lost);
            n_bursts += u32::from(is_lost && !was_lost);
            was_lost = is_lost;
        }
        (f64::from(n_lost) / f64::from(N), f64::from(n_lost) / f64::from(n_bursts.max(1)))
    }

    #[test]
    fn the_share_and_the_bursts_are_those_that_were_asked_for() {
        for seed in 0..5 {
            let (share, burst) = losses(Loss::independent(0.05), seed);
            assert!((share - 0.05).abs() < 0.003, "{share}");
            assert!((burst - 1.0 / 0.95).abs() < 0.02, "{burst}");
            let (share, burst) = losses(Loss::in_bursts(0.05, 8.0).unwrap(), seed);
            assert!((share - 0.05).abs() < 0.006, "{share}");
            assert!((burst - 8.0).abs() < 0.5, "{burst}");
        }
    }

    #[test]
    fn all_and_nothing_are_exact() {
        assert!(losses(Loss::independent(1.0), 1).0 >= 1.0);
        assert!(losses(Loss::independent(0.0), 1).0 <= 0.0);
    }

    /// Whoever changes this row changes what every seed that was ever written down means.
    #[test]
    fn a_seed_means_the_same_in_every_version() {
        let mut luck = Luck::new(Some(Loss::independent(0.5)), Dice::new(7, 0));
        let row: String = (0..16).map(|_| if luck.loses_the_next() { '.' } else { '#' }).collect();
        assert_eq!(row, "..####...#..####");
    }
}
