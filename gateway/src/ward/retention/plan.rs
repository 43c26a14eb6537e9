//! Which alerts lose their files. Pure.

use std::time::Duration;

use jiff::Timestamp;

use crate::config::{Retention, Severity};

/// The files of one alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) alert: String,
    pub(super) severity: Severity,
    /// `None`: since when is not known, because nobody trusted the clock yet.
    pub(super) ages_from_ms: Option<i64>,
    /// On legal hold, or not over yet.
    pub(super) must_stay: bool,
    pub(super) n_bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// Older than its class is kept.
    Age,
    /// Room was needed.
    Budget,
}

impl Reason {
    /// As stored.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::Budget => "budget",
        }
    }

    /// In the place of the picture.
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::Age => "deleted: older than alerts of its severity are kept",
            Self::Budget => "deleted: the room for pictures and clips was full",
        }
    }
}

/// Of the budget, what must stay leaves at least one part in this many to the rest: holds that fill it
/// must not cost everything else, which somebody may want to hold tomorrow.
const LEFT_TO_THE_REST: u64 = 4;

/// Whether what must stay takes more than its part of the budget.
pub(super) fn is_full_of_holds(kept: &[Kept], retention: Retention) -> bool {
    held_bytes(kept) > retention.max_bytes - retention.max_bytes / LEFT_TO_THE_REST
}

fn held_bytes(kept: &[Kept]) -> u64 {
    kept.iter().filter(|it| it.must_stay).map(|it| it.n_bytes).sum()
}

