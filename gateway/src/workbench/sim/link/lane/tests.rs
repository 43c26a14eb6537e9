//! Lanes on a virtual clock.

use std::num::NonZeroU64;

use proptest::prelude::*;

use super::super::tally::Count;
use super::super::terms::{Loss, Outages, Rate};
use super::*;

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn rate(bits_a_second: u64, queue: Duration) -> Rate {
    Rate { bits_a_second: NonZeroU64::new(bits_a_second).unwrap(), queue }
}

/// One character is 10 ms and a packet of 1250 bytes, or nothing where it is a blank: the verdicts, as the
/// letter that was offered at the place where it arrives.
#[track_caller]
fn check(traffic: Traffic, terms: Terms, offered: &str, expected: &str) {
    let mut lane = Lane::new(traffic, terms, 1);
    let mut arrived = String::new();
    let n_places = offered.len().max(expected.len());
    for (nth, letter) in (0..).zip(offered.chars().chain(std::iter::repeat(' ')).take(n_places)) {
        let now = ms(nth * 10);
        if letter != ' ' {
            lane.offer(now, 1250, letter);
        }
        arrived.push(lane.take_arrived(now).unwrap_or(' '));
    }
    assert_eq!(arrived.trim_end(), expected);
}

#[test]
fn a_perfect_link_delivers_at_once() {
    check(Traffic::Datagrams, Terms::default(), "abc  d", "abc  d");
    check(Traffic::Streams, Terms::default(), "abc  d", "abc  d");
}

#[test]
fn a_delay_is_the_same_for_all() {
    let terms = Terms { delay: ms(30), ..Terms::default() };
    check(Traffic::Datagrams, terms, "abc  d", "   abc  d");
}

/// At 500 kbit/s one packet takes two places.
#[test]
fn a_rate_spreads_packets_and_drops_those_that_would_wait_too_long() {
    let terms = Terms { rate: Some(rate(500_000, ms(30))), ..Terms::default() };
    check(Traffic::Datagrams, terms, "abcdefgh", "  a b c d f h");
}

#[test]
fn an_outage_drops_packets_and_holds_streams() {
    let outages = Some(Outages::new(ms(40), ms(20)).unwrap());
    let terms = Terms { outages, ..Terms::default() };
    check(Traffic::Datagrams, terms, "abcdefghij", "abcd  gh");
    let mut lane = Lane::new(Traffic::Streams, terms, 1);
    assert_eq!(lane.offer(ms(41), 9, 'a'), Verdict::ArrivesAt(ms(60)));
    assert_eq!(lane.offer(ms(59), 9, 'b'), Verdict::ArrivesAt(ms(60)));
    assert_eq!(lane.take_arrived(ms(59)), None);
    assert_eq!((lane.take_arrived(ms(60)), lane.take_arrived(ms(60))), (Some('a'), Some('b')));
}

#[test]
fn a_dead_way_lets_nothing_through_but_what_was_under_way() {
    let terms = Terms { delay: ms(30), dead_from: Some(ms(20)), ..Terms::default() };
    check(Traffic::Datagrams, terms, "abcd", "   ab");
    check(Traffic::Streams, terms, "abcd", "   ab");
}

#[test]
fn a_stream_is_held_back_while_the_queue_is_full_and_told_when_it_is_not() {
    let terms = Terms { rate: Some(rate(1_000_000, ms(20))), ..Terms::default() };
    let mut lane = Lane::new(Traffic::Streams, terms, 1);
    for item in 0..3 {
        assert!(lane.has_room(ms(0)));
        lane.offer(ms(0), 1250, item);
    }
    assert!(!lane.has_room(ms(0)) && !lane.has_room(ms(9)) && lane.has_room(ms(10)));
    assert_eq!(lane.next_at(ms(0)), Some(ms(10)));
    assert_eq!(lane.tally().longest_wait, ms(20));
}

