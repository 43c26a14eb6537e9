//! What stays the same in a scene through day and night: where its edges are.

use crate::luma::SmallLuma;

/// The edges of a camera's usual scene.
#[derive(Debug, Default)]
pub(super) struct Structure {
    /// Differences to the next cell, across and down, averaged over minutes.
    usual: Vec<f32>,
    seen: Vec<f32>,
    n_seen: u32,
    is_other: bool,
}

/// How slowly the scene is learnt, a share a second: five minutes. Shadows wander, a car parks.
const FOLLOW: f32 = 1.0 / 300.0;
/// Pictures that make up a scene at first.
const LEARN: u32 = 30;
/// Correlation of the edges below which it is another scene, and above which it is the same again.
const OTHER: f32 = 0.25;
const SAME: f32 = 0.4;
/// Differences beyond this are cut off: a headlight must not outweigh a street.
const MOST: f32 = 24.0;

impl Structure {
    pub(super) fn is_other(&mut self, small: &SmallLuma) -> bool {
        edges(small, &mut self.seen);
        if self.usual.len() != self.seen.len() {
            self.usual.clone_from(&self.seen);
            (self.n_seen, self.is_other) = (1, false);
            return false;
        }
        self.n_seen = self.n_seen.saturating_add(1);
        let alike = correlation(&self.usual, &self.seen);
        let least = if self.is_other { SAME } else { OTHER };
        self.is_other = self.n_seen > LEARN && alike < least;
        if !self.is_other {
            let learn =
                u16::try_from(self.n_seen).map_or(FOLLOW, |n| (1.0 / f32::from(n)).max(FOLLOW));
            for (usual, seen) in self.usual.iter_mut().zip(&self.seen) {
                *usual += (seen - *usual) * learn;
            }
        }
        self.is_other
    }
}

fn edges(small: &SmallLuma, out: &mut Vec<f32>) {
    let (cells, width) = (small.cells(), small.width());
    out.clear();
    let difference = |a: u8, b: u8| (f32::from(a) - f32::from(b)).clamp(-MOST, MOST);
    for (at, cell) in cells.iter().enumerate() {
        let right = if (at + 1) % width == 0 { *cell } else { cells[at + 1] };
        let below = cells.get(at + width).copied().unwrap_or(*cell);
        out.push(difference(right, *cell));
        out.push(difference(below, *cell));
    }
}

/// -1 to 1; 1 where neither has an edge.
fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    let size: f32 = f32::sqrt(aa * bb);
    if size > 0.0 { ab / size } else { 1.0 }
}
