//! In or out of an area, with inertia: boxes jitter, people do not.

use std::time::Duration;

use super::watch::Moment;

/// Where feet are in one picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Inside,
    /// Outside, but no further than a box jitters.
    AtBorder,
    Outside,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Crossed {
    In,
    /// With the first picture of the row outside.
    Out(Moment),
}

/// Which side of a border one object is on.
#[derive(Debug, Default)]
pub(super) struct Border {
    /// Since when it is inside; `None`: it is outside.
    inside_since: Option<Moment>,
    /// The first of the pictures in a row that disagree with that.
    against_since: Option<Moment>,
    n_against: u8,
    /// Those of them that disagree by more than a jitter.
    n_clearly_against: u8,
}

/// Pictures in a row inside that are an entry.
const N_IN: u8 = 2;
/// Pictures in a row outside that are a departure.
const N_OUT: u8 = 3;
/// Whoever stays just outside for this long has left, however little.
const PATIENCE: Duration = Duration::from_secs(3);

impl Border {
    pub(super) fn inside_since(&self) -> Option<Moment> {
        self.inside_since
    }

    /// One picture in which the object was seen.
    pub(super) fn sees(&mut self, place: Place, now: Moment) -> Option<Crossed> {
        let is_in = place == Place::Inside;
        if is_in == self.inside_since.is_some() {
            self.agree();
            return None;
        }
        let since = *self.against_since.get_or_insert(now);
        self.n_against = self.n_against.saturating_add(1);
        if place != Place::AtBorder {
            self.n_clearly_against = self.n_clearly_against.saturating_add(1);
        }
        if is_in {
            if self.n_against < N_IN {
                return None;
            }
            self.inside_since = Some(since);
            self.agree();
            return Some(Crossed::In);
        }
        let has_lingered = self.n_against >= N_OUT && now.since(since.watched) >= PATIENCE;
        if self.n_clearly_against < N_OUT && !has_lingered {
            return None;
        }
        self.inside_since = None;
        self.agree();
        Some(Crossed::Out(since))
    }

    fn agree(&mut self) {
        (self.against_since, self.n_against, self.n_clearly_against) = (None, 0, 0);
    }
}
