//! From somebody's picture to the model's planar f32 input, in one pass and without allocating.
//!
//! `yuv` is the way of every camera frame, and fast (`strip` and `colour` are its vector arithmetic);
//! `rgb` is that of picture files, and exact.

mod colour;
mod rgb;
mod strip;
mod taps;
mod yuv;

use base::{Picture, Size};
use fearless_simd::Level;

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
    /// The widest vectors of this processor.
    level: Level,
    yuv_rows: yuv::Rows,
    rgb_rows: rgb::Rows,
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
    source_width: usize,
    is_rgb: bool,
    /// Of the picture within the input.
    width: usize,
    scale: Scale,
    across: Taps,
    down: Taps,
    chroma_across: Taps,
    chroma_down: Taps,
}

/// Where the pixels go.
struct Target<'a> {
    tensor: &'a mut [f32],
    /// From one row to the next.
    pitch: usize,
    /// Pixels to fill in each row.
    width: usize,
    colours: &'a [Channel; 3],
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
            level: Level::new(),
            yuv_rows: yuv::Rows::default(),
            rgb_rows: rgb::Rows::default(),
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
        let mut out = Target {
            tensor: &mut self.tensor,
            pitch: self.width,
            width: plan.width,
            colours: &self.colours,
        };
        let sampled = match picture {
            Picture::I420 { y, u, v, .. } => {
                yuv::fill(self.level, plan, [y, u, v], &mut self.yuv_rows, &mut out)
            }
            Picture::Rgb { data, .. } => rgb::fill(plan, data, &mut self.rgb_rows, &mut out),
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
        if is_rgb {
            self.rgb_rows.resize(width.into());
        } else {
            self.yuv_rows.resize(wide.into(), width.into());
        }
        Ok(Plan {
            source,
            source_width: wide.into(),
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

impl Target<'_> {
    /// Row `at` of red, green and blue, wherever their planes are.
    fn row(&mut self, at: usize) -> [&mut [f32]; 3] {
        let area = self.tensor.len() / 3;
        let (first, rest) = self.tensor.split_at_mut(area);
        let (second, third) = rest.split_at_mut(area);
        let start = at * self.pitch;
        let mut planes = [first, second, third].map(|it| &mut it[start..start + self.width]);
        if self.colours[0].plane == 2 {
            planes.reverse();
        }
        planes
    }
}

fn refused(size: Size, reason: &'static str) -> DetectError {
    DetectError::Picture { width: size.width, height: size.height, reason }
}

#[cfg(test)]
mod tests;
