//! Files as others write them, and as nobody should.

use jiff::civil::Date;

use super::*;
use crate::calendar::{Computed, Layer, Origin};

mod round_trip;

const WARD: &str = "Asia/Ho_Chi_Minh";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A calendar of these lines.
fn file(lines: &str) -> String {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Test//EN\n{lines}\nEND:VCALENDAR\n")
}

/// An event of these lines.
fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\nUID:tin-1\nDTSTAMP:20260101T000000Z\n{lines}\nEND:VEVENT")
}

fn one(lines: &str) -> Event {
    let mut calendar = read(file(&event(lines)).as_bytes(), WARD).unwrap();
    assert_eq!(calendar.events.len(), 1);
    calendar.events.remove(0)
}

fn starts(event: &Event, n_days: u64) -> Vec<String> {
    let from = at("2026-01-01T00:00:00+07:00");
    let to = from + Duration::from_hours(24 * n_days);
    let mut starts: Vec<Timestamp> = Vec::new();
    for part in event.parts().unwrap() {
        starts.extend(part.schedule.starts(from, to).unwrap());
    }
    starts.sort_unstable();
    starts.iter().map(|it| it.in_tz(WARD).unwrap().strftime("%m-%d %H:%M").to_string()).collect()
}

fn refused(text: &str) -> Vec<String> {
    let refused = read(text.as_bytes(), WARD).unwrap_err();
    refused.problems.iter().map(ToString::to_string).collect()
}

