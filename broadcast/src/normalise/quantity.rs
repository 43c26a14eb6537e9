//! Numbers with what they count: `1.250.000đ`, `30%`, `5-10 km2`, `-5°C`, `12A`, `15/3`.

use super::number::{cardinal, counted, fraction, one_by_one};
use super::said::Said;
use super::scan::Scan;
use super::word::letter_name;

mod amount;
mod unit;

use amount::{Amount, amount, grouped};

/// Behind these, `1-3` are the goals of two sides.
const SCORES: &[&str] = &["tỷ số", "tỉ số", "thắng", "thua", "hòa", "hoà", "dẫn", "dẫn trước"];
const SCHOOL_YEAR: &[&str] = &["năm học", "niên khóa", "niên khoá"];
pub(super) fn quantity(scan: &mut Scan<'_>, said: &Said) -> Option<String> {
    if scan.peek() == Some('²') || scan.peek() == Some('³') {
        return None;
    }
    if let Some(area) = unit::bare(scan) {
        return Some(area);
    }
    let mut ahead = *scan;
    if let Some(section) = section(&mut ahead, said) {
        *scan = ahead;
        return Some(section);
    }
    let is_dollar = scan.eat("$");
    let is_negative = is_negative_sign(scan);
    let from = amount(scan, said)?;
    let mut words = from.words;
    // "1.024/1.310 cử tri"; without dots it is `slashed`.
    while scan.rest().starts_with('/') {
        let mut ahead = *scan;
        ahead.eat("/");
        let Some(of) = grouped(&mut ahead) else { break };
        words = format!("{words} trên {}", of.words);
        *scan = ahead;
    }
    if is_negative {
        words.insert_str(0, "âm ");
    }
    if let Some(times) = times(scan, said) {
        words.push_str(&times);
    }
    if !said.ends_with_any(SCORES)
        && let Some(to) = range_end(scan, from.value)
    {
        // "Năm học 2026-2027" names one year by its two halves.
        words.push_str(if said.ends_with_any(SCHOOL_YEAR) { ", " } else { " đến " });
        words.push_str(&to);
    }
    if let Some(tail) = letters_behind(scan) {
        return Some(format!("{words} {tail}"));
    }
    if is_dollar {
        words.push_str(" đô la Mỹ");
    } else if let Some(unit) = unit::behind(scan) {
        words.push(' ');
        words.push_str(&unit);
        // "2,5m x 40m"
        let mut ahead = *scan;
        if ahead.eat_any(&[" x ", " × ", "x"])
            && let Some(side) = quantity(&mut ahead, said)
        {
            *scan = ahead;
            words = format!("{words} nhân {side}");
        }
    }
    scan.is_boundary().then_some(words)
}

/// `1.1. Mục tiêu`: a heading's number, at the start of a sentence.
fn section(scan: &mut Scan<'_>, said: &Said) -> Option<String> {
    if !said.is_sentence_start() {
        return None;
    }
    let (major, minor) = (scan.digits(1..=2)?, scan.eat(".").then(|| scan.digits(1..=2))??);
    let mut ahead = *scan;
    let is_heading =
        ahead.eat_any(&[". ", ".", ") ", " "]) && ahead.peek().is_some_and(char::is_uppercase);
    is_heading.then(|| format!("{} chấm {}", counted(major), counted(minor)))
}

/// `3x4m`, `2 x 3 x 1`: sides of a thing.
fn times(scan: &mut Scan<'_>, said: &Said) -> Option<String> {
    let mut words = String::new();
    let mut ahead = *scan;
    while ahead.eat_any(&["x", "×", " x ", " × "])
        && let Some(side) = amount(&mut ahead, said)
    {
        words.push_str(" nhân ");
        words.push_str(&side.words);
        *scan = ahead;
    }
    (!words.is_empty()).then_some(words)
}

fn range_end(scan: &mut Scan<'_>, from: Option<f64>) -> Option<String> {
    let mut ahead = *scan;
    // "5% - 10%", "5m-10m": the unit is said once, at the end.
    for unit in ["%", "km", "m", "kg", "đ"] {
        let mut behind = ahead;
        if behind.eat(unit) && behind.eat_dash() {
            ahead.eat(unit);
            break;
        }
    }
    if !ahead.eat_dash() {
        return None;
    }
    let start = ahead;
    let to = grouped(&mut ahead).or_else(|| {
        ahead = start;
        let whole = ahead.digits(1..=12)?;
        let mut behind = ahead;
        if behind.eat(",")
            && let Some(part) = behind.digits(1..=3)
        {
            ahead = behind;
            let words = format!("{} phẩy {}", cardinal(whole), fraction(part));
            return Some(Amount { words, value: format!("{whole}.{part}").parse().ok() });
        }
        Some(Amount { words: counted(whole), value: whole.parse().ok() })
    })?;
    // A further dash makes it a list or a code; a fall makes it a score.
    let is_rising = matches!((from, to.value), (Some(from), Some(to)) if from < to);
    if !is_rising || ahead.rest().starts_with('-') || ahead.rest().starts_with('/') {
        return None;
    }
    *scan = ahead;
    Some(to.words)
}

/// A minus sign, which stands behind a space; a dash between words has a space behind it.
fn is_negative_sign(scan: &mut Scan<'_>) -> bool {
    let is_free = scan.previous().is_none_or(char::is_whitespace);
    let mut ahead = *scan;
    let is_sign = is_free && ahead.eat_any(&["-", "−"]);
    let is_negative = is_sign && ahead.peek().is_some_and(|c| c.is_ascii_digit());
    if is_negative {
        *scan = ahead;
    }
    is_negative
}

/// `12A`, `1A`, `5G`: the letter of a house, a road or a class.
fn letters_behind(scan: &mut Scan<'_>) -> Option<String> {
    let mut ahead = *scan;
    let letters = ahead.take_while(|c| c.is_ascii_uppercase());
    let is_unit = unit::is_symbol(letters);
    if letters.is_empty() || letters.len() > 2 || is_unit || !ahead.is_boundary() {
        return None;
    }
    *scan = ahead;
    let names: Vec<&str> = letters.chars().filter_map(letter_name).collect();
    Some(names.join(" "))
}

/// Digits that nothing else could read.
pub(super) fn digits(scan: &mut Scan<'_>) -> Option<String> {
    scan.digits(1..=1000).map(one_by_one)
}
