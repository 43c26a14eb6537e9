//! Has anything moved? Asked before the model is: a street at night is still for hours.

use base::{Picture, Plane, Size};

/// Compares a small luma image with that of the last picture that was looked at. Against that one,
/// not the one before: what creeps adds up.
#[derive(Debug, Default)]
pub struct MotionGate {
    /// Mean luma of each cell, row by row, of the last picture that moved.
    seen: Vec<u8>,
    size: Option<Size>,
    cells: Vec<u8>,
    n_still: u32,
}

/// Cells across and down: on a 640 x 480 picture one is 10 x 10 pixels.
const ACROSS: usize = 64;
const DOWN: usize = 48;
/// A cell has changed when its mean differs by more than this: above a sensor's noise, below a
/// person in the shade.
const CHANGED: u8 = 8;
/// Cells that must have changed: less than a walking child at the far end of a street covers.
const LEAST_CELLS: usize = 3;
/// Looked at all the same after this many still pictures, for what crept below the limits.
const LONGEST_STILL: u32 = 50;
/// Every how many rows and columns a cell is sampled.
const SAMPLE_EVERY: usize = 2;

impl MotionGate {
    /// True where the picture is worth looking at. The first one is.
    pub fn moved(&mut self, picture: &Picture<'_>) -> bool {
        shrink(picture, &mut self.cells);
        let is_known = self.size == Some(picture.size());
        let n_changed =
            self.cells.iter().zip(&self.seen).filter(|(a, b)| a.abs_diff(**b) > CHANGED);
        if is_known && self.n_still < LONGEST_STILL && n_changed.count() < LEAST_CELLS {
            self.n_still += 1;
            return false;
        }
        self.n_still = 0;
        self.size = Some(picture.size());
        std::mem::swap(&mut self.cells, &mut self.seen);
        true
    }
}

/// The mean of each cell, from every second sample of every second row.
fn shrink(picture: &Picture<'_>, cells: &mut Vec<u8>) {
    cells.clear();
    let size = picture.size();
    let (plane, step) = match picture {
        Picture::I420 { y, .. } => (y, 1),
        // Green is most of what luma is.
        Picture::Rgb { data, .. } => (data, 3),
    };
    let edge = |length: u32, n: usize, at: usize| usize::try_from(length).unwrap_or(0) * at / n;
    for row in 0..DOWN {
        let rows = edge(size.height, DOWN, row)..edge(size.height, DOWN, row + 1);
        for column in 0..ACROSS {
            let columns = edge(size.width, ACROSS, column)..edge(size.width, ACROSS, column + 1);
            let lines = rows.clone().step_by(SAMPLE_EVERY).filter_map(|it| line(plane, it));
            let (mut sum, mut n) = (0_u32, 0_u32);
            for line in lines {
                let samples = line.get(columns.start * step..columns.end * step).unwrap_or(&[]);
                for sample in samples.iter().skip(step / 2).step_by(step * SAMPLE_EVERY) {
                    sum += u32::from(*sample);
                    n += 1;
                }
            }
            cells.push(u8::try_from(sum / n.max(1)).unwrap_or(u8::MAX));
        }
    }
}

fn line<'a>(plane: &Plane<'a>, at: usize) -> Option<&'a [u8]> {
    plane.data.get(at.checked_mul(plane.stride)?..)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: usize = 320;
    const HIGH: usize = 240;

    /// A grey picture with a square of `side` pixels at `x`.
    fn scene(x: usize, side: usize) -> Vec<u8> {
        let is_square = |at: usize| (x..x + side).contains(&(at % WIDE)) && at / WIDE < side;
        (0..WIDE * HIGH).map(|at| if is_square(at) { 200 } else { 90 }).collect()
    }

    fn moved(gate: &mut MotionGate, luma: &[u8]) -> bool {
        let size = Size { width: 320, height: 240 };
        let half = Plane { data: &[], stride: 0 };
        gate.moved(&Picture::I420 { size, y: Plane { data: luma, stride: WIDE }, u: half, v: half })
    }

    #[test]
    fn the_first_picture_and_one_that_moved_are_looked_at() {
        let mut gate = MotionGate::default();
        assert!(moved(&mut gate, &scene(0, 30)));
        assert!(!moved(&mut gate, &scene(0, 30)));
        assert!(moved(&mut gate, &scene(40, 30)));
    }

    #[test]
    fn noise_is_not_motion() {
        let mut gate = MotionGate::default();
        moved(&mut gate, &scene(0, 30));
        let noisy: Vec<u8> =
            scene(0, 30).iter().zip([0, 6, 2].into_iter().cycle()).map(|(a, b)| a + b).collect();
        assert!(!moved(&mut gate, &noisy));
    }

    #[test]
    fn what_creeps_adds_up() {
        let mut gate = MotionGate::default();
        moved(&mut gate, &scene(0, 30));
        assert!((1..=10).any(|x| moved(&mut gate, &scene(x, 30))));
    }

    #[test]
    fn no_stillness_lasts_for_ever() {
        let mut gate = MotionGate::default();
        let n_looked = (0..=51).filter(|_| moved(&mut gate, &scene(0, 30))).count();
        assert_eq!(n_looked, 2);
    }
}