#[test]
fn memory_is_bounded_however_long_the_delay() {
    let terms = Terms { delay: Duration::from_hours(1), ..Terms::default() };
    let mut datagrams = Lane::new(Traffic::Datagrams, terms, 1);
    let mut streams = Lane::new(Traffic::Streams, terms, 1);
    for _ in 0..64 {
        datagrams.offer(ms(0), 1 << 20, ());
        assert!(streams.has_room(ms(0)));
        streams.offer(ms(0), 1 << 20, ());
    }
    assert_eq!(datagrams.offer(ms(0), 1, ()), Verdict::Dropped(Why::QueueFull));
    assert!(!streams.has_room(ms(0)));
    let hour = Duration::from_hours(1);
    assert_eq!(streams.next_at(ms(0)), Some(hour));
    assert!(streams.take_arrived(hour).is_some() && streams.has_room(hour));
}

#[test]
fn a_setting_moves_no_chance_of_another() {
    let verdicts = |terms| {
        let mut lane = Lane::new(Traffic::Datagrams, terms, 7);
        (0..200).map(|nth| lane.offer(ms(nth), 100, ())).collect::<Vec<_>>()
    };
    let is_lost = |it: &Verdict| matches!(it, Verdict::Dropped(Why::Loss));
    let loss = Some(Loss::independent(0.2));
    let plain = verdicts(Terms { loss, ..Terms::default() });
    let jittery = verdicts(Terms { loss, jitter: ms(50), delay: ms(9), ..Terms::default() });
    assert!(plain.iter().any(is_lost));
    assert!(plain.iter().map(is_lost).eq(jittery.iter().map(is_lost)));
}

fn any_terms() -> impl Strategy<Value = Terms> {
    let loss = prop_oneof![
        Just(None),
        (0.0..0.5_f64).prop_map(|it| Some(Loss::independent(it))),
        (0.0..0.5_f64, 1.0..9.0_f64).prop_map(|(share, n)| Loss::in_bursts(share, n).ok()),
    ];
    let rate = prop_oneof![
        Just(None),
        (10_000..10_000_000_u64, 0..500_u64).prop_map(|(bits, queue)| Some(rate(bits, ms(queue)))),
    ];
    let outages = prop_oneof![
        Just(None),
        (2..500_u64, 1..400_u64).prop_map(|(every, lasts)| Outages::new(ms(every), ms(lasts)).ok()),
    ];
    let dead_from = prop::option::weighted(0.2, (0..2_000_u64).prop_map(ms));
    (loss, 0..200_u64, 0..200_u64, rate, outages, dead_from).prop_map(
        |(loss, delay, jitter, rate, outages, dead_from)| {
            let (delay, jitter) = (ms(delay), ms(jitter));
            Terms { loss, delay, jitter, rate, outages, dead_from }
        },
    )
}

/// How long after the one before, and how many bytes.
fn any_packets() -> impl Strategy<Value = Vec<(u64, u64)>> {
    prop::collection::vec((0..30_u64, 1..1500_u64), 1..200)
}

/// What was decided, and what arrived when. Streams wait for room, as their drivers do.
fn run(
    traffic: Traffic,
    terms: Terms,
    seed: u64,
    packets: &[(u64, u64)],
) -> (Vec<Verdict>, Vec<(Duration, usize)>, Tally) {
    let mut lane = Lane::new(traffic, terms, seed);
    let (mut now, mut verdicts, mut arrived) = (Duration::ZERO, Vec::new(), Vec::new());
    for (nth, (after_ms, n_bytes)) in packets.iter().enumerate() {
        now += ms(*after_ms);
        while traffic == Traffic::Streams && !lane.has_room(now) {
            now = lane.next_at(now).expect("a full lane says when to ask again");
            arrived.extend(std::iter::from_fn(|| lane.take_arrived(now)).map(|it| (now, it)));
        }
        verdicts.push(lane.offer(now, *n_bytes, nth));
        arrived.extend(std::iter::from_fn(|| lane.take_arrived(now)).map(|it| (now, it)));
        assert_whole(lane.tally());
    }
    let tally = *lane.tally();
    while let Some(next_at) = lane.next_at(now) {
        now = next_at;
        arrived.extend(std::iter::from_fn(|| lane.take_arrived(now)).map(|it| (now, it)));
    }
    assert_eq!(lane.tally().held, Count::default());
    assert_whole(lane.tally());
    (verdicts, arrived, tally)
}

