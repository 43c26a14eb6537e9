//! Where an object stands, and since when.

use std::time::Duration;

use crate::detection::Rect;

use super::watch::Moment;

/// An object's place, kept while its box stays about there.
#[derive(Debug)]
pub(super) struct Stance {
    place: Rect,
    since: Moment,
    /// It has moved on from an earlier place.
    has_moved_on: bool,
    /// Pictures in a row in which it was elsewhere.
    n_away: u8,
}

/// How alike two boxes are when the object has not moved, as intersection over union.
pub(super) const SAME_PLACE_IOU: f32 = 0.5;
/// Whoever walks past somebody hides a part of the box for a moment.
const N_AWAY: u8 = 3;
/// Who came to a place stands there after this long. Walking people leave it in a fraction of it.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

impl Stance {
    pub(super) fn new(place: Rect, now: Moment) -> Self {
        Self { place, since: now, has_moved_on: false, n_away: 0 }
    }

    /// One picture in which the object was seen.
    pub(super) fn sees(&mut self, place: Rect, now: Moment) {
        if self.place.iou(&place) >= SAME_PLACE_IOU {
            self.n_away = 0;
            return;
        }
        self.n_away += 1;
        if self.n_away >= N_AWAY {
            *self = Self { has_moved_on: true, ..Self::new(place, now) };
        }
    }

    pub(super) fn since(&self) -> Moment {
        self.since
    }

    /// It did not go anywhere when it was seen last: if it is lost, it is hidden.
    pub(super) fn is_still(&self, now: Moment) -> bool {
        self.n_away == 0 && (!self.has_moved_on || now.since(self.since.watched) >= SETTLED_AFTER)
    }
}
