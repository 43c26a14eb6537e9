//! How the pictures of a camera come, told with hysteresis: too few a second, or with a clock that is
//! wrong. Pure.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use models::Latch;

use super::CameraComplaint;
use crate::ward::detector::Unseen;

#[derive(Debug)]
pub(super) struct Vitals {
    low_fps: Latch,
    clock_skew: Latch,
    detector_failing: Latch,
    /// Of which people were told.
    n_rests: u32,
}

/// What was measured over the last second or so.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Measured {
    /// Pictures a second that came, and that are to be watched.
    pub(super) fps: f32,
    pub(super) wanted_fps: f32,
    /// By how much the camera's clock is ahead of ours, where it tells its time.
    pub(super) skew: Option<SignedDuration>,
    /// Where none of them was judged for a while.
    pub(super) unseen: Option<Unseen>,
}

/// Begins or ends, with what people are told of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Change {
    pub(super) complaint: CameraComplaint,
    pub(super) begins: bool,
    pub(super) detail: String,
}

/// Below this share of what is to be watched, people who walk are missed.
const LOW_SHARE: f32 = 0.5;
const LOW_AFTER: Duration = Duration::from_mins(1);
/// A clock that is this wrong puts the wrong time on recordings that others make.
const SKEWED: SignedDuration = SignedDuration::from_secs(5);
const RIGHT_AGAIN: SignedDuration = SignedDuration::from_secs(2);
const SKEWED_AFTER: Duration = Duration::from_mins(1);
/// A thread that is replaced, and a new session, take some seconds.
const FAILING_AFTER: Duration = Duration::from_secs(5);
const OVER_AFTER: Duration = Duration::from_secs(20);

impl Default for Vitals {
    fn default() -> Self {
        Self {
            low_fps: Latch::new(LOW_AFTER, OVER_AFTER),
            clock_skew: Latch::new(SKEWED_AFTER, OVER_AFTER),
            detector_failing: Latch::new(FAILING_AFTER, OVER_AFTER),
            n_rests: 0,
        }
    }
}

impl Vitals {
    pub(super) fn observe(&mut self, measured: Measured, now: Timestamp) -> Vec<Change> {
        let Measured { fps, wanted_fps, skew, unseen } = measured;
        let is_low = fps < wanted_fps * LOW_SHARE;
        let limit = if self.clock_skew.is_on() { RIGHT_AGAIN } else { SKEWED };
        let is_skewed = skew.is_some_and(|it| it.abs() > limit);
        let low = self.low_fps.observe(is_low, now).map(|begins| Change {
            complaint: CameraComplaint::LowFps,
            begins,
            detail: format!("{fps:.1} pictures a second came, {wanted_fps:.0} are to be watched"),
        });
        let skewed = self.clock_skew.observe(is_skewed, now).map(|begins| Change {
            complaint: CameraComplaint::ClockSkew,
            begins,
            detail: skew.map_or_else(String::new, in_words),
        });
        let failing = self.failing(unseen, now);
        low.into_iter().chain(skewed).chain(failing).collect()
    }

    /// Told again with each rest that the camera is given: each is longer than the one before.
    fn failing(&mut self, unseen: Option<Unseen>, now: Timestamp) -> Option<Change> {
        let changed = self.detector_failing.observe(unseen.is_some(), now);
        let n_rests = unseen.as_ref().map_or(self.n_rests, |it| it.n_rests);
        let is_on = self.detector_failing.is_on();
        let again = (is_on && n_rests != self.n_rests).then_some(true);
        let begins = changed.or(again)?;
        self.n_rests = n_rests;
        let detail = unseen.map_or_else(|| "its pictures are judged again".to_owned(), |it| it.why);
        Some(Change { complaint: CameraComplaint::DetectorFailing, begins, detail })
    }
}

fn in_words(skew: SignedDuration) -> String {
    let way = if skew.is_negative() { "behind" } else { "ahead" };
    let seconds = skew.abs().as_secs();
    let (number, unit) = match seconds {
        0..120 => (seconds, "s"),
        120..7200 => (seconds / 60, "min"),
        7200..172_800 => (seconds / 3600, "h"),
        _ => (seconds / 86_400, "days"),
    };
    format!("the camera's clock is {number} {unit} {way}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Measures for so many seconds; what was told, by the second.
    fn told(
        vitals: &mut Vitals,
        from: u64,
        seconds: u64,
        fps: f32,
        skew: i64,
    ) -> Vec<(u64, String)> {
        let measured = Measured {
            fps,
            wanted_fps: 5.0,
            skew: Some(SignedDuration::from_secs(skew)),
            unseen: None,
        };
        (from..from + seconds)
            .flat_map(|second| {
                let now = Timestamp::UNIX_EPOCH + Duration::from_secs(second);
                let changes = vitals.observe(measured.clone(), now);
                changes.into_iter().map(move |it| {
                    (second, format!("{} {} {}", it.complaint.as_str(), it.begins, it.detail))
                })
            })
            .collect()
    }

    #[test]
    fn a_camera_that_sends_too_little_is_told_after_a_minute() {
        let mut vitals = Vitals::default();
        assert_eq!(told(&mut vitals, 0, 50, 2.0, 0), []);
        assert_eq!(told(&mut vitals, 50, 5, 4.0, 0), []);
        let low = told(&mut vitals, 55, 70, 2.0, 0);
        let text = "low_fps true 2.0 pictures a second came, 5 are to be watched";
        assert_eq!(low, [(115, text.to_owned())]);
        assert_eq!(told(&mut vitals, 125, 30, 5.0, 0).len(), 1);
    }

    #[test]
    fn pictures_that_nobody_judges_are_told_with_the_reason() {
        let mut vitals = Vitals::default();
        let mut told = Vec::new();
        for second in 0..60 {
            let unseen = (10..30).contains(&second);
            let n_rests = u32::from(second >= 20);
            let unseen = unseen.then(|| Unseen { why: "the model is broken".to_owned(), n_rests });
            let measured = Measured { fps: 5.0, wanted_fps: 5.0, skew: None, unseen };
            let now = Timestamp::UNIX_EPOCH + Duration::from_secs(second);
            told.extend(vitals.observe(measured, now).into_iter().map(|it| (second, it)));
        }
        let change = |begins, detail: &str| {
            let complaint = CameraComplaint::DetectorFailing;
            Change { complaint, begins, detail: detail.to_owned() }
        };
        let expected = [
            (15, change(true, "the model is broken")),
            (20, change(true, "the model is broken")),
            (50, change(false, "its pictures are judged again")),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_clock_of_another_decade_is_told_in_days() {
        let mut vitals = Vitals::default();
        let told = told(&mut vitals, 0, 70, 5.0, -10 * 365 * 86_400);
        let text = "clock_skew true the camera's clock is 3650 days behind";
        assert_eq!(told, [(60, text.to_owned())]);
    }
}
