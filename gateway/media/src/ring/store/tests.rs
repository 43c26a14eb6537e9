//! Streams as strings: one character a picture.

use proptest::prelude::*;

use super::*;

const PICTURE_NS: i64 = 100_000_000;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(1_772_323_200_000 + ms).unwrap()
}

fn limits(keep_s: u64, most_bytes: usize) -> RingLimits {
    RingLimits { keep: Duration::from_secs(keep_s), most_bytes }
}

/// One character a picture, ten a second: `K` key, `-` other, `|` the format changes, `/` a new
/// connection after a second of nothing, `.` a picture that never came.
fn filled(limits: RingLimits, stream: &str) -> Store<char> {
    let mut store = Store::new(limits);
    let (mut session, mut format, mut tick, mut zero) = (1, 1, 0, 0);
    for symbol in stream.chars() {
        match symbol {
            '|' => format += 1,
            '/' => {
                session += 1;
                tick += 10;
                zero = tick;
            }
            '.' => tick += 1,
            key_or_not => {
                let incoming = Incoming {
                    session,
                    format,
                    pts_ns: (tick - zero) * PICTURE_NS,
                    captured_at: at(tick * 100),
                    is_key: key_or_not == 'K',
                    n_bytes: 10,
                    payload: key_or_not,
                };
                store.push(incoming);
                tick += 1;
            }
        }
    }
    store
}

fn shown(store: &Store<char>) -> String {
    store.units().map(|it| it.payload).collect()
}

/// Moments in tenths of a second.
fn piece(
    store: &Store<char>,
    from: i64,
    about: i64,
    to: i64,
) -> Option<(String, Edge, Option<Edge>)> {
    let window = Window { from: at(from * 100), at: at(about * 100), to: at(to * 100) };
    let found = store.piece(window)?;
    Some((found.units.iter().map(|it| it.payload).collect(), found.begins, found.ends))
}

#[test]
fn the_oldest_group_goes_first_and_whole() {
    assert_eq!(shown(&filled(limits(1, 1000), "K----K----K-----")), "K----K-----");
    assert_eq!(shown(&filled(limits(1, 1000), "K----K----K----")), "K----K----K----");
    assert_eq!(shown(&filled(limits(60, 80), "K----K----K-")), "K----K-");
}

#[test]
fn a_group_that_is_larger_than_the_ring_is_dropped_up_to_the_next_key() {
    assert_eq!(shown(&filled(limits(60, 50), "K-----")), "");
    assert_eq!(shown(&filled(limits(60, 50), "K------K-")), "K-");
}

#[test]
fn a_stream_begins_with_a_key_picture_on_every_connection_and_in_every_format() {
    assert_eq!(shown(&filled(limits(60, 1000), "---K-/--K-|--K-")), "K-K-K-");
}

#[test]
fn a_piece_begins_with_the_key_picture_before_and_ends_as_asked() {
    let store = filled(limits(60, 1000), "K----K----K----");
    let asked = Some(Edge::Asked);
    assert_eq!(piece(&store, 7, 8, 11), Some(("K----K-".to_owned(), Edge::Asked, asked)));
    assert_eq!(piece(&store, 5, 8, 9), Some(("K----".to_owned(), Edge::Asked, asked)));
    assert_eq!(piece(&store, 12, 13, 40), Some(("K----".to_owned(), Edge::Asked, None)));
    let early = piece(&store, -50, 3, 6);
    assert_eq!(early, Some(("K----K-".to_owned(), Edge::NotRecorded, asked)));
}

#[test]
fn what_was_not_recorded_is_no_piece() {
    assert_eq!(piece(&Store::new(limits(1, 1)), 0, 1, 2), None);
    let store = filled(limits(60, 1000), "K----K----");
    assert_eq!(piece(&store, -90, -80, -70), None);
    assert_eq!(piece(&store, 30, 40, 50), None);
    // An alert of another stream of the camera may be a little ahead of this one.
    assert_eq!(piece(&store, 5, 12, 20), Some(("K----".to_owned(), Edge::Asked, None)));
}