fn refused_event(lines: &str) -> String {
    let mut problems = refused(&file(&event(lines)));
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

#[test]
fn a_weekly_bulletin_with_a_length() {
    let event = one("SUMMARY:Tin\\, sáng\nDTSTART;TZID=Asia/Ho_Chi_Minh:20260105T060000\n\
         DURATION:PT15M\nRRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3\nPRIORITY:1\nX-ANYTHING:\"a:b\"");
    assert_eq!(event.summary, "Tin, sáng");
    assert_eq!(event.duration, Some(Duration::from_mins(15)));
    assert_eq!(starts(&event, 30), ["01-05 06:00", "01-07 06:00", "01-12 06:00"]);
}

#[test]
fn a_fold_may_cut_a_letter_in_two() {
    let text = file(&event("DTSTART:20260105T060000\nSUMMARY:Bản tin Phường Trần Phú"));
    let bytes = text.as_bytes();
    let cut = text.find("Trần").unwrap() + 3;
    assert!(!text.is_char_boundary(cut));
    let folded = [&bytes[..cut], b"\r\n ", &bytes[cut..]].concat();
    let with_mark = [b"\xef\xbb\xbf", &folded[..]].concat();
    let calendar = read(&with_mark, WARD).unwrap();
    assert_eq!(calendar.events[0].summary, "Bản tin Phường Trần Phú");
}

#[test]
fn single_starts_move_or_are_called_off() {
    let master = event(
        "SUMMARY:Tin\nDTSTART;TZID=Asia/Ho_Chi_Minh:20260105T060000\n\
         RRULE:FREQ=DAILY;COUNT=4\nEXDATE;TZID=Asia/Ho_Chi_Minh:20260108T060000",
    );
    let moved = event(
        "SUMMARY:Tin muộn\nRECURRENCE-ID;TZID=Asia/Ho_Chi_Minh:20260106T060000\n\
         DTSTART;TZID=Asia/Ho_Chi_Minh:20260106T173000\nDURATION:PT5M",
    );
    let off = event("RECURRENCE-ID:20260106T230000Z\nDTSTART:20260106T230000Z\nSTATUS:CANCELLED");
    // Changes may come before the event that they change.
    let calendar = read(file(&[moved, off, master].join("\n")).as_bytes(), WARD).unwrap();
    let event = &calendar.events[0];
    assert_eq!(starts(event, 30), ["01-05 06:00", "01-06 17:30"]);
    let parts = event.parts().unwrap();
    assert_eq!(parts[1].summary, "Tin muộn");
    assert_eq!(parts[1].duration, Some(Duration::from_mins(5)));
    assert_eq!(event.changes[&at("2026-01-07T06:00:00+07:00")], Change::Cancelled);
}

#[test]
fn an_event_that_is_called_off_is_none_and_is_named() {
    let text = file(
        &[
            event("DTSTART:20260105T060000\nSTATUS:CANCELLED"),
            event("DTSTART:20260105T060000").replace("tin-1", "tin-2"),
        ]
        .join("\n"),
    );
    let calendar = read(text.as_bytes(), WARD).unwrap();
    assert_eq!(calendar.cancelled, ["tin-1"]);
    assert_eq!(calendar.events.len(), 1);
}

#[test]
fn time_zones_by_whatever_name() {
    let custom = |block: &str| {
        let zone = format!("BEGIN:VTIMEZONE\nTZID:Giờ phường\n{block}\nEND:VTIMEZONE\n");
        file(&(zone + &event("DTSTART;TZID=Giờ phường:20260105T060000")))
    };
    let standard = "BEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0700\nTZOFFSETTO:+0700\n\
         END:STANDARD";
    let files = [
        file(&event("DTSTART:20260105T060000")),
        file(&event("DTSTART:20260104T230000Z")),
        file(&event("DTSTART;TZID=\"SE Asia Standard Time\":20260105T060000")),
        file(&event(
            "DTSTART;TZID=/freeassociation.sourceforge.net/Asia/Ho_Chi_Minh:20260105T060000",
        )),
        file(&event("DTSTART;TZID=Europe/Paris:20260105T000000")),
        custom(standard),
        custom("X-LIC-LOCATION:Asia/Ho_Chi_Minh"),
    ];
    for text in files {
        let calendar = read(text.as_bytes(), WARD).unwrap();
        let expected = Schedule::At(at("2026-01-05T06:00:00+07:00"));
        assert_eq!(calendar.events[0].schedule, expected, "{text}");
    }
    let recurring =
        custom(standard).replace("T060000\nEND:VE", "T060000\nRRULE:FREQ=DAILY\nEND:VE");
    let calendar = read(recurring.as_bytes(), "Europe/Paris").unwrap();
    assert_eq!(starts(&calendar.events[0], 5), ["01-05 06:00"]);
    let unknown = refused_event("DTSTART;TZID=Giờ phường:20260105T060000");
    assert!(unknown.contains("is not known: use a name of the IANA list"), "{unknown}");
}

#[test]
fn a_rule_in_another_zone_keeps_to_its_wall_clock_over_the_gap_and_the_fold() {
    let event = one("DTSTART;TZID=Europe/Paris:20260101T023000\nRRULE:FREQ=DAILY");
    let (from, to) = (at("2026-03-28T00:00:00Z"), at("2026-03-31T00:00:00Z"));
    let starts = event.parts().unwrap()[0].schedule.starts(from, to).unwrap();
    assert_eq!(
        starts,
        [
            at("2026-03-28T02:30:00+01:00"),
            at("2026-03-29T03:30:00+02:00"),
            at("2026-03-30T02:30:00+02:00")
        ]
    );
}

#[test]
fn listed_dates_without_a_rule_include_the_start() {
    let event = one("DTSTART:20260105T060000\nRDATE:20260107T070000,20260109T060000\n\
         EXDATE:20260109T060000");
    assert_eq!(starts(&event, 30), ["01-05 06:00", "01-07 07:00"]);
}

#[test]
fn days_off_become_a_layer() {
    let days = [
        event("SUMMARY:Nghỉ bù\nDTSTART;VALUE=DATE:20260831"),
        event("SUMMARY:Quốc khánh\nDTSTART;VALUE=DATE:20240902\nRRULE:FREQ=YEARLY")
            .replace("tin-1", "tin-2"),
        event("SUMMARY:Tết\nDTSTART;VALUE=DATE:20251231\nDTEND;VALUE=DATE:20260103")
            .replace("tin-1", "tin-3"),
    ];
    let layer = read_layer(file(&days.join("\n")).as_bytes(), "nghi-2026", 2026..=2026).unwrap();
    assert_eq!(layer.origin(), Origin::Imported);
    let days: Vec<String> = layer.days().map(|(day, label)| format!("{day} {label}")).collect();
    assert_eq!(
        days,
        ["2026-01-01 Tết", "2026-01-02 Tết", "2026-08-31 Nghỉ bù", "2026-09-02 Quốc khánh"]
    );
    let timed = file(&event("DTSTART:20260105T060000"));
    let refused = read_layer(timed.as_bytes(), "nghi-2026", 2026..=2026).unwrap_err();
    assert!(refused.to_string().contains("a layer takes whole days alone"), "{refused}");
    let all_day = file(&event("DTSTART;VALUE=DATE:20260831"));
    let refused = read_schedules(all_day.as_bytes(), WARD).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "line 4, event tin-1: is of whole days: a bulletin needs a time of day"
    );
}

