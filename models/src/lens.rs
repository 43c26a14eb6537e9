//! Whether a camera's picture is still worth watching: frozen, dark, blurred or covered, or turned to
//! another scene. Judged once a second, told with hysteresis.

mod structure;

use std::time::Duration;

use base::{Crop, Picture, Plane, Size};
use jiff::{SignedDuration, Timestamp};

use crate::detection::Rect;
use crate::latch::Latch;
use crate::luma::SmallLuma;
use structure::Structure;

/// What can be wrong with a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Complaint {
    /// The same to the last bit, though pictures come.
    Frozen,
    /// Too dark for anybody to be seen.
    Dark,
    /// Out of focus, dirty, fogged, or covered.
    Blurred,
    /// It shows another scene: the zones lie elsewhere now.
    Moved,
}

/// One camera's lens, watched.
#[derive(Debug)]
pub struct Lens {
    latches: [(Complaint, Latch); 4],
    judged_at: Option<Timestamp>,
    /// The picture that was judged last.
    last: SmallLuma,
    /// How sharp this camera usually is.
    usual_sharpness: Option<f32>,
    structure: Structure,
}

const JUDGE_EVERY: SignedDuration = SignedDuration::from_secs(1);
/// A sensor's noise changes every picture; the keyframes of a coder that saves bits on a still scene
/// come every few seconds.
const FROZEN_AFTER: Duration = Duration::from_secs(30);
const DARK_AFTER: Duration = Duration::from_secs(30);
/// A bus that stops before the lens goes on.
const BLURRED_AFTER: Duration = Duration::from_mins(1);
const MOVED_AFTER: Duration = Duration::from_secs(30);
const OVER_AFTER: Duration = Duration::from_secs(5);
/// Mean luma, 16 to 235. A lit street at night has 40 and more, a covered lens 16 to 20.
const DARK: u32 = 24;
const BRIGHT_AGAIN: u32 = 30;
/// Of the difference of two pixels side by side, so much is noise: a blurred picture has it too.
const NOISE: u8 = 4;
/// Mean difference beyond the noise, of 255, below which there is nothing to be seen whatever is usual.
const FLAT: f32 = 0.05;
/// Against the camera's usual sharpness.
const BLURRED_SHARE: f32 = 0.4;
const SHARP_SHARE: f32 = 0.6;
/// How slowly the usual sharpness follows what is seen, a share a second: ten minutes.
const FOLLOW: f32 = 1.0 / 600.0;
/// Every so many rows are read for the sharpness.
const ROW_STEP: usize = 8;

impl Default for Lens {
    fn default() -> Self {
        let latch = |complaint, after| (complaint, Latch::new(after, OVER_AFTER));
        Self {
            latches: [
                latch(Complaint::Frozen, FROZEN_AFTER),
                latch(Complaint::Dark, DARK_AFTER),
                latch(Complaint::Blurred, BLURRED_AFTER),
                latch(Complaint::Moved, MOVED_AFTER),
            ],
            judged_at: None,
            last: SmallLuma::default(),
            usual_sharpness: None,
            structure: Structure::default(),
        }
    }
}

impl Lens {
    /// What began (true) or ended (false) with this picture. `small` is the picture, shrunk.
    pub fn observe(
        &mut self,
        picture: &Picture<'_>,
        small: &SmallLuma,
        now: Timestamp,
    ) -> Vec<(Complaint, bool)> {
        let is_early = |last: Timestamp| {
            (SignedDuration::ZERO..JUDGE_EVERY).contains(&now.duration_since(last))
        };
        if self.judged_at.is_some_and(is_early) {
            return Vec::new();
        }
        self.judged_at = Some(now);
        let is_frozen = self.last == *small;
        self.last.clone_from(small);
        let is_dark = self.is_dark(small);
        let is_blurred = !is_dark && self.is_blurred(sharpness(picture));
        let is_other = !is_dark && !is_blurred && self.structure.is_other(small);
        let judged = [is_frozen, is_dark, is_blurred, is_other];
        let told = self.latches.iter_mut().zip(judged);
        told.filter_map(|((complaint, latch), holds)| {
            latch.observe(holds, now).map(|begins| (*complaint, begins))
        })
        .collect()
    }

    /// The scene is as it should be from now on: somebody has drawn the zones for it.
    pub fn accept_scene(&mut self) {
        self.structure = Structure::default();
    }

    fn is_on(&self, wanted: Complaint) -> bool {
        self.latches.iter().any(|(it, latch)| *it == wanted && latch.is_on())
    }

    fn is_dark(&self, small: &SmallLuma) -> bool {
        let sum: u32 = small.cells().iter().map(|it| u32::from(*it)).sum();
        let n = u32::try_from(small.cells().len()).unwrap_or(u32::MAX).max(1);
        sum / n < if self.is_on(Complaint::Dark) { BRIGHT_AGAIN } else { DARK }
    }

    fn is_blurred(&mut self, seen: f32) -> bool {
        let usual = *self.usual_sharpness.get_or_insert(seen);
        let share = if self.is_on(Complaint::Blurred) { SHARP_SHARE } else { BLURRED_SHARE };
        let is_blurred = seen < FLAT || seen < usual * share;
        if !is_blurred {
            self.usual_sharpness = Some(usual + (seen - usual) * FOLLOW);
        }
        is_blurred
    }
}

impl Complaint {
    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::Dark => "dark",
            Self::Blurred => "blurred",
            Self::Moved => "moved",
        }
    }
}

/// How sharp a part of a picture is, in the measure of [`Lens`]. Pictures of the same thing compare.
pub fn sharpness_of(picture: &Picture<'_>, area: Rect) -> f32 {
    let Size { width, height } = picture.size();
    let even = |value: f32, most: u32| pixels(value).min(most) / 2 * 2;
    let (left, top) = (even(area.x, width), even(area.y, height));
    let size = Size {
        width: pixels(area.right()).min(width).saturating_sub(left),
        height: pixels(area.bottom()).min(height).saturating_sub(top),
    };
    picture.crop(Crop { left, top, size }).map_or(0.0, |part| sharpness(&part))
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float saturates: what is left of the picture becomes 0"
)]
fn pixels(value: f32) -> u32 {
    value.round() as u32
}

/// The mean difference of neighbours along every eighth row, of 255, beyond the noise.
fn sharpness(picture: &Picture<'_>) -> f32 {
    let (plane, step) = match picture {
        Picture::I420 { y, .. } => (y, 1),
        Picture::Rgb { data, .. } => (data, 3),
    };
    let side = |length: u32| usize::try_from(length).unwrap_or(0);
    let (wide, high) = (side(picture.size().width), side(picture.size().height));
    let (mut sum, mut n) = (0_u64, 0_u32);
    for row in (0..high).step_by(ROW_STEP).filter_map(|at| line(plane, at, wide * step)) {
        let samples = row.iter().skip(step / 2).step_by(step);
        let next = row.iter().skip(step / 2 + step).step_by(step);
        for (a, b) in samples.zip(next) {
            sum += u64::from(a.abs_diff(*b).saturating_sub(NOISE));
            n += 1;
        }
    }
    ratio(sum, n.max(1))
}

fn line<'a>(plane: &Plane<'a>, at: usize, length: usize) -> Option<&'a [u8]> {
    plane.data.get(at.checked_mul(plane.stride)?..)?.get(..length)
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a mean of bytes needs no more digits than an f32 has"
)]
fn ratio(sum: u64, n: u32) -> f32 {
    (sum as f64 / f64::from(n)) as f32
}

#[cfg(test)]
mod tests;
