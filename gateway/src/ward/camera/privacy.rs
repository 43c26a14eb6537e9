//! What most who look at a picture are not shown: whoever may be in it, and their number plates.

use base::Size;
use models::{Lookout, Rect};

use super::casebook::relative;

/// Which of a model's classes are people, or may have a number plate.
#[derive(Debug)]
pub(super) struct Privacy {
    classes: Vec<usize>,
}

const HIDE: [&str; 6] = ["person", "bicycle", "car", "motorcycle", "bus", "truck"];
/// What is this sure to be somebody is hidden: less than is needed for an alert.
const FROM_SCORE: f32 = 0.25;
/// A place of which this share is hidden already is hidden.
const COVERED: f32 = 0.98;

impl Privacy {
    pub(super) fn new(labels: &[String]) -> Self {
        let is_hidden = |(_, label): &(usize, &String)| HIDE.contains(&label.as_str());
        let mut classes: Vec<usize> =
            labels.iter().enumerate().filter(is_hidden).map(|(class, _)| class).collect();
        if classes.is_empty() {
            // Whatever this model calls people: everything it finds may be one.
            classes = (0..labels.len()).collect();
        }
        Self { classes }
    }

    /// What is to be made unrecognisable in the latest picture that `lookout` absorbed, in parts of
    /// it: `[left, top, right, bottom]`. `has_failed`: it could not be looked at.
    pub(super) fn hides(&self, lookout: &Lookout, size: Size, has_failed: bool) -> Vec<[f32; 4]> {
        if has_failed {
            // Nobody knows who is in it.
            return vec![[0.0, 0.0, 1.0, 1.0]];
        }
        let mut places: Vec<Rect> = Vec::new();
        for place in lookout.hiding_places(&self.classes, FROM_SCORE) {
            if !places.iter().any(|it| it.share_of(&place) >= COVERED) {
                places.push(place);
            }
        }
        places.into_iter().map(|it| relative(it, size)).collect()
    }
}
