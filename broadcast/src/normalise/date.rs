//! Dates: `02/09/2026`, `2-9-2026`, `2026-09-02`, `9/2026`, `ngày 2/9`, `1-5/9`, and ranges.

use super::number::{in_words, padded};
use super::said::Said;
use super::scan::Scan;

mod context;

pub(super) use context::{follows_a_day, is_lunar};
use context::{is_day, is_named_by_day};

/// What is counted anew each year: "quý 3/2026".
const NUMBERED_IN_A_YEAR: &[&str] = &["quý", "đợt", "số", "học kỳ", "kỳ", "lần", "phiên"];
/// Words that already say "day".
const SAYS_DAY: &[&str] = &["ngày", "mùng", "mồng"];

/// A day, with what is known of its month and year.
struct Day<'a> {
    of_month: &'a str,
    month: Option<&'a str>,
    year: Option<&'a str>,
}

/// How a day is said: what the sentence has said of it already, and by which calendar.
#[derive(Clone, Copy)]
struct Manner {
    says_day: bool,
    says_first_ten: bool,
    is_lunar: bool,
}

impl Manner {
    fn of(said: &Said, scan: &Scan<'_>) -> Self {
        Self {
            says_day: said.ends_with_any(SAYS_DAY) || is_named_by_day(said),
            says_first_ten: said.ends_with_any(&["mùng", "mồng"]),
            is_lunar: is_lunar(scan),
        }
    }

    /// For the end of a range, which the words before it say nothing of.
    fn afresh(self) -> Self {
        Self { says_day: false, says_first_ten: false, ..self }
    }
}

impl Day<'_> {
    /// The moon's first ten days are "mùng".
    fn words(&self, manner: Manner) -> String {
        let mut words = String::new();
        if !manner.says_day {
            words.push_str("ngày ");
        }
        if manner.is_lunar && !manner.says_first_ten && is_in(self.of_month, 1, 10) {
            words.push_str("mùng ");
        }
        words.push_str(&padded(self.of_month));
        if let Some(month) = self.month {
            words.push_str(" tháng ");
            let is_lunar = manner.is_lunar;
            words.push_str(&if is_lunar { lunar_month(month) } else { month_words(month) });
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
    // "Từ 08 đến 10/6" and "08-10/6" are the same.
    if !scan.eat_dash() && (from.month.is_some() || !scan.eat(" đến ")) {
        return None;
    }
    let to = numeric(scan)?;
    let is_day_of_month = from.month.is_some() || is_day(said, &to, scan);
    if !is_day_of_month || !scan.is_number_end() {
        return None;
    }
    let manner = Manner::of(said, scan);
    Some(format!("{} đến {}", from.words(manner), to.words(manner.afresh())))
}

/// `5, 6 và 7/9` behind "ngày": the month stands at the last one only.
pub(super) fn list(scan: &mut Scan<'_>, said: &Said) -> Option<String> {
    if !said.ends_with_any(SAYS_DAY) {
        return None;
    }
    let mut words = Vec::new();
    loop {
        let mut ahead = *scan;
        if let Some(last) = numeric(&mut ahead).filter(|_| !words.is_empty()) {
            *scan = ahead;
            let manner = Manner { says_day: true, ..Manner::of(said, scan) };
            words.push(last.words(manner));
            return scan.is_number_end().then(|| words.join(" "));
        }
        let day = bare_day(scan)?;
        words.push(padded(day.of_month));
        if scan.eat_any(&[" và ", " & "]) {
            words.push("và".to_owned());
        } else if scan.eat_any(&[", ", ","]) {
            words.last_mut()?.push(',');
        } else {
            return None;
        }
    }
}

/// `02/09/2026`, `ngày 2/9`, `tháng 9/2026`, `2026-09-02`.
pub(super) fn date(scan: &mut Scan<'_>, said: &Said) -> Option<String> {
    let start = *scan;
    if let Some(day) = numeric(scan).filter(|_| scan.is_number_end()) {
        return is_day(said, &day, scan).then(|| day.words(Manner::of(said, scan)));
    }
    *scan = start;
    if let Some(day) = iso(scan) {
        return Some(day.words(Manner::of(said, scan)));
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
    if !scan.is_number_end() {
        return None;
    }
    let name = if said.ends_with_any(NUMBERED_IN_A_YEAR) {
        padded(month)
    } else if said.ends_with_any(&["tháng"]) {
        month_words(month)
    } else {
        format!("tháng {}", month_words(month))
    };
    Some(format!("{name} năm {}", padded(year)))
}

/// The moon's first and last month have names.
pub(super) fn lunar_month(month: &str) -> String {
    match month.trim_start_matches('0') {
        "1" => "giêng".to_owned(),
        "12" => "chạp".to_owned(),
        _ => month_words(month),
    }
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
