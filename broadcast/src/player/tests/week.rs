//! Seven days with every link down (domain notes, section 5: after the storm the ward has to work alone
//! for days), and what clocks do in them: drift, jump, begin in 1970, go through a gap and a fold.

use super::*;

const DAY: i64 = 86_400;
const STARTS: [i64; 3] = [5 * 3600 + 1800, 11 * 3600, 17 * 3600];

/// Three bulletins a day, ordered and cached when the link was still there.
fn week() -> (Scene, Vec<Order>) {
    let mut it = Scene::ready();
    let mut orders = Vec::new();
    for day in 0..7 {
        for (n, start) in (1_u8..).zip(STARTS) {
            orders.push(order(n, (day + 1) * DAY + start));
        }
    }
    for order in &orders {
        it.cached(1, order);
    }
    (it, orders)
}

fn live_through(it: &mut Scene, order: &Order) {
    let start = order.start_at.as_second();
    // A driver's naps end every 30 s, whatever there is to do.
    for s in [start - 3600, start - 1800, start - 30] {
        it.on(s, Event::TimerFired);
    }
    it.until(start - 29, start + 61);
}

fn n_told(it: &Scene, word: &str) -> usize {
    it.told.iter().filter(|line| line.split(' ').nth(2) == Some(word)).count()
}

#[test]
fn a_week_of_orders_is_played_with_every_link_down_and_a_program_that_restarts() {
    let (mut it, orders) = week();
    for (n, order) in orders.iter().enumerate() {
        assert_eq!(it.player.wanted().count(), 21 - n, "what is to come is kept");
        live_through(&mut it, order);
        if n % 5 == 4 {
            it.restart(order.start_at.as_second() + 1000);
        }
    }
    assert_eq!((n_told(&it, "played"), it.player.wanted().count()), (21, 0), "{:?}", it.told);
}

#[test]
fn a_board_without_a_battery_clock_that_reboots_alone_plays_nothing_until_somebody_knows_the_time()
{
    let (mut it, orders) = week();
    for order in &orders[..6] {
        live_through(&mut it, order);
    }
    // Mains loss on the third day: the board believes that it is 1970, an hour before the first orders.
    it.restart(-3600);
    it.on(-3600, Event::ClockTrusted(false));
    let told = it.told.len();
    // Two days by that clock, which come past the hours of the calendar's first orders.
    for order in &orders[..6] {
        let start = order.start_at.as_second();
        it.until(start - 40, start + 61);
    }
    assert_eq!((it.told.len(), it.sounds.len()), (told, 0), "{:?}", &it.told[told..]);
    // The box is back on the sixth day, and with it the time.
    let now = 6 * DAY + 12 * 3600;
    it.on(now, Event::ClockTrusted(true));
    assert_eq!(n_told(&it, "missed"), 11, "those of the days in between, with a reason each");
    for order in orders.iter().filter(|it| it.start_at > at(now)) {
        live_through(&mut it, order);
    }
    assert_eq!(n_told(&it, "played"), 10, "{:?}", it.told);
}

#[test]
fn a_clock_that_jumps_an_hour_while_a_play_waits_moves_it_and_doubles_nothing() {
    for jump in [3600, -3600] {
        let (mut it, orders) = week();
        let start = orders[0].start_at.as_second();
        it.until(start - 60, start - 30);
        // Forward: it is an hour late at once, which is beyond its catch-up. Back: it waits once more.
        it.on(start - 29 + jump, Event::TimerFired);
        it.until(start - 28 + jump, start + 120);
        let played = usize::from(jump < 0);
        assert_eq!((n_told(&it, "played"), n_told(&it, "missed")), (played, 1 - played), "{jump}");
    }
}

#[test]
fn a_clock_that_jumps_an_hour_while_it_sounds_neither_cuts_nor_repeats_it() {
    for jump in [3600, -3600] {
        let (mut it, orders) = week();
        let (first, start) = (&orders[0], orders[0].start_at.as_second());
        it.until(start - 60, start + 20);
        // The sink goes on by its own count of samples; only the player's time has jumped.
        it.on(start + 21 + jump, Event::TimerFired);
        assert_eq!(it.sounds.len(), 1, "{jump}");
        it.sounds.clear();
        let ended = Event::SoundEnded { play: first.play, heard: secs(60), failed: None };
        it.on(start + 60 + jump, ended);
        it.on(start + 61 + jump, Event::Ordered(first.clone()));
        it.until(start + 62 + jump, start + 200 + jump.max(0));
        assert_eq!((n_told(&it, "started"), n_told(&it, "played")), (1, 1), "{:?}", it.told);
    }
}

#[test]
fn quiet_hours_hold_through_the_gap_and_the_fold() {
    let zone = TimeZone::get("Europe/Paris").unwrap();
    let until_half_past_two =
        QuietHours::new("22:00".parse().unwrap(), "02:30".parse().unwrap(), zone).unwrap();
    for (start, is_heard) in [
        // The gap has no 02:30: quiet ends when it would have been, by either of its two names.
        ("2026-03-29T01:59:00+01:00", false),
        ("2026-03-29T03:29:00+02:00", false),
        ("2026-03-29T03:30:00+02:00", true),
        // The fold has two: quiet ends at the second.
        ("2026-10-25T02:29:00+02:00", false),
        ("2026-10-25T02:45:00+02:00", false),
        ("2026-10-25T02:30:00+01:00", true),
    ] {
        let start: Timestamp = start.parse().unwrap();
        let s = start.as_second();
        let rules = Rules { quiet: Some(until_half_past_two.clone()), ..scene::rules() };
        let mut it = Scene::new(rules);
        it.on(s - 60, Event::ClockTrusted(true));
        it.cached(s - 60, &order(1, s));
        it.until(s - 59, s + 61);
        assert_eq!(n_told(&it, "played"), usize::from(is_heard), "{start}: {:?}", it.told);
    }
}

#[test]
fn stale_commands_after_a_day_offline_wake_nobody() {
    let mut it = Scene::ready();
    let yesterday = order(1, 100);
    it.cached(1, &yesterday);
    it.until(2, 200);
    // The box sends what was never acknowledged, also what is long over, and its stops.
    let now = DAY + 100;
    it.on(now, Event::Ordered(yesterday.clone()));
    it.on(now, Event::Ordered(order(2, 300)));
    it.on(now, Event::ContentCached(order(2, 300).content.sha256));
    it.on(now, Event::StopOrdered { play: yesterday.play, owner_level: 1 });
    it.until(now, now + 1000);
    assert_eq!(
        it.told[4..],
        [
            format!("{now} 2 ordered"),
            format!("{now} 2 missed its content did not arrive in time"),
            format!("{now} 1 refused this play is over"),
        ]
    );
}
