//! Figures in words.

const DIGITS: [&str; 10] = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"];

/// More digits than this in one piece are an account or serial number: quantities have dots.
const LONGEST_UNDOTTED: usize = 9;
/// More digits than this are no quantity even with dots.
const LONGEST_QUANTITY: usize = 15;
/// Up to here a code is said in one breath.
const LONGEST_BREATH: usize = 5;

/// Every word that a number is made of.
pub(super) const WORDS: &[&str] = &[
    "không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười", "mươi", "mốt",
    "tư", "lăm", "trăm", "linh", "lẻ", "nghìn", "ngàn", "triệu", "tỷ", "phẩy", "nhất", "rưỡi",
];

/// A whole number, as in "một nghìn không trăm linh năm". With a leading zero, or too long to be a
/// quantity, as a [`code`]. `digits` holds ASCII digits only.
pub(super) fn cardinal(digits: &str) -> String {
    let is_code = digits.len() > 1 && digits.starts_with('0') || digits.len() > LONGEST_UNDOTTED;
    if is_code { code(digits) } else { grouped(digits) }
}

/// As [`cardinal`], but `05` is five: official letters pad the numbers below ten.
pub(super) fn counted(digits: &str) -> String {
    match digits.strip_prefix('0') {
        Some(bare) if bare.len() == 1 && bare != "0" => cardinal(bare),
        _ => cardinal(digits),
    }
}

/// The digits of a number that was written with dots between its thousands.
pub(super) fn grouped(digits: &str) -> String {
    match digits.parse::<u64>() {
        Ok(value) if digits.len() <= LONGEST_QUANTITY => in_words(value),
        _ => code(digits),
    }
}

/// Digit by digit with a breath after each three, the last group being of two to four.
pub(super) fn code(digits: &str) -> String {
    if digits.len() <= LONGEST_BREATH {
        return one_by_one(digits);
    }
    let mut groups = Vec::new();
    let mut rest = digits;
    while rest.len() > 4 {
        let Some((head, tail)) = rest.split_at_checked(3) else { break };
        groups.push(one_by_one(head));
        rest = tail;
    }
    groups.push(one_by_one(rest));
    groups.join(", ")
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
        check("007", "không không bảy");
        check("048085", "không bốn tám, không tám năm");
        check("1234567890", "một hai ba, bốn năm sáu, bảy tám chín không");
        assert_eq!(grouped("20000000000"), "hai mươi tỷ");
        assert_eq!(grouped("1000000000000"), "một nghìn tỷ");
        assert_eq!(counted("05"), "năm");
        assert_eq!(counted("00"), "không không");
    }
}
