//! What moves in a picture: each cell against a running average of how it usually looks.
//!
//! A street at night is still for hours, and what is still need not be looked at. The average follows
//! the light of the day, the contrast is brought to one scale, and a change of everything at once
//! (lightning, a lamp, the camera's own switch to infrared) is taken for what it is: a new scene, not
//! an object.

mod areas;
mod contrast;

use std::time::Duration;

use jiff::Timestamp;

use crate::detection::Rect;
use crate::luma::SmallLuma;
use areas::Areas;
use contrast::Contrast;

/// Remembers how one camera's picture usually looks.
#[derive(Debug, Default)]
pub struct MotionDetector {
    contrast: Contrast,
    /// The picture of now, stretched and smoothed.
    smooth: Vec<u8>,
    /// How each cell usually looks.
    usual: Vec<f32>,
    is_moving: Vec<bool>,
    areas: Areas,
    /// Pictures in a row with motion.
    n_moving: u32,
    settling: Option<Settling>,
    last_at: Option<Timestamp>,
}

/// Since when the scene is new, and for how many pictures.
#[derive(Clone, Copy, Debug)]
struct Settling {
    since: Timestamp,
    n_pictures: u32,
}

/// What one picture shows against those before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moved {
    /// Of all cells, `0.0..=1.0`.
    pub share: f32,
    /// False while the scene is new: then the areas say little.
    pub is_settled: bool,
}

/// On the scale of `Contrast`, 0 to 255. Frigate's default: a person in the shade differs by more.
const THRESHOLD: f32 = 30.0;
/// More than this at once is a change of light, not an object.
const LIGHTNING: f32 = 0.8;
/// A scene is settled with less motion than this, in no more areas than these.
const SETTLED_SHARE: f32 = 0.05;
const SETTLED_AREAS: usize = 4;
const SETTLED_PICTURES: u32 = 3;
/// A street that is never still is settled all the same.
const LONGEST_SETTLING: Duration = Duration::from_secs(10);
/// How fast the average follows, as the time in which 63 % of a change is taken over.
const FOLLOW: Duration = Duration::from_secs(20);
const FOLLOW_SETTLING: Duration = Duration::from_secs(1);
/// What passes by is no part of the scene; what has moved for this many pictures in a row (a stopped
/// car, a tree in the wind) slowly becomes one.
const KEPT_OUT: u32 = 10;
/// A gap longer than this tells nothing about the scene in between.
const LONGEST_STEP: Duration = Duration::from_secs(2);

impl MotionDetector {
    /// `is_same_shape`: as [`SmallLuma::fill`] answered. A clock that is set back counts as no time.
    pub fn observe(&mut self, small: &SmallLuma, is_same_shape: bool, now: Timestamp) -> Moved {
        let passed = self.step(now);
        self.contrast.stretch(small.cells(), &mut self.smooth);
        areas::smooth(&mut self.smooth, small.width());
        if !is_same_shape || self.usual.len() != self.smooth.len() {
            return self.begin(now);
        }
        let n_moved = self.compare();
        let share = share(n_moved, self.smooth.len());
        if share > LIGHTNING {
            return self.begin(now);
        }
        self.areas.find(&self.is_moving, small);
        self.n_moving = if self.areas.found().is_empty() { 0 } else { self.n_moving + 1 };
        let is_settled = self.settle(share, now);
        self.follow(passed, is_settled);
        Moved { share, is_settled }
    }

    /// Where something moved in the last picture, in pixels of the source, none touching another.
    pub fn areas(&self) -> &[Rect] {
        self.areas.found()
    }

    fn step(&mut self, now: Timestamp) -> Duration {
        let last = self.last_at.replace(now).unwrap_or(now);
        Duration::try_from(now.duration_since(last)).unwrap_or_default().min(LONGEST_STEP)
    }

    /// What is seen now is the scene.
    fn begin(&mut self, now: Timestamp) -> Moved {
        self.usual.clear();
        self.usual.extend(self.smooth.iter().map(|it| f32::from(*it)));
        self.is_moving.clear();
        self.is_moving.resize(self.smooth.len(), false);
        self.areas.clear();
        self.n_moving = 0;
        self.settling = Some(Settling { since: now, n_pictures: 0 });
        Moved { share: 1.0, is_settled: false }
    }

    fn compare(&mut self) -> usize {
        let cells = self.smooth.iter().zip(&self.usual).zip(&mut self.is_moving);
        let mut n_moved = 0;
        for ((seen, usual), is_moving) in cells {
            *is_moving = (f32::from(*seen) - usual).abs() > THRESHOLD;
            n_moved += usize::from(*is_moving);
        }
        n_moved
    }

    fn settle(&mut self, share: f32, now: Timestamp) -> bool {
        let Some(settling) = &mut self.settling else { return true };
        settling.n_pictures += 1;
        let is_calm = share < SETTLED_SHARE && self.areas.found().len() <= SETTLED_AREAS;
        let is_over = now.duration_since(settling.since).unsigned_abs() >= LONGEST_SETTLING;
        if (is_calm && settling.n_pictures >= SETTLED_PICTURES) || is_over {
            self.settling = None;
        }
        self.settling.is_none()
    }

    fn follow(&mut self, passed: Duration, is_settled: bool) {
        let within = if is_settled { FOLLOW } else { FOLLOW_SETTLING };
        let share = 1.0 - (-passed.as_secs_f32() / within.as_secs_f32()).exp();
        let takes_all = !is_settled || self.n_moving >= KEPT_OUT;
        let cells = self.usual.iter_mut().zip(&self.smooth).zip(&self.is_moving);
        for ((usual, seen), is_moving) in cells {
            if takes_all || !is_moving {
                *usual += share * (f32::from(*seen) - *usual);
            }
        }
    }
}

fn share(n: usize, of: usize) -> f32 {
    let float = |it: usize| u32::try_from(it).map_or(f64::from(u32::MAX), f64::from);
    #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "0 to 1 fits")]
    let share = (float(n) / float(of).max(1.0)) as f32;
    share
}

#[cfg(test)]
mod tests;
