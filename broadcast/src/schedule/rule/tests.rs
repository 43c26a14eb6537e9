//! What rules mean around DST, and what is refused before it can do harm.

use super::*;

const WARD: &str = "Asia/Ho_Chi_Minh";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The first starts from `from` on, as local times of `zone`.
fn starts(rule: &str, zone: &str, from: &str, n: usize) -> Vec<String> {
    let rule = Rule::parse(rule, WARD).unwrap();
    let from = at(from);
    let year = Duration::from_hours(366 * 24);
    let local = |at: &Timestamp| at.in_tz(zone).unwrap().strftime("%m-%d %H:%M%:z").to_string();
    rule.starts(from, from + year).unwrap().iter().take(n).map(local).collect()
}

fn refused(text: &str) -> RuleError {
    Rule::parse(text, WARD).unwrap_err()
}

#[test]
fn a_local_time_without_a_zone_is_the_wards() {
    let rule = "DTSTART:20260105T053000\nRRULE:FREQ=DAILY";
    assert_eq!(
        starts(rule, WARD, "2026-02-01T00:00:00Z", 2),
        ["02-02 05:30+07:00", "02-03 05:30+07:00"]
    );
    let kept = Rule::parse(rule, WARD).unwrap();
    assert!(kept.as_str().starts_with("DTSTART;TZID=Asia/Ho_Chi_Minh:"));
    assert_eq!(Rule::parse(kept.as_str(), "Europe/Paris").unwrap(), kept);
}

#[test]
fn a_time_in_the_gap_plays_after_it_and_one_in_the_fold_plays_once() {
    let rule = "DTSTART;TZID=Europe/Paris:20260101T023000\nRRULE:FREQ=DAILY";
    assert_eq!(
        starts(rule, "Europe/Paris", "2026-03-28T00:00:00Z", 3),
        ["03-28 02:30+01:00", "03-29 03:30+02:00", "03-30 02:30+02:00"]
    );
    assert_eq!(
        starts(rule, "Europe/Paris", "2026-10-24T00:00:00Z", 3),
        ["10-24 02:30+02:00", "10-25 02:30+02:00", "10-26 02:30+01:00"]
    );
}

#[test]
fn a_daily_time_keeps_to_the_wall_clock_over_both_changes() {
    let rule = "DTSTART;TZID=Europe/Paris:20260101T053000\nRRULE:FREQ=DAILY";
    assert_eq!(
        starts(rule, "Europe/Paris", "2026-03-28T00:00:00Z", 2),
        ["03-28 05:30+01:00", "03-29 05:30+02:00"]
    );
    let rule = "DTSTART;TZID=Australia/Lord_Howe:20260101T021500\nRRULE:FREQ=DAILY";
    // Lord Howe's gap is half an hour, from 02:00 to 02:30 on 2026-10-04.
    assert_eq!(
        starts(rule, "Australia/Lord_Howe", "2026-10-03T00:00:00Z", 2),
        ["10-04 02:45+11:00", "10-05 02:15+11:00"]
    );
}

#[test]
fn two_local_times_that_meet_behind_the_gap_are_one_start() {
    let rule = "DTSTART;TZID=Europe/Paris:20260101T023000\nRRULE:FREQ=DAILY;BYHOUR=2,3";
    assert_eq!(
        starts(rule, "Europe/Paris", "2026-03-29T00:00:00Z", 2),
        ["03-29 03:30+02:00", "03-30 02:30+02:00"]
    );
}

#[test]
fn starts_inside_the_gap_come_in_the_order_of_time() {
    let rule =
        "DTSTART;TZID=Europe/Paris:20260329T000500\nRRULE:FREQ=HOURLY;BYMINUTE=5,20;COUNT=10";
    assert_eq!(
        starts(rule, "Europe/Paris", "2026-03-29T00:00:00Z", 9),
        [
            "03-29 01:05+01:00",
            "03-29 01:20+01:00",
            "03-29 03:05+02:00",
            "03-29 03:20+02:00",
            "03-29 04:05+02:00",
            "03-29 04:20+02:00"
        ]
    );
}

#[test]
fn an_exception_inside_the_gap_or_the_fold_is_the_play_that_moved_there() {
    for (date, silent) in
        [("20260329T023000", "03-29 03:30"), ("20261025T023000", "10-25 02:30+02")]
    {
        let rule =
            format!("DTSTART;TZID=Europe/Paris:20260101T023000\nRRULE:FREQ=DAILY\nEXDATE:{date}");
        let starts = starts(&rule, "Europe/Paris", "2026-01-01T00:00:00Z", 400);
        assert_eq!(starts.len(), 365);
        assert!(!starts.iter().any(|it| it.starts_with(silent)), "{date}");
        let kept = Rule::parse(&rule, WARD).unwrap();
        assert_eq!(Rule::parse(kept.as_str(), WARD).unwrap(), kept);
    }
}

#[test]
fn a_start_inside_the_gap_or_the_fold_is_refused() {
    for start in ["20260329T023000", "20261025T023000"] {
        let error = refused(&format!("DTSTART;TZID=Europe/Paris:{start}\nRRULE:FREQ=DAILY"));
        assert!(matches!(error, RuleError::UncertainStart { .. }), "{error}");
    }
}

