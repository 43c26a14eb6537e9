//! Straight pieces of what people draw: do two meet, which way is one crossed, how far is a point.
//! All in fractions of the picture, whose y grows downwards.

/// From one point to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Segment {
    pub(crate) from: [f32; 2],
    pub(crate) to: [f32; 2],
}

/// Who went over a line, seen by somebody who walks along it from its first point to its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    LeftToRight,
    RightToLeft,
}

impl Segment {
    /// Pieces between the points; with the one from the last to the first where it `is_closed`.
    pub(crate) fn chain(points: &[[f32; 2]], is_closed: bool) -> impl Iterator<Item = Self> {
        let closing = points.first().filter(|_| is_closed);
        let ends = points.iter().skip(1).chain(closing);
        points.iter().zip(ends).map(|(&from, &to)| Self { from, to })
    }

    /// Above 0 to the right of who goes this way, below 0 to the left, 0 straight ahead or behind.
    /// Exact for fractions of a picture: products of two `f32` differences fit an `f64`.
    fn side(self, point: [f32; 2]) -> f64 {
        let [dx, dy] = difference(self.to, self.from);
        let [px, py] = difference(point, self.from);
        dx * py - dy * px
    }

    /// Have they a point in common? An end that only touches counts.
    pub(crate) fn meets(self, other: Self) -> bool {
        let holds = |it: Self, point: [f32; 2]| {
            let is_between = |axis: usize| {
                let (low, high) = (it.from[axis].min(it.to[axis]), it.from[axis].max(it.to[axis]));
                (low..=high).contains(&point[axis])
            };
            is_on(it.side(point)) && is_between(0) && is_between(1)
        };
        let parts = |it: Self, by: Self| it.side(by.from) * it.side(by.to) < 0.0;
        (parts(self, other) && parts(other, self))
            || holds(self, other.from)
            || holds(self, other.to)
            || holds(other, self.from)
            || holds(other, self.to)
    }

    /// Does `next`, which begins where this ends, run back over it?
    pub(crate) fn is_folded_by(self, next: Self) -> bool {
        let ([ax, ay], [bx, by]) = (difference(self.to, self.from), difference(next.to, next.from));
        is_on(self.side(next.to)) && ax * bx + ay * by < 0.0
    }

    /// Which way a step over this piece went. Of a chain's pieces, a step through the point between
    /// two is counted by one of them.
    pub(crate) fn crossed_by(self, step: Self) -> Option<Way> {
        let [was_right, is_right] = [step.from, step.to].map(|it| self.side(it) > 0.0);
        let [starts_right, ends_right] = [self.from, self.to].map(|it| step.side(it) > 0.0);
        if was_right == is_right || starts_right == ends_right {
            return None;
        }
        Some(if is_right { Way::LeftToRight } else { Way::RightToLeft })
    }

    /// How far `point` is from the nearest point of this, in pixels of a picture of `scale`
    /// (width, height).
    pub(crate) fn distance(self, point: [f32; 2], scale: [f32; 2]) -> f32 {
        let pixels = |it: [f32; 2]| [it[0] * scale[0], it[1] * scale[1]];
        let (from, to, point) = (pixels(self.from), pixels(self.to), pixels(point));
        let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
        let [px, py] = [point[0] - from[0], point[1] - from[1]];
        let length = dx * dx + dy * dy;
        let along = if length > 0.0 { ((dx * px + dy * py) / length).clamp(0.0, 1.0) } else { 0.0 };
        (px - dx * along).hypot(py - dy * along)
    }
}

/// The first two pieces of a chain that meet where they should not, counted from 0.
pub(crate) fn first_crossing(points: &[[f32; 2]], is_closed: bool) -> Option<(usize, usize)> {
    let chain: Vec<Segment> = Segment::chain(points, is_closed).collect();
    let last = chain.len().saturating_sub(1);
    for (first, piece) in chain.iter().enumerate() {
        for (second, other) in chain.iter().enumerate().skip(first + 1) {
            let is_crossing = if second == first + 1 {
                piece.is_folded_by(*other)
            } else if is_closed && first == 0 && second == last {
                other.is_folded_by(*piece)
            } else {
                piece.meets(*other)
            };
            if is_crossing {
                return Some((first, second));
            }
        }
    }
    None
}

/// Two of the points that are the same, counted from 0.
pub(crate) fn first_repeat(points: &[[f32; 2]]) -> Option<(usize, usize)> {
    let earlier = |at: usize| {
        let is_same = |it: &[f32; 2]| is_on(difference(*it, points[at]).map(f64::abs).iter().sum());
        points[..at].iter().position(is_same).map(|first| (first, at))
    };
    (1..points.len()).find_map(earlier)
}

fn difference(a: [f32; 2], b: [f32; 2]) -> [f64; 2] {
    [f64::from(a[0]) - f64::from(b[0]), f64::from(a[1]) - f64::from(b[1])]
}

/// Nothing to either side.
fn is_on(side: f64) -> bool {
    side.abs() <= 0.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn right_is_where_the_right_hand_is() {
        // Up the picture: what comes from the left edge goes left to right.
        let up = Segment { from: [0.5, 1.0], to: [0.5, 0.0] };
        let step = Segment { from: [0.4, 0.5], to: [0.6, 0.5] };
        assert_eq!(up.crossed_by(step), Some(Way::LeftToRight));
        let back = Segment { from: step.to, to: step.from };
        assert_eq!(up.crossed_by(back), Some(Way::RightToLeft));
        let beside = Segment { from: [0.4, 1.1], to: [0.6, 1.1] };
        assert_eq!(up.crossed_by(beside), None);
    }

    #[test]
    fn distances_are_in_pixels() {
        let floor = Segment { from: [0.0, 0.5], to: [0.5, 0.5] };
        assert!((floor.distance([0.25, 0.6], [200.0, 100.0]) - 10.0).abs() < 1e-3);
        assert!((floor.distance([0.75, 0.5], [200.0, 100.0]) - 50.0).abs() < 1e-3);
    }

    proptest! {
        /// A closed path crosses an endless line as often one way as the other.
        #[test]
        fn who_comes_home_crossed_as_often_back(path in proptest::collection::vec([0.0_f32..1.0, 0.0_f32..1.0], 3..30)) {
            let line = Segment { from: [0.5, -10.0], to: [0.4, 10.0] };
            let ways: Vec<Way> =
                Segment::chain(&path, true).filter_map(|step| line.crossed_by(step)).collect();
            let n_right = ways.iter().filter(|it| **it == Way::LeftToRight).count();
            prop_assert_eq!(n_right * 2, ways.len());
        }
    }
}
