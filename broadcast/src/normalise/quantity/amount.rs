//! A figure alone: whole, with dots, with a decimal comma, a fraction, a section's number.

use super::super::date;
use super::super::number::{self, cardinal, counted, fraction, ordinal};
use super::super::said::Said;
use super::super::scan::Scan;

/// Behind these, a slash or colon stands in an address or a ratio: "số nhà 15/3".
const ADDRESS: &[&str] =
    &["số", "nhà", "hẻm", "ngõ", "kiệt", "ngách", "lô", "lớp", "tỷ lệ", "tỉ lệ", "tỷ số", "tỉ số"];

/// Behind these, a padded number is dictated: "mã 05".
const DICTATED: &[&str] = &["mã", "mã số", "phím", "bấm", "đầu số", "bàn phím"];

pub(super) struct Amount {
    pub(super) words: String,
    /// For ranges, which must rise: "2-1" is a score.
    pub(super) value: Option<f64>,
}

pub(super) fn amount(scan: &mut Scan<'_>, said: &Said) -> Option<Amount> {
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
    let is_month = said.ends_with_any(&["tháng"]) && matches!(whole, "4" | "04");
    // A crossing of four streets is "ngã tư".
    let is_place = said.ends_with_any(&["thứ"]) || said.ends_with_any(&["ngã"]) && whole == "4";
    let words = if said.ends_with_any(&["tháng"]) && date::is_lunar(scan) {
        date::lunar_month(whole)
    } else if is_month || is_place {
        ordinal(whole)
    } else if said.ends_with_any(DICTATED) {
        cardinal(whole)
    } else {
        counted(whole)
    };
    Some(Amount { words, value: whole.parse().ok() })
}

/// `1.250.000`, `1.250.000,5`, `1,250,000`.
pub(super) fn grouped(scan: &mut Scan<'_>) -> Option<Amount> {
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
    let mut words = number::grouped(&digits);
    let mut ahead = *scan;
    if separator == "."
        && ahead.eat(",")
        && let Some(part) = ahead.digits(1..=3)
    {
        *scan = ahead;
        words = format!("{words} phẩy {}", fraction(part));
    }
    let is_share = scan.rest().starts_with('/');
    (is_share || scan.is_figure_end()).then(|| Amount { words, value: digits.parse().ok() })
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
