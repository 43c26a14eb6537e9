//! What one picture says of one object, as rules look at it.

use base::Size;

use crate::detection::Rect;
use crate::polygon::Polygon;

use super::border::Place;

/// An object's box in one picture. Where an object is, its feet say: the middle of the lower edge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sighting {
    /// In fractions of the picture: they outlive a change of its size.
    pub(super) feet: [f32; 2],
    /// The box in fractions of the picture, not cut at its edges.
    pub(super) place: Rect,
    /// Width and height of the picture in pixels.
    pub(super) scale: [f32; 2],
    /// How large the object looks: the larger side of its box in pixels.
    pub(super) reach: f32,
    /// How far the feet of a still object may twitch, in pixels: a tenth of `reach`.
    pub(super) jitter: f32,
}

const JITTER: f32 = 0.1;

impl Sighting {
    pub(super) fn new(area: Rect, size: Size) -> Self {
        let Rect { width, height, .. } = Rect::whole(size);
        let scale = [width.max(1.0), height.max(1.0)];
        let place = Rect {
            x: area.x / scale[0],
            y: area.y / scale[1],
            width: area.width / scale[0],
            height: area.height / scale[1],
        };
        let reach = area.width.max(area.height);
        Self { feet: feet(place), place, scale, reach, jitter: reach * JITTER }
    }

    pub(super) fn place_in(&self, area: &Polygon) -> Place {
        if area.contains(self.feet) {
            Place::Inside
        } else if area.border_distance(self.feet, self.scale) <= self.jitter {
            Place::AtBorder
        } else {
            Place::Outside
        }
    }
}

/// A box that is cut off stands on the picture's edge.
fn feet(place: Rect) -> [f32; 2] {
    let within = |part: f32| part.clamp(0.0, 0.999_999);
    [within(place.x + place.width / 2.0), within(place.bottom())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feet_below_the_picture_stand_on_its_edge() {
        let area = Rect { x: 140.0, y: 50.0, width: 20.0, height: 90.0 };
        let [x, y] = Sighting::new(area, Size { width: 200, height: 100 }).feet;
        assert!((x - 0.75).abs() < 1e-6 && y < 1.0, "{x} {y}");
    }

    #[test]
    fn a_picture_without_a_size_divides_nothing_by_zero() {
        let area = Rect { x: 1.0, y: 1.0, width: 1.0, height: 1.0 };
        let seen = Sighting::new(area, Size { width: 0, height: 0 });
        assert!(seen.feet.iter().all(|it| it.is_finite()));
    }
}
