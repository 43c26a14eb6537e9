//! The head of PicoDet (Yu et al., arXiv 2111.00902): class maps, and the four distances from a
//! cell's centre to the box's sides, each as a distribution over 8 bins (Generalized Focal Loss).

use super::nms::Candidate;
use super::{Scale, best};
use crate::detection::Rect;

/// Bins of one distance: 0 to 7 strides.
const N_BINS: usize = 8;

#[derive(Debug)]
pub(crate) struct PicoDet {
    n_classes: usize,
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    stride: f32,
    /// Centres of the cells, in input pixels, row by row.
    centres: Vec<(f32, f32)>,
}

impl PicoDet {
    pub(crate) fn new(n_classes: usize, width: u16, height: u16, strides: &[u16]) -> Self {
        let levels = strides.iter().map(|&step| {
            let stride = f32::from(step);
            let centre = move |cell: u16| (f32::from(cell) + 0.5) * stride;
            let centres = (0..height.div_ceil(step))
                .flat_map(|y| (0..width.div_ceil(step)).map(move |x| (centre(x), centre(y))));
            Level { stride, centres: centres.collect() }
        });
        Self { n_classes, levels: levels.collect() }
    }

    /// Class maps of all levels, then distance maps of all levels.
    pub(crate) fn shapes(&self) -> Vec<[usize; 3]> {
        let shape =
            |columns: usize| self.levels.iter().map(move |it| [1, it.centres.len(), columns]);
        shape(self.n_classes).chain(shape(4 * N_BINS)).collect()
    }

    pub(crate) fn decode(
        &self,
        outputs: &[&[f32]],
        least: f32,
        scale: Scale,
        out: &mut Vec<Candidate>,
    ) {
        let (scores, distances) = outputs.split_at(self.levels.len());
        for ((level, scores), distances) in self.levels.iter().zip(scores).zip(distances) {
            let rows = scores.chunks_exact(self.n_classes).zip(distances.chunks_exact(4 * N_BINS));
            for ((scores, bins), &(x, y)) in rows.zip(&level.centres) {
                let Some((class, score)) = best(scores) else { continue };
                if score <= least {
                    continue;
                }
                let mut sides = bins.chunks_exact(N_BINS).map(|bins| expected(bins) * level.stride);
                let mut side = || sides.next().unwrap_or(0.0);
                let (left, top, right, bottom) = (side(), side(), side(), side());
                let area = Rect {
                    x: (x - left) / scale.x,
                    y: (y - top) / scale.y,
                    width: (left + right) / scale.x,
                    height: (top + bottom) / scale.y,
                };
                out.push(Candidate { class, score, area });
            }
        }
    }
}

/// The mean of the distribution whose logarithms (up to a constant) are `logits`.
fn expected(logits: &[f32]) -> f32 {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let (mut sum, mut mean, mut bin) = (0.0, 0.0, 0.0);
    for logit in logits {
        let weight = (logit - top).exp();
        sum += weight;
        mean += weight * bin;
        bin += 1.0;
    }
    mean / sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sure_distribution_is_its_bin_and_an_even_one_its_middle() {
        let mut logits = [0.0; N_BINS];
        assert!((expected(&logits) - 3.5).abs() < 1e-6);
        logits[2] = 50.0;
        assert!((expected(&logits) - 2.0).abs() < 1e-6);
    }

    #[test]
    fn distances_reach_out_from_the_cells_centre() {
        let head = PicoDet::new(2, 16, 8, &[8]);
        assert_eq!(head.shapes(), [[1, 2, 2], [1, 2, 32]]);
        let mut bins = vec![0.0; 64];
        for (side, bin) in [1, 0, 2, 1].into_iter().enumerate() {
            bins[32 + side * N_BINS + bin] = 80.0;
        }
        let mut found = Vec::new();
        let outputs: [&[f32]; 2] = [&[0.0, 0.1, 0.9, 0.2], &bins];
        head.decode(&outputs, 0.5, Scale { x: 2.0, y: 1.0 }, &mut found);
        assert_eq!(found.len(), 1);
        // Centre (12, 4), left 8, top 0, right 16, bottom 8; the picture is half as wide.
        let area = found[0].area;
        let near = |a: f32, b: f32| (a - b).abs() < 1e-3;
        assert!(near(area.x, 2.0) && near(area.y, 4.0), "{area:?}");
        assert!(near(area.width, 12.0) && near(area.height, 8.0), "{area:?}");
    }
}
