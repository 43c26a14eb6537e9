//! What a link does to what goes one way, as the lane believes it.

use std::num::NonZeroU64;
use std::time::Duration;

/// Of one way. Times count from when the link opened.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Terms {
    pub(super) loss: Option<Loss>,
    pub(super) delay: Duration,
    /// Up to this much later still, evenly spread.
    pub(super) jitter: Duration,
    pub(super) rate: Option<Rate>,
    pub(super) outages: Option<Outages>,
    /// From when on nothing comes through any more.
    pub(super) dead_from: Option<Duration>,
}

/// Whether a packet is lost depends on the one before: the two states of Gilbert, of which one loses
/// everything. Without bursts both states are left for each other as if no packet knew of another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Loss {
    /// Of all packets. `0.0..=1.0`, as are the others.
    pub(super) share: f64,
    /// That a packet is lost after one that was not.
    pub(super) begins: f64,
    /// That a packet comes through after one that was lost.
    pub(super) ends: f64,
}

impl Loss {
    pub(super) fn independent(share: f64) -> Self {
        Self { share, begins: share, ends: 1.0 - share }
    }

    /// `n_packets` are lost in a row, on average.
    pub(super) fn in_bursts(share: f64, n_packets: f64) -> Result<Self, String> {
        // At the least, one packet comes through between two bursts.
        let least = (share / (1.0 - share)).max(1.0);
        if !least.is_finite() {
            return Err(
                "a link that loses everything has no bursts; leave one of them out".to_owned()
            );
        }
        if !(n_packets.is_finite() && n_packets >= least) {
            return Err(format!(
                "to lose {:.1}% takes bursts of at least {least:.2} packets on average",
                share * 100.0
            ));
        }
        let ends = 1.0 / n_packets;
        Ok(Self { share, begins: (share / (1.0 - share) * ends).min(1.0), ends })
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate {
    pub(super) bits_a_second: NonZeroU64,
    /// How long anything may wait for its turn.
    pub(super) queue: Duration,
}

impl Rate {
    /// How long so many bytes are on the wire, never less than the rate allows.
    pub(super) fn takes(&self, n_bytes: u64) -> Duration {
        let nanos = (u128::from(n_bytes) * 8_000_000_000).div_ceil(self.bits_a_second.get().into());
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// The link is down each time `every` has passed, for as long as it `lasts`, which is shorter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Outages {
    every: Duration,
    lasts: Duration,
}

impl Outages {
    pub(super) fn new(every: Duration, lasts: Duration) -> Result<Self, String> {
        if lasts.is_zero() || lasts >= every {
            return Err(
                "an outage lasts longer than no time, and ends before the next one".to_owned()
            );
        }
        Ok(Self { every, lasts })
    }

    /// When the link is up again, if it is down at that time.
    pub(super) fn end_of(&self, time: Duration) -> Option<Duration> {
        let into = time.as_nanos() % self.every.as_nanos();
        let into = Duration::from_nanos(u64::try_from(into).unwrap_or(u64::MAX));
        let left = self.lasts.checked_sub(into).filter(|it| !it.is_zero())?;
        (time >= self.every).then_some(time + left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn outages_come_each_time_and_not_at_the_start() {
        let outages = Outages::new(s(60), s(5)).unwrap();
        let ends = [0, 4, 59, 60, 64, 65, 121].map(|it| outages.end_of(s(it)));
        let expected = [None, None, None, Some(s(65)), Some(s(65)), None, Some(s(125))];
        assert_eq!(ends, expected);
        assert!(Outages::new(s(5), s(5)).is_err() && Outages::new(s(5), s(0)).is_err());
    }

    #[test]
    fn bursts_too_short_for_the_loss_are_refused_with_the_shortest() {
        let err = Loss::in_bursts(0.75, 2.0).unwrap_err();
        assert!(err.contains("75.0%") && err.contains("3.00 packets"), "{err}");
        assert!(Loss::in_bursts(0.05, 0.5).is_err() && Loss::in_bursts(1.0, 9.0).is_err());
        assert!(Loss::in_bursts(0.05, f64::NAN).is_err());
        let bursts = Loss::in_bursts(0.2, 4.0).unwrap();
        assert!((bursts.ends - 0.25).abs() < 1e-9 && (bursts.begins - 0.0625).abs() < 1e-9);
    }

    #[test]
    fn a_byte_is_never_faster_than_the_rate() {
        let queue = Duration::ZERO;
        let takes = |n_bits, n_bytes| {
            Rate { bits_a_second: NonZeroU64::new(n_bits).unwrap(), queue }.takes(n_bytes)
        };
        assert_eq!(takes(1_000_000, 1250), Duration::from_millis(10));
        assert_eq!(takes(3, 1), Duration::from_nanos(2_666_666_667));
    }
}
