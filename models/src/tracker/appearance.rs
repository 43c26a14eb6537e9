//! What somebody looks like: a few colour histograms of a box, cheap enough for every box of every
//! picture.
//!
//! Clothes differ most above and below the belt, so each half has its own histograms. Faces are not
//! looked at, and nothing of it outlives the track.

use base::{Picture, Plane, Size};

use crate::detection::Rect;

/// Bins of one channel, of which a half has three.
const BINS: usize = 12;
const LAST_BIN: f32 = 11.0;
const CHANNELS: usize = 6;
/// Samples across the box and down each of its halves: 216 a box.
const ACROSS: usize = 9;
const DOWN: usize = 12;
/// The part of a box that is its object and not what is behind it: the middle in width; in height
/// without the head, where hair and background mix, and without the feet, which are on the road.
const MIDDLE: (f32, f32) = (0.2, 0.8);
const HALVES: [(f32, f32); 2] = [(0.12, 0.5), (0.5, 0.88)];
/// A half with less than this many samples inside the picture says nothing.
const FEWEST: f32 = 40.0;
/// Chroma of clothes lies near grey: bins span this much of the scale on either side of it.
const CHROMA_SPAN: f32 = 36.0;
/// Luma of BT.601 video.
const DARKEST: f32 = 16.0;
const BRIGHTEST: f32 = 235.0;
/// How much of the latest sight goes into the memory: half is new after seven sights.
const LEARN: f32 = 0.1;

type Histograms = [[f32; BINS]; CHANNELS];

/// Histograms of luma and chroma, upper half first; each sums up to 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    bins: Histograms,
    /// Their square roots, which are compared much more often than they change.
    roots: Histograms,
}

impl Look {
    /// Of what is in the box. `None` where too little of it is in the picture.
    pub(super) fn new(picture: &Picture<'_>, area: Rect) -> Option<Self> {
        let mut bins = match picture {
            Picture::I420 { size, y, u, v } => counted(area, *size, |column, row| {
                let chroma = |plane| byte(plane, column / 2, row / 2);
                Some([byte(y, column, row)?, chroma(u)?, chroma(v)?])
            }),
            Picture::Rgb { size, data } => counted(area, *size, |column, row| {
                let byte = |channel| byte(data, 3 * column + channel, row);
                Some(yuv([byte(0)?, byte(1)?, byte(2)?]))
            }),
        };
        for histogram in &mut bins {
            let total: f32 = histogram.iter().sum();
            if total < FEWEST {
                return None;
            }
            for bin in histogram {
                *bin /= total;
            }
        }
        Some(Self { bins, roots: roots(&bins) })
    }

    /// How alike two are, in `0.0..=1.0`: one less the Hellinger distance, which tells apart what
    /// the Bhattacharyya coefficient calls nearly the same.
    pub(super) fn likeness(&self, other: &Self) -> f32 {
        let pairs = self.roots.as_flattened().iter().zip(other.roots.as_flattened());
        let shared: f32 = pairs.map(|(one, two)| one * two).sum();
        1.0 - (1.0 - shared / 6.0).max(0.0).sqrt()
    }

    /// Light and posture change: the memory follows slowly.
    pub(super) fn learn(&mut self, latest: &Self) {
        let latest = latest.bins.as_flattened();
        for (mine, seen) in self.bins.as_flattened_mut().iter_mut().zip(latest) {
            *mine += LEARN * (seen - *mine);
        }
        self.roots = roots(&self.bins);
    }
}

fn roots(bins: &Histograms) -> Histograms {
    bins.map(|histogram| histogram.map(f32::sqrt))
}

/// Counts the samples of a grid over the box; `at` answers with luma and the two chromas.
fn counted(area: Rect, size: Size, at: impl Fn(usize, usize) -> Option<[f32; 3]>) -> Histograms {
    let mut bins = [[0.0; BINS]; CHANNELS];
    let columns: [_; ACROSS] = grid(area.x, area.width, MIDDLE, size.width);
    for (half, channels) in HALVES.into_iter().zip(bins.chunks_exact_mut(3)) {
        let rows: [_; DOWN] = grid(area.y, area.height, half, size.height);
        for row in rows.into_iter().flatten() {
            for column in columns.into_iter().flatten() {
                let Some([luma, blue, red]) = at(column, row) else { continue };
                let chroma = |it: f32| (it - 128.0 + CHROMA_SPAN) / (2.0 * CHROMA_SPAN);
                let luma = (luma - DARKEST) / (BRIGHTEST - DARKEST);
                for (channel, value) in channels.iter_mut().zip([luma, chroma(blue), chroma(red)]) {
                    count(channel, value);
                }
            }
        }
    }
    bins
}

