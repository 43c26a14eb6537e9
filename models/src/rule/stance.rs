//! Where an object stands, and since when.

use std::time::Duration;

use crate::detection::Rect;

use super::watch::Moment;

/// An object's place, kept while its box stays about there, and while it is elsewhere for a moment:
/// whoever walks past a parked car hides a part of its box.
#[derive(Debug)]
pub(super) struct Stance {
    place: Rect,
    since: Moment,
    away: Option<Away>,
    /// When it came back to it.
    back: Option<Duration>,
}

/// It is not where it stood.
#[derive(Debug)]
struct Away {
    place: Rect,
    /// Since when it is at that other place.
    since: Moment,
    /// Since when it is not where it stood.
    began: Duration,
}

/// How alike two boxes are when the object has not moved, as intersection over union.
pub(super) const SAME_PLACE_IOU: f32 = 0.5;
/// Who is at another place for this long stands there.
const SETTLED_AFTER: Duration = Duration::from_secs(3);
/// Who went about for this long and comes back does not stand there since before.
const LONGEST_AWAY: Duration = Duration::from_secs(10);

impl Stance {
    pub(super) fn new(place: Rect, now: Moment) -> Self {
        Self { place, since: now, away: None, back: None }
    }

    /// One picture in which the object was seen.
    pub(super) fn sees(&mut self, place: Rect, now: Moment) {
        if self.place.iou(&place) >= SAME_PLACE_IOU {
            if self.away.take().is_some() {
                self.back = Some(now.watched);
            }
            return;
        }
        let elsewhere = Away { place, since: now, began: now.watched };
        let away = self.away.get_or_insert(elsewhere);
        if away.place.iou(&place) < SAME_PLACE_IOU {
            (away.place, away.since) = (place, now);
        }
        if now.since(away.since.watched) >= SETTLED_AFTER {
            (self.place, self.since, self.away) = (away.place, away.since, None);
        } else if now.since(away.began) >= LONGEST_AWAY {
            // It goes about still: should it stop here, it stands here since now.
            (self.place, self.since) = (away.place, away.since);
        }
    }

    pub(super) fn since(&self) -> Moment {
        self.since
    }

    pub(super) fn is_there(&self) -> bool {
        self.away.is_none()
    }

    /// It went nowhere of late: if it is lost now, it is hidden. Who comes back to the door by which
    /// he came, and is lost there, has gone.
    pub(super) fn is_still(&self, now: Moment) -> bool {
        self.is_there() && self.back.is_none_or(|back| now.since(back) >= SETTLED_AFTER)
    }
}
