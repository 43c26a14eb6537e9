//! A part of the picture, drawn by a person: a zone.

/// A simple polygon in fractions of the picture, origin at the top left. Invariant: at least three
/// corners, all in `0.0..=1.0`, not all on one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Polygon {
    corners: Vec<[f32; 2]>,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PolygonError {
    #[error("has {0} corners, at least 3 are needed")]
    TooFew(usize),
    #[error("corner [{0}, {1}] is outside the picture: both numbers must be in 0..=1")]
    Outside(f32, f32),
    #[error("has no area: its corners lie on one line")]
    Flat,
}

impl Polygon {
    pub fn new(corners: Vec<[f32; 2]>) -> Result<Self, PolygonError> {
        if corners.len() < 3 {
            return Err(PolygonError::TooFew(corners.len()));
        }
        let is_inside = |it: &f32| (0.0..=1.0).contains(it);
        if let Some([x, y]) = corners.iter().find(|it| !it.iter().all(is_inside)) {
            return Err(PolygonError::Outside(*x, *y));
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
}

#[cfg(test)]
mod tests {
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
        let zone = Polygon::new(notched).unwrap();
        assert!(
            zone.contains([0.1, 0.2]) && zone.contains([0.5, 0.7]) && zone.contains([0.9, 0.2])
        );
        assert!(!zone.contains([0.5, 0.2]) && !zone.contains([1.2, 0.5]));
    }

    #[test]
    fn what_is_not_a_zone_is_refused_with_the_reason() {
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
}
