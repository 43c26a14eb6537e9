//! How a play went over all its clusters: who played it, and how far apart they began. Pure.

use jiff::{SignedDuration, Timestamp};

use super::view::TargetStage;

/// A start that is later than this was a catch-up into the middle of the content, on purpose: it says
/// nothing about how well the clocks agree.
const CATCH_UP: SignedDuration = SignedDuration::from_secs(10);

/// What one cluster reported.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    pub stage: TargetStage,
    /// The box's time of the first sample at the sink.
    pub started_at: Option<Timestamp>,
    /// `started_at` minus the ordered instant.
    pub start_error: Option<SignedDuration>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub n_targets: usize,
    pub n_played: usize,
    pub n_partial: usize,
    pub n_missed: usize,
    pub n_stopped: usize,
    /// Began 10 s late or more, by seeking into the content; not in the figures below.
    pub n_caught_up: usize,
    /// The latest start minus the earliest; `None` for fewer than two.
    pub skew: Option<SignedDuration>,
    /// Median and largest distance from the ordered instant, either way.
    pub start_error_p50: Option<SignedDuration>,
    pub start_error_max: Option<SignedDuration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// On every cluster, to the end.
    Played,
    /// On some, or not to the end.
    Partial,
    Missed,
    /// By somebody, on every cluster that would have played it.
    Stopped,
}

/// Sums up what the clusters of one play reported.
pub fn summary(heard: &[Heard]) -> Summary {
    let n_in = |stage| heard.iter().filter(|it| it.stage == stage).count();
    let is_late = |it: &&Heard| it.start_error.is_some_and(|error| error >= CATCH_UP);
    let in_step: Vec<&Heard> = heard.iter().filter(|it| !is_late(it)).collect();
    let starts = || in_step.iter().filter_map(|it| it.started_at);
    let skew = starts().max().zip(starts().min()).map(|(last, first)| last.duration_since(first));
    let mut errors: Vec<SignedDuration> =
        in_step.iter().filter_map(|it| it.start_error).map(SignedDuration::abs).collect();
    errors.sort_unstable();
    Summary {
        n_targets: heard.len(),
        n_played: n_in(TargetStage::Played),
        n_partial: n_in(TargetStage::Partial),
        n_missed: n_in(TargetStage::Missed),
        n_stopped: n_in(TargetStage::Stopped),
        n_caught_up: heard.iter().filter(is_late).count(),
        skew: skew.filter(|_| starts().count() >= 2),
        start_error_p50: errors.get(errors.len() / 2).copied(),
        start_error_max: errors.last().copied(),
    }
}

impl Summary {
    pub fn outcome(&self) -> Outcome {
        if self.n_targets > 0 && self.n_played == self.n_targets {
            Outcome::Played
        } else if self.n_played + self.n_partial > 0 {
            Outcome::Partial
        } else if self.n_stopped > 0 && self.n_stopped == self.n_targets {
            Outcome::Stopped
        } else {
            Outcome::Missed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERED: &str = "2026-01-05T06:00:00Z";

    /// Played, `error_us` after the ordered instant.
    fn played(error_us: i64) -> Heard {
        let error = SignedDuration::from_micros(error_us);
        let ordered: Timestamp = ORDERED.parse().unwrap();
        Heard {
            stage: TargetStage::Played,
            started_at: Some(ordered + error),
            start_error: Some(error),
        }
    }

    fn silent(stage: TargetStage) -> Heard {
        Heard { stage, started_at: None, start_error: None }
    }

    #[test]
    fn skew_is_the_latest_start_minus_the_earliest() {
        let got = summary(&[played(1_200), played(-300), played(700)]);
        assert_eq!(got.skew, Some(SignedDuration::from_micros(1_500)));
        assert_eq!(got.start_error_p50, Some(SignedDuration::from_micros(700)));
        assert_eq!(got.start_error_max, Some(SignedDuration::from_micros(1_200)));
        assert_eq!(got.outcome(), Outcome::Played);
    }

    #[test]
    fn one_cluster_has_no_skew_and_none_has_no_figures() {
        assert_eq!(summary(&[played(900)]).skew, None);
        assert_eq!(summary(&[]).outcome(), Outcome::Missed);
        assert_eq!(summary(&[silent(TargetStage::Missed)]).start_error_p50, None);
    }

    #[test]
    fn who_caught_up_is_counted_and_not_measured() {
        let late = Heard { stage: TargetStage::Partial, ..played(12_000_000) };
        let got = summary(&[played(0), played(2_000), late]);
        assert_eq!((got.n_caught_up, got.n_partial), (1, 1));
        assert_eq!(got.skew, Some(SignedDuration::from_micros(2_000)));
        assert_eq!(got.outcome(), Outcome::Partial);
    }

    #[test]
    fn what_nobody_played_was_missed_or_stopped() {
        let stopped = || silent(TargetStage::Stopped);
        let missed = || silent(TargetStage::Missed);
        assert_eq!(summary(&[stopped(), stopped()]).outcome(), Outcome::Stopped);
        assert_eq!(summary(&[stopped(), missed()]).outcome(), Outcome::Missed);
        assert_eq!(summary(&[missed(), played(0)]).outcome(), Outcome::Partial);
    }
}
