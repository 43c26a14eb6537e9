//! From cells that moved to the areas that they make up.

use crate::detection::Rect;
use crate::luma::SmallLuma;

/// The areas of one picture, and the scratch that finds them.
#[derive(Debug, Default)]
pub(super) struct Areas {
    found: Vec<Rect>,
    /// Cells that moved, or touch one that did; each is cleared when it is visited.
    open: Vec<bool>,
    stack: Vec<usize>,
}

/// Cells; fewer are noise. Frigate's default for high sensitivity.
const LEAST_CELLS: usize = 10;

impl Areas {
    pub(super) fn found(&self) -> &[Rect] {
        &self.found
    }

    pub(super) fn clear(&mut self) {
        self.found.clear();
    }

    pub(super) fn find(&mut self, is_moving: &[bool], small: &SmallLuma) {
        self.found.clear();
        let width = small.width();
        dilate(is_moving, width, &mut self.open);
        for start in 0..self.open.len() {
            if self.open[start]
                && let Some((first, last)) = self.visit(start, width, is_moving)
            {
                self.found.push(small.area(first, last));
            }
        }
    }

    /// Walks over the area that `start` belongs to; its corners, unless it is noise.
    fn visit(
        &mut self,
        start: usize,
        width: usize,
        is_moving: &[bool],
    ) -> Option<([usize; 2], [usize; 2])> {
        let (mut first, mut last) = ([usize::MAX; 2], [0; 2]);
        let mut n_cells = 0;
        self.open[start] = false;
        self.stack.push(start);
        while let Some(at) = self.stack.pop() {
            let (x, y) = (at % width, at / width);
            if is_moving[at] {
                n_cells += 1;
                first = [first[0].min(x), first[1].min(y)];
                last = [last[0].max(x), last[1].max(y)];
            }
            let left = (x > 0).then(|| at - 1);
            let right = (x + 1 < width).then_some(at + 1);
            let above = at.checked_sub(width);
            let below = Some(at + width).filter(|it| *it < self.open.len());
            for next in [left, right, above, below].into_iter().flatten() {
                if std::mem::take(&mut self.open[next]) {
                    self.stack.push(next);
                }
            }
        }
        (n_cells >= LEAST_CELLS).then_some((first, last))
    }
}

/// Cells next to a moving one are open too: an arm and the body that it belongs to are one.
fn dilate(is_moving: &[bool], width: usize, open: &mut Vec<bool>) {
    open.clear();
    open.extend_from_slice(is_moving);
    for at in (0..is_moving.len()).filter(|at| is_moving[*at]) {
        let (x, length) = (at % width, open.len());
        let mut touch = |next: Option<usize>| {
            if let Some(next) = next.filter(|it| *it < length) {
                open[next] = true;
            }
        };
        touch((x > 0).then(|| at - 1));
        touch((x + 1 < width).then_some(at + 1));
        touch(at.checked_sub(width));
        touch(Some(at + width));
    }
}

/// Each cell becomes the weighted mean of its neighbourhood (1 2 1, both ways): noise is a cell wide,
/// objects are wider. The rim stays as it is.
pub(super) fn smooth(cells: &mut [u8], width: usize) {
    let mean = |a: u8, b: u8, c: u8| {
        let sum = u16::from(a) + 2 * u16::from(b) + u16::from(c) + 2;
        u8::try_from(sum / 4).unwrap_or(u8::MAX)
    };
    for row in cells.chunks_exact_mut(width.max(1)) {
        let mut left = row[0];
        for at in 1..row.len().saturating_sub(1) {
            let here = row[at];
            row[at] = mean(left, here, row[at + 1]);
            left = here;
        }
    }
    let n_rows = cells.len().checked_div(width).unwrap_or(0);
    for x in 0..width.min(cells.len()) {
        let mut above = cells[x];
        for y in 1..n_rows.saturating_sub(1) {
            let at = y * width + x;
            let here = cells[at];
            cells[at] = mean(above, here, cells[at + width]);
            above = here;
        }
    }
}