/// Pixels at even distances in a part of a box's side; `None` outside of the picture.
fn grid<const N: usize>(
    start: f32,
    length: f32,
    (from, to): (f32, f32),
    side: u32,
) -> [Option<usize>; N] {
    let n = u16::try_from(N).map_or(f32::from(u16::MAX), f32::from);
    let side = u16::try_from(side).map_or(f32::from(u16::MAX), f32::from);
    let mut share = from - (to - from) / n / 2.0;
    std::array::from_fn(|_| {
        share += (to - from) / n;
        let pixel = start + share * length;
        (pixel >= 0.0 && pixel < side).then(|| usize::from(whole(pixel)))
    })
}

/// Shares a sample between the two bins that are nearest to it, so that a change of light by one
/// step does not move a shirt into another bin at once. `value` is 0 to 1 over all bins.
fn count(histogram: &mut [f32; BINS], value: f32) {
    let place = (value * LAST_BIN).clamp(0.0, LAST_BIN);
    let lower = whole(place);
    let share = place - f32::from(lower);
    let lower = usize::from(lower);
    histogram[lower] += 1.0 - share;
    if let Some(upper) = histogram.get_mut(lower + 1) {
        *upper += share;
    }
}

fn byte(plane: &Plane<'_>, column: usize, row: usize) -> Option<f32> {
    plane.data.get(row * plane.stride + column).map(|it| f32::from(*it))
}

/// BT.601, limited range.
fn yuv([r, g, b]: [f32; 3]) -> [f32; 3] {
    [
        DARKEST + 0.257 * r + 0.504 * g + 0.098 * b,
        128.0 - 0.148 * r - 0.291 * g + 0.439 * b,
        128.0 + 0.439 * r - 0.368 * g - 0.071 * b,
    ]
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not below zero, and not above a picture's side"
)]
fn whole(value: f32) -> u16 {
    value as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width: 80, height: 100 };
    const BOX: Rect = Rect { x: 20.0, y: 10.0, width: 40.0, height: 80.0 };

    /// A picture of one colour above the belt of `BOX` and another below.
    fn dressed(shirt: [u8; 3], trousers: [u8; 3]) -> Vec<u8> {
        (0..100).flat_map(|row| if row < 50 { shirt } else { trousers }.repeat(80)).collect()
    }

    fn look(pixels: &[u8], area: Rect) -> Option<Look> {
        let data = Plane { data: pixels, stride: 240 };
        Look::new(&Picture::Rgb { size: SIZE, data }, area)
    }

    const RED: [u8; 3] = [200, 30, 30];
    const BLUE: [u8; 3] = [30, 30, 160];

    #[test]
    fn the_same_clothes_are_alike_and_others_are_not() {
        let one = look(&dressed(RED, BLUE), BOX).unwrap();
        let in_other_light = look(&dressed([190, 24, 26], [26, 24, 150]), BOX).unwrap();
        let turned = look(&dressed(BLUE, RED), BOX).unwrap();
        assert!(one.likeness(&one) > 0.99);
        assert!(one.likeness(&in_other_light) > 0.6, "{}", one.likeness(&in_other_light));
        assert!(one.likeness(&turned) < 0.2, "{}", one.likeness(&turned));
    }

    #[test]
    fn what_is_mostly_outside_of_the_picture_looks_like_nothing() {
        let pixels = dressed(RED, BLUE);
        assert!(look(&pixels, Rect { x: -30.0, ..BOX }).is_none());
        assert!(look(&pixels, Rect { y: 50.0, ..BOX }).is_none());
        assert!(look(&pixels, Rect { x: f32::NAN, ..BOX }).is_none());
        assert!(look(&pixels[..240 * 20], BOX).is_none(), "a plane that is cut short");
    }

    #[test]
    fn yuv_and_rgb_of_the_same_colours_look_the_same() {
        let rgb = look(&dressed(RED, BLUE), BOX).unwrap();
        let [[red_y, red_u, red_v], [blue_y, blue_u, blue_v]] =
            [RED, BLUE].map(|it| yuv(it.map(f32::from)).map(|it| u8::try_from(whole(it)).unwrap()));
        let plane = |width: usize, height: usize, above: u8, below: u8| {
            let rows = (0..height).map(move |it| if it < height / 2 { above } else { below });
            rows.flat_map(|it| vec![it; width]).collect::<Vec<u8>>()
        };
        let luma = plane(80, 100, red_y, blue_y);
        let (u, v) = (plane(40, 50, red_u, blue_u), plane(40, 50, red_v, blue_v));
        let half = |data| Plane { data, stride: 40 };
        let y = Plane { data: &luma, stride: 80 };
        let picture = Picture::I420 { size: SIZE, y, u: half(&u), v: half(&v) };
        let seen = Look::new(&picture, BOX).unwrap();
        assert!(seen.likeness(&rgb) > 0.75, "{}", seen.likeness(&rgb));
    }

    #[test]
    fn memory_follows_what_is_seen() {
        let mut memory = look(&dressed(RED, BLUE), BOX).unwrap();
        let latest = look(&dressed(BLUE, BLUE), BOX).unwrap();
        let before = memory.likeness(&latest);
        for _ in 0..50 {
            memory.learn(&latest);
        }
        assert!(before < 0.6 && memory.likeness(&latest) > 0.9, "{before}");
    }
}
