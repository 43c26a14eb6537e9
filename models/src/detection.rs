//! What a detector says about one picture, and the promise every detector keeps.

use base::{Picture, Score, Size};

/// An upright box in pixels of the source picture. The origin is the top left corner; a box may
/// reach past the edges of the picture, as the models draw them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

/// One object in one picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Index into [`Detect::labels`].
    pub class: usize,
    pub score: Score,
    pub area: Rect,
}

/// Finds objects in pictures. Concrete detectors: `OnnxDetector`, and a scripted one in tests.
///
/// `detect` MUST return boxes in pixels of the picture it was given, best score first, none below
/// the detector's own minimum score; it MUST NOT keep anything of one picture for the next. After
/// an error the detector is as good as new: the caller may go on with the next picture.
pub trait Detect: Send {
    fn detect(&mut self, picture: &Picture<'_>) -> Result<Vec<Detection>, DetectError>;

    /// The names of the classes, in the order of [`Detection::class`].
    fn labels(&self) -> &[String];

    /// The size in which the model sees a picture: a larger one is shrunk to it.
    fn input(&self) -> Size;
}

#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    #[error("a picture of {width}x{height} cannot be looked at: {reason}")]
    Picture { width: u32, height: u32, reason: &'static str },
    #[error("onnx runtime could not run the model")]
    Run(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the model's output {name:?} is {found}, its head needs {wanted}")]
    Output { name: String, found: String, wanted: String },
}

impl Rect {
    /// All of a picture.
    pub fn whole(size: Size) -> Self {
        let side = |length: u32| u16::try_from(length).map_or(f32::from(u16::MAX), f32::from);
        Self { x: 0.0, y: 0.0, width: side(size.width), height: side(size.height) }
    }

    /// Numbers that a box can have.
    pub fn is_finite(&self) -> bool {
        [self.x, self.y, self.width, self.height].iter().all(|it| it.is_finite())
    }

    pub fn right(&self) -> f32 {
        self.x + self.width
    }

    pub fn bottom(&self) -> f32 {
        self.y + self.height
    }

    pub fn middle(&self) -> [f32; 2] {
        [self.x + self.width / 2.0, self.y + self.height / 2.0]
    }

    pub fn holds(&self, [x, y]: [f32; 2]) -> bool {
        (self.x..self.right()).contains(&x) && (self.y..self.bottom()).contains(&y)
    }

    /// Square pixels; an inverted box has none.
    pub fn area(&self) -> f32 {
        self.width.max(0.0) * self.height.max(0.0)
    }

    /// The smallest box that holds both.
    #[must_use]
    pub fn around(&self, other: &Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let (right, bottom) = (self.right().max(other.right()), self.bottom().max(other.bottom()));
        Self { x, y, width: right - x, height: bottom - y }
    }

    /// How much of `other` lies in this one, in `0.0..=1.0`; 0 where `other` is empty.
    pub fn share_of(&self, other: &Self) -> f32 {
        let area = other.area();
        if area > 0.0 { self.shared(other) / area } else { 0.0 }
    }

    /// Intersection over union, in `0.0..=1.0`; 0 where either box is empty.
    pub fn iou(&self, other: &Self) -> f32 {
        let shared = self.shared(other);
        let union = self.area() + other.area() - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }

    /// Square pixels that both boxes cover.
    pub fn shared(&self, other: &Self) -> f32 {
        let width = self.right().min(other.right()) - self.x.max(other.x);
        let height = self.bottom().min(other.bottom()) - self.y.max(other.y);
        width.max(0.0) * height.max(0.0)
    }

    /// The same box, longer by so many pixels on each side.
    #[must_use]
    pub fn grown(&self, by: f32) -> Self {
        Self {
            x: self.x - by,
            y: self.y - by,
            width: self.width + 2.0 * by,
            height: self.height + 2.0 * by,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(x: f32, y: f32, width: f32, height: f32) -> Rect {
        Rect { x, y, width, height }
    }

    #[test]
    fn half_a_box_aside_shares_a_third() {
        let shared = rect(0.0, 0.0, 2.0, 2.0).iou(&rect(1.0, 0.0, 2.0, 2.0));
        assert!((shared - 1.0 / 3.0).abs() < 1e-6, "{shared}");
    }

    #[test]
    fn boxes_apart_share_nothing() {
        assert!(rect(0.0, 0.0, 2.0, 2.0).iou(&rect(5.0, 5.0, 2.0, 2.0)) <= 0.0);
        assert!(rect(0.0, 0.0, -2.0, 2.0).iou(&rect(0.0, 0.0, -2.0, 2.0)) <= 0.0);
    }
}