#[test]
fn a_layer_is_written_and_read_back() {
    let layer = Layer::computed(Computed::PublicHolidays, 2026..=2030).unwrap();
    let text = write_layer(&layer, at("2026-01-01T00:00:00Z"));
    let read = read_layer(text.as_bytes(), "public-holidays", 2026..=2030).unwrap();
    let days =
        |it: &Layer| it.days().map(|(day, label)| (day, label.to_owned())).collect::<Vec<_>>();
    assert_eq!(days(&read), days(&layer));
    assert!(read.contains(Date::constant(2027, 2, 6)));
}

#[test]
fn ten_thousand_rules_are_refused() {
    let rules: Vec<String> = (0..10_000)
        .map(|n| {
            event("DTSTART:20260105T060000\nRRULE:FREQ=DAILY").replace("tin-1", &format!("{n}"))
        })
        .collect();
    assert_eq!(
        refused(&file(&rules.join("\n")))[..1],
        ["10000 events are more than 2000: import them in parts"]
    );
    let large = "x".repeat(MAX_BYTES + 1);
    assert_eq!(refused(&large), ["the file is larger than 2097152 bytes: import it in parts"]);
}

#[test]
fn a_rule_for_every_second_is_refused_and_so_is_the_file_around_it() {
    let events = [
        event("DTSTART:20260105T060000\nRRULE:FREQ=DAILY").replace("tin-1", "tốt"),
        event("DTSTART:20260105T060000\nRRULE:FREQ=SECONDLY").replace("tin-1", "giây"),
        event("DTSTART:20260105T060000\nRRULE:FREQ=DAILY;BYDAY=XX").replace("tin-1", "sai"),
    ];
    let refused = refused(&file(&events.join("\n")));
    assert_eq!(refused.len(), 2);
    assert_eq!(
        refused[0],
        "line 10, event giây: the rule would start up to 86400 plays a day, more than the 96 allowed"
    );
    assert!(refused[1].starts_with("line 16, event sai: the rule does not read as RFC 5545"));
}

#[test]
fn many_rules_that_are_each_allowed_are_refused_together() {
    let hourly: Vec<String> = (0..42)
        .map(|n| {
            event("DTSTART:20260105T060000\nRRULE:FREQ=HOURLY").replace("tin-1", &format!("{n}"))
        })
        .collect();
    assert_eq!(
        refused(&file(&hourly.join("\n"))),
        ["all rules together start up to 1008 plays a day, more than 1000"]
    );
}

#[test]
fn more_single_changes_than_anybody_makes_are_refused() {
    let mut events = vec![event("DTSTART:20260105T060000Z\nRRULE:FREQ=DAILY")];
    events.extend((0..501).map(|n| {
        let start = at("2026-01-05T06:00:00Z") + Duration::from_hours(24 * n);
        event(&format!("RECURRENCE-ID:{0}\nDTSTART:{0}\nSTATUS:CANCELLED", time::utc(start)))
    }));
    assert_eq!(
        refused(&file(&events.join("\n"))),
        ["501 single starts are changed, more than 500: import the file in parts"]
    );
    events.pop();
    let calendar = read(file(&events.join("\n")).as_bytes(), WARD).unwrap();
    assert_eq!(starts(&calendar.events[0], 600).len(), 96);
}

#[test]
fn a_hundred_problems_are_enough() {
    let wrong: Vec<String> = (0..150).map(|_| event("SUMMARY:x")).collect();
    let refused = read(file(&wrong.join("\n")).as_bytes(), WARD).unwrap_err();
    assert_eq!((refused.problems.len(), refused.n_more), (100, 50));
    assert!(refused.to_string().ends_with("and 50 more"));
}

