//! A picture shrunk to a hundred rows of brightness: what motion and the state of a lens are read from.

use base::{Picture, Plane, Size};

use crate::detection::Rect;

/// Mean brightness of each cell of a picture, 100 rows high, as wide as the picture is. The memory is
/// kept from picture to picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SmallLuma {
    source: Option<Size>,
    width: usize,
    height: usize,
    cells: Vec<u8>,
}

/// Frigate's default; a person who is a tenth of the picture high covers a few dozen cells.
const ROWS: usize = 100;
/// A cell of more pixels is sampled this often, across and down: four samples a cell halve a sensor's
/// noise, which is all that is asked of them.
const SAMPLES: usize = 2;
/// Rows of samples in a cell, at most: one more than `SAMPLES`, where the rows do not divide evenly,
/// and one more for the rounding of its edges.
const MOST_LINES: usize = SAMPLES + 2;

impl SmallLuma {
    /// Answers whether the cells are as many as before.
    pub fn fill(&mut self, picture: &Picture<'_>) -> bool {
        let is_known = self.source == Some(picture.size());
        if !is_known {
            self.resize(picture.size());
        }
        let (plane, step) = match picture {
            Picture::I420 { y, .. } => (y, 1),
            // Green is most of what luma is.
            Picture::Rgb { data, .. } => (data, 3),
        };
        let (wide, high) = (side(picture.size().width), side(picture.size().height));
        let stride = |length: usize, n: usize| (length / n.max(1)).div_ceil(SAMPLES).max(1);
        let (across, down) = (stride(wide, self.width), stride(high, self.height));
        self.cells.clear();
        for row in 0..self.height {
            let rows = (high * row / self.height)..(high * (row + 1) / self.height);
            let mut lines: [&[u8]; MOST_LINES] = [&[]; MOST_LINES];
            let found = rows.step_by(down).filter_map(|at| line(plane, at, wide * step));
            lines.iter_mut().zip(found).for_each(|(place, line)| *place = line);
            for column in 0..self.width {
                let first = (wide * column / self.width) * step + step / 2;
                let last = (wide * (column + 1) / self.width) * step;
                self.cells.push(mean(&lines, first, last, across * step));
            }
        }
        is_known
    }

    fn resize(&mut self, size: Size) {
        let (wide, high) = (side(size.width), side(size.height));
        self.source = Some(size);
        self.height = ROWS.min(high);
        self.width = (wide * self.height).checked_div(high).unwrap_or(0).max(1);
    }

    pub fn cells(&self) -> &[u8] {
        &self.cells
    }

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn height(&self) -> usize {
        self.height
    }

    /// Cells, first and last inclusive, as a part of the picture in its pixels.
    pub(crate) fn area(&self, first: [usize; 2], last: [usize; 2]) -> Rect {
        let all = self.source.map_or(Rect { x: 0.0, y: 0.0, width: 0.0, height: 0.0 }, Rect::whole);
        let part = |at: usize, n: usize, length: f32| {
            let ratio = |it: usize| u16::try_from(it).map_or(f32::from(u16::MAX), f32::from);
            ratio(at) * length / ratio(n).max(1.0)
        };
        let (x, y) =
            (part(first[0], self.width, all.width), part(first[1], self.height, all.height));
        let right = part(last[0] + 1, self.width, all.width);
        let bottom = part(last[1] + 1, self.height, all.height);
        Rect { x, y, width: right - x, height: bottom - y }
    }
}

fn mean(lines: &[&[u8]], first: usize, last: usize, step: usize) -> u8 {
    let (mut sum, mut n) = (0_u32, 0_u32);
    for line in lines {
        for sample in line.get(first..last.max(first + 1)).unwrap_or(&[]).iter().step_by(step) {
            sum += u32::from(*sample);
            n += 1;
        }
    }
    u8::try_from(sum / n.max(1)).unwrap_or(u8::MAX)
}

fn line<'a>(plane: &Plane<'a>, at: usize, length: usize) -> Option<&'a [u8]> {
    plane.data.get(at.checked_mul(plane.stride)?..)?.get(..length)
}

fn side(length: u32) -> usize {
    usize::try_from(length).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Left half dark, right half bright.
    fn halves(width: u32, height: u32) -> Vec<u8> {
        (0..width * height).map(|at| if at % width < width / 2 { 40 } else { 200 }).collect()
    }

    fn small(width: u32, height: u32) -> SmallLuma {
        let luma = halves(width, height);
        let half = Plane { data: &[], stride: 0 };
        let y = Plane { data: &luma, stride: side(width) };
        let mut small = SmallLuma::default();
        let size = Size { width, height };
        let picture = Picture::I420 { size, y, u: half, v: half };
        assert!(!small.fill(&picture) && small.fill(&picture));
        small
    }

    #[test]
    fn the_shape_of_the_picture_is_kept() {
        let seen = small(640, 360);
        assert_eq!((seen.width(), seen.height(), seen.cells().len()), (177, 100, 17_700));
        assert_eq!((seen.cells()[0], seen.cells()[176]), (40, 200));
        let tiny = small(8, 6);
        assert_eq!((tiny.width(), tiny.height()), (8, 6));
    }

    #[test]
    fn cells_lie_where_their_pixels_do() {
        let seen = small(640, 360);
        let all = seen.area([0, 0], [176, 99]);
        assert!((all.width - 640.0).abs() < 0.1 && (all.height - 360.0).abs() < 0.1, "{all:?}");
        let middle = seen.area([88, 50], [88, 50]);
        assert!((middle.x - 318.2).abs() < 0.1 && (middle.y - 180.0).abs() < 0.1, "{middle:?}");
    }
}
