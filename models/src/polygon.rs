//! A part of the picture, drawn by a person: an area.

use crate::segment::{Segment, first_crossing, first_repeat};

/// A simple polygon in fractions of the picture, origin at the top left. Invariant: 3 to 100
/// different corners, all in `0.0..=1.0`, its edges meet at the corners alone, and it has an area.
#[derive(Clone, Debug, PartialEq)]
pub struct Polygon {
    corners: Vec<[f32; 2]>,
}

/// Why it cannot be an area. Corners are counted from 1; the edge 4-1 closes a shape of four.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PolygonError {
    #[error("has {0} corners, at least 3 are needed")]
    TooFew(usize),
    #[error("has {0} corners, at most {MOST_CORNERS} are allowed: draw it more simply")]
    TooMany(usize),
    #[error("corner [{0}, {1}] is outside the picture: both numbers must be in 0..=1")]
    Outside(f32, f32),
    #[error("corners {0} and {1} are the same point: leave one out")]
    Repeated(usize, usize),
    #[error("has no area: its corners lie on one line")]
    Flat,
    #[error(
        "crosses itself: edge {}-{} meets edge {}-{}; name the corners in their order around the area",
        .0[0], .0[1], .1[0], .1[1]
    )]
    Crossing([usize; 2], [usize; 2]),
}

/// More than a person draws; what is judged for every picture must stay small.
const MOST_CORNERS: usize = 100;

impl Polygon {
    pub fn new(corners: Vec<[f32; 2]>) -> Result<Self, PolygonError> {
        if corners.len() < 3 {
            return Err(PolygonError::TooFew(corners.len()));
        }
        if corners.len() > MOST_CORNERS {
            return Err(PolygonError::TooMany(corners.len()));
        }
        let is_inside = |it: &f32| (0.0..=1.0).contains(it);
        if let Some([x, y]) = corners.iter().find(|it| !it.iter().all(is_inside)) {
            return Err(PolygonError::Outside(*x, *y));
        }
        if let Some((first, second)) = first_repeat(&corners) {
            return Err(PolygonError::Repeated(first + 1, second + 1));
        }
        let [first, second] = [corners[0], corners[1]];
        let is_on_line = |it: &[f32; 2]| {
            let (ax, ay) = (second[0] - first[0], second[1] - first[1]);
            let (bx, by) = (it[0] - first[0], it[1] - first[1]);
            (ax * by - ay * bx).abs() < f32::EPSILON
        };
        if corners.iter().all(is_on_line) {
            return Err(PolygonError::Flat);
        }
        if let Some((first, second)) = first_crossing(&corners, true) {
            let edge = |at: usize| [at + 1, (at + 1) % corners.len() + 1];
            return Err(PolygonError::Crossing(edge(first), edge(second)));
        }
        Ok(Self { corners })
    }

    pub fn corners(&self) -> &[[f32; 2]] {
        &self.corners
    }