#[test]
fn each_mistake_is_named() {
    for (lines, what) in [
        ("SUMMARY:x", "has no DTSTART"),
        ("DTSTART:2026", "DTSTART: \"2026\" is not a date such as 20260902"),
        ("DTSTART:20260230T060000", "is not a time such as"),
        ("DTSTART:20260105T060000\nDTSTART:20260105T060000", "DTSTART is given twice"),
        ("DTSTART:20260105T060000\nDTEND:20260105T060000", "DTEND is not after DTSTART"),
        ("DTSTART:20260105T060000\nDURATION:-PT5M", "is not a length of time"),
        ("DTSTART:20260105T060000\nDURATION:P99Y", "is not a length of time"),
        ("DTSTART:20260105T060000\nDTEND:20260105T070000\nDURATION:PT5M", "leave one out"),
        ("DTSTART;VALUE=DATE:20260105\nDURATION:PT5M", "is of whole days, but its length is not"),
        ("DTSTART:20260105T060000\nEXRULE:FREQ=DAILY", "EXRULE is not understood"),
        ("DTSTART:20260105T060000\nRDATE;VALUE=PERIOD:20260106T060000/PT1H", "list the starts"),
        (
            "DTSTART:20260105T060000\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260105T060000",
            "two events",
        ),
        ("DTSTART:20260105T060000\nRECURRENCE-ID:20260105T060000", "is not in the file"),
        ("DTSTART;TZID=Europe/Paris:20260329T023000\nRRULE:FREQ=DAILY", "move DTSTART a day back"),
    ] {
        let problem = refused_event(lines);
        assert!(problem.contains(what), "{lines}\n{problem}");
        assert!(problem.starts_with("line 4, event tin-1: "), "{problem}");
    }
    let twice = [event("DTSTART:20260105T060000"), event("DTSTART:20260105T060000")].join("\n");
    assert!(refused(&file(&twice))[0].contains("its UID is used twice"));
    let stray = [
        event("DTSTART:20260105T060000\nRRULE:FREQ=DAILY"),
        event("RECURRENCE-ID:20260106T070000\nDTSTART:20260106T080000"),
    ];
    assert!(refused(&file(&stray.join("\n")))[0].contains("is no start of the event it changes"));
}

#[test]
fn files_that_are_no_calendars_are_refused() {
    for (text, what) in [
        ("", "there is no event"),
        ("hello", "line 1: has no colon after its name"),
        ("BEGIN:VCARD\nEND:VCARD", "BEGIN:VCARD is out of place"),
        (
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a",
            "BEGIN:VEVENT is never closed: the file is cut short",
        ),
        ("BEGIN:VCALENDAR\nEND:VEVENT", "END:VEVENT closes nothing"),
        ("SUMMARY:x\nBEGIN:VCALENDAR\nEND:VCALENDAR", "is outside BEGIN:VCALENDAR"),
    ] {
        assert!(refused(text)[0].contains(what), "{text:?}: {:?}", refused(text));
    }
    let deep = "BEGIN:VCALENDAR\n".repeat(10_000);
    assert!(refused(&deep)[0].contains("is out of place"));
    assert!(read(b"BEGIN:VCALENDAR\nNAME:\xff\xfe\nEND:VCALENDAR", WARD).is_err());
}

#[test]
fn the_zones_of_rules_are_written_with_what_their_clocks_do() {
    let events = [
        event("DTSTART:20260105T060000\nRRULE:FREQ=WEEKLY"),
        event("DTSTART;TZID=Europe/Paris:20260105T060000\nRRULE:FREQ=WEEKLY").replace("tin-1", "b"),
    ];
    let calendar = read(file(&events.join("\n")).as_bytes(), WARD).unwrap();
    let text = write(&calendar, at("2026-01-01T00:00:00Z")).replace("\r\n", "\n");
    let blocks: Vec<&str> = text.split("BEGIN:VTIMEZONE\n").collect();
    assert_eq!(blocks.len(), 3);
    assert_eq!(
        blocks[1],
        "TZID:Asia/Ho_Chi_Minh\nX-LIC-LOCATION:Asia/Ho_Chi_Minh\nBEGIN:STANDARD\n\
         DTSTART:20250101T070000\nTZOFFSETFROM:+0700\nTZOFFSETTO:+0700\nTZNAME:+07\nEND:STANDARD\n\
         END:VTIMEZONE\n"
    );
    assert!(blocks[2].contains("RDATE:20260329T020000\n"), "{}", blocks[2]);
    assert!(blocks[2].contains("RDATE:20261025T030000\n"), "{}", blocks[2]);
}
