//! One plane's share of a strip: eight output rows, sampled together, so that one look at the taps and
//! one vector instruction serve eight pixels, whatever the sizes are.
//!
//! The eight pixels of a vector lie below each other. Their source bytes are brought together first,
//! as bytes, where that is cheapest; what was sampled is turned back into rows.
#![expect(clippy::inline_always, reason = "vectors live in registers only within one function")]

use std::hint::black_box;

use base::Plane;
use fearless_simd::prelude::*;
use fearless_simd::{Simd, f32x4, f32x8, i16x16, i32x8, u8x16};

use super::taps::{Tap, Taps};

/// Output rows of a strip.
pub(super) const HEIGHT: usize = 8;
/// Pixels of a [`Block`], across.
pub(super) const WIDTH: usize = 8;
/// Source rows of a strip: each output row lies between two.
const N_SOURCE: usize = 2 * HEIGHT;

/// One sample of each source row, from top to bottom: pairs that one output row lies between.
pub(super) type Column = [u8; N_SOURCE];
/// Sampled pixels, row by row, times `Taps::STEPS`.
pub(super) type Block = [[f32; WIDTH]; HEIGHT];

/// Columns come in whole squares, with room for the last column to be repeated behind the end.
pub(super) fn n_columns(wide: usize) -> usize {
    (wide + 1).next_multiple_of(N_SOURCE)
}

/// Turns the source rows of a strip into columns. `down` has 1 to `HEIGHT` taps; rows that it lacks
/// are those of its first.
#[inline(always)]
pub(super) fn stand_up<S: Simd>(
    simd: S,
    plane: &Plane<'_>,
    wide: usize,
    down: &[Tap],
    columns: &mut [Column],
) -> Option<()> {
    let rows = source_rows(plane, wide, down)?;
    fetch(&rows);
    let (squares, _) = columns.as_chunks_mut::<N_SOURCE>();
    let (full, last) = squares.split_at_mut(wide / N_SOURCE);
    let pieces = rows.map(|row| &row.as_chunks::<N_SOURCE>().0[..full.len()]);
    let mut lines = [u8x16::splat(simd, 0); N_SOURCE];
    for (at, square) in full.iter_mut().enumerate() {
        for (line, pieces) in lines.iter_mut().zip(&pieces) {
            *line = pieces[at].simd_into(simd);
        }
        transpose_bytes(lines, square);
    }
    // What is left of the rows, if anything is.
    if let Some(square) = last.first_mut() {
        for (line, row) in lines.iter_mut().zip(&rows) {
            let rest = row.as_chunks::<N_SOURCE>().1;
            let mut bytes = [0; N_SOURCE];
            bytes[..rest.len()].copy_from_slice(rest);
            *line = bytes.simd_into(simd);
        }
        transpose_bytes(lines, square);
    }
    columns[wide] = columns[wide - 1];
    Some(())
}

/// Two rows for each tap; where the second has no share, the first twice.
fn source_rows<'a>(plane: &Plane<'a>, wide: usize, down: &[Tap]) -> Option<[&'a [u8]; N_SOURCE]> {
    let row = |at: usize| plane.data.get(at * plane.stride..)?.get(..wide);
    let mut rows = [row(down[0].first)?; N_SOURCE];
    let (pairs, _) = rows.as_chunks_mut::<2>();
    for (pair, tap) in pairs.iter_mut().zip(down) {
        let upper = row(tap.first)?;
        *pair = [upper, if tap.steps > 0 { row(tap.first + 1)? } else { upper }];
    }
    Some(rows)
}

/// Reads a byte of each cache line, row by row. A fresh frame lies in memory, or in the cache of the
/// core that decoded it; the processor foresees what a row will need next, but not 16 rows at once.
fn fetch(rows: &[&[u8]; N_SOURCE]) {
    const CACHE_LINE: usize = 64;
    let bytes = rows.iter().flat_map(|row| row.iter().step_by(CACHE_LINE));
    black_box(bytes.fold(0, |all, byte| all ^ byte));
}

