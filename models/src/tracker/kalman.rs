//! Where a box is and how fast it moves, from boxes that jitter: a constant-velocity Kalman filter.

use crate::detection::Rect;

/// The filter's steps a second.
pub(super) const STEPS_A_SECOND: f32 = 30.0;
/// Position noise a step, in heights of the box; with `VELOCITY` as in SORT and its successors.
const POSITION: f32 = 1.0 / 20.0;
/// Velocity noise a step, in heights of the box.
const VELOCITY: f32 = 1.0 / 160.0;
/// The aspect ratio hardly changes: its noises, in units of itself.
const ASPECT: f32 = 1e-2;
const ASPECT_VELOCITY: f32 = 1e-5;
const ASPECT_MEASURED: f32 = 1e-1;
/// Steps after which a third of an unseen object's speed is left: 2 s.
const UNSEEN_STEPS: f32 = 60.0;
/// Steps between the sights that a bridge pretends: those of 5 pictures a second.
const BRIDGE_STEPS: f32 = 6.0;
/// More sights on a bridge than this say nothing more about speed.
const MOST_PARTS: f32 = 16.0;

/// Centre, aspect (width over height) and height of a box, each with its speed. The eight-state
/// filter of the paper has no covariance between the four, so four filters of two states are it.
///
/// Time is counted in steps of 1/30 s, for which the noises above were found.
#[derive(Clone, Debug)]
pub(super) struct Motion {
    x: Axis,
    y: Axis,
    aspect: Axis,
    height: Axis,
}

/// Value and speed, with their covariance.
#[derive(Clone, Copy, Debug)]
struct Axis {
    value: f32,
    speed: f32,
    variance: f32,
    shared: f32,
    speed_variance: f32,
}

impl Motion {
    pub(super) fn new(area: Rect) -> Self {
        let [x, y, aspect, height] = measure(area);
        let axis = |value| Axis::new(value, 2.0 * POSITION * height, 10.0 * VELOCITY * height);
        Self {
            x: axis(x),
            y: axis(y),
            aspect: Axis::new(aspect, ASPECT, ASPECT_VELOCITY),
            height: axis(height),
        }
    }

    /// Moves on by `steps` of 1/30 s.
    pub(super) fn predict(&mut self, steps: f32) {
        let height = self.height.value;
        for axis in [&mut self.x, &mut self.y, &mut self.height] {
            axis.predict(steps, POSITION * height, VELOCITY * height);
        }
        self.aspect.predict(steps, ASPECT, ASPECT_VELOCITY);
    }

    pub(super) fn correct(&mut self, area: Rect) {
        let noise = POSITION * self.height.value;
        let [x, y, aspect, height] = measure(area);
        self.x.correct(x, noise);
        self.y.correct(y, noise);
        self.aspect.correct(aspect, ASPECT_MEASURED);
        self.height.correct(height, noise);
    }

    /// For what is not seen: a height that shrank unseen would end below nothing, so the size is
    /// kept; and who is hidden is less and less likely to walk on as before.
    pub(super) fn damp(&mut self, steps: f32) {
        let kept = (-steps / UNSEEN_STEPS).exp();
        self.x.speed *= kept;
        self.y.speed *= kept;
        self.height.speed = 0.0;
        self.aspect.speed = 0.0;
    }

    /// What stands and is not looked at stays where it is.
    pub(super) fn stop(&mut self) {
        for axis in [&mut self.x, &mut self.y, &mut self.height, &mut self.aspect] {
            axis.speed = 0.0;
        }
    }

    /// Runs the filter over the gap behind it again, as if the object had been seen on its way from
    /// `from` to `to`: without that, its speed would be what the gap made of it (observation-centric
    /// re-update: Cao et al., "Observation-Centric SORT", CVPR 2023, arXiv 2203.14360). `self` is as
    /// it was when the object was seen last, `steps` before.
    pub(super) fn bridge(&mut self, from: Rect, to: Rect, steps: f32) {
        let n_parts = (steps / BRIDGE_STEPS).ceil().clamp(1.0, MOST_PARTS);
        let mut part = 1.0;
        while part <= n_parts {
            self.predict(steps / n_parts);
            self.correct(between(from, to, part / n_parts));
            part += 1.0;
        }
    }

    pub(super) fn area(&self) -> Rect {
        let height = self.height.value.max(1.0);
        let width = (self.aspect.value * height).max(1.0);
        let (x, y) = (self.x.value - width / 2.0, self.y.value - height / 2.0);
        Rect { x, y, width, height }
    }
}

impl Axis {
    fn new(value: f32, deviation: f32, speed_deviation: f32) -> Self {
        Self {
            value,
            speed: 0.0,
            variance: deviation * deviation,
            shared: 0.0,
            speed_variance: speed_deviation * speed_deviation,
        }
    }

    fn predict(&mut self, steps: f32, noise: f32, speed_noise: f32) {
        self.value += self.speed * steps;
        self.variance +=
            steps * (2.0 * self.shared + steps * self.speed_variance) + steps * noise * noise;
        self.shared += steps * self.speed_variance;
        self.speed_variance += steps * speed_noise * speed_noise;
    }

    fn correct(&mut self, measured: f32, noise: f32) {
        let total = self.variance + noise * noise;
        let (gain, speed_gain) = (self.variance / total, self.shared / total);
        let surprise = measured - self.value;
        self.value += gain * surprise;
        self.speed += speed_gain * surprise;
        self.speed_variance -= speed_gain * self.shared;
        self.shared -= gain * self.shared;
        self.variance -= gain * self.variance;
    }
}

fn between(from: Rect, to: Rect, share: f32) -> Rect {
    let mix = |from: f32, to: f32| from + share * (to - from);
    Rect {
        x: mix(from.x, to.x),
        y: mix(from.y, to.y),
        width: mix(from.width, to.width),
        height: mix(from.height, to.height),
    }
}

fn measure(area: Rect) -> [f32; 4] {
    let (width, height) = (area.width.max(1.0), area.height.max(1.0));
    [area.x + area.width / 2.0, area.y + area.height / 2.0, width / height, height]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f32) -> Rect {
        Rect { x, y: 50.0, width: 40.0, height: 100.0 }
    }

    #[test]
    fn a_steady_walk_is_predicted() {
        let mut motion = Motion::new(at(0.0));
        let mut x = 0.0;
        for _ in 0..30 {
            x += 12.0;
            motion.predict(6.0);
            motion.correct(at(x));
        }
        motion.predict(6.0);
        assert!((motion.area().x - (x + 12.0)).abs() < 1.0, "{:?} after {x}", motion.area());
    }

    #[test]
    fn a_walk_behind_a_wall_is_bridged_and_its_speed_is_right() {
        let mut motion = Motion::new(at(0.0));
        for step in 1..10_u8 {
            motion.predict(6.0);
            motion.correct(at(f32::from(step) * 12.0));
        }
        // Hidden for 4 s, in which they walked half as fast.
        motion.bridge(at(108.0), at(228.0), 120.0);
        motion.predict(6.0);
        let x = motion.area().x;
        assert!((x - 234.0).abs() < 2.0, "{x}");
    }

    #[test]
    fn a_box_never_vanishes() {
        let mut motion = Motion::new(at(0.0));
        for height in [80.0, 40.0, 10.0] {
            motion.predict(6.0);
            motion.correct(Rect { height, ..at(0.0) });
        }
        motion.predict(600.0);
        assert!(motion.area().width >= 1.0 && motion.area().height >= 1.0);
    }
}