#[test]
fn exceptions_and_extra_dates_are_in_the_zone_of_the_start() {
    let rule = "DTSTART;TZID=Asia/Ho_Chi_Minh:20260901T053000\nRRULE:FREQ=DAILY;COUNT=4\n\
                EXDATE:20260902T053000\nRDATE:20260902T070000\nEXDATE:20260902T223000Z";
    assert_eq!(
        starts(rule, WARD, "2026-08-01T00:00:00Z", 9),
        ["09-01 05:30+07:00", "09-02 07:00+07:00", "09-04 05:30+07:00"]
    );
}

#[test]
fn lines_may_be_folded_and_may_be_indented() {
    let plain = "DTSTART:20260105T053000\nRRULE:FREQ=WEEKLY;BYDAY=MO,FR";
    for same in [
        "DTSTART:20260105T053000\r\nRRULE:FREQ=WEEKLY;\r\n BYDAY=MO,FR\r\n",
        "\n    DTSTART:20260105T053000\n\n    rrule:FREQ=WEEKLY;BYDAY=MO,FR\n    ",
    ] {
        assert_eq!(Rule::parse(same, WARD).unwrap(), Rule::parse(plain, WARD).unwrap());
    }
}

#[test]
fn until_a_date_includes_that_local_day() {
    let rule = "DTSTART:20260105T053000\nRRULE:FREQ=DAILY;UNTIL=20260106";
    assert_eq!(
        starts(rule, WARD, "2026-01-01T00:00:00Z", 9),
        ["01-05 05:30+07:00", "01-06 05:30+07:00"]
    );
}

#[test]
fn a_window_includes_its_start_and_not_its_end() {
    let rule = Rule::parse("DTSTART:20260105T053000Z\nRRULE:FREQ=DAILY", WARD).unwrap();
    let got = rule.starts(at("2026-01-06T05:30:00Z"), at("2026-01-07T05:30:00Z")).unwrap();
    assert_eq!(got, [at("2026-01-06T05:30:00Z")]);
}

#[test]
fn floods_are_refused() {
    for freq in ["SECONDLY", "MINUTELY", "MINUTELY;INTERVAL=15", "HOURLY;BYMINUTE=0,10,20,30,40,50"]
    {
        let error = refused(&format!("DTSTART:20260105T053000\nRRULE:FREQ={freq}"));
        assert!(matches!(error, RuleError::Flood { .. }), "{freq}: {error}");
    }
    let every_second: Vec<String> = (0..60).map(|it| it.to_string()).collect();
    let flood = format!("FREQ=DAILY;BYHOUR=5,6;BYSECOND={}", every_second.join(","));
    let error = refused(&format!("DTSTART:20260105T053000\nRRULE:{flood}"));
    assert_eq!(error, RuleError::Flood { n_a_day: 120, max: 96 });
}

#[test]
fn what_is_not_a_rule_says_why() {
    assert_eq!(refused("RRULE:FREQ=DAILY"), RuleError::NoStart);
    assert_eq!(
        refused("DTSTART;TZID=Asia/Hanoy:20260105T053000\nRRULE:FREQ=DAILY"),
        RuleError::UnknownZone { zone: "Asia/Hanoy".into() }
    );
    let no_time = |property: &str| RuleError::NoTimeOfDay { property: property.into() };
    assert_eq!(refused("DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=DAILY"), no_time("DTSTART"));
    assert_eq!(
        refused("DTSTART:20260105T053000\nRRULE:FREQ=DAILY\nEXDATE;VALUE=DATE:20260902"),
        no_time("EXDATE")
    );
    assert_eq!(refused("DTSTART:19700101T053000\nRRULE:FREQ=DAILY"), RuleError::TooOld);
    for text in [
        "hello",
        "DTSTART:20260105T053000",
        "DTSTART:20260105T053000\nRRULE:FREQ=SOMETIMES",
        "DTSTART:20260105T053000\nRRULE:FREQ=DAILY;UNTIL=tomorrow",
        "DTSTART:20260105T053000\nDTSTART:20260105T053000\nRRULE:FREQ=DAILY",
        "DTSTART:20260105T053000\nRRULE:FREQ=DAILY\nEXRULE:FREQ=WEEKLY",
        "DTSTART:20260105T053000\nRDATE:20260105T053000,20260105T053000Z",
    ] {
        assert!(matches!(refused(text), RuleError::Malformed { .. }), "{text}");
    }
    assert!(matches!(refused(&"x".repeat(20_000)), RuleError::TooLong { .. }));
}

#[test]
fn a_rule_that_never_matches_ends() {
    for freq in ["YEARLY", "DAILY", "HOURLY"] {
        let text = format!("DTSTART:20260105T053000\nRRULE:FREQ={freq};BYMONTH=2;BYMONTHDAY=30");
        let rule = Rule::parse(&text, WARD).unwrap();
        assert_eq!(rule.starts(at("2026-01-01T00:00:00Z"), Timestamp::MAX), Ok(vec![]));
    }
}

#[test]
fn an_expansion_answers_as_the_rule_does() {
    let rule = Rule::parse("DTSTART:20260105T053000\nRRULE:FREQ=HOURLY;INTERVAL=5", WARD).unwrap();
    let mut expansion = Expansion::new(rule.clone());
    let start = at("2026-01-01T00:00:00Z");
    for hours in [0, 3, 50, 20, 400, 401, 7, 2_000] {
        let from = start + Duration::from_hours(hours);
        let to = from + Duration::from_hours(24);
        assert_eq!(expansion.starts(from, to).unwrap(), rule.starts(from, to).unwrap());
    }
}
