//! A line across the picture, drawn by a person: a tripwire.

use crate::segment::{Segment, Way, first_crossing, first_repeat};

/// Straight pieces from the first point to the last, in fractions of the picture, origin at the top
/// left. Invariant: 2 to 100 points, all in `0.0..=1.0`, no two neighbours alike, no piece crosses
/// another.
///
/// Its sides are those of somebody who walks along it from the first point to the last:
///
/// ```text
///        last point
///             ^
///   left      |      right        a person who goes ---> here goes left to right
///             |
///        first point
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    points: Vec<[f32; 2]>,
}

/// Why it cannot be a line. Points are counted from 1.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LineError {
    #[error("has {0} points, at least 2 are needed")]
    TooFew(usize),
    #[error("has {0} points, at most {MOST_POINTS} are allowed: draw it more simply")]
    TooMany(usize),
    #[error("point [{0}, {1}] is outside the picture: both numbers must be in 0..=1")]
    Outside(f32, f32),
    #[error("points {0} and {1} are the same: leave one out")]
    Repeated(usize, usize),
    #[error("crosses itself: piece {}-{} meets piece {}-{}", .0, .0 + 1, .1, .1 + 1)]
    Crossing(usize, usize),
}

/// More than a person draws; what is judged for every picture must stay small.
const MOST_POINTS: usize = 100;

impl Line {
    pub fn new(points: Vec<[f32; 2]>) -> Result<Self, LineError> {
        if points.len() < 2 {
            return Err(LineError::TooFew(points.len()));
        }
        if points.len() > MOST_POINTS {
            return Err(LineError::TooMany(points.len()));
        }
        let is_inside = |it: &f32| (0.0..=1.0).contains(it);
        if let Some([x, y]) = points.iter().find(|it| !it.iter().all(is_inside)) {
            return Err(LineError::Outside(*x, *y));
        }
        let is_repeated = |it: &[[f32; 2]]| first_repeat(it).is_some();
        if let Some(at) = points.windows(2).position(is_repeated) {
            return Err(LineError::Repeated(at + 1, at + 2));
        }
        if let Some((first, second)) = first_crossing(&points, false) {
            return Err(LineError::Crossing(first + 1, second + 1));
        }
        Ok(Self { points })
    }

    pub fn points(&self) -> &[[f32; 2]] {
        &self.points
    }

    /// How often the way from `from` straight to `to` crosses it: left to right counts 1, right to
    /// left -1.
    pub(crate) fn crossings(&self, from: [f32; 2], to: [f32; 2]) -> i32 {
        let step = Segment { from, to };
        let pieces = Segment::chain(&self.points, false);
        let count = |it: Segment| match it.crossed_by(step) {
            Some(Way::LeftToRight) => 1,
            Some(Way::RightToLeft) => -1,
            None => 0,
        };
        pieces.map(count).sum()
    }

    /// How far `point` is from it, in pixels of a picture of `scale` (width, height).
    pub(crate) fn distance(&self, point: [f32; 2], scale: [f32; 2]) -> f32 {
        let pieces = Segment::chain(&self.points, false);
        pieces.map(|it| it.distance(point, scale)).fold(f32::INFINITY, f32::min)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_not_a_line_is_refused_with_the_reason() {
        let message = |points: &[[f32; 2]]| Line::new(points.to_vec()).unwrap_err().to_string();
        assert_eq!(message(&[[0.5, 0.5]]), "has 1 points, at least 2 are needed");
        assert_eq!(
            message(&[[0.5, 0.5]; 101]),
            "has 101 points, at most 100 are allowed: draw it more simply"
        );
        assert_eq!(
            message(&[[0.5, 0.5], [0.5, f32::NAN]]),
            "point [0.5, NaN] is outside the picture: both numbers must be in 0..=1"
        );
        assert_eq!(
            message(&[[0.0, 0.0], [0.5, 0.5], [0.5, 0.5]]),
            "points 2 and 3 are the same: leave one out"
        );
        let loop_back = [[0.0, 0.5], [1.0, 0.5], [1.0, 1.0], [0.5, 0.0]];
        assert_eq!(message(&loop_back), "crosses itself: piece 1-2 meets piece 3-4");
        assert_eq!(
            message(&[[0.0, 0.5], [1.0, 0.5], [0.5, 0.5]]),
            "crosses itself: piece 1-2 meets piece 2-3"
        );
    }

    #[test]
    fn the_way_around_its_end_is_no_crossing() {
        let line = Line::new(vec![[0.5, 1.0], [0.5, 0.5]]).unwrap();
        assert_eq!(line.crossings([0.4, 0.8], [0.6, 0.8]), 1);
        assert_eq!(line.crossings([0.4, 0.4], [0.6, 0.4]), 0);
        assert_eq!(line.crossings([0.6, 0.8], [0.4, 0.8]), -1);
    }

    #[test]
    fn a_step_through_a_bend_is_one_crossing() {
        let line = Line::new(vec![[0.5, 1.0], [0.5, 0.5], [0.5, 0.0]]).unwrap();
        assert_eq!(line.crossings([0.25, 0.5], [0.75, 0.5]), 1);
        let bent = Line::new(vec![[0.25, 1.0], [0.5, 0.5], [0.25, 0.0]]).unwrap();
        assert_eq!(bent.crossings([0.25, 0.5], [0.75, 0.5]), 1);
        // In at one piece and out at the other: it is where it was.
        assert_eq!(bent.crossings([0.4, 0.05], [0.4, 0.95]), 0);
    }

    proptest! {
        /// A line that divides the picture is crossed as often as the sides of the two ends say,
        /// whatever way was taken between them.
        #[test]
        fn the_crossings_of_a_way_are_those_of_its_ends(
            heights in proptest::collection::vec(0.1_f32..0.9, 2..12),
            way in proptest::collection::vec([0.0_f32..1.0, 0.0_f32..1.0], 2..30),
        ) {
            let last = f32::from(u8::try_from(heights.len() - 1).unwrap());
            let points = (0_u8..).zip(&heights).map(|(at, y)| [f32::from(at) / last, *y]).collect();
            let line = Line::new(points).unwrap();
            let total: i32 = way.windows(2).map(|it| line.crossings(it[0], it[1])).sum();
            prop_assert!((-1..=1).contains(&total));
            prop_assert_eq!(total, line.crossings(way[0], way[way.len() - 1]));
        }
    }
}