#[test]
fn a_piece_stays_on_one_side_of_a_change() {
    let store = filled(limits(60, 1000), "K----K--|K---K----");
    let changed = Edge::StreamChanged;
    assert_eq!(piece(&store, 2, 6, 15), Some(("K----K--".to_owned(), Edge::Asked, Some(changed))));
    assert_eq!(piece(&store, 2, 9, 13), Some(("K---K-".to_owned(), changed, Some(Edge::Asked))));
}

#[test]
fn a_lost_connection_is_a_gap_and_no_end() {
    let store = filled(limits(60, 1000), "K----/K----");
    let found = store.piece(Window { from: at(0), at: at(300), to: at(1700) }).unwrap();
    let times: Vec<i64> = found.units.iter().map(|it| it.at_ns / PICTURE_NS).collect();
    assert_eq!(times, [0, 1, 2, 3, 4, 15, 16, 17]);
}

#[test]
fn a_camera_whose_clock_is_set_keeps_the_time_between_its_pictures() {
    let mut store = Store::new(limits(60, 1000));
    for tick in 0..20 {
        let set = if tick < 10 { 0 } else { -4000 };
        store.push(Incoming {
            session: 1,
            format: 1,
            pts_ns: tick * PICTURE_NS,
            captured_at: at(tick * 100 + set),
            is_key: tick % 5 == 0,
            n_bytes: 10,
            payload: 'x',
        });
    }
    let found = store.piece(Window { from: at(-3000), at: at(-2500), to: at(-2200) }).unwrap();
    let times: Vec<i64> = found.units.iter().map(|it| it.at_ns / PICTURE_NS).collect();
    assert_eq!(times, [10, 11, 12, 13, 14, 15, 16, 17, 18]);
}

#[test]
fn pictures_that_are_shown_before_the_first_key_are_left_out() {
    let mut store = Store::new(limits(60, 1000));
    // Decoded: I0 P3 B1 B2 I6 B4 B5 P9; a clip from I6 has not what B4 and B5 are made of.
    for (tick, is_key) in [0, 3, 1, 2, 6, 4, 5, 9].into_iter().zip([0, 9, 9, 9, 0, 9, 9, 9]) {
        store.push(Incoming {
            session: 1,
            format: 1,
            pts_ns: tick * PICTURE_NS,
            captured_at: at(tick * 100),
            is_key: is_key == 0,
            n_bytes: 10,
            payload: char::from_digit(u32::try_from(tick).unwrap(), 10).unwrap(),
        });
    }
    assert_eq!(piece(&store, 6, 6, 9).unwrap().0, "69");
    assert_eq!(piece(&store, 0, 6, 9).unwrap().0, "03126459");
}

proptest! {
    #[test]
    fn a_ring_is_never_over_its_bounds_and_its_pieces_are_whole(
        stream in "[K]?[-K./|]{0,120}",
        keep_s in 0_u64..4,
        most_bytes in 0_usize..400,
        window in (-5_i64..130, 0_i64..20, 0_i64..20),
    ) {
        let store = filled(limits(keep_s, most_bytes), &stream);
        let units: Vec<_> = store.units().cloned().collect();
        prop_assert!(store.n_bytes() <= most_bytes);
        prop_assert_eq!(store.n_bytes(), units.len() * 10);
        prop_assert!(units.first().is_none_or(|it| it.is_key));
        prop_assert!(units.windows(2).all(|it| it[0].at_ns < it[1].at_ns));
        prop_assert!(units.windows(2).all(|it| it[0].format == it[1].format || it[1].is_key));
        let second = units.iter().skip(1).find(|it| it.is_key);
        let newest = units.last();
        if let Some((second, newest)) = second.zip(newest) {
            let rest = newest.at_ns - second.at_ns;
            prop_assert!(rest < i64::try_from(keep_s).unwrap() * 1_000_000_000);
        }
        let (about, before, after) = window;
        let bounds =
            Window { from: at((about - before) * 100), at: at(about * 100), to: at((about + after) * 100) };
        if let Some(found) = store.piece(bounds) {
            let first = found.units.first();
            prop_assert!(first.is_some_and(|it| it.is_key));
            let start = units.iter().position(|it| Some(it) == first).unwrap();
            prop_assert_eq!(&units[start..start + found.units.len()], &found.units[..]);
            prop_assert!(found.units.iter().all(|it| Some(it.format) == first.map(|it| it.format)));
        }
    }
}
