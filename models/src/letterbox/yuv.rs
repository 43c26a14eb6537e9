//! Planar YUV into the tensor, a strip of eight output rows at a time: each plane is sampled to the
//! size of the output, then colours are made, only for the pixels that the model sees.
//!
//! The arithmetic is compiled once for each width of vectors and chosen when the program runs. For
//! that, all of it must end up in one function: whatever handles vectors is `inline(always)`, here, in
//! `strip` and in `colour`. One that is not costs the whole gain several times over.
#![expect(clippy::inline_always, reason = "vectors live in registers only within one function")]

use base::Plane;
use fearless_simd::{Level, Simd, dispatch};

use super::colour::Colours;
use super::strip::{self, Block, Column};
use super::{Plan, Target};

/// Scratch: what one strip is made of.
#[derive(Debug, Default)]
pub(super) struct Rows {
    columns: Vec<Column>,
    /// Luma, U and V of the strip, at the size of the output.
    sampled: [Vec<Block>; 3],
}

impl Rows {
    /// For `wide` samples of luma, to become `width`.
    pub(super) fn resize(&mut self, wide: usize, width: usize) {
        self.columns.resize(strip::n_columns(wide), Column::default());
        for plane in &mut self.sampled {
            plane.resize(width.div_ceil(strip::WIDTH), Block::default());
        }
    }
}

/// `None` where a plane is too short.
pub(super) fn fill(
    level: Level,
    plan: &Plan,
    planes: [&Plane<'_>; 3],
    rows: &mut Rows,
    out: &mut Target<'_>,
) -> Option<()> {
    dispatch!(level, simd => fill_strips(simd, plan, planes, rows, out))
}

#[inline(always)]
fn fill_strips<S: Simd>(
    simd: S,
    plan: &Plan,
    [luma, u, v]: [&Plane<'_>; 3],
    Rows { columns, sampled }: &mut Rows,
    out: &mut Target<'_>,
) -> Option<()> {
    let colours = Colours::new(simd, out.colours);
    let (wide, chroma_wide) = (plan.source_width, plan.source_width.div_ceil(2));
    let strips = plan.down.chunks(strip::HEIGHT).zip(plan.chroma_down.chunks(strip::HEIGHT));
    for (at, (taps, chroma_taps)) in strips.enumerate() {
        let [ys, us, vs] = &mut *sampled;
        for (plane, wide, down, across, sampled) in [
            (luma, wide, taps, &plan.across, ys),
            (u, chroma_wide, chroma_taps, &plan.chroma_across, us),
            (v, chroma_wide, chroma_taps, &plan.chroma_across, vs),
        ] {
            strip::stand_up(simd, plane, wide, down, columns)?;
            strip::sample(simd, columns, down, across, sampled)?;
        }
        for row in 0..taps.len() {
            let planes = out.row(at * strip::HEIGHT + row);
            colours.paint(simd, [&sampled[0], &sampled[1], &sampled[2]], row, planes);
        }
    }
    Some(())
}
