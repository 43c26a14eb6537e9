//! Planar YUV into the tensor: a row of output needs two rows of source. They are blended first, at
//! full width (the compiler vectorises that), then sampled across, then turned into colours and
//! written: colours are made only for the pixels that the model sees.

use base::Plane;

use super::{Channel, Plan, Target};

/// Scratch: blended source rows (one sample longer than the source), and one sampled output row.
#[derive(Debug, Default)]
pub(super) struct Rows {
    luma: Vec<f32>,
    chroma: Vec<[f32; 2]>,
    sampled: [Vec<f32>; 3],
}

impl Rows {
    /// For `wide` samples of luma and `chroma_wide` of chroma, to become `width`.
    pub(super) fn resize(&mut self, wide: usize, chroma_wide: usize, width: usize) {
        self.luma.resize(wide + 1, 0.0);
        self.chroma.resize(chroma_wide + 1, [0.0; 2]);
        for row in &mut self.sampled {
            row.resize(width, 0.0);
        }
    }
}

/// `None` where a plane is too short.
pub(super) fn fill(
    plan: &Plan,
    [luma, u, v]: [&Plane<'_>; 3],
    rows: &mut Rows,
    out: &mut Target<'_>,
) -> Option<()> {
    for (at, (tap, chroma_tap)) in plan.down.iter().zip(plan.chroma_down.iter()).enumerate() {
        let wide = rows.luma.len() - 1;
        let (one, two) = two_rows(luma, tap.first, tap.share, wide)?;
        blend(one, two, tap.share, &mut rows.luma);
        let wide = rows.chroma.len() - 1;
        let us = two_rows(u, chroma_tap.first, chroma_tap.share, wide)?;
        let vs = two_rows(v, chroma_tap.first, chroma_tap.share, wide)?;
        blend_chroma(us, vs, chroma_tap.share, &mut rows.chroma);

        let [ys, us, vs] = &mut rows.sampled;
        for (out, tap) in ys.iter_mut().zip(plan.across.iter()) {
            let pair = rows.luma.get(tap.first..tap.first + 2)?;
            *out = pair[0] + (pair[1] - pair[0]) * tap.share;
        }
        for ((u, v), tap) in us.iter_mut().zip(vs.iter_mut()).zip(plan.chroma_across.iter()) {
            let pair = rows.chroma.get(tap.first..tap.first + 2)?;
            *u = pair[0][0] + (pair[1][0] - pair[0][0]) * tap.share;
            *v = pair[0][1] + (pair[1][1] - pair[0][1]) * tap.share;
        }
        let colours = out.colours;
        to_rgb([ys, us, vs], out.row(at), colours);
    }
    Some(())
}

/// Row `first` and the one below it; where that has no share, `first` twice.
fn two_rows<'a>(
    plane: &Plane<'a>,
    first: usize,
    share: f32,
    wide: usize,
) -> Option<(&'a [u8], &'a [u8])> {
    let row = |at: usize| plane.data.get(at * plane.stride..)?.get(..wide);
    let one = row(first)?;
    Some((one, if share > 0.0 { row(first + 1)? } else { one }))
}

/// Blends two rows of samples into `out`, and repeats the last sample behind the end.
fn blend(one: &[u8], two: &[u8], share: f32, out: &mut [f32]) {
    for ((out, &one), &two) in out.iter_mut().zip(one).zip(two) {
        let (one, two) = (f32::from(one), f32::from(two));
        *out = one + (two - one) * share;
    }
    if let Some(last) = out.get(one.len().wrapping_sub(1)).copied()
        && let Some(behind) = out.get_mut(one.len())
    {
        *behind = last;
    }
}

fn blend_chroma(us: (&[u8], &[u8]), vs: (&[u8], &[u8]), share: f32, out: &mut [[f32; 2]]) {
    let lerp = |one: u8, two: u8| {
        let (one, two) = (f32::from(one), f32::from(two));
        one + (two - one) * share
    };
    let samples = us.0.iter().zip(us.1).zip(vs.0.iter().zip(vs.1));
    for (out, ((&u, &below_u), (&v, &below_v))) in out.iter_mut().zip(samples) {
        *out = [lerp(u, below_u), lerp(v, below_v)];
    }
    if let [.., last, behind] = out {
        *behind = *last;
    }
}

/// BT.601, limited range: what decoders of cameras' H.264 hand out.
fn to_rgb([ys, us, vs]: [&[f32]; 3], out: [&mut [f32]; 3], colours: &[Channel; 3]) {
    let width = ys.len();
    let [red, green, blue] = out.map(|row| &mut row[..width]);
    let (us, vs) = (&us[..width], &vs[..width]);
    let [to_red, to_green, to_blue] = *colours;
    for at in 0..width {
        let luma = (ys[at] - 16.0) * 1.164_383;
        let (u, v) = (us[at] - 128.0, vs[at] - 128.0);
        red[at] = (luma + 1.596_027 * v).clamp(0.0, 255.0) * to_red.gain + to_red.offset;
        green[at] = (luma - 0.391_762 * u - 0.812_968 * v).clamp(0.0, 255.0) * to_green.gain
            + to_green.offset;
        blue[at] = (luma + 2.017_232 * u).clamp(0.0, 255.0) * to_blue.gain + to_blue.offset;
    }
}
