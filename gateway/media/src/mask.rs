//! What a camera must not see: polygons over its picture, painted flat before anybody looks.

use std::ops::Range;
use std::sync::Arc;

use base::Size;

use crate::frame::{FrameMut, PlaneMut};

/// Mid-grey, BT.601 limited range: neither a dark camera nor a bright one.
const GREY: [u8; 3] = [126, 128, 128];

/// Areas that are hidden in every picture of a camera.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Masks(Arc<[Vec<[f32; 2]>]>);

/// Hides masks in one picture after the other, and works them out anew only when the size changes.
#[derive(Clone, Debug)]
pub(crate) struct Masker {
    masks: Masks,
    stencil: Option<Stencil>,
}

/// Masks for pictures of one size. They are laid out in blocks of 2x2 pixels, which share one sample
/// of colour, and every block that a mask touches is hidden: no rim of it stays visible.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stencil {
    size: Size,
    /// A row of blocks, and which of them.
    spans: Vec<(usize, Range<usize>)>,
}

impl Masks {
    /// Corners are x and y as parts of the picture's width and height, from the upper left. What
    /// lies outside of `0.0..=1.0` is cut off. A polygon that crosses itself hides all it encloses;
    /// one of fewer than three corners hides what it touches; one with a corner that is no number hides
    /// the whole picture, since nobody knows what it was meant to hide.
    pub fn new(polygons: &[Vec<[f32; 2]>]) -> Self {
        Self(polygons.iter().filter(|it| !it.is_empty()).cloned().collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Masker {
    pub(crate) fn new(masks: Masks) -> Self {
        Self { masks, stencil: None }
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.masks.is_empty()
    }

    pub(crate) fn hide(&mut self, frame: &mut FrameMut<'_>) {
        let fits = self.stencil.take().filter(|it| it.size == frame.size);
        let stencil = fits.unwrap_or_else(|| Stencil::new(&self.masks, frame.size));
        stencil.hide(frame);
        self.stencil = Some(stencil);
    }
}

impl Stencil {
    fn new(masks: &Masks, size: Size) -> Self {
        let blocks = Size { width: size.width.div_ceil(2), height: size.height.div_ceil(2) };
        let scale = [f64::from(size.width) / 2.0, f64::from(size.height) / 2.0];
        let mut spans = Vec::new();
        for polygon in masks.0.iter() {
            if polygon.iter().flatten().any(|it| !it.is_finite()) {
                spans.extend((0..index(blocks.height)).map(|row| (row, 0..index(blocks.width))));
                continue;
            }
            let corners: Vec<Corner> = polygon
                .iter()
                .map(|it| [0, 1].map(|axis| f64::from(it[axis]) * scale[axis]))
                .collect();
            for row in 0..blocks.height {
                let touched = touched(&corners, f64::from(row));
                spans.extend(
                    touched
                        .into_iter()
                        .filter_map(|it| Some((index(row), whole_blocks(it, blocks.width)?))),
                );
            }
        }
        Self { size, spans }
    }

    /// `frame` is of the stencil's size.
    fn hide(&self, frame: &mut FrameMut<'_>) {
        let (width, height) = (index(self.size.width), index(self.size.height));
        for (row, columns) in &self.spans {
            for y in (2 * row..2 * row + 2).take_while(|it| *it < height) {
                fill(&mut frame.y, y, 2 * columns.start..(2 * columns.end).min(width), GREY[0]);
            }
            fill(&mut frame.u, *row, columns.clone(), GREY[1]);
            fill(&mut frame.v, *row, columns.clone(), GREY[2]);
        }
    }
}

fn fill(plane: &mut PlaneMut<'_>, row: usize, columns: Range<usize>, value: u8) {
    let start = row * plane.stride;
    if let Some(part) = plane.data.get_mut(start + columns.start..start + columns.end) {
        part.fill(value);
    }
}

/// In blocks.
type Corner = [f64; 2];

/// The parts of the row from `top` to `top + 1` that a polygon touches, as ranges of x: the extent of
/// each edge in that row, and what lies between the edges of an inside. The row is cut at the corners
/// within it, since between two of them edges run straight.
fn touched(corners: &[Corner], top: f64) -> Vec<[f64; 2]> {
    let mut cuts = vec![top, top + 1.0];
    cuts.extend(corners.iter().map(|it| it[1]).filter(|it| (top..top + 1.0).contains(it)));
    cuts.sort_by(f64::total_cmp);
    let mut parts: Vec<[f64; 2]> =
        edges(corners).filter_map(|edge| extent(edge, top, top + 1.0)).collect();
    for cut in cuts.windows(2) {
        let middle = f64::midpoint(cut[0], cut[1]);
        let mut crossed: Vec<(f64, i32, [f64; 2])> = edges(corners)
            .filter_map(|edge| crossing(edge, middle).zip(extent(edge, cut[0], cut[1])))
            .map(|((x, turn), extent)| (x, turn, extent))
            .collect();
        crossed.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut winding = 0;
        for pair in crossed.windows(2) {
            winding += pair[0].1;
            if winding != 0 {
                parts.push([pair[0].2[0], pair[1].2[1]]);
            }
        }
    }
    parts
}

fn edges(corners: &[Corner]) -> impl Iterator<Item = [Corner; 2]> {
    let next = corners.iter().cycle().skip(1);
    corners.iter().zip(next).map(|(start, end)| [*start, *end])
}

/// From where to where an edge runs between two heights; `None` if it does not come there.
fn extent([start, end]: [Corner; 2], top: f64, bottom: f64) -> Option<[f64; 2]> {
    let (low, high) = (start[1].min(end[1]), start[1].max(end[1]));
    let is_above = high < top || (high <= top && low < top);
    if is_above || low >= bottom {
        return None;
    }
    let x = |y: f64| match end[1] - start[1] {
        0.0 => None,
        rise => Some(start[0] + (end[0] - start[0]) * ((y - start[1]) / rise)),
    };
    let ends = [x(low.max(top)).unwrap_or(start[0]), x(high.min(bottom)).unwrap_or(end[0])];
    Some([ends[0].min(ends[1]), ends[0].max(ends[1])])
}

/// Where an edge crosses the height `y`, and whether downwards (1) or upwards (-1).
fn crossing([start, end]: [Corner; 2], y: f64) -> Option<(f64, i32)> {
    if (start[1] <= y) == (end[1] <= y) {
        return None;
    }
    let x = start[0] + (end[0] - start[0]) * ((y - start[1]) / (end[1] - start[1]));
    Some((x, if end[1] > start[1] { 1 } else { -1 }))
}

/// Rounds outwards; `None` beside the picture.
fn whole_blocks([start, end]: [f64; 2], n_blocks: u32) -> Option<Range<usize>> {
    let most = f64::from(n_blocks);
    if end < 0.0 || start > most {
        return None;
    }
    let start = start.floor().clamp(0.0, most);
    // A part of no width, such as an upright edge on the border of two blocks, touches a block too.
    let end = end.ceil().max(start + 1.0).clamp(0.0, most);
    let range = block(start)..block(end);
    (!range.is_empty()).then_some(range)
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a whole number between zero and the width of a picture"
)]
fn block(x: f64) -> usize {
    x as usize
}

fn index(n: u32) -> usize {
    usize::try_from(n).expect("a picture's side fits into memory")
}

#[cfg(test)]
mod tests;
