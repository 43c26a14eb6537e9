//! From somebody's picture to the model's planar f32 input, in one pass and without allocating.
//!
//! A row of output needs two rows of source. They are blended first, at full width (the compiler
//! vectorises that), then sampled across, then turned into colours and written. YUV is sampled
//! before it becomes RGB: colours are made only for the pixels that the model sees.

mod taps;

use base::{Picture, Plane, Size};

use crate::detection::DetectError;
use crate::head::Scale;
use crate::manifest::{Channels, Fit, Input};
use taps::Taps;

/// The input tensor `[1, 3, height, width]`, and everything needed to fill it again.
#[derive(Debug)]
pub(crate) struct Letterbox {
    width: usize,
    height: usize,
    fit: Fit,
    size: (u16, u16),
    /// For red, green and blue: which plane it goes to, and `value * gain + offset`.
    colours: [Channel; 3],
    tensor: Vec<f32>,
    plan: Option<Plan>,
    rows: Rows,
}

#[derive(Clone, Copy, Debug, Default)]
struct Channel {
    plane: usize,
    gain: f32,
    offset: f32,
}

/// What depends on the size and the kind of the source alone.
#[derive(Debug)]
struct Plan {
    source: Size,
    is_rgb: bool,
    /// Of the picture within the input.
    width: usize,
    scale: Scale,
    across: Taps,
    down: Taps,
    chroma_across: Taps,
    chroma_down: Taps,
}

/// Scratch: blended source rows (one sample longer than the source), and one sampled output row.
#[derive(Debug, Default)]
struct Rows {
    luma: Vec<f32>,
    chroma: Vec<[f32; 2]>,
    rgb: Vec<[f32; 3]>,
    sampled: [Vec<f32>; 3],
}

impl Letterbox {
    pub(crate) fn new(input: &Input) -> Self {
        let planes = match input.channels {
            Channels::Rgb => [0, 1, 2],
            Channels::Bgr => [2, 1, 0],
        };
        let colours = planes.map(|plane: usize| {
            let (mean, std) = (input.mean[plane], input.std[plane]);
            Channel { plane, gain: 1.0 / std, offset: -mean / std }
        });
        let (width, height) = (usize::from(input.width), usize::from(input.height));
        Self {
            width,
            height,
            fit: input.fit,
            size: (input.width, input.height),
            colours,
            tensor: vec![0.0; 3 * width * height],
            plan: None,
            rows: Rows::default(),
        }
    }

    pub(crate) fn tensor(&self) -> &[f32] {
        &self.tensor
    }

    /// Fills the tensor; the answer maps input pixels back to the picture.
    pub(crate) fn fill(&mut self, picture: &Picture<'_>) -> Result<Scale, DetectError> {
        let is_rgb = matches!(picture, Picture::Rgb { .. });
        let known = |it: &Plan| it.source == picture.size() && it.is_rgb == is_rgb;
        if !self.plan.as_ref().is_some_and(known) {
            self.plan = Some(self.prepare(picture.size(), is_rgb)?);
        }
        let Some(plan) = &self.plan else { return Ok(Scale { x: 1.0, y: 1.0 }) };
        let sampled = match picture {
            Picture::I420 { y, u, v, .. } => fill_i420(
                plan,
                [y, u, v],
                &self.colours,
                &mut self.rows,
                &mut self.tensor,
                self.width,
            ),
            Picture::Rgb { data, .. } => {
                fill_rgb(plan, data, &self.colours, &mut self.rows, &mut self.tensor, self.width)
            }
        };
        sampled
            .ok_or_else(|| refused(picture.size(), "its planes are shorter than its size says"))?;
        Ok(plan.scale)
    }

