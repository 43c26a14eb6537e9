//! Hysteresis in time: a complaint begins when it has held for a while, and ends when it has not for a
//! while.

use std::time::Duration;

use jiff::Timestamp;

/// One complaint. Times that go backwards count as no time.
#[derive(Clone, Debug)]
pub struct Latch {
    /// How long it must hold before it is told, and be over before that is told.
    begins_after: Duration,
    ends_after: Duration,
    is_on: bool,
    /// Since when what is seen disagrees with `is_on`.
    against_since: Option<Timestamp>,
}

impl Latch {
    pub fn new(begins_after: Duration, ends_after: Duration) -> Self {
        Self { begins_after, ends_after, is_on: false, against_since: None }
    }

    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// `Some` where it begins (true) or ends (false) just now.
    pub fn observe(&mut self, holds: bool, now: Timestamp) -> Option<bool> {
        if holds == self.is_on {
            self.against_since = None;
            return None;
        }
        let since = *self.against_since.get_or_insert(now);
        if now < since {
            self.against_since = Some(now);
        }
        let wait = if self.is_on { self.ends_after } else { self.begins_after };
        let lasted = Duration::try_from(now.duration_since(since)).unwrap_or_default();
        if lasted < wait {
            return None;
        }
        self.is_on = holds;
        self.against_since = None;
        Some(holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One character a second: `#` it holds, `.` it does not. `B` where it begins, `E` where it ends.
    #[track_caller]
    fn check(seen: &str, expected: &str) {
        let mut latch = Latch::new(Duration::from_secs(3), Duration::from_secs(2));
        let told = |(second, what): (u64, char)| {
            let now = Timestamp::UNIX_EPOCH + Duration::from_secs(second);
            match latch.observe(what == '#', now) {
                Some(true) => 'B',
                Some(false) => 'E',
                None => '-',
            }
        };
        let told: String = (0..).zip(seen.chars()).map(told).collect();
        assert_eq!(told, expected, "{seen}");
    }

    #[test]
    fn what_lasts_is_told_once() {
        check("..#########", "-----B-----");
    }

    #[test]
    fn what_flickers_is_not_told() {
        check("##.##.##.##", "-----------");
    }

    #[test]
    fn the_end_is_told_when_it_lasts() {
        check("####.##...", "---B-----E");
    }
}