    /// By the even-odd rule: how often a ray to the right leaves the polygon.
    pub fn contains(&self, [x, y]: [f32; 2]) -> bool {
        let before = self.corners.iter().cycle().skip(self.corners.len() - 1);
        let mut is_inside = false;
        for (&[ax, ay], &[bx, by]) in self.corners.iter().zip(before) {
            if (ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax {
                is_inside = !is_inside;
            }
        }
        is_inside
    }

    /// How far `point` is from the border, in pixels of a picture of `scale` (width, height).
    pub(crate) fn border_distance(&self, point: [f32; 2], scale: [f32; 2]) -> f32 {
        let edges = Segment::chain(&self.corners, true);
        edges.map(|it| it.distance(point, scale)).fold(f32::INFINITY, f32::min)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_notch_is_outside() {
        // A square with a notch cut into it from the top.
        let notched = vec![
            [0.0, 0.0],
            [0.4, 0.0],
            [0.5, 0.5],
            [0.6, 0.0],
            [1.0, 0.0],
            [1.0, 1.0],
            [0.0, 1.0],
        ];
        let area = Polygon::new(notched).unwrap();
        assert!(
            area.contains([0.1, 0.2]) && area.contains([0.5, 0.7]) && area.contains([0.9, 0.2])
        );
        assert!(!area.contains([0.5, 0.2]) && !area.contains([1.2, 0.5]));
    }

    #[test]
    fn what_is_not_an_area_is_refused_with_the_reason() {
        let message =
            |corners: &[[f32; 2]]| Polygon::new(corners.to_vec()).unwrap_err().to_string();
        assert_eq!(message(&[[0.0, 0.0], [1.0, 1.0]]), "has 2 corners, at least 3 are needed");
        assert_eq!(
            message(&[[0.0, 0.0], [1.0, 0.0], [0.5, 1.5]]),
            "corner [0.5, 1.5] is outside the picture: both numbers must be in 0..=1"
        );
        assert_eq!(
            message(&[[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]]),
            "has no area: its corners lie on one line"
        );
    }
    #[test]
    fn a_crossing_is_named_by_its_edges() {
        let message =
            |corners: &[[f32; 2]]| Polygon::new(corners.to_vec()).unwrap_err().to_string();
        let order = "; name the corners in their order around the area";
        assert_eq!(
            message(&[[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]),
            format!("crosses itself: edge 1-2 meets edge 3-4{order}")
        );
        assert_eq!(
            message(&[[0.1, 0.1], [0.9, 0.1], [0.1, 0.9], [0.9, 0.9]]),
            format!("crosses itself: edge 2-3 meets edge 4-1{order}")
        );
        // A corner that lies on another edge.
        assert_eq!(
            message(&[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.5, 0.0], [0.0, 1.0]]),
            format!("crosses itself: edge 1-2 meets edge 3-4{order}")
        );
        // A spike: out and back over the same edge.
        assert_eq!(
            message(&[[0.0, 0.0], [1.0, 0.0], [0.5, 0.0], [0.5, 1.0]]),
            format!("crosses itself: edge 1-2 meets edge 2-3{order}")
        );
        // The same at the closing corner.
        assert_eq!(
            message(&[[1.0, 0.0], [0.5, 0.0], [0.5, 0.5], [0.0, 0.5], [0.0, 0.0]]),
            format!("crosses itself: edge 1-2 meets edge 5-1{order}")
        );
    }

    #[test]
    fn a_corner_that_comes_twice_is_named() {
        let closed = vec![[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]];
        assert_eq!(
            Polygon::new(closed).unwrap_err().to_string(),
            "corners 1 and 4 are the same point: leave one out"
        );
        let circle: Vec<_> = (0..101_u8)
            .map(|it| f32::from(it) / 101.0 * std::f32::consts::TAU)
            .map(|it| [0.5 + it.cos() / 3.0, 0.5 + it.sin() / 3.0])
            .collect();
        assert_eq!(Polygon::new(circle.clone()), Err(PolygonError::TooMany(101)));
        assert!(Polygon::new(circle[1..].to_vec()).is_ok());
    }

    proptest! {
        /// Rays that turn around a point make a shape that never crosses itself.
        #[test]
        fn a_star_shape_is_an_area(lengths in proptest::collection::vec(0.05_f32..0.5, 4..20)) {
            let n = u8::try_from(lengths.len()).unwrap();
            let corner = |(at, length): (u8, &f32)| {
                let angle = f32::from(at) / f32::from(n) * std::f32::consts::TAU;
                [0.5 + angle.cos() * length * 0.99, 0.5 + angle.sin() * length * 0.99]
            };
            let area = Polygon::new((0..n).zip(&lengths).map(corner).collect());
            prop_assert!(area.is_ok_and(|it| it.contains([0.5, 0.5])));
        }

        /// As the equations of the two edges say, solved for where they meet.
        #[test]
        fn a_crossing_is_where_the_equations_have_a_solution(
            corners in proptest::collection::vec([0.0_f32..1.0, 0.0_f32..1.0], 4..9),
        ) {
            let n = corners.len();
            let edge = |at: usize| (corners[at].map(f64::from), corners[(at + 1) % n].map(f64::from));
            let meet = |one: usize, other: usize| {
                let ((a, b), (c, d)) = (edge(one), edge(other));
                let (r, s) = ([b[0] - a[0], b[1] - a[1]], [d[0] - c[0], d[1] - c[1]]);
                let across = r[0] * s[1] - r[1] * s[0];
                let t = ((c[0] - a[0]) * s[1] - (c[1] - a[1]) * s[0]) / across;
                let u = ((c[0] - a[0]) * r[1] - (c[1] - a[1]) * r[0]) / across;
                (0.0..=1.0).contains(&t) && (0.0..=1.0).contains(&u)
            };
            let are_neighbours = |one: usize, other: usize| other == one + 1 || (one == 0 && other == n - 1);
            let pairs = (0..n).flat_map(|one| (one + 1..n).map(move |other| (one, other)));
            let first = pairs.filter(|(one, other)| !are_neighbours(*one, *other)).find(|(one, other)| meet(*one, *other));
            let expected = first.map(|(one, other)| {
                PolygonError::Crossing([one + 1, one + 2], [other + 1, (other + 1) % n + 1])
            });
            prop_assert_eq!(Polygon::new(corners.clone()).err(), expected);
        }
    }
}
