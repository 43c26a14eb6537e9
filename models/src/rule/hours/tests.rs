//! Weeks, nights and clock changes.

use jiff::ToSpan as _;
use proptest::prelude::*;

use super::*;

fn spans(texts: &[&str]) -> Vec<WeekSpan> {
    texts.iter().map(|it| it.parse().unwrap()).collect()
}

fn hours(active: &[&str], quiet: &[&str], zone: &str) -> Hours {
    Hours::new(spans(active), spans(quiet), TimeZone::get(zone).unwrap())
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn nights_of_the_week_and_the_whole_weekend() {
    let ward = hours(&["mon-fri 18:00-06:00", "sat,sun"], &["12:00-13:00"], "Asia/Ho_Chi_Minh");
    // 2026-03-02 is a Monday.
    for (text, expected) in [
        ("2026-03-02T17:59:59+07:00", false),
        ("2026-03-02T18:00:00+07:00", true),
        ("2026-03-03T05:59:59+07:00", true),
        ("2026-03-03T06:00:00+07:00", false),
        // The night of Friday ends in the Saturday that is active anyway.
        ("2026-03-07T06:30:00+07:00", true),
        ("2026-03-07T12:30:00+07:00", false),
        ("2026-03-08T23:59:59+07:00", true),
        // The night before Monday is Sunday's, and Sunday's is not among the nights.
        ("2026-03-09T00:00:00+07:00", false),
    ] {
        assert_eq!(ward.contain(at(text)), expected, "{text}");
    }
}

#[test]
fn nothing_said_is_always() {
    assert!(Hours::always().contain(at("2026-03-02T17:59:59+07:00")));
    let quiet = hours(&[], &["12:00-13:00"], "Asia/Ho_Chi_Minh");
    assert!(!quiet.contain(at("2026-03-02T12:00:00+07:00")));
    assert!(quiet.contain(at("2026-03-02T13:00:00+07:00")));
}

#[test]
fn an_hour_that_the_clock_leaves_out_is_left_out_and_one_shown_twice_counts_twice() {
    let paris = hours(&["sun 02:00-03:00"], &[], "Europe/Paris");
    // 2026-03-29: from 01:59:59 to 03:00:00.
    assert!(!paris.contain(at("2026-03-29T01:59:59+01:00")));
    assert!(!paris.contain(at("2026-03-29T03:00:00+02:00")));
    // 2026-10-25: 02:00 to 03:00 in summer time, then again.
    assert!(!paris.contain(at("2026-10-25T01:59:59+02:00")));
    assert!(paris.contain(at("2026-10-25T02:30:00+02:00")));
    assert!(paris.contain(at("2026-10-25T02:30:00+01:00")));
    assert!(!paris.contain(at("2026-10-25T03:00:00+01:00")));
    // A night through both changes begins and ends by the wall clock.
    let night = hours(&["sat 22:00-06:00"], &[], "Europe/Paris");
    for (inside, outside) in [
        ("2026-03-29T05:59:59+02:00", "2026-03-29T06:00:00+02:00"),
        ("2026-10-25T05:59:59+01:00", "2026-10-25T06:00:00+01:00"),
    ] {
        assert!(night.contain(at(inside)) && !night.contain(at(outside)));
    }
}

#[test]
fn the_end_of_the_day_may_be_called_24_00() {
    for text in ["mon 18:00-24:00", "mon 18:00-00:00"] {
        let evening = hours(&[text], &[], "UTC");
        assert!(evening.contain(at("2026-03-02T23:59:59Z")), "{text}");
        assert!(!evening.contain(at("2026-03-03T00:00:00Z")), "{text}");
    }
}

#[test]
fn what_is_not_a_stretch_of_a_week_is_refused_with_the_reason() {
    let refused = |text: &str| text.parse::<WeekSpan>().unwrap_err().to_string();
    let day = " is not a day: write mon, tue, wed, thu, fri, sat or sun";
    assert_eq!(refused("lun-fri 18:00-06:00"), format!("\"lun\"{day}"));
    assert_eq!(refused("sat,"), format!("\"\"{day}"));
    assert_eq!(refused("mon 25:00-06:00"), "\"25:00\" is not a time of day such as 18:00");
    assert_eq!(refused("24:00-06:00"), "\"24:00\" is not a time of day such as 18:00");
    assert_eq!(
        refused("mon 06:00-06:00"),
        "\"06:00-06:00\" is none or all of the day: leave the times out for all of it"
    );
    let shape = " is not such as \"mon-fri 18:00-06:00\", \"sat,sun\" or \"12:00-13:00\"";
    for text in ["", "mon - fri", "mon 18:00", "18:00-06:00 mon fri"] {
        assert!(refused(text).ends_with(shape), "{text}: {}", refused(text));
    }
}

#[test]
fn days_go_around_the_end_of_the_week() {
    let span: WeekSpan = "fri-Mon,wed".parse().unwrap();
    let expected = [Weekday::Friday, Weekday::Saturday, Weekday::Sunday, Weekday::Monday];
    assert_eq!((&span.days[..4], span.days[4]), (&expected[..], Weekday::Wednesday));
    assert_eq!("tue-tue".parse::<WeekSpan>().unwrap().days, [Weekday::Tuesday]);
}

/// A written stretch, and what it means minute by minute of a week that begins on Monday: painted by
/// walking from each of its starts until its end.
fn painted(first: u16, n_days: u16, from: u16, n_minutes: u16) -> (String, Vec<bool>) {
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let name = |day: u16| names[usize::from(day % 7)];
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60 % 24, minute % 60);
    let text = format!(
        "{}-{} {}-{}",
        name(first),
        name(first + n_days),
        clock(from),
        clock(from + n_minutes)
    );
    let mut week = vec![false; 7 * 24 * 60];
    for day in first..=first + n_days {
        for minute in from..from + n_minutes {
            week[(usize::from(day) * 1440 + usize::from(minute)) % (7 * 1440)] = true;
        }
    }
    (text, week)
}

