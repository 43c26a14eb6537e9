//! Dates: `02/09/2026`, `2-9-2026`, `2026-09-02`, `9/2026`, `ngày 2/9`, `1-5/9`, and ranges.

use super::number::{in_words, padded};
use super::said::Said;
use super::scan::Scan;

/// Words after which `2/9` is a day and not two ninths.
const DAY_FOLLOWS: &[&str] = &[
    "ngày",
    "sáng",
    "trưa",
    "chiều",
    "tối",
    "đêm",
    "từ",
    "đến",
    "hôm",
    "trước",
    "sau",
    "mùng",
    "mồng",
    "lễ",
    "dịp",
    "khánh",
    "chủ nhật",
    "thứ hai",
    "thứ ba",
    "thứ tư",
    "thứ năm",
    "thứ sáu",
    "thứ bảy",
    "nay",
    "mai",
    "rằm",
];
/// Words that already say "day".
const SAYS_DAY: &[&str] = &["ngày", "mùng", "mồng"];

/// A day, with what is known of its month and year.
struct Day<'a> {
    of_month: &'a str,
    month: Option<&'a str>,
    year: Option<&'a str>,
}

impl Day<'_> {
    fn words(&self, says_day: bool) -> String {
        let mut words = String::new();
        if !says_day {
            words.push_str("ngày ");
        }
        words.push_str(&padded(self.of_month));
        if let Some(month) = self.month {
            words.push_str(" tháng ");
            words.push_str(&month_words(month));
        }
        if let Some(year) = self.year {
            words.push_str(" năm ");
            words.push_str(&padded(year));
        }
        words
    }
}

/// `01/9-05/9/2026`, `1-5/9`, `30/8 - 2/9`.
pub(super) fn range(scan: &mut Scan<'_>, said: &Said) -> Option<String> {
    let from = numeric(scan).or_else(|| bare_day(scan))?;
    if !scan.eat_dash() {
        return None;
    }
    let to = numeric(scan)?;
    let is_day_of_month = from.month.is_some() || is_day_first(said, &to);
    if !is_day_of_month || !scan.is_number_end() {
        return None;
    }
    let says_day = said.ends_with_any(SAYS_DAY);
    Some(format!("{} đến {}", from.words(says_day), to.words(false)))
}

/// `02/09/2026`, `ngày 2/9`, `tháng 9/2026`, `2026-09-02`.
pub(super) fn date(scan: &mut Scan<'_>, said: &Said) -> Option<String> {
    let start = *scan;
    let says_day = said.ends_with_any(SAYS_DAY);
    if let Some(day) = numeric(scan).filter(|_| scan.is_number_end()) {
        return is_day_first(said, &day).then(|| day.words(says_day));
    }
    *scan = start;
    if let Some(day) = iso(scan) {
        return Some(day.words(says_day));
    }
    *scan = start;
    month_of_year(scan, said)
}

/// Day first, with the same separator throughout: `d/m`, `d/m/yyyy`, `d-m-yyyy`, `d.m.yyyy`.
fn numeric<'a>(scan: &mut Scan<'a>) -> Option<Day<'a>> {
    let mut ahead = *scan;
    let day = ahead.digits(1..=2).filter(|it| is_in(it, 1, 31))?;
    let separator = ["/", "-", "."].into_iter().find(|it| ahead.eat(it))?;
    let month = ahead.digits(1..=2).filter(|it| is_in(it, 1, 12))?;
    let mut with_year = ahead;
    let year = if with_year.eat(separator) {
        with_year.digits(4..=4).filter(|it| is_in(it, 1000, 2999))
    } else {
        None
    };
    if year.is_some() {
        ahead = with_year;
    } else if separator != "/" {
        return None; // `10-12` and `3.5` are not days
    }
    if !ahead.is_boundary() {
        return None;
    }
    *scan = ahead;
    Some(Day { of_month: day, month: Some(month), year })
}

fn bare_day<'a>(scan: &mut Scan<'a>) -> Option<Day<'a>> {
    let day = scan.digits(1..=2).filter(|it| is_in(it, 1, 31))?;
    Some(Day { of_month: day, month: None, year: None })
}

fn iso<'a>(scan: &mut Scan<'a>) -> Option<Day<'a>> {
    let year = scan.digits(4..=4).filter(|it| is_in(it, 1000, 2999))?;
    let month = scan.eat("-").then(|| scan.digits(2..=2))?.filter(|it| is_in(it, 1, 12))?;
    let day = scan.eat("-").then(|| scan.digits(2..=2))?.filter(|it| is_in(it, 1, 31))?;
    scan.is_number_end().then_some(Day { of_month: day, month: Some(month), year: Some(year) })
}

/// `9/2026`, and `2026` after a slash that follows a month or a quarter in words.
fn month_of_year(scan: &mut Scan<'_>, said: &Said) -> Option<String> {
    let month = scan.digits(1..=2).filter(|it| is_in(it, 1, 12))?;
    let year = scan.eat("/").then(|| scan.digits(4..=4))?.filter(|it| is_in(it, 1900, 2100))?;
    if !scan.is_number_end() || said.ends_with_any(&["số"]) {
        return None;
    }
    let name = if said.ends_with_any(&["quý"]) {
        padded(month)
    } else if said.ends_with_any(&["tháng"]) {
        month_words(month)
    } else {
        format!("tháng {}", month_words(month))
    };
    Some(format!("{name} năm {}", padded(year)))
}

/// Whether `2/9` is a day here: it says its year, is padded as only dates are, or follows a word
/// that a day follows.
fn is_day_first(said: &Said, day: &Day<'_>) -> bool {
    let is_padded =
        day.of_month.starts_with('0') || day.month.is_some_and(|it| it.starts_with('0'));
    day.year.is_some() || is_padded || said.ends_with_any(DAY_FOLLOWS)
}

/// April is "tháng tư".
fn month_words(month: &str) -> String {
    match month.trim_start_matches('0').parse::<u64>() {
        Ok(4) => "tư".to_owned(),
        Ok(month) => in_words(month),
        Err(_) => padded(month),
    }
}

fn is_in(digits: &str, least: u16, most: u16) -> bool {
    digits.parse::<u16>().is_ok_and(|value| (least..=most).contains(&value))
}
