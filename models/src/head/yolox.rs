//! The head of YOLOX (Ge et al., "YOLOX: Exceeding YOLO Series in 2021", arXiv 2107.08430).
//!
//! One row a grid cell: box (centre offset and log size in strides), objectness, class scores; the
//! last two are probabilities already.

use super::nms::Candidate;
use super::{Scale, best};
use crate::detection::Rect;

/// Columns before the class scores: x, y, w, h, objectness.
const N_BOX: usize = 5;

#[derive(Debug)]
pub(crate) struct Yolox {
    n_classes: usize,
    /// Where each row's cell lies on its grid, and the stride of that grid, in input pixels.
    cells: Vec<Cell>,
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    x: f32,
    y: f32,
    stride: f32,
}

impl Yolox {
    pub(crate) fn new(n_classes: usize, width: u16, height: u16, strides: &[u16]) -> Self {
        let cells = strides.iter().flat_map(|&stride| {
            (0..height / stride).flat_map(move |y| {
                (0..width / stride).map(move |x| Cell {
                    x: x.into(),
                    y: y.into(),
                    stride: stride.into(),
                })
            })
        });
        Self { n_classes, cells: cells.collect() }
    }

    /// Floats in the one output.
    pub(crate) fn shape(&self) -> [usize; 3] {
        [1, self.cells.len(), N_BOX + self.n_classes]
    }

    /// Objectness bounds the score from above, so it is looked at first: of 3549 cells a street
    /// has a few dozen whose 80 class scores are worth reading.
    pub(crate) fn decode(
        &self,
        output: &[f32],
        least: f32,
        scale: Scale,
        out: &mut Vec<Candidate>,
    ) {
        for (row, cell) in output.chunks_exact(N_BOX + self.n_classes).zip(&self.cells) {
            let (&[x, y, width, height, objectness], classes) =
                row.split_first_chunk().expect("chunks_exact gives rows of N_BOX columns and more");
            if objectness <= least {
                continue;
            }
            let Some((class, probability)) = best(classes) else { continue };
            let score = objectness * probability;
            if score <= least {
                continue;
            }
            let (width, height) = (width.exp() * cell.stride, height.exp() * cell.stride);
            let area = Rect {
                x: ((x + cell.x) * cell.stride - width / 2.0) / scale.x,
                y: ((y + cell.y) * cell.stride - height / 2.0) / scale.y,
                width: width / scale.x,
                height: height / scale.y,
            };
            out.push(Candidate { class, score, area });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_cell_of_the_coarsest_grid_is_read_in_its_place() {
        let head = Yolox::new(2, 64, 64, &[8, 16, 32]);
        assert_eq!(head.shape(), [1, 64 + 16 + 4, 7]);
        let mut output = vec![0.0; 84 * 7];
        // Cell (1, 1) of stride 32: centre offset a quarter, size 1 x 2 strides.
        output[83 * 7..].copy_from_slice(&[0.25, 0.5, 0.0, 2_f32.ln(), 0.8, 0.1, 0.5]);
        let mut found = Vec::new();
        head.decode(&output, 0.3, Scale { x: 0.5, y: 0.5 }, &mut found);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].class, 1);
        assert!((found[0].score - 0.4).abs() < 1e-6);
        let area = found[0].area;
        assert!((area.x - 48.0).abs() < 1e-3 && (area.y - 32.0).abs() < 1e-3, "{area:?}");
        assert!((area.width - 64.0).abs() < 1e-3 && (area.height - 128.0).abs() < 1e-3);
    }

    #[test]
    fn a_score_at_the_threshold_is_below_it() {
        let head = Yolox::new(1, 8, 8, &[8]);
        let mut found = Vec::new();
        head.decode(&[0.0, 0.0, 0.0, 0.0, 0.5, 1.0], 0.5, Scale { x: 1.0, y: 1.0 }, &mut found);
        assert!(found.is_empty());
    }
}
