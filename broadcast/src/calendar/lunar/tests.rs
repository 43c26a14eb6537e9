//! The lunar calendar against an ephemeris, against history, and against itself.

use proptest::prelude::*;

use super::*;

/// Tết of each year from 1968 to 2149 and, after a plus, its leap month: the same rules applied to the
/// new moons and the sun of a full ephemeris (libastro, VSOP87), not to ours.
const NEW_YEARS: &str = include_str!("new_years.txt");

fn lunar(date: Date) -> (i8, i8) {
    let lunar = LunarDate::of(date).unwrap();
    (lunar.day, lunar.month)
}

#[test]
fn every_new_year_and_leap_month_is_that_of_an_ephemeris() {
    let mut year = FIRST_YEAR;
    for entry in NEW_YEARS.split_whitespace() {
        let (date, leap) = entry.split_once('+').unwrap_or((entry, ""));
        let got = LunarYear::new(year).unwrap();
        assert_eq!(got.new_year(), date.parse::<Date>().unwrap(), "Tết {year}");
        assert_eq!(got.leap_month(), leap.parse().ok(), "leap month of {year}");
        year += 1;
    }
    assert_eq!(year, LAST_YEAR + 1);
}

#[test]
fn new_years_that_people_remember() {
    for date in [
        "1990-01-27",
        "1993-01-23",
        "1995-01-31",
        "1996-02-19",
        "1998-01-28",
        "2000-02-05",
        "2003-02-01",
        "2004-01-22",
        "2006-01-29",
        "2008-02-07",
        "2009-01-26",
        "2010-02-14",
        "2012-01-23",
        "2013-02-10",
        "2015-02-19",
        "2016-02-08",
        "2018-02-16",
        "2019-02-05",
        "2020-01-25",
        "2021-02-12",
        "2022-02-01",
        "2023-01-22",
        "2024-02-10",
        "2025-01-29",
        "2026-02-17",
        "2027-02-06",
        "2028-01-26",
        "2029-02-13",
        "2033-01-31",
        "2050-01-23",
    ] {
        assert_eq!(lunar(date.parse().unwrap()), (1, 1), "{date}");
    }
}

#[test]
fn where_it_parts_from_the_chinese_calendar() {
    for (vietnamese, chinese) in [
        ("1968-01-29", "1968-01-30"),
        ("1985-01-21", "1985-02-20"),
        ("2007-02-17", "2007-02-18"),
        ("2030-02-02", "2030-02-03"),
        ("2053-02-18", "2053-02-19"),
    ] {
        assert_eq!(lunar(vietnamese.parse().unwrap()), (1, 1));
        assert_ne!(lunar(chinese.parse().unwrap()), (1, 1));
    }
}

#[test]
fn feasts_of_a_year_with_two_sixth_months() {
    let year = LunarYear::new(2025).unwrap();
    assert_eq!(year.leap_month(), Some(6));
    let day = |month, day| year.date(month, day).map(|it| it.to_string());
    assert_eq!(day(3, 10).as_deref(), Some("2025-04-07"), "giỗ Tổ");
    assert_eq!(day(7, 15).as_deref(), Some("2025-09-06"), "Vu Lan");
    assert_eq!(day(8, 15).as_deref(), Some("2025-10-06"), "Trung thu");
    assert_eq!(day(12, 23).as_deref(), Some("2026-02-10"), "ông Công ông Táo");
    assert_eq!(year.last_day().to_string(), "2026-02-16", "giao thừa");
    let leap = LunarDate::of("2025-08-08".parse().unwrap()).unwrap();
    assert_eq!(leap, LunarDate { year: 2025, month: 6, is_leap: true, day: 15 });
    assert_eq!(year.date(12, 30), None, "the year 2025 ends on the 29th");
    assert_eq!(LunarYear::new(2024).unwrap().last_day().to_string(), "2025-01-28");
}

#[test]
fn the_leap_month_of_2033_is_the_eleventh() {
    let year = LunarYear::new(2033).unwrap();
    assert_eq!(year.leap_month(), Some(11));
    assert_eq!(year.months().len(), 13);
}

#[test]
fn years_that_nobody_computed_are_refused() {
    assert_eq!(LunarYear::new(1967), Err(OutOfRange(1967)));
    assert_eq!(LunarYear::new(2150), Err(OutOfRange(2150)));
    assert!(LunarDate::of(Date::constant(1968, 1, 28)).is_err());
    assert!(LunarDate::of(Date::constant(1968, 1, 29)).is_ok());
    assert!(LunarDate::of(Date::constant(2149, 12, 31)).is_ok());
    assert!(LunarDate::of(Date::MAX).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_day_has_one_name_and_the_next_day_the_next(n_days in 0..66_000_i32) {
        let date = Date::constant(1969, 1, 1) + n_days.days();
        let today = LunarDate::of(date).unwrap();
        let tomorrow = LunarDate::of(date.tomorrow().unwrap()).unwrap();
        let year = LunarYear::new(today.year).unwrap();
        let month = year.months().iter()
            .find(|it| (it.number, it.is_leap) == (today.month, today.is_leap)).unwrap();
        prop_assert_eq!(month.day(today.day), Some(date));
        if tomorrow.day == 1 {
            prop_assert!(today.day == month.n_days);
        } else {
            prop_assert_eq!(tomorrow, LunarDate { day: today.day + 1, ..today });
        }
    }
}