    /// Runs once for each size of picture: makes the tables, and paints the border.
    fn prepare(&mut self, source: Size, is_rgb: bool) -> Result<Plan, DetectError> {
        let side = |length: u32| u16::try_from(length).ok().filter(|it| *it > 0);
        let (Some(wide), Some(high)) = (side(source.width), side(source.height)) else {
            return Err(refused(source, "sides must be 1 to 65535 pixels"));
        };
        let (across, down) = (self.size.0, self.size.1);
        let (width, height) = match self.fit {
            Fit::Stretch => (across, down),
            Fit::Letterbox { .. } => inside(wide, high, across, down),
        };
        let scale = match self.fit {
            Fit::Stretch => Scale {
                x: f32::from(width) / f32::from(wide),
                y: f32::from(height) / f32::from(high),
            },
            // One ratio for both: rounding the sides down must not bend the boxes.
            Fit::Letterbox { .. } => {
                let ratio =
                    (f32::from(across) / f32::from(wide)).min(f32::from(down) / f32::from(high));
                Scale { x: ratio, y: ratio }
            }
        };
        if let Fit::Letterbox { pad } = self.fit {
            let area = self.width * self.height;
            for channel in self.colours {
                let value = f32::from(pad) * channel.gain + channel.offset;
                self.tensor[channel.plane * area..][..area].fill(value);
            }
        }
        let (chroma_wide, chroma_high) = (wide.div_ceil(2), high.div_ceil(2));
        self.rows.resize(wide.into(), chroma_wide.into(), width.into(), is_rgb);
        Ok(Plan {
            source,
            is_rgb,
            width: width.into(),
            scale,
            across: Taps::new(wide, width),
            down: Taps::new(high, height),
            chroma_across: Taps::new(chroma_wide, width),
            chroma_down: Taps::new(chroma_high, height),
        })
    }
}

impl Rows {
    fn resize(&mut self, wide: usize, chroma_wide: usize, width: usize, is_rgb: bool) {
        let (luma, chroma, rgb) =
            if is_rgb { (0, 0, wide + 1) } else { (wide + 1, chroma_wide + 1, 0) };
        self.luma.resize(luma, 0.0);
        self.chroma.resize(chroma, [0.0; 2]);
        self.rgb.resize(rgb, [0.0; 3]);
        for row in &mut self.sampled {
            row.resize(width, 0.0);
        }
    }
}

/// The largest size of this shape that fits, sides rounded down: `int(side * ratio)`.
fn inside(wide: u16, high: u16, across: u16, down: u16) -> (u16, u16) {
    let cut = |side: u16, to: u16, from: u16| {
        let scaled = u32::from(side) * u32::from(to) / u32::from(from);
        u16::try_from(scaled).unwrap_or(to).max(1)
    };
    if u32::from(across) * u32::from(high) <= u32::from(down) * u32::from(wide) {
        (across, cut(high, across, wide).min(down))
    } else {
        (cut(wide, down, high).min(across), down)
    }
}

fn refused(size: Size, reason: &'static str) -> DetectError {
    DetectError::Picture { width: size.width, height: size.height, reason }
}

/// `None` where a plane is too short.
fn fill_i420(
    plan: &Plan,
    [luma, u, v]: [&Plane<'_>; 3],
    colours: &[Channel; 3],
    rows: &mut Rows,
    tensor: &mut [f32],
    pitch: usize,
) -> Option<()> {
    let area = tensor.len() / 3;
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
        let [red, green, blue] = output_rows(tensor, colours, area, at * pitch, plan.width);
        to_rgb([ys, us, vs], [red, green, blue], colours);
    }
    Some(())
}

fn fill_rgb(
    plan: &Plan,
    data: &Plane<'_>,
    colours: &[Channel; 3],
    rows: &mut Rows,
    tensor: &mut [f32],
    pitch: usize,
) -> Option<()> {
    let area = tensor.len() / 3;
    let wide = rows.rgb.len() - 1;
    for (at, tap) in plan.down.iter().enumerate() {
        let (one, two) = two_rows(data, tap.first, tap.share, 3 * wide)?;
        blend(one, two, tap.share, rows.rgb.as_flattened_mut());
        rows.rgb[wide] = rows.rgb[wide - 1];
        let [red, green, blue] = output_rows(tensor, colours, area, at * pitch, plan.width);
        let out = red.iter_mut().zip(green).zip(blue);
        for (((red, green), blue), tap) in out.zip(plan.across.iter()) {
            let pair = rows.rgb.get(tap.first..tap.first + 2)?;
            let sample = |colour: usize| {
                let value = pair[0][colour] + (pair[1][colour] - pair[0][colour]) * tap.share;
                // OpenCV's result is a byte; so the model was trained.
                (value + 0.5).floor() * colours[colour].gain + colours[colour].offset
            };
            (*red, *green, *blue) = (sample(0), sample(1), sample(2));
        }
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

/// The output rows of red, green and blue, wherever their planes are.
fn output_rows<'a>(
    tensor: &'a mut [f32],
    colours: &[Channel; 3],
    area: usize,
    start: usize,
    width: usize,
) -> [&'a mut [f32]; 3] {
    let (first, rest) = tensor.split_at_mut(area);
    let (second, third) = rest.split_at_mut(area);
    let mut planes = [first, second, third].map(|it| &mut it[start..start + width]);
    if colours[0].plane == 2 {
        planes.reverse();
    }
    planes
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

#[cfg(test)]
mod tests;
