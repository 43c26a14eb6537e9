//! Sampled YUV into the numbers that the model sees: BT.601, limited range, which is what decoders of
//! cameras' H.264 hand out; then the model's own scale.
#![expect(clippy::inline_always, reason = "vectors live in registers only within one function")]

use fearless_simd::prelude::*;
use fearless_simd::{Simd, f32x8};

use super::Channel;
use super::strip::{Block, WIDTH};
use super::taps::Taps;

/// Of a step of luma, from 16 on.
const LUMA: f32 = 1.164_383;
/// Of a step of U and of V, from 128 on: in red, in green and in blue.
const CHROMA: [[f32; 2]; 3] = [[0.0, 1.596_027], [-0.391_762, -0.812_968], [2.017_232, 0.0]];

/// Red, green and blue.
pub(super) struct Colours<S: Simd>([Colour<S>; 3]);

/// One colour as one sum: the scales of BT.601, of the samples and of the model are multiplied out.
struct Colour<S: Simd> {
    luma: f32x8<S>,
    u: f32x8<S>,
    v: f32x8<S>,
    base: f32x8<S>,
    /// What the bytes 0 and 255 become.
    black: f32x8<S>,
    white: f32x8<S>,
}

impl<S: Simd> Colours<S> {
    #[inline(always)]
    pub(super) fn new(simd: S, [red, green, blue]: &[Channel; 3]) -> Self {
        let [of_red, of_green, of_blue] = CHROMA;
        Self([
            Colour::new(simd, red, of_red),
            Colour::new(simd, green, of_green),
            Colour::new(simd, blue, of_blue),
        ])
    }

    /// Writes one row of the sampled blocks.
    #[inline(always)]
    pub(super) fn paint(
        &self,
        simd: S,
        [ys, us, vs]: [&[Block]; 3],
        row: usize,
        [red, green, blue]: [&mut [f32]; 3],
    ) {
        let (red, last_red) = red.as_chunks_mut::<WIDTH>();
        let (green, last_green) = green.as_chunks_mut::<WIDTH>();
        let (blue, last_blue) = blue.as_chunks_mut::<WIDTH>();
        let n_full = red.len();
        let outs = red.iter_mut().zip(green).zip(blue);
        for (((y, u), v), ((red, green), blue)) in ys.iter().zip(us).zip(vs).zip(outs) {
            let [r, g, b] = self.mix(simd, [&y[row], &u[row], &v[row]]);
            (*red, *green, *blue) = (r.into(), g.into(), b.into());
        }
        if !last_red.is_empty() {
            let mixed = self.mix(simd, [&ys[n_full][row], &us[n_full][row], &vs[n_full][row]]);
            for (out, values) in [last_red, last_green, last_blue].into_iter().zip(mixed) {
                out.copy_from_slice(&values.as_slice()[..out.len()]);
            }
        }
    }

    #[inline(always)]
    fn mix(&self, simd: S, [y, u, v]: [&[f32; WIDTH]; 3]) -> [f32x8<S>; 3] {
        let y = f32x8::simd_from(simd, *y);
        let u = f32x8::simd_from(simd, *u);
        let v = f32x8::simd_from(simd, *v);
        let [red, green, blue] = &self.0;
        [red.of(y, u, v), green.of(y, u, v), blue.of(y, u, v)]
    }
}

impl<S: Simd> Colour<S> {
    #[inline(always)]
    fn new(simd: S, channel: &Channel, [u, v]: [f32; 2]) -> Self {
        let Channel { gain, offset, .. } = *channel;
        let splat = |value: f32| f32x8::splat(simd, value);
        let step = gain / f32::from(Taps::STEPS);
        Self {
            luma: splat(LUMA * step),
            u: splat(u * step),
            v: splat(v * step),
            base: splat((-16.0 * LUMA - 128.0 * (u + v)) * gain + offset),
            black: splat(offset),
            white: splat(255.0 * gain + offset),
        }
    }

    #[inline(always)]
    fn of(&self, y: f32x8<S>, u: f32x8<S>, v: f32x8<S>) -> f32x8<S> {
        let chroma = u.mul_add(self.u, v.mul_add(self.v, self.base));
        y.mul_add(self.luma, chroma).max(self.black).min(self.white)
    }
}
