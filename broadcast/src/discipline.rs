//! The box's time, as well as a cluster can know it: offset and drift fitted to timestamp exchanges.
//!
//! Method: each exchange gives the offset of RFC 5905 section 8 (four timestamps, assumes equal
//! paths). A queue on the way only ever adds delay, so the exchanges with the shortest round trip
//! are the honest ones: offset and drift are a least-squares line through the lowest-RTT tenth of a
//! bounded window. Compared in simulation with a median (Snapcast) and a plain minimum, it is the
//! only one that stays below 1 ms on a wired ward and 15 ms on a congested mobile link with
//! oscillators off by 20 ppm. The slope has a prior, so that seconds of noisy data do not become a
//! wild drift. No IO and no clock in here.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Exchanges kept: at one every two seconds, 17 minutes.
const WINDOW: usize = 512;
/// An older exchange says more about a past drift than about the present one.
const OLDEST: SignedDuration = SignedDuration::from_mins(20);
/// Fewer exchanges than this are no fit: one could be an accident.
const FEWEST: usize = 4;
/// Never fit a line through fewer than these, while the tenth is still smaller.
const FEWEST_BEST: usize = 8;
/// How far oscillators are off, one standard deviation, before anything is known (seconds a second).
const PRIOR_DRIFT: f64 = 100e-6;
/// Timestamps are no better than this: scheduling of two processes (seconds).
const NOISE_FLOOR: f64 = 20e-6;
/// Exchanges that say, one after the other, that the box's clock was stepped.
const N_STEPS_TO_BELIEVE: usize = 4;

/// How far an oscillator strays from its fitted drift over days without an exchange: the crystal of a
/// board in a box on a pole goes through the day's heat and the night (seconds a second). A fit says
/// nothing about it, however many exchanges it has seen. AT-cut crystals are sold with 20 to 30 ppm for
/// their whole range of temperatures; a day in the shade is a third of it.
const WANDER: f64 = 10e-6;

/// One exchange. `sent` and `received` are readings of the local clock, the others of the box's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    pub sent: Timestamp,
    pub received_by_box: Timestamp,
    pub sent_by_box: Timestamp,
    pub received: Timestamp,
}

/// Collects exchanges and fits them. Local readings MUST come from a clock that is never stepped.
#[derive(Clone, Debug, Default)]
pub struct Discipline {
    window: VecDeque<Sample>,
    fit: Option<Fit>,
    /// Successive exchanges that cannot agree with the fit, whatever the path did.
    disagreeing: Vec<Sample>,
}

/// A straight line from local time to box time, and how far it may be off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Local time in the middle of what was fitted, and the box's time at that instant.
    local: Timestamp,
    at_box: Timestamp,
    /// Box seconds gained in a local second; 50e-6 is a local clock 50 ppm slow.
    drift: f64,
    /// One standard deviation of `drift`.
    drift_error: f64,
    /// At `local`: half the shortest round trip (a path may be all one-way) and the scatter.
    error: Duration,
}

/// Why an exchange was thrown away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error("timestamps run backwards")]
    Backwards,
    #[error("box clock and local clock are further apart than a clock can be")]
    OutOfRange,
    #[error("disagrees with the fit; waiting for a second opinion")]
    Disagrees,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    local: Timestamp,
    /// Box minus local.
    offset: SignedDuration,
    round_trip: Duration,
}

impl Discipline {
    /// Starts from a fit that was kept across a restart of the program, not of the machine.
    pub fn resumed(fit: Fit) -> Self {
        Self { fit: Some(fit), ..Self::default() }
    }

    pub fn fit(&self) -> Option<Fit> {
        self.fit
    }

    /// Takes one exchange in and fits again.
    pub fn add(&mut self, exchange: Exchange) -> Result<(), Unusable> {
        let sample = Sample::try_from(exchange)?;
        if self.fit.is_some_and(|fit| fit.contradicts(&sample)) {
            self.disagreeing.push(sample);
            if self.disagreeing.len() < N_STEPS_TO_BELIEVE {
                return Err(Unusable::Disagrees);
            }
            // The box was stepped: what was known is about another clock.
            self.window = self.disagreeing.drain(..).collect();
        } else {
            self.disagreeing.clear();
            self.window.push_back(sample);
        }
        while self.window.len() > WINDOW || self.oldest_age(sample.local) > OLDEST {
            self.window.pop_front();
        }
        if self.window.len() >= FEWEST {
            self.fit = Some(fit(self.window.make_contiguous()));
        }
        Ok(())
    }

    fn oldest_age(&self, now: Timestamp) -> SignedDuration {
        self.window.front().map_or(SignedDuration::ZERO, |oldest| now.duration_since(oldest.local))
    }
}

impl Fit {
    /// From what [`Fit::parts`] gave.
    pub fn from_parts(
        local: Timestamp,
        at_box: Timestamp,
        drift: f64,
        drift_error: f64,
        error: Duration,
    ) -> Option<Self> {
        let sound = drift.abs() < 1e-2 && drift_error.is_finite() && drift_error >= 0.0;
        sound.then_some(Self { local, at_box, drift, drift_error, error })
    }

