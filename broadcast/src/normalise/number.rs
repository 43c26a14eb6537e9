//! Figures in words.

const DIGITS: [&str; 10] = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"];

/// More digits than this are an account or serial number, not a quantity.
const LONGEST_QUANTITY: usize = 15;

/// A whole number, as in "một nghìn không trăm linh năm". With a leading zero, or too long to be a
/// quantity, digit by digit. `digits` holds ASCII digits only.
pub(super) fn cardinal(digits: &str) -> String {
    let is_code = digits.len() > 1 && digits.starts_with('0');
    match digits.parse::<u64>() {
        Ok(value) if !is_code && digits.len() <= LONGEST_QUANTITY => in_words(value),
        _ => one_by_one(digits),
    }
}

/// As [`cardinal`], but a leading zero only pads: hours, days, months.
pub(super) fn padded(digits: &str) -> String {
    let bare = digits.trim_start_matches('0');
    if bare.is_empty() { "không".to_owned() } else { cardinal(bare) }
}

/// Digit by digit.
pub(super) fn one_by_one(digits: &str) -> String {
    let words: Vec<&str> = digits
        .chars()
        .filter_map(|c| c.to_digit(10))
        .filter_map(|digit| DIGITS.get(usize::try_from(digit).ok()?).copied())
        .collect();
    words.join(" ")
}

/// What stands behind the decimal comma: "hai mươi lăm", but "không năm" and "một hai năm".
pub(super) fn fraction(digits: &str) -> String {
    if digits.starts_with('0') || digits.len() > 2 { one_by_one(digits) } else { cardinal(digits) }
}

/// The place in a row: "nhất", "hai", "ba", "tư", ..
pub(super) fn ordinal(digits: &str) -> String {
    match digits.trim_start_matches('0') {
        "1" => "nhất".to_owned(),
        "4" => "tư".to_owned(),
        other => padded(other),
    }
}

pub(super) fn in_words(value: u64) -> String {
    let mut words = Vec::new();
    push_number(value, false, &mut words);
    words.join(" ")
}

/// `is_tail`: something higher was said, so that missing hundreds are said as well.
fn push_number(value: u64, is_tail: bool, words: &mut Vec<&'static str>) {
    for (scale, name) in [(1_000_000_000, "tỷ"), (1_000_000, "triệu"), (1_000, "nghìn")] {
        if value >= scale {
            push_number(value / scale, is_tail, words);
            words.push(name);
            if !value.is_multiple_of(scale) {
                push_number(value % scale, true, words);
            }
            return;
        }
    }
    push_hundreds(value, is_tail, words);
}

fn push_hundreds(value: u64, is_tail: bool, words: &mut Vec<&'static str>) {
    let (hundreds, tens, ones) = (value / 100, value / 10 % 10, value % 10);
    if hundreds > 0 || is_tail {
        words.extend([digit(hundreds), "trăm"]);
    }
    match tens {
        0 if ones > 0 && (hundreds > 0 || is_tail) => words.push("linh"),
        0 => {}
        1 => words.push("mười"),
        _ => words.extend([digit(tens), "mươi"]),
    }
    match (tens, ones) {
        (0, 0) if hundreds == 0 && !is_tail => words.push("không"),
        (_, 0) => {}
        (2.., 1) => words.push("mốt"),
        (1.., 5) => words.push("lăm"),
        (_, ones) => words.push(digit(ones)),
    }
}

fn digit(value: u64) -> &'static str {
    usize::try_from(value).ok().and_then(|at| DIGITS.get(at)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_in_school() {
        let check = |digits: &str, words: &str| assert_eq!(cardinal(digits), words, "{digits}");
        check("0", "không");
        check("10", "mười");
        check("15", "mười lăm");
        check("21", "hai mươi mốt");
        check("24", "hai mươi bốn");
        check("55", "năm mươi lăm");
        check("100", "một trăm");
        check("101", "một trăm linh một");
        check("111", "một trăm mười một");
        check("1000", "một nghìn");
        check("1005", "một nghìn không trăm linh năm");
        check("2026", "hai nghìn không trăm hai mươi sáu");
        check("1000005", "một triệu không trăm linh năm");
        check("1250000", "một triệu hai trăm năm mươi nghìn");
        check("20000000000", "hai mươi tỷ");
        check("1000000000000", "một nghìn tỷ");
        check("007", "không không bảy");
        check(
            "1234567890123456",
            "một hai ba bốn năm sáu bảy tám chín không một hai ba bốn năm sáu",
        );
    }
}
