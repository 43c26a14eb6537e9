//! Numbers that name somebody or something and count nothing: accounts, identity papers, plates.

use super::number::{code, one_by_one};
use super::said::{Said, ends_with_phrase};
use super::scan::Scan;
use super::word::letter_name;

/// What such a number follows, with or without "số".
const NAMED: &[&str] = &[
    "tài khoản",
    "căn cước",
    "căn cước công dân",
    "chứng minh nhân dân",
    "mã số thuế",
    "mã số",
    "mã",
    "mã hồ sơ",
    "mã khách hàng",
    "mã định danh",
    "định danh",
    "định danh cá nhân",
    "thẻ",
    "thẻ bảo hiểm y tế",
    "bảo hiểm xã hội",
    "hộ chiếu",
    "giấy phép lái xe",
    "hợp đồng",
    "seri",
];
/// Fewer digits than this are counted: "thẻ số 12".
const FEWEST_DIGITS: usize = 4;

/// `048085001234` behind "căn cước công dân số", in one piece or in groups.
pub(super) fn named(scan: &mut Scan<'_>, said: &Said) -> Option<String> {
    let before = said.before();
    let noun = before.strip_suffix(" số").unwrap_or(&before);
    if !ends_with_phrase(noun.trim_end_matches(','), NAMED) {
        return None;
    }
    let mut groups = vec![scan.digits(1..=24)?];
    let mut ahead = *scan;
    while ahead.eat_any(&[" ", ".", "-"])
        && let Some(group) = ahead.digits(2..=8)
        && ahead.is_boundary()
    {
        groups.push(group);
        *scan = ahead;
    }
    let n_digits: usize = groups.iter().map(|it| it.len()).sum();
    if n_digits < FEWEST_DIGITS || !scan.is_number_end() {
        return None;
    }
    let words: Vec<String> = groups.iter().map(|it| code(it)).collect();
    Some(words.join(", "))
}

/// `BA 123456` behind "số": the series of a paper, spelled even where it looks like a word.
pub(super) fn series(scan: &mut Scan<'_>, said: &Said) -> Option<String> {
    if !said.ends_with_any(&["số", "seri"]) {
        return None;
    }
    let letters = scan.take_while(char::is_uppercase);
    let names: Vec<&str> = letters.chars().filter_map(letter_name).collect();
    scan.eat(" ");
    let digits = scan.digits(5..=10)?;
    let is_series = (1..=2).contains(&names.len()) && scan.is_number_end();
    is_series.then(|| format!("{}, {}", names.join(" "), code(digits)))
}

/// `43A-123.45`, `29C1-456.78`, `92A 1234`: a vehicle's plate (Thông tư 79/2024/TT-BCA, annex 2).
pub(super) fn plate(scan: &mut Scan<'_>, said: &Said) -> Option<String> {
    let province = scan.digits(2..=2)?;
    let series = scan.take_while(|c| c.is_ascii_uppercase());
    let names: Vec<&str> = series.chars().filter_map(letter_name).collect();
    if !(1..=2).contains(&names.len()) {
        return None;
    }
    let vehicle = scan.digits(1..=1);
    let is_told = said.ends_with_any(&["biển số", "biển kiểm soát", "biển số xe", "xe"]);
    if !(scan.eat("-") || is_told && scan.eat(" ")) {
        return None;
    }
    let first = scan.digits(3..=5)?;
    let mut words = format!("{} {}", one_by_one(province), names.join(" "));
    if let Some(vehicle) = vehicle {
        words = format!("{words} {}", one_by_one(vehicle));
    }
    words = format!("{words}, {}", one_by_one(first));
    if first.len() == 3 {
        let last = scan.eat(".").then(|| scan.digits(2..=2))??;
        words = format!("{words}, {}", one_by_one(last));
    }
    scan.is_number_end().then_some(words)
}