/// `kept`: oldest first. What must stay counts for the room that is taken, up to its part of it. `now`:
/// `None` where nobody trusts the clock: then nothing is old, and room is made all the same. `missing_bytes`: of the
/// room that is to be free on the disk; for it, all goes but what must stay, since a new alert is worth
/// more than an old one.
pub(super) fn goes(
    kept: &[Kept],
    retention: Retention,
    missing_bytes: u64,
    now: Option<Timestamp>,
) -> Vec<(String, Reason)> {
    let longest = |severity| match severity {
        Severity::Info => retention.info,
        Severity::Warning => retention.warning,
        Severity::Critical => retention.critical,
    };
    let age = |it: &Kept| {
        let (now, from_ms) = now.zip(it.ages_from_ms)?;
        let age_ms = now.as_millisecond().saturating_sub(from_ms);
        // Negative where the clock was set back.
        Some(Duration::from_millis(u64::try_from(age_ms).unwrap_or(0)))
    };
    let (mut goes, mut may_go) = (Vec::new(), Vec::new());
    let mut aged_bytes = 0;
    for it in kept.iter().filter(|it| !it.must_stay) {
        if age(it).is_some_and(|age| age > longest(it.severity)) {
            aged_bytes += it.n_bytes;
            goes.push((it.alert.clone(), Reason::Age));
        } else {
            may_go.push(it);
        }
    }
    let most = retention.max_bytes.saturating_sub(held_bytes(kept));
    let most = most.max(retention.max_bytes / LEFT_TO_THE_REST);
    let total: u64 = may_go.iter().map(|it| it.n_bytes).sum();
    let mut to_free = total.saturating_sub(most).max(missing_bytes.saturating_sub(aged_bytes));
    for it in may_go {
        if to_free == 0 {
            break;
        }
        to_free = to_free.saturating_sub(it.n_bytes);
        goes.push((it.alert.clone(), Reason::Budget));
    }
    goes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: Duration = Duration::from_hours(24);
    const RETENTION: Retention = Retention {
        info: DAY,
        warning: Duration::from_hours(72),
        critical: Duration::from_hours(240),
        max_bytes: 100,
    };

    fn kept(alert: &str, severity: Severity, day: i64, n_bytes: u64, must_stay: bool) -> Kept {
        let ages_from_ms = Some(day * 86_400_000);
        Kept { alert: alert.to_owned(), severity, ages_from_ms, must_stay, n_bytes }
    }

    fn on_day(day: i64) -> Timestamp {
        Timestamp::from_second(day * 86_400).unwrap()
    }

    #[test]
    fn each_class_has_its_time_and_a_hold_has_none() {
        let all = [
            kept("critical", Severity::Critical, 0, 1, false),
            kept("warning", Severity::Warning, 0, 1, false),
            kept("info", Severity::Info, 0, 1, false),
            kept("held", Severity::Info, 0, 1, true),
        ];
        let gone = |day| goes(&all, RETENTION, 0, Some(on_day(day))).into_iter().map(|it| it.0);
        assert_eq!(gone(1).collect::<Vec<_>>(), [""; 0]);
        assert_eq!(gone(2).collect::<Vec<_>>(), ["info"]);
        assert_eq!(gone(4).collect::<Vec<_>>(), ["warning", "info"]);
        assert_eq!(gone(11).collect::<Vec<_>>(), ["critical", "warning", "info"]);
        assert_eq!(gone(-5).count(), 0, "a clock that is behind");
    }

    #[test]
    fn nothing_is_old_by_a_clock_that_nobody_trusts() {
        let ancient = kept("ancient", Severity::Info, 0, 60, false);
        let ageless = Kept { ages_from_ms: None, ..kept("ageless", Severity::Info, 0, 1, false) };
        let all = [ancient, ageless, kept("new", Severity::Info, 99, 40, false)];
        assert_eq!(goes(&all, RETENTION, 0, None), [("ancient".to_owned(), Reason::Budget)]);
        let on_day_99 = goes(&all, RETENTION, 0, Some(on_day(99)));
        assert_eq!(on_day_99, [("ancient".to_owned(), Reason::Age)]);
    }

    #[test]
    fn the_oldest_makes_room_whatever_its_class() {
        let all = [
            kept("old", Severity::Critical, 0, 50, false),
            kept("held", Severity::Warning, 0, 50, true),
            kept("new", Severity::Info, 1, 50, false),
        ];
        assert_eq!(goes(&all, RETENTION, 0, Some(on_day(1))), [("old".to_owned(), Reason::Budget)]);
    }

    #[test]
    fn holds_beyond_the_budget_do_not_cost_everything_else() {
        let all = [
            kept("held", Severity::Warning, 0, 500, true),
            kept("old", Severity::Warning, 0, 20, false),
            kept("new", Severity::Warning, 1, 20, false),
        ];
        assert!(is_full_of_holds(&all, RETENTION));
        assert_eq!(goes(&all, RETENTION, 0, Some(on_day(1))), [("old".to_owned(), Reason::Budget)]);
    }

    #[test]
    fn a_disk_without_room_takes_what_it_needs_from_the_oldest() {
        let all = [
            kept("aged", Severity::Info, 0, 10, false),
            kept("held", Severity::Info, 0, 10, true),
            kept("older", Severity::Critical, 8, 10, false),
            kept("newer", Severity::Critical, 9, 10, false),
        ];
        let gone =
            |missing| goes(&all, RETENTION, missing, Some(on_day(9))).into_iter().map(|it| it.0);
        assert_eq!(gone(10).collect::<Vec<_>>(), ["aged"]);
        assert_eq!(gone(11).collect::<Vec<_>>(), ["aged", "older"]);
        assert_eq!(gone(1 << 30).collect::<Vec<_>>(), ["aged", "older", "newer"]);
    }

    proptest! {
        /// What must stay stays; no more goes for room than is needed; what goes for age is old.
        #[test]
        fn nothing_goes_without_a_reason(
            sizes in prop::collection::vec((0_u64..80, any::<bool>(), 0_i64..12), 0..20),
        ) {
            let mut days: Vec<_> = sizes;
            days.sort_by_key(|it| it.2);
            let all: Vec<Kept> = days
                .iter()
                .enumerate()
                .map(|(n, (n_bytes, must_stay, day))| {
                    kept(&n.to_string(), Severity::Critical, *day, *n_bytes, *must_stay)
                })
                .collect();
            let gone = goes(&all, RETENTION, 0, Some(on_day(11)));
            let find = |alert: &str| all.iter().find(|it| it.alert == alert).unwrap();
            prop_assert!(gone.iter().all(|(alert, _)| !find(alert).must_stay));
            let rest = || all.iter().filter(|it| !it.must_stay);
            let left: u64 = rest().map(|it| it.n_bytes).sum::<u64>()
                - gone.iter().map(|(alert, _)| find(alert).n_bytes).sum::<u64>();
            let most = RETENTION.max_bytes.saturating_sub(held_bytes(&all)).max(25);
            let for_room: Vec<_> = gone.iter().filter(|it| it.1 == Reason::Budget).collect();
            if let Some((last, _)) = for_room.last() {
                prop_assert!(left + find(last).n_bytes > most);
            }
            prop_assert!(left <= most);
        }
    }
}
