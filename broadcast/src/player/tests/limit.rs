//! The day's limit: what counts, what does not, and what a power cut leaves of it.

use proptest::prelude::*;

use super::*;

/// A scene in UTC with so many seconds of sound a day.
fn limited(most: u64) -> Scene {
    Scene::under(Rules {
        daily: Some(DailyLimit::new(secs(most), TimeZone::UTC)),
        ..scene::rules()
    })
}

fn ends(it: &Scene) -> Vec<&str> {
    let is_end = |line: &&str| ["played", "partial", "missed"].iter().any(|end| line.contains(end));
    it.told.iter().map(String::as_str).filter(is_end).collect()
}

#[test]
fn a_play_beyond_the_days_limit_is_cut_and_the_next_is_missed() {
    let mut it = limited(90);
    for n in 1..=3 {
        it.cached(1, &order(n, 100 * i64::from(n)));
    }
    it.until(2, 400);
    assert_eq!(
        ends(&it),
        [
            "160 1 played",
            "230 2 partial cut after 30.0s: the day's limit of sound is reached",
            "297 3 missed the day's limit of sound is reached",
        ]
    );
}

#[test]
fn an_emergency_neither_counts_nor_asks() {
    let mut it = limited(70);
    let emergency = |n, start| Order { priority: Priority::Emergency, ..order(n, start) };
    it.cached(1, &emergency(1, 100));
    it.cached(1, &order(2, 200));
    it.cached(1, &order(3, 300));
    it.cached(1, &emergency(4, 400));
    it.until(2, 500);
    let cut = "310 3 partial cut after 10.0s: the day's limit of sound is reached";
    assert_eq!(ends(&it), ["160 1 played", "260 2 played", cut, "460 4 played"]);
}

#[test]
fn the_next_day_has_its_own_share() {
    let mut it = limited(60);
    it.cached(1, &order(1, 100));
    it.cached(1, &order(2, 86_400 + 100));
    it.until(2, 200);
    it.until(86_400, 86_600);
    assert_eq!(ends(&it), ["160 1 played", "86560 2 played"]);
}

#[test]
fn what_was_heard_today_is_known_after_a_restart() {
    let mut it = limited(90);
    it.cached(1, &order(1, 100));
    it.until(2, 200);
    it.restart(250);
    it.cached(251, &order(2, 300));
    it.until(252, 400);
    let cut = "330 2 partial cut after 30.0s: the day's limit of sound is reached";
    assert_eq!(ends(&it), ["160 1 played", cut]);
}

#[test]
fn of_a_play_that_a_power_cut_ended_what_may_have_been_heard_counts() {
    let mut it = limited(90);
    it.cached(1, &order(1, 100));
    it.until(2, 120);
    // Nobody knows when in these five seconds it fell silent.
    it.restart(125);
    it.cached(126, &order(2, 200));
    it.cached(126, &order(3, 300));
    it.until(127, 400);
    let cut = "305 3 partial cut after 5.0s: the day's limit of sound is reached";
    assert_eq!(ends(&it)[1..], ["260 2 played", cut]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Whatever is ordered, interrupted and restarted: no local day hears more than its share.
    #[test]
    fn no_day_hears_more_than_its_share(
        plays in prop::collection::vec((80_000_i64..94_000, prop::bool::weighted(0.2), 0_u8..4), 1..12),
        restarts in prop::collection::vec(80_000_i64..94_000, 0..3),
        most in 30_u64..400,
    ) {
        let mut it = limited(most);
        let mut urgent = Vec::new();
        for (n, (start, is_emergency, resume)) in (0_u8..).zip(&plays) {
            let priority = if *is_emergency { Priority::Emergency } else { Priority::Normal };
            let resume = [Resume::Skip, Resume::Resume, Resume::Restart, Resume::Duck][usize::from(*resume)];
            let order = Order { priority, resume, ..order(n, *start) };
            if *is_emergency {
                urgent.push(order.play);
            }
            it.cached(79_000, &order);
        }
        let mut audible = [0_u64; 2];
        for s in 79_900..95_000_i64 {
            if restarts.contains(&s) {
                it.restart(s);
            }
            it.until(s, s);
            let sounds = it.sounds.iter().filter(|it| it.start_at <= at(s) && at(s) < it.until);
            let counts = sounds.filter(|it| !urgent.contains(&it.play)).count();
            audible[usize::from(s >= 86_400)] += u64::try_from(counts).unwrap();
        }
        for day in audible {
            prop_assert!(day <= most, "{day} s of {most} s: {:?}", it.told);
        }
    }
}
