//! Where something stands, and whether it ever left: boxes jitter, so medians are compared.

use jiff::{SignedDuration, Timestamp};

use crate::detection::Rect;

/// Boxes of which the median is the place: two bad ones in a row do not move it.
const RECENT: usize = 5;
/// Less of the smaller box than this inside the other is another place.
const SAME_PLACE: f32 = 0.5;
/// Both sides longer or shorter by this factor is another distance from the camera. One side alone
/// is something half hidden.
const SAME_DISTANCE: f32 = 1.4;

#[derive(Clone, Debug)]
pub(super) struct Place {
    recent: [Rect; RECENT],
    n_seen: usize,
    first: Rect,
    /// What it has not left since.
    anchor: Rect,
    since: Timestamp,
    has_moved: bool,
}

impl Place {
    pub(super) fn new(area: Rect, now: Timestamp) -> Self {
        Self {
            recent: [area; RECENT],
            n_seen: 1,
            first: area,
            anchor: area,
            since: now,
            has_moved: false,
        }
    }

    pub(super) fn see(&mut self, area: Rect, now: Timestamp) {
        self.recent[self.n_seen % RECENT] = area;
        self.n_seen += 1;
        let median = self.median();
        if self.n_seen <= RECENT && !has_left(self.first, median) {
            // The first box may be a bad one: the place where it all began is a median, too.
            (self.first, self.anchor) = (median, median);
        }
        self.has_moved |= has_left(self.first, median);
        if has_left(self.anchor, median) {
            (self.anchor, self.since) = (median, now);
        }
    }

    /// What is here is what was there before it was lost.
    pub(super) fn go_on_from(&mut self, before: &Self) {
        let median = self.median();
        if !has_left(before.anchor, median) {
            (self.anchor, self.since) = (before.anchor, before.since);
        }
        self.first = before.first;
        self.has_moved |= before.has_moved || has_left(before.first, median);
    }

    /// Where it stands now, without the jitter.
    pub(super) fn area(&self) -> Rect {
        self.median()
    }

    /// Where it stood when it was first seen.
    pub(super) fn first(&self) -> Rect {
        self.first
    }

    /// How long it has not left its place.
    pub(super) fn stands_for(&self, now: Timestamp) -> SignedDuration {
        now.duration_since(self.since)
    }

    /// Ever, by a good part of its own size.
    pub(super) fn has_moved(&self) -> bool {
        self.has_moved
    }

    fn median(&self) -> Rect {
        let recent = &self.recent[..self.n_seen.min(RECENT)];
        let middle = |side: fn(&Rect) -> f32| {
            let mut sides = [0.0; RECENT];
            let sides = &mut sides[..recent.len()];
            for (to, from) in sides.iter_mut().zip(recent) {
                *to = side(from);
            }
            sides.sort_unstable_by(f32::total_cmp);
            sides[sides.len() / 2]
        };
        let (x, y) = (middle(|it| it.x), middle(|it| it.y));
        Rect { x, y, width: middle(Rect::right) - x, height: middle(Rect::bottom) - y }
    }
}

fn has_left(place: Rect, area: Rect) -> bool {
    let smaller = place.area().min(area.area()).max(1.0);
    let (wider, higher) = (area.width / place.width.max(1.0), area.height / place.height.max(1.0));
    place.shared(&area) < SAME_PLACE * smaller
        || wider.min(higher) > SAME_DISTANCE
        || wider.max(higher) < 1.0 / SAME_DISTANCE
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const STAND: Rect = Rect { x: 100.0, y: 50.0, width: 30.0, height: 80.0 };

    /// Boxes at 5 a second. Answers with the place, and how long it was not left.
    fn watch(boxes: impl IntoIterator<Item = Rect>) -> (Place, SignedDuration) {
        let mut now = Timestamp::UNIX_EPOCH;
        let mut place: Option<Place> = None;
        for area in boxes {
            now += Duration::from_millis(200);
            match &mut place {
                None => place = Some(Place::new(area, now)),
                Some(place) => place.see(area, now),
            }
        }
        let place = place.unwrap();
        let stood = place.stands_for(now);
        (place, stood)
    }

    proptest! {
        #[test]
        fn jitter_is_not_a_walk(
            noise in prop::collection::vec([-0.12_f32..0.12, -0.1_f32..0.1, -0.12_f32..0.12], 100),
        ) {
            let boxes = noise.into_iter().map(|[x, y, size]| Rect {
                x: STAND.x + x * STAND.width,
                y: STAND.y + y * STAND.height,
                width: STAND.width * (1.0 + size),
                height: STAND.height * (1.0 + size),
            });
            let (place, stood) = watch(boxes);
            prop_assert!(!place.has_moved());
            prop_assert_eq!(stood, SignedDuration::from_millis(99 * 200));
        }
    }

    #[test]
    fn what_is_half_hidden_for_a_while_has_not_moved() {
        let hidden = Rect { height: 30.0, ..STAND };
        let boxes = [[STAND; 10], [hidden; 10], [STAND; 10]].concat();
        assert!(!watch(boxes).0.has_moved());
    }

    #[test]
    fn two_bad_boxes_do_not_move_it() {
        let bad = Rect { x: 160.0, ..STAND };
        assert!(!watch([[STAND; 5].as_slice(), &[bad; 2], &[STAND; 5]].concat()).0.has_moved());
        assert!(watch([[STAND; 5].as_slice(), &[bad; 5]].concat()).0.has_moved());
    }

    #[test]
    fn who_comes_nearer_moves() {
        let nearer = |step: u8| {
            let by = 1.0 + 0.03 * f32::from(step);
            Rect { width: STAND.width * by, height: STAND.height * by, ..STAND }
        };
        assert!(watch((0..20).map(nearer)).0.has_moved());
    }

    #[test]
    fn who_walks_and_stops_stands_where_they_stopped() {
        let walk = (0..10_u8).map(|step| Rect { x: f32::from(step) * 10.0, ..STAND });
        let last = Rect { x: 90.0, ..STAND };
        let (place, stood) = watch(walk.chain([last; 30]));
        assert!(place.has_moved() && place.area().iou(&last) > 0.99);
        assert!((5.5..7.0).contains(&stood.as_secs_f64()), "{stood:?}");
    }
}
