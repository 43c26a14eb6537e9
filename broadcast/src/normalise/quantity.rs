//! Numbers with what they count: `1.250.000đ`, `30%`, `5-10 km2`, `-5°C`, `12A`, `15/3`.

use super::number::{cardinal, fraction, one_by_one, ordinal};
use super::said::Said;
use super::scan::Scan;
use super::word::letter_name;

mod unit;

/// Behind these, a slash or colon stands in an address or a ratio: "số nhà 15/3".
const ADDRESS: &[&str] =
    &["số", "nhà", "hẻm", "ngõ", "kiệt", "ngách", "lô", "tỷ lệ", "tỉ lệ", "tỷ số", "tỉ số"];

pub(super) fn quantity(scan: &mut Scan<'_>, said: &Said) -> Option<String> {
    if scan.peek() == Some('²') || scan.peek() == Some('³') {
        return None;
    }
    if let Some(area) = unit::bare(scan) {
        return Some(area);
    }
    let is_dollar = scan.eat("$");
    let is_negative = is_negative_sign(scan);
    let from = amount(scan, said)?;
    let mut words = from.words;
    if is_negative {
        words.insert_str(0, "âm ");
    }
    if let Some(to) = range_end(scan, from.value) {
        words.push_str(" đến ");
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
    }
    scan.is_boundary().then_some(words)
}

struct Amount {
    words: String,
    /// For ranges, which must rise: "2-1" is a score.
    value: Option<f64>,
}

fn amount(scan: &mut Scan<'_>, said: &Said) -> Option<Amount> {
    let start = *scan;
    if let Some(amount) = grouped(scan) {
        return Some(amount);
    }
    *scan = start;
    let whole = scan.digits(1..=40)?;
    let mut ahead = *scan;
    if ahead.eat_any(&[",", "."])
        && let Some(part) = ahead.digits(1..=6)
        && ahead.is_figure_end()
    {
        *scan = ahead;
        let words = format!("{} phẩy {}", cardinal(whole), fraction(part));
        return Some(Amount { words, value: format!("{whole}.{part}").parse().ok() });
    }
    if let Some(words) = slashed(scan, whole, said).or_else(|| dotted(scan, whole)) {
        return Some(Amount { words, value: None });
    }
    let is_month = said.ends_with_any(&["tháng"]) && whole == "4";
    let is_place = said.ends_with_any(&["thứ"]);
    let words = if is_month || is_place { ordinal(whole) } else { cardinal(whole) };
    Some(Amount { words, value: whole.parse().ok() })
}

/// `1.250.000`, `1.250.000,5`, `1,250,000`.
fn grouped(scan: &mut Scan<'_>) -> Option<Amount> {
    let mut digits = scan.digits(1..=3).filter(|it| !it.starts_with('0'))?.to_owned();
    let separator = [".", ","].into_iter().find(|it| scan.rest().starts_with(it))?;
    let mut n_groups = 0;
    let mut ahead = *scan;
    while ahead.eat(separator)
        && let Some(group) = ahead.digits(3..=3)
    {
        digits.push_str(group);
        n_groups += 1;
        *scan = ahead;
    }
    // One group behind a comma is a decimal here: "1,250" is one and a quarter.
    if n_groups == 0 || separator == "," && n_groups < 2 {
        return None;
    }
    let mut words = cardinal(&digits);
    let mut ahead = *scan;
    if separator == "."
        && ahead.eat(",")
        && let Some(part) = ahead.digits(1..=3)
    {
        *scan = ahead;
        words = format!("{words} phẩy {}", fraction(part));
    }
    scan.is_figure_end().then(|| Amount { words, value: digits.parse().ok() })
}

/// `15/3`, `12/34/5`, `1/2`, `24/7`, `1:10`.
fn slashed(scan: &mut Scan<'_>, whole: &str, said: &Said) -> Option<String> {
    let mut parts = vec![whole];
    let mut ahead = *scan;
    while ahead.eat_any(&["/", ":"])
        && let Some(part) = ahead.digits(1..=4)
    {
        parts.push(part);
        *scan = ahead;
    }
    match parts.as_slice() {
        [_] => None,
        [above, below] if is_fraction(above, below) && !said.ends_with_any(ADDRESS) => {
            Some(format!("{} phần {}", cardinal(above), ordinal(below)))
        }
        several => {
            let words: Vec<String> = several.iter().map(|it| cardinal(it)).collect();
            Some(words.join(" trên "))
        }
    }
}

fn is_fraction(above: &str, below: &str) -> bool {
    let (Ok(above), Ok(below)) = (above.parse::<u16>(), below.parse::<u16>()) else {
        return false;
    };
    (1..below).contains(&above) && (below <= 10 || below == 100)
}

/// `1.2.3`: a section or a version.
fn dotted(scan: &mut Scan<'_>, whole: &str) -> Option<String> {
    let mut words = vec![cardinal(whole)];
    let (mut ahead, mut end) = (*scan, *scan);
    while ahead.eat(".")
        && let Some(part) = ahead.digits(1..=4)
    {
        words.push(cardinal(part));
        end = ahead;
    }
    (words.len() > 2).then(|| {
        *scan = end;
        words.join(" chấm ")
    })
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
        Some(Amount { words: cardinal(whole), value: whole.parse().ok() })
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