/// Riffling 16 lines like two halves of a pack of cards, four times, makes each line a column.
#[inline(always)]
fn transpose_bytes<S: Simd>(mut lines: [u8x16<S>; N_SOURCE], out: &mut [Column; N_SOURCE]) {
    for _ in 0..N_SOURCE.ilog2() {
        let halves = lines;
        for at in 0..HEIGHT {
            (lines[2 * at], lines[2 * at + 1]) = halves[at].interleave(halves[at + HEIGHT]);
        }
    }
    for (out, line) in out.iter_mut().zip(lines) {
        *out = line.into();
    }
}

/// Samples the columns at `across`, each row with its tap of `down`.
#[inline(always)]
pub(super) fn sample<S: Simd>(
    simd: S,
    columns: &[Column],
    down: &[Tap],
    across: &Taps,
    out: &mut [Block],
) -> Option<()> {
    let weights = weights(simd, down);
    for (taps, block) in across.chunks(WIDTH).zip(out) {
        // The last block may lack pixels: it repeats its first, and nobody looks at them.
        let tap = |at: usize| taps.get(at).unwrap_or(&taps[0]);
        let left = four(simd, columns, [tap(0), tap(1), tap(2), tap(3)], weights)?;
        let right = four(simd, columns, [tap(4), tap(5), tap(6), tap(7)], weights)?;
        for (row, (left, right)) in block.iter_mut().zip(left.into_iter().zip(right)) {
            *row = left.combine(right).into();
        }
    }
    Some(())
}

/// For each row, the weights of its two source rows, in steps.
#[inline(always)]
fn weights<S: Simd>(simd: S, down: &[Tap]) -> i16x16<S> {
    let mut weights = [0; N_SOURCE];
    let (pairs, _) = weights.as_chunks_mut::<2>();
    for (pair, tap) in pairs.iter_mut().zip(down) {
        *pair = tap.weights();
    }
    weights.simd_into(simd)
}

/// Four pixels next to each other, in each of the eight rows.
#[inline(always)]
fn four<S: Simd>(
    simd: S,
    columns: &[Column],
    taps: [&Tap; 4],
    weights: i16x16<S>,
) -> Option<[f32x4<S>; HEIGHT]> {
    let (a, below_a) = pixel(simd, columns, taps[0], weights)?.split();
    let (b, below_b) = pixel(simd, columns, taps[1], weights)?.split();
    let (c, below_c) = pixel(simd, columns, taps[2], weights)?.split();
    let (d, below_d) = pixel(simd, columns, taps[3], weights)?.split();
    let [r0, r1, r2, r3] = transpose(a, b, c, d);
    let [r4, r5, r6, r7] = transpose(below_a, below_b, below_c, below_d);
    Some([r0, r1, r2, r3, r4, r5, r6, r7])
}

/// One pixel in each of the eight rows. Down, the blend is exact: 255 * 2048 is far below 2^24.
#[inline(always)]
fn pixel<S: Simd>(simd: S, columns: &[Column], tap: &Tap, weights: i16x16<S>) -> Option<f32x8<S>> {
    let [left, right] = columns.get(tap.first..)?.first_chunk()?;
    let (left, right) = (blend(simd, left, weights), blend(simd, right, weights));
    let share = f32x8::splat(simd, tap.share);
    Some(f32x8::float_from(right - left).mul_add(share, f32x8::float_from(left)))
}

#[inline(always)]
fn blend<S: Simd>(simd: S, column: &Column, weights: i16x16<S>) -> i32x8<S> {
    let (low, high) = u8x16::simd_from(simd, *column).widen();
    low.combine(high).bitcast::<i16x16<S>>().pairwise_dot_product(weights)
}

#[inline(always)]
fn transpose<S: Simd>(a: f32x4<S>, b: f32x4<S>, c: f32x4<S>, d: f32x4<S>) -> [f32x4<S>; 4] {
    let (ac, below_ac) = a.interleave(c);
    let (bd, below_bd) = b.interleave(d);
    let (r0, r1) = ac.interleave(bd);
    let (r2, r3) = below_ac.interleave(below_bd);
    [r0, r1, r2, r3]
}
