//! The head of TensorFlow's SSD (Liu et al., arXiv 1512.02325) after its own box decoding: scores by
//! COCO number, and corners as fractions of the picture.

use super::Scale;
use super::nms::Candidate;
use crate::detection::Rect;
use crate::label::Labels;

/// Columns of scores: column `n` is COCO's category `n + 1`.
const N_CATEGORIES: u16 = 90;

#[derive(Debug)]
pub(crate) struct Ssd {
    n_anchors: usize,
    width: f32,
    height: f32,
    /// The class behind each column; COCO's numbers have gaps.
    classes: Vec<Option<usize>>,
}

impl Ssd {
    pub(crate) fn new(labels: &Labels, width: u16, height: u16, n_anchors: usize) -> Self {
        let classes = (1..=N_CATEGORIES).map(|id| labels.with_category_id(id)).collect();
        Self { n_anchors, width: width.into(), height: height.into(), classes }
    }

    pub(crate) fn shapes(&self) -> Vec<Vec<usize>> {
        vec![vec![1, self.n_anchors, self.classes.len()], vec![1, self.n_anchors, 1, 4]]
    }

    pub(crate) fn decode(
        &self,
        scores: &[f32],
        boxes: &[f32],
        least: f32,
        scale: Scale,
        out: &mut Vec<Candidate>,
    ) {
        let (across, down) = (self.width / scale.x, self.height / scale.y);
        let rows = scores.chunks_exact(self.classes.len());
        let (corners, _) = boxes.as_chunks::<4>();
        for (row, &[top, left, bottom, right]) in rows.zip(corners) {
            let mut found: Option<(usize, f32)> = None;
            for (class, &score) in self.classes.iter().zip(row) {
                if let Some(class) = class
                    && score > found.map_or(least, |it| it.1)
                {
                    found = Some((*class, score));
                }
            }
            let Some((class, score)) = found else { continue };
            let area = Rect {
                x: left * across,
                y: top * down,
                width: (right - left) * across,
                height: (bottom - top) * down,
            };
            out.push(Candidate { class, score, area });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_a_coco_number_and_corners_are_fractions() {
        let head = Ssd::new(&Labels::coco(), 300, 300, 2);
        let mut scores = vec![0.0; 180];
        scores[11] = 0.99; // category 12 does not exist
        scores[90 + 12] = 0.7; // category 13, "stop sign"
        let boxes = [0.0, 0.0, 1.0, 1.0, 0.25, 0.5, 0.75, 1.0];
        let mut found = Vec::new();
        // A picture of 600 x 150, stretched to 300 x 300.
        head.decode(&scores, &boxes, 0.5, Scale { x: 0.5, y: 2.0 }, &mut found);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].class, Labels::coco().find("stop sign").unwrap());
        let Rect { x, y, width, height } = found[0].area;
        assert_eq!(format!("{:?}", [x, y, width, height]), "[300.0, 37.5, 300.0, 75.0]");
    }
}
