//! When first samples left, and what that comes to. Pure, but for reading the notes.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// Where a cluster notes its plays.
pub(super) struct Notes {
    pub(super) dir: PathBuf,
    pub(super) decodes: bool,
}

/// One first sample.
pub(super) struct Start {
    ordered_at: Timestamp,
    /// By this machine's clock, which is the box's.
    left_at: Timestamp,
    pub(super) decodes: bool,
}

pub(super) struct Starts(Vec<Start>);

/// Sorted, in milliseconds.
pub(super) struct Figures {
    pub(super) n_starts: usize,
    errors: Vec<f64>,
    skews: Vec<f64>,
}

impl Starts {
    pub(super) fn read(notes: &[Notes]) -> anyhow::Result<Self> {
        let mut starts = Vec::new();
        for Notes { dir, decodes } in notes {
            // A cluster that played nothing has no folder, and no start.
            for entry in fs::read_dir(dir).into_iter().flatten() {
                let path = entry?.path();
                if path.extension().is_none_or(|it| it != "json") {
                    continue;
                }
                let note: Value = serde_json::from_slice(&fs::read(&path)?)
                    .with_context(|| path.display().to_string())?;
                let at = |field: &str| note[field].as_str().and_then(|it| it.parse().ok());
                let times = at("ordered_start_at").zip(at("first_sample_system_time"));
                starts.extend(times.map(|(ordered_at, left_at)| Start {
                    ordered_at,
                    left_at,
                    decodes: *decodes,
                }));
            }
        }
        Ok(Self(starts))
    }

    pub(super) fn figures(&self, which: impl Fn(&Start) -> bool) -> Figures {
        let starts: Vec<&Start> = self.0.iter().filter(|it| which(it)).collect();
        let mut plays: BTreeMap<Timestamp, Vec<Timestamp>> = BTreeMap::new();
        for start in &starts {
            plays.entry(start.ordered_at).or_default().push(start.left_at);
        }
        let spread = |it: &Vec<Timestamp>| {
            let (first, last) = (it.iter().min()?, it.iter().max()?);
            (it.len() > 1).then(|| millis(last.duration_since(*first)))
        };
        let error = |it: &&Start| millis(it.left_at.duration_since(it.ordered_at)).abs();
        let mut errors: Vec<f64> = starts.iter().map(error).collect();
        let mut skews: Vec<f64> = plays.values().filter_map(spread).collect();
        errors.sort_by(f64::total_cmp);
        skews.sort_by(f64::total_cmp);
        Figures { n_starts: starts.len(), errors, skews }
    }
}

impl Figures {
    pub(super) fn error_ms(&self, share: f64) -> Option<f64> {
        percentile(&self.errors, share)
    }

    pub(super) fn skew_ms(&self, share: f64) -> Option<f64> {
        percentile(&self.skews, share)
    }
}

/// The smallest of the sorted values that `share` of them do not exceed.
fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    let n = u32::try_from(sorted.len()).ok()?;
    let rank = (1..=n).find(|it| f64::from(*it) >= f64::from(n) * share)?;
    sorted.get(usize::try_from(rank).ok()?.checked_sub(1)?).copied()
}

fn millis(duration: SignedDuration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `left` is in microseconds after the ordered second.
    fn start(second: i64, left: i64, decodes: bool) -> Start {
        let ordered_at = Timestamp::from_second(second).unwrap();
        Start { ordered_at, left_at: ordered_at + SignedDuration::from_micros(left), decodes }
    }

    #[test]
    fn skew_is_of_one_play_and_errors_are_of_all() {
        let starts = Starts(vec![
            start(10, 1_500, true),
            start(10, -500, false),
            start(99, 7_000, true),
            start(99, 6_000, true),
        ]);
        let all = starts.figures(|_| true);
        assert_eq!((all.n_starts, all.skews.as_slice()), (4, [1.0, 2.0].as_slice()));
        assert_eq!((all.error_ms(0.5), all.error_ms(1.0)), (Some(1.5), Some(7.0)));
        let decoding = starts.figures(|it| it.decodes);
        assert_eq!(decoding.skews, [1.0]);
        assert_eq!(starts.figures(|_| false).skew_ms(0.99), None);
    }
}
