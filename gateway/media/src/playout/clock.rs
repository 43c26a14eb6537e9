//! A GStreamer clock that reads box time: the system's monotonic clock, calibrated by the fit.

use std::fmt;

use base::Clock;
use gstreamer as gst;
use gstreamer::prelude::*;
use jiff::Timestamp;

/// One a program: every play of a cluster runs on it, and it is corrected while they run.
#[derive(Clone)]
pub struct PlayClock {
    clock: gst::Clock,
}

/// The denominator of the rate that GStreamer is given: parts per billion.
const RATE_UNIT: u64 = 1_000_000_000;
/// Between two readings of the monotonic clock; more than this and we were scheduled away.
const READ_TIME: gst::ClockTime = gst::ClockTime::from_useconds(20);
const READ_TRIES: usize = 8;

impl PlayClock {
    /// It reads 1970 and nothing useful until the first [`PlayClock::set`].
    pub fn new() -> Result<Self, gst::glib::Error> {
        gst::init()?;
        let clock = gst::glib::Object::builder::<gst::SystemClock>()
            .property("clock-type", gst::ClockType::Monotonic)
            .build();
        Ok(Self { clock: clock.upcast() })
    }

    /// Corrects it: box time is what `box_time` returns, and box seconds are `1 + drift` monotonic
    /// seconds. `box_time` is asked a few times, to pair it with a reading of the same instant.
    pub fn set(&self, box_time: impl Fn() -> Timestamp, drift: f64) {
        let mut best: Option<(gst::ClockTime, gst::ClockTime, Timestamp)> = None;
        for _ in 0..READ_TRIES {
            let before = self.clock.internal_time();
            let at_box = box_time();
            let took = self.clock.internal_time() - before;
            if best.is_none_or(|(least, _, _)| took < least) {
                best = Some((took, before + took / 2, at_box));
            }
            if took <= READ_TIME {
                break;
            }
        }
        let (_, internal, at_box) = best.expect("tried at least once");
        let rate = to_parts_per_billion(1.0 + drift);
        self.clock.set_calibration(internal, to_clock_time(at_box), rate, RATE_UNIT);
    }

    pub(super) fn as_gst(&self) -> &gst::Clock {
        &self.clock
    }
}

impl Clock for PlayClock {
    fn now(&self) -> Timestamp {
        to_timestamp(self.clock.time())
    }
}

impl fmt::Debug for PlayClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PlayClock").field(&self.now()).finish()
    }
}

/// Before 1970 there is nothing to play.
pub(super) fn to_clock_time(at: Timestamp) -> gst::ClockTime {
    gst::ClockTime::from_nseconds(u64::try_from(at.as_nanosecond()).unwrap_or(0))
}

pub(super) fn to_timestamp(time: gst::ClockTime) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(time.nseconds())).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// `rate` is within a few per mille of one.
fn to_parts_per_billion(rate: f64) -> u64 {
    let rate = std::time::Duration::from_secs_f64(rate.clamp(0.5, 2.0));
    u64::try_from(rate.as_nanos()).unwrap_or(RATE_UNIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_it_was_set_to_and_runs_at_its_rate() {
        let clock = PlayClock::new().unwrap();
        let at: Timestamp = "2026-09-02T05:30:00Z".parse().unwrap();
        clock.set(|| at, 50e-6);
        let apart = clock.now().duration_since(at).as_secs_f64();
        assert!((0.0..0.5).contains(&apart), "{apart}");
        let (internal, external, rate, unit) = clock.as_gst().calibration();
        let in_an_hour = internal + gst::ClockTime::from_seconds(3600);
        let box_time =
            gst::Clock::adjust_with_calibration(in_an_hour, internal, external, rate, unit);
        assert_eq!((box_time - external).mseconds(), 3_600_180);
    }
}