prop_compose! {
    fn span()(first in 0_u16..7, n_days in 0_u16..6, from in 0_u16..1440, n_minutes in 1_u16..1440)
        -> (String, Vec<bool>)
    {
        painted(first, n_days, from, n_minutes)
    }
}

proptest! {
    /// As a week painted minute by minute says, in zones that change their clocks and do not.
    #[test]
    fn a_week_is_what_its_minutes_say(
        active in proptest::collection::vec(span(), 0..4),
        quiet in proptest::collection::vec(span(), 0..3),
        zone in proptest::sample::select(vec!["Asia/Ho_Chi_Minh", "Europe/Paris", "Australia/Lord_Howe"]),
        minutes in proptest::collection::vec(0_i64..525_600, 50),
    ) {
        let texts = |it: &[(String, Vec<bool>)]| it.iter().map(|(text, _)| text.parse().unwrap()).collect();
        let zone = TimeZone::get(zone).unwrap();
        let hours = Hours::new(texts(&active), texts(&quiet), zone.clone());
        for minute in minutes {
            let now = at("2026-01-01T00:00:30Z") + minute.minutes();
            let wall = zone.to_datetime(now);
            let day = usize::try_from(wall.date().weekday().to_monday_zero_offset()).unwrap();
            let of_day = i32::from(wall.hour()) * 60 + i32::from(wall.minute());
            let of_week = day * 1440 + usize::try_from(of_day).unwrap();
            let in_any = |it: &[(String, Vec<bool>)]| it.iter().any(|(_, week)| week[of_week]);
            let expected = (active.is_empty() || in_any(&active)) && !in_any(&quiet);
            prop_assert_eq!(hours.contain(now), expected, "{} {:?} {:?}", wall, active.len(), quiet.len());
        }
    }
}

#[test]
fn what_is_shown_is_read_back_as_the_same() {
    for (text, shown) in [
        ("mon-fri 18:00-06:00", "mon-fri 18:00-06:00"),
        ("sat,sun", "sat,sun"),
        ("12:00-13:00", "12:00-13:00"),
        ("mon-sun", "mon-sun"),
        ("mon,tue,wed,fri 00:00-24:00", "mon,tue,wed,fri"),
        ("fri-mon 22:00-24:00", "fri-mon 22:00-24:00"),
    ] {
        let span: WeekSpan = text.parse().unwrap();
        assert_eq!(span.to_string(), shown);
        assert_eq!(shown.parse::<WeekSpan>().unwrap(), span);
    }
}
