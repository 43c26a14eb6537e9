//! Over a line, with inertia: who stands on it does not cross it at every twitch of its box.

use std::time::Duration;

use crate::line::Line;

use super::LineDirection;
use super::sighting::Sighting;
use super::watch::Moment;

/// One object's way since it last was clearly on one side.
#[derive(Debug, Default)]
pub(super) struct Crossing {
    feet: Option<[f32; 2]>,
    /// Left to right counts 1, right to left -1.
    net: i32,
    /// The first picture beyond the line.
    since: Option<Moment>,
    n_beyond: u8,
    /// Those of them in which it was further from the line than a box jitters.
    n_clearly_beyond: u8,
}

/// Pictures beyond the line that are a crossing.
const N_BEYOND: u8 = 2;
/// Whoever stays just beyond for this long has crossed, however little.
const PATIENCE: Duration = Duration::from_secs(3);

impl Crossing {
    /// One picture in which the object was seen. `may_count`: a crossing waits while it is false.
    /// Answers with the way it went, and when it went over.
    pub(super) fn sees(
        &mut self,
        line: &Line,
        seen: &Sighting,
        may_count: bool,
        now: Moment,
    ) -> Option<(LineDirection, Moment)> {
        let from = self.feet.replace(seen.feet).unwrap_or(seen.feet);
        let before = self.net;
        self.net += line.crossings(from, seen.feet);
        if self.net.signum() != before.signum() {
            (self.since, self.n_beyond, self.n_clearly_beyond) = (Some(now), 0, 0);
        }
        if self.net == 0 {
            return None;
        }
        self.n_beyond = self.n_beyond.saturating_add(1);
        if line.distance(seen.feet, seen.scale) > seen.jitter {
            self.n_clearly_beyond = self.n_clearly_beyond.saturating_add(1);
        }
        let since = self.since.unwrap_or(now);
        let has_stayed = self.n_beyond >= N_BEYOND && now.since(since.watched) >= PATIENCE;
        if !may_count || (self.n_clearly_beyond < N_BEYOND && !has_stayed) {
            return None;
        }
        let way =
            if self.net > 0 { LineDirection::LeftToRight } else { LineDirection::RightToLeft };
        self.net = 0;
        Some((way, since))
    }
}
