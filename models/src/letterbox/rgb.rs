//! Interleaved RGB into the tensor, to the bit as `cv2.resize` rounds it on bytes: picture files are
//! what models are compared on, and a model that was trained on rounded pixels sees rounded pixels.

use base::Plane;

use super::taps::{Tap, Taps};
use super::{Plan, Target};

/// Scratch: the two source rows of one output row, sampled across; 2048 times a sample.
#[derive(Debug, Default)]
pub(super) struct Rows {
    upper: Vec<[i32; 3]>,
    lower: Vec<[i32; 3]>,
}

impl Rows {
    /// For `width` output pixels.
    pub(super) fn resize(&mut self, width: usize) {
        self.upper.resize(width, [0; 3]);
        self.lower.resize(width, [0; 3]);
    }
}

/// `None` where the plane is too short.
pub(super) fn fill(
    plan: &Plan,
    data: &Plane<'_>,
    rows: &mut Rows,
    out: &mut Target<'_>,
) -> Option<()> {
    let row =
        |at: usize| data.data.get(at.checked_mul(data.stride)?..)?.get(..3 * plan.source_width);
    for (at, tap) in plan.down.iter().enumerate() {
        let upper = row(tap.first)?;
        let lower = if tap.steps > 0 { row(tap.first + 1)? } else { upper };
        sample_across(upper, &plan.across, &mut rows.upper)?;
        sample_across(lower, &plan.across, &mut rows.lower)?;
        let colours = out.colours;
        let [red, green, blue] = out.row(at);
        let rows = rows.upper.iter().zip(&rows.lower);
        for (((upper, lower), red), (green, blue)) in rows.zip(red).zip(green.iter_mut().zip(blue))
        {
            let value = |colour: usize| {
                let byte = f32::from(blend(upper[colour], lower[colour], *tap));
                byte * colours[colour].gain + colours[colour].offset
            };
            (*red, *green, *blue) = (value(0), value(1), value(2));
        }
    }
    Some(())
}

fn sample_across(row: &[u8], taps: &Taps, out: &mut [[i32; 3]]) -> Option<()> {
    let (pixels, _) = row.as_chunks::<3>();
    for (out, tap) in out.iter_mut().zip(taps.iter()) {
        let left = pixels.get(tap.first)?;
        let right = pixels.get(tap.first + 1).unwrap_or(left);
        let [first, second] = tap.weights().map(i32::from);
        for (out, (&left, &right)) in out.iter_mut().zip(left.iter().zip(right)) {
            *out = i32::from(left) * first + i32::from(right) * second;
        }
    }
    Some(())
}

/// The rounding of `VResizeLinear` in `OpenCV`'s `resize.cpp`.
fn blend(upper: i32, lower: i32, tap: Tap) -> u8 {
    let [first, second] = tap.weights().map(i32::from);
    let upper = ((upper >> 4) * first) >> 16;
    let lower = ((lower >> 4) * second) >> 16;
    u8::try_from((upper + lower + 2) >> 2).unwrap_or(u8::MAX)
}
