//! Times of day: `7h`, `7h30`, `07h00`, `7g30`, `7:30`, and ranges of them.

use super::number::padded;
use super::said::Said;
use super::scan::Scan;

/// Before these, `1:10` is a proportion.
const PROPORTIONS: &[&str] = &["tỷ lệ", "tỉ lệ", "tỷ số", "tỉ số", "bản đồ"];

/// Behind these, `7g` is an hour, as the south writes it.
const TIME_FOLLOWS: &[&str] = &["lúc", "vào lúc", "từ", "đến", "trước", "hồi"];

/// `7h00-8h30`, `7-8h`.
pub(super) fn range(scan: &mut Scan<'_>, said: &Said) -> Option<String> {
    let from = time(scan, said).or_else(|| bare_hour(scan))?;
    if !scan.eat_dash() {
        return None;
    }
    let to = time(scan, said)?;
    Some(format!("{from} đến {to}"))
}

/// `7h30`; the word "phút" is not doubled where it is written.
pub(super) fn time(scan: &mut Scan<'_>, said: &Said) -> Option<String> {
    let mut ahead = *scan;
    if said.ends_with_any(&["giờ"]) && ahead.digits(2..=2) == Some("00") && ahead.is_number_end()
    {
        // "16 giờ 00" is sharp.
        ahead.eat_any(&[" phút", "'", "’"]);
        *scan = ahead;
        return Some(String::new());
    }
    let mut ahead = *scan;
    let hour = ahead.digits(1..=2).filter(|it| is_at_most(it, 24))?;
    let minute = if ahead.eat(":") {
        let is_proportion = said.ends_with_any(PROPORTIONS);
        Some(minutes(&mut ahead).filter(|_| !is_proportion)?)
    } else if ahead.eat_any(&["giờ", "h", "H"]) {
        minutes(&mut ahead)
    } else if ahead.eat_any(&["g", "G"]) {
        let minute = minutes(&mut ahead);
        // `7g` alone is a weight, but where a time is told.
        if minute.is_none() && !said.ends_with_any(TIME_FOLLOWS) {
            return None;
        }
        minute
    } else {
        return None;
    };
    let is_minute_written = minute.is_some() && ahead.eat_any(&["'", "’", "phút", "ph", "p"]);
    // Seconds are never said in an announcement; `7:30:00` is a log line, not a time to meet.
    if !ahead.is_boundary()
        || ahead.rest().starts_with(':') && !is_minute_written && has_digit(&ahead)
    {
        return None;
    }
    let says_minute_itself = ahead.rest().trim_start().starts_with("phút");
    *scan = ahead;
    let hour = padded(hour);
    Some(match minute {
        None | Some("00") => format!("{hour} giờ"),
        Some(minute) if says_minute_itself => format!("{hour} giờ {}", padded(minute)),
        Some(minute) => format!("{hour} giờ {} phút", padded(minute)),
    })
}

fn bare_hour(scan: &mut Scan<'_>) -> Option<String> {
    scan.digits(1..=2).filter(|it| is_at_most(it, 24)).map(padded)
}

fn minutes<'a>(scan: &mut Scan<'a>) -> Option<&'a str> {
    scan.digits(2..=2).filter(|it| is_at_most(it, 59))
}

fn has_digit(scan: &Scan<'_>) -> bool {
    scan.rest().chars().nth(1).is_some_and(|c| c.is_ascii_digit())
}

fn is_at_most(digits: &str, most: u8) -> bool {
    digits.parse::<u8>().is_ok_and(|value| value <= most)
}
