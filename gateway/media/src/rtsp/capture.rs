//! When a picture was taken: by the camera's clock where it tells it and is right, else by ours.

use base::Pts;
use jiff::{SignedDuration, Timestamp};

/// A camera whose clock is further from ours than this is not asked for the time.
const MOST_APART: SignedDuration = SignedDuration::from_secs(5);
/// From 1900, where NTP counts from, to 1970 (RFC 5905 section 6).
const NTP_TO_UNIX_S: i64 = 2_208_988_800;
/// Seconds in an era of NTP. Era 1 begins in February 2036.
const NTP_ERA_S: i64 = 1 << 32;

/// Which clock a capture time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureClock {
    /// The camera's own, through RTCP sender reports (RFC 3550 section 6.4.1).
    Camera,
    /// Ours, when the first packet of the picture came in.
    Arrival,
}

/// One moment on both clocks, from a sender report: `at` by the camera was `pts` in the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SenderReport {
    pub(crate) at: Timestamp,
    /// Nanoseconds of the stream; before its start when negative.
    pub(crate) pts_ns: i64,
}

/// What the jitter buffer tells with each sender report, in units of RTP.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sync {
    pub(crate) base_rtp: u64,
    pub(crate) base_time_ns: u64,
    pub(crate) sr_rtp: u64,
    pub(crate) clock_rate_hz: u32,
}

impl SenderReport {
    /// `packet` is an RTCP packet that begins with a sender report.
    pub(crate) fn new(packet: &[u8], sync: Sync) -> Option<Self> {
        let [_, 200, _, _, _, _, _, _, s0, s1, s2, s3, f0, f1, f2, f3, ..] = *packet else {
            return None;
        };
        let at = ntp(u32::from_be_bytes([s0, s1, s2, s3]), u32::from_be_bytes([f0, f1, f2, f3]))?;
        let ticks = i128::from(sync.sr_rtp) - i128::from(sync.base_rtp);
        let since_base = ticks * 1_000_000_000 / i128::from(sync.clock_rate_hz.max(1));
        let pts_ns = i64::try_from(since_base + i128::from(sync.base_time_ns)).ok()?;
        Some(Self { at, pts_ns })
    }

    pub(crate) fn time_of(self, pts: Pts) -> Option<Timestamp> {
        let since =
            SignedDuration::from_nanos(i64::try_from(pts.0).ok()?.checked_sub(self.pts_ns)?);
        self.at.checked_add(since).ok()
    }
}

fn ntp(seconds: u32, fraction: u32) -> Option<Timestamp> {
    // A clock that was never set sends zero; RFC 4330 section 3 tells the eras apart by the top bit.
    if seconds == 0 {
        return None;
    }
    let era = if seconds >> 31 == 0 { NTP_ERA_S } else { 0 };
    let nanos = (u64::from(fraction) * 1_000_000_000) >> 32;
    Timestamp::new(i64::from(seconds) + era - NTP_TO_UNIX_S, i32::try_from(nanos).ok()?).ok()
}

pub(crate) fn choose(
    sent_at: Option<Timestamp>,
    arrived_at: Timestamp,
) -> (Timestamp, CaptureClock) {
    let apart = |at: &Timestamp| arrived_at.duration_since(*at).abs();
    match sent_at.filter(|at| apart(at) <= MOST_APART) {
        Some(at) => (at, CaptureClock::Camera),
        None => (arrived_at, CaptureClock::Arrival),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// The sender report of RFC 3550 section 6.4.1, with the time 2026-03-01T00:00:00.5Z.
    fn report() -> [u8; 28] {
        let mut packet = [0; 28];
        packet[0] = 0x80;
        packet[1] = 200;
        let seconds =
            u32::try_from(at("2026-03-01T00:00:00Z").as_second() + NTP_TO_UNIX_S).unwrap();
        packet[8..12].copy_from_slice(&seconds.to_be_bytes());
        packet[12..16].copy_from_slice(&0x8000_0000_u32.to_be_bytes());
        packet
    }

    const SYNC: Sync = Sync {
        base_rtp: 90_000,
        base_time_ns: 2_000_000_000,
        sr_rtp: 180_000,
        clock_rate_hz: 90_000,
    };

    #[test]
    fn a_picture_is_timed_from_the_last_report() {
        let report = SenderReport::new(&report(), SYNC).unwrap();
        assert_eq!(report.pts_ns, 3_000_000_000);
        assert_eq!(report.time_of(Pts(3_250_000_000)), Some(at("2026-03-01T00:00:00.75Z")));
        assert_eq!(report.time_of(Pts(2_000_000_000)), Some(at("2026-02-28T23:59:59.5Z")));
    }

    #[test]
    fn what_is_no_sender_report_is_left_alone() {
        let mut packet = report();
        packet[1] = 201;
        assert_eq!(SenderReport::new(&packet, SYNC), None);
        assert_eq!(SenderReport::new(&report()[..15], SYNC), None);
        let unset = [0x80, 200, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(SenderReport::new(&unset, SYNC), None);
    }

    #[test]
    fn the_second_era_follows_the_first() {
        assert_eq!(ntp(u32::MAX, 0), Some(at("2036-02-07T06:28:15Z")));
        assert_eq!(ntp(1, 0), Some(at("2036-02-07T06:28:17Z")));
    }

    #[test]
    fn a_camera_that_is_wrong_about_the_time_is_not_believed() {
        let here = at("2026-03-01T00:00:10Z");
        let near = at("2026-03-01T00:00:09Z");
        assert_eq!(choose(Some(near), here), (near, CaptureClock::Camera));
        assert_eq!(choose(Some(at("1970-01-01T00:00:09Z")), here), (here, CaptureClock::Arrival));
        assert_eq!(choose(None, here), (here, CaptureClock::Arrival));
    }
}