#[track_caller]
fn assert_whole(tally: &Tally) {
    let parts =
        [tally.delivered, tally.lost, tally.overflowed, tally.cut_off, tally.swallowed, tally.held];
    let sum = parts.iter().fold(Count::default(), |sum, it| Count {
        n: sum.n + it.n,
        n_bytes: sum.n_bytes + it.n_bytes,
    });
    assert_eq!(sum, tally.offered);
}

proptest! {
    /// `run` itself asserts that what was offered is delivered, dropped or held, at every step.
    #[test]
    fn everything_arrives_when_it_was_decided(
        terms in any_terms(), seed: u64, packets in any_packets(), is_stream: bool,
    ) {
        let traffic = if is_stream { Traffic::Streams } else { Traffic::Datagrams };
        let (verdicts, arrived, _) = run(traffic, terms, seed, &packets);
        let mut n_arrivals = 0;
        for verdict in &verdicts {
            n_arrivals += usize::from(matches!(verdict, Verdict::ArrivesAt(_)));
        }
        prop_assert_eq!(n_arrivals, arrived.len());
        for (at, nth) in arrived {
            prop_assert!(matches!(verdicts[nth], Verdict::ArrivesAt(it) if it <= at));
        }
    }

    #[test]
    fn a_seed_decides_everything(terms in any_terms(), seed: u64, packets in any_packets()) {
        let first = run(Traffic::Datagrams, terms, seed, &packets);
        prop_assert_eq!(first, run(Traffic::Datagrams, terms, seed, &packets));
    }

    #[test]
    fn streams_keep_their_order_and_lose_nothing_but_to_loss_and_death(
        terms in any_terms(), seed: u64, packets in any_packets(),
    ) {
        let (_, arrived, tally) = run(Traffic::Streams, terms, seed, &packets);
        prop_assert!(arrived.is_sorted());
        prop_assert!(arrived.is_sorted_by_key(|(_, nth)| *nth));
        prop_assert_eq!((tally.overflowed.n, tally.cut_off.n), (0, 0));
    }

    /// In any window, and with one packet more: that which was under way as it began.
    #[test]
    fn the_rate_is_never_exceeded(
        bits_a_second in 10_000..5_000_000_u64, queue in 0..500_u64, terms in any_terms(),
        packets in any_packets(), is_stream: bool,
    ) {
        let rate = rate(bits_a_second, ms(queue));
        // What jitter bunches together was sent apart.
        let terms = Terms { rate: Some(rate), jitter: Duration::ZERO, ..terms };
        let traffic = if is_stream { Traffic::Streams } else { Traffic::Datagrams };
        let (verdicts, _, _) = run(traffic, terms, 1, &packets);
        let mut sent = Vec::new();
        for (verdict, (_, n_bytes)) in verdicts.iter().zip(&packets) {
            if let Verdict::ArrivesAt(at) = verdict {
                sent.push((*at, *n_bytes));
            }
        }
        for first in 0..sent.len() {
            let mut n_bytes = 0;
            for (at, more) in &sent[first + 1..] {
                n_bytes += more;
                prop_assert!(sent[first].0 + rate.takes(n_bytes) <= *at);
            }
        }
    }

    #[test]
    fn no_packet_waits_longer_than_the_queue(
        bits_a_second in 10_000..5_000_000_u64, queue in 0..500_u64, packets in any_packets(),
    ) {
        let terms = Terms { rate: Some(rate(bits_a_second, ms(queue))), ..Terms::default() };
        let (_, _, tally) = run(Traffic::Datagrams, terms, 1, &packets);
        prop_assert!(tally.longest_wait <= ms(queue));
    }
}

#[test]
fn jitter_reorders_datagrams_within_its_bounds() {
    let terms = Terms { delay: ms(20), jitter: ms(30), ..Terms::default() };
    let packets = vec![(1, 100); 1000];
    let (verdicts, arrived, _) = run(Traffic::Datagrams, terms, 1, &packets);
    assert!(!arrived.is_sorted_by_key(|(_, nth)| *nth));
    for (sent_ms, verdict) in (1..).zip(verdicts) {
        let Verdict::ArrivesAt(at) = verdict else { panic!("{verdict:?}") };
        assert!((ms(sent_ms + 20)..=ms(sent_ms + 50)).contains(&at), "{sent_ms} {at:?}");
    }
}
