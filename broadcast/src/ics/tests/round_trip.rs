//! What is written is read back, and whatever is read ends in an answer.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;

const ZONES: [&str; 4] = [WARD, "Europe/Paris", "Australia/Lord_Howe", "America/New_York"];

fn any_text() -> impl Strategy<Value = String> {
    // Anything that people type. Other control characters are not allowed in a file and are left out.
    prop::collection::vec(
        prop_oneof![
            4 => "[a-zA-Z0-9 ]", 2 => "[;,:\\\\\"]", 2 => "[ạảờữỵĐ🔊]", 1 => Just("\n".to_owned())
        ],
        0..120,
    )
    .prop_map(|it| it.concat())
}

fn any_duration(is_all_day: bool) -> BoxedStrategy<Option<Duration>> {
    if is_all_day {
        (1..10_u64).prop_map(|it| Some(Duration::from_hours(24 * it))).boxed()
    } else {
        prop::option::of((1..86_400_u64).prop_map(Duration::from_secs)).boxed()
    }
}

fn any_schedule(is_all_day: bool) -> BoxedStrategy<Schedule> {
    let rule = (
        prop::sample::select(ZONES.to_vec()),
        (0..700_i64, 0..96_i64),
        prop::sample::select(vec![
            "FREQ=DAILY",
            "FREQ=WEEKLY;BYDAY=MO,TH",
            "FREQ=MONTHLY;BYMONTHDAY=-1",
            "FREQ=YEARLY;COUNT=9",
            "FREQ=DAILY;INTERVAL=3;UNTIL=20280101",
        ]),
        prop::collection::vec((0..60_i64, 0..96_i64), 0..4),
        prop::collection::vec(0..60_i64, 0..4),
    );
    rule.prop_filter_map(
        "a start that the clocks skip",
        move |(zone, start, rrule, extra, except)| {
            let local = |(day, quarter): (i64, i64)| {
                let quarter = if is_all_day { 0 } else { quarter };
                let minutes = SignedDuration::from_mins(quarter * 15);
                (Date::constant(2026, 1, 1) + SignedDuration::from_hours(24 * day)).at(0, 0, 0, 0)
                    + minutes
            };
            let after = |days: i64| (start.0 + days, start.1);
            let text = |it: (i64, i64)| {
                let mark = if is_all_day { "Z" } else { "" };
                format!("{}{mark}", local(it).strftime("%Y%m%dT%H%M%S"))
            };
            let head = if is_all_day { String::new() } else { format!(";TZID={zone}") };
            let mut lines =
                vec![format!("DTSTART{head}:{}", text(start)), format!("RRULE:{rrule}")];
            lines.extend(
                extra.iter().map(|it| format!("RDATE{head}:{}", text((start.0 + it.0, it.1)))),
            );
            lines.extend(except.iter().map(|it| format!("EXDATE{head}:{}", text(after(*it)))));
            Rule::parse(&lines.join("\n"), "UTC").ok().map(Schedule::Rule)
        },
    )
    .boxed()
}

fn any_at(is_all_day: bool) -> impl Strategy<Value = Timestamp> {
    (0..2_000_i64, 0..86_400_i64).prop_map(move |(day, second)| {
        let second = if is_all_day { 0 } else { second };
        at("2026-01-01T00:00:00Z") + SignedDuration::from_secs(day * 86_400 + second)
    })
}

/// Which of the first starts change, and how.
type Changes = Vec<(usize, Option<(Timestamp, Option<Duration>, String)>)>;

fn any_event() -> impl Strategy<Value = (Event, Changes)> {
    prop::bool::weighted(0.3).prop_flat_map(|is_all_day| {
        let once = any_at(is_all_day).prop_map(Schedule::At);
        let schedule = prop_oneof![3 => any_schedule(is_all_day), 1 => once];
        let moved = (any_at(is_all_day), any_duration(is_all_day), any_text());
        let changes = prop::collection::vec((0..20_usize, prop::option::of(moved)), 0..4);
        (any_text(), schedule, any_duration(is_all_day), changes).prop_map(
            move |(summary, schedule, duration, changes)| {
                let uid = String::new();
                let (none, event) = (BTreeMap::new(), is_all_day);
                (
                    Event { uid, summary, is_all_day: event, schedule, duration, changes: none },
                    changes,
                )
            },
        )
    })
}

fn with_changes(nth: usize, (mut event, changes): (Event, Changes)) -> Event {
    event.uid = format!("sự kiện {nth}; a,b\\@phường");
    let to = at("2028-06-01T00:00:00Z");
    let starts = event.schedule.starts(at("2025-12-01T00:00:00Z"), to).unwrap();
    for (place, moved) in changes {
        let Some(start) = starts.get(place) else { continue };
        let change = moved.map_or(Change::Cancelled, |(at, duration, summary)| Change::Moved {
            at,
            duration,
            summary,
        });
        event.changes.insert(*start, change);
    }
    event
}

/// Every start that the event comes to, and what it is called.
fn played(event: &Event) -> Vec<(Timestamp, String)> {
    let (from, to) = (at("2025-12-01T00:00:00Z"), at("2029-01-01T00:00:00Z"));
    let mut played = Vec::new();
    for part in event.parts().unwrap() {
        let starts = part.schedule.starts(from, to).unwrap();
        played.extend(starts.into_iter().map(|it| (it, part.summary.clone())));
    }
    played.sort();
    played
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_calendar_is_read_back_as_it_was_written(
        name in prop::option::of(any_text()), events in prop::collection::vec(any_event(), 1..6)
    ) {
        let events = events.into_iter().enumerate().map(|(nth, it)| with_changes(nth, it)).collect();
        let calendar = Calendar { name, events, cancelled: Vec::new() };
        let text = write(&calendar, at("2026-01-01T00:00:00Z"));
        for line in text.split("\r\n") {
            prop_assert!(line.len() <= 75 && !line.contains('\n'), "{line:?}");
        }
        let read = match read(text.as_bytes(), "Pacific/Apia") {
            Ok(read) => read,
            Err(refused) => return Err(TestCaseError::fail(format!("{refused}\n{text}"))),
        };
        prop_assert_eq!(&read.name, &calendar.name);
        for (read, event) in read.events.iter().zip(&calendar.events) {
            prop_assert_eq!(played(read), played(event), "{}", text);
            // An end of a rule for whole days is written as a date, and so in other words.
            if !event.is_all_day {
                prop_assert_eq!(read, event, "{}", text);
            }
        }
        prop_assert_eq!(read.events.len(), calendar.events.len());
        prop_assert_eq!(write(&read, at("2026-01-01T00:00:00Z")), text);
    }

    #[test]
    fn any_bytes_end_in_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(read(&bytes, WARD).is_err());
    }

    #[test]
    fn damaged_files_end_in_an_answer(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
    ) {
        let lines = "DTSTART;TZID=Asia/Ho_Chi_Minh:20260105T060000\nRRULE:FREQ=DAILY;COUNT=9\n\
             EXDATE;TZID=Asia/Ho_Chi_Minh:20260108T060000\nDURATION:P1DT2H\nSUMMARY:Tin\\, tức";
        let mut bytes = file(&event(lines)).into_bytes();
        for (place, byte) in damage {
            *place.get_mut(&mut bytes) = byte;
        }
        if let Err(refused) = read(&bytes, WARD) {
            prop_assert!(!refused.problems.is_empty());
        }
    }
}