    /// `(local, at_box, drift, drift_error, error)`: see the fields.
    pub fn parts(&self) -> (Timestamp, Timestamp, f64, f64, Duration) {
        (self.local, self.at_box, self.drift, self.drift_error, self.error)
    }

    pub fn to_box_time(&self, local: Timestamp) -> Timestamp {
        let since = local.duration_since(self.local);
        let gained = SignedDuration::from_secs_f64(since.as_secs_f64() * self.drift);
        self.at_box.saturating_add(since).and_then(|it| it.saturating_add(gained)).unwrap_or(local)
    }

    /// Box minus local at the local reading `at`.
    pub fn offset(&self, at: Timestamp) -> SignedDuration {
        self.to_box_time(at).duration_since(at)
    }

    /// Box seconds in a local second, minus one, in parts per million.
    pub fn drift_ppm(&self) -> f64 {
        self.drift * 1e6
    }

    /// How far [`Fit::to_box_time`] may be off at the local reading `at`. It grows with the distance
    /// from what was measured, so it says what a night without a link costs.
    pub fn error_bound(&self, at: Timestamp) -> Duration {
        let away = at.duration_since(self.local).as_secs_f64().abs();
        self.error + Duration::from_secs_f64((2.0 * self.drift_error * away).min(1e9))
    }

    /// As [`Fit::error_bound`], for who has been without exchanges for so long that the weather counts.
    /// Within what was fitted it says too much, so it judges whether to trust, not how well in step.
    pub fn holdover_bound(&self, at: Timestamp) -> Duration {
        let away = at.duration_since(self.local).as_secs_f64().abs();
        self.error_bound(at) + Duration::from_secs_f64((WANDER * away).min(1e9))
    }

    /// No path, however one-sided, explains this exchange.
    fn contradicts(&self, sample: &Sample) -> bool {
        let apart = sample.offset - self.offset(sample.local);
        let most = sample.round_trip / 2 + self.error_bound(sample.local) * 2;
        apart.unsigned_abs() > most + Duration::from_millis(2)
    }
}

impl TryFrom<Exchange> for Sample {
    type Error = Unusable;

    fn try_from(it: Exchange) -> Result<Self, Unusable> {
        let there_and_back = it.received.duration_since(it.sent);
        let at_box = it.sent_by_box.duration_since(it.received_by_box);
        if there_and_back.is_negative() || at_box.is_negative() || at_box > there_and_back {
            return Err(Unusable::Backwards);
        }
        let out = it.received_by_box.duration_since(it.sent);
        let back = it.sent_by_box.duration_since(it.received);
        let offset = out.checked_add(back).ok_or(Unusable::OutOfRange)? / 2;
        let local = it.sent.saturating_add(there_and_back / 2).map_err(|_| Unusable::OutOfRange)?;
        let round_trip = (there_and_back - at_box).unsigned_abs();
        Ok(Self { local, offset, round_trip })
    }
}

/// The line through the lowest-RTT tenth. `samples` is not empty.
fn fit(samples: &[Sample]) -> Fit {
    let mut best: Vec<&Sample> = samples.iter().collect();
    best.sort_by_key(|it| it.round_trip);
    best.truncate((samples.len() / 10).max(FEWEST_BEST));
    let shortest = best[0].round_trip;
    let origin = best[0];
    // Around one of the samples, so that 64-bit floats hold nanoseconds.
    let points: Vec<(f64, f64)> = best
        .iter()
        .map(|it| {
            let x = it.local.duration_since(origin.local).as_secs_f64();
            (x, (it.offset - origin.offset).as_secs_f64())
        })
        .collect();
    let n = f64::from(u32::try_from(points.len()).unwrap_or(u32::MAX));
    let mean_x = points.iter().map(|it| it.0).sum::<f64>() / n;
    let mean_y = points.iter().map(|it| it.1).sum::<f64>() / n;
    let sxx: f64 = points.iter().map(|it| (it.0 - mean_x).powi(2)).sum();
    let sxy: f64 = points.iter().map(|it| (it.0 - mean_x) * (it.1 - mean_y)).sum();
    let queued = |it: &&Sample| it.round_trip.saturating_sub(shortest).as_secs_f64() / 2.0;
    let noise = best.iter().map(queued).sum::<f64>() / n + NOISE_FLOOR;
    let ridge = (noise / PRIOR_DRIFT).powi(2);
    let drift = sxy / (sxx + ridge);
    let residual = |it: &(f64, f64)| (it.1 - mean_y - drift * (it.0 - mean_x)).powi(2);
    let scatter = (points.iter().map(residual).sum::<f64>() / n).sqrt();
    let local = origin.local + SignedDuration::from_secs_f64(mean_x);
    let offset = origin.offset + SignedDuration::from_secs_f64(mean_y);
    let spread = 2.0 * (scatter.max(NOISE_FLOOR)) / n.sqrt();
    Fit {
        local,
        at_box: local.saturating_add(offset).unwrap_or(local),
        drift,
        drift_error: noise.max(scatter) / (sxx + ridge).sqrt(),
        error: shortest / 2 + Duration::from_secs_f64(spread),
    }
}

#[cfg(test)]
mod tests;
