//! Hysteresis in time: a complaint begins when it has held for a while, and ends when it has not for a
//! while.

use std::time::Duration;

use jiff::Timestamp;

/// Longer than this between two looks, and nobody knows what was in between: the count begins anew. So it
/// does where a clock is set. Whoever looks does so every second or so.
const LONGEST_GAP: Duration = Duration::from_secs(6);

/// One complaint.
#[derive(Clone, Debug)]
pub struct Latch {
    /// How long it must hold before it is told, and be over before that is told.
    begins_after: Duration,
    ends_after: Duration,
    is_on: bool,
    /// Since when what is seen disagrees with `is_on`.
    against_since: Option<Timestamp>,
    observed_at: Option<Timestamp>,
}

impl Latch {
    pub fn new(begins_after: Duration, ends_after: Duration) -> Self {
        Self { begins_after, ends_after, is_on: false, against_since: None, observed_at: None }
    }

    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// `Some` where it begins (true) or ends (false) just now.
    pub fn observe(&mut self, holds: bool, now: Timestamp) -> Option<bool> {
        let last = self.observed_at.replace(now).unwrap_or(now);
        // Times that go backwards are no duration at all.
        let passed = Duration::try_from(now.duration_since(last));
        if holds == self.is_on || !passed.is_ok_and(|it| it <= LONGEST_GAP) {
            self.against_since = None;
        }
        if holds == self.is_on {
            return None;
        }
        let since = *self.against_since.get_or_insert(now);
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

    /// One character a second: `#` it holds, `.` it does not, and after a `>` ten seconds have passed, after
    /// a `<` they have yet to. `B` where it begins, `E` where it ends.
    #[track_caller]
    fn check(seen: &str, expected: &str) {
        let mut latch = Latch::new(Duration::from_secs(3), Duration::from_secs(2));
        let mut now = Timestamp::UNIX_EPOCH + Duration::from_secs(100);
        let told = |what: char| {
            now += Duration::from_secs(1);
            match what {
                '>' => now += Duration::from_secs(10),
                '<' => now -= Duration::from_secs(10),
                _ => {}
            }
            if matches!(what, '>' | '<') {
                return what;
            }
            match latch.observe(what == '#', now) {
                Some(true) => 'B',
                Some(false) => 'E',
                None => '-',
            }
        };
        let told: String = seen.chars().map(told).collect();
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
    fn what_nobody_saw_does_not_count() {
        check("..#>####", "--->---B");
        check("..#<####", "---<---B");
    }

    #[test]
    fn the_end_is_told_when_it_lasts() {
        check("####.##...", "---B-----E");
    }
}
