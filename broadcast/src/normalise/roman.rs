//! Roman numerals, where the words before say that a numeral belongs there.

use super::number::{in_words, ordinal, padded};
use super::said::Said;
use super::scan::Scan;

/// Nouns that are counted in Roman numerals.
const COUNTED: &[&str] = &[
    "khu phố",
    "quý",
    "khóa",
    "khoá",
    "thế kỷ",
    "chương",
    "mục",
    "phần",
    "đại hội",
    "giai đoạn",
    "cấp",
    "loại",
    "hạng",
    "đợt",
    "kỳ",
    "lần",
    "khu vực",
    "vùng",
    "bậc",
    "tổ",
    "thôn",
    "khối",
    "học kỳ",
    "phụ lục",
    "quyển",
    "tập",
    "nhóm",
    "cụm",
    "ấp",
    "đội",
    "báo động",
    "cấp độ",
    "mức",
    "hội nghị",
    "phiên",
    "điều",
    "tuyến",
    "tiểu khu",
    "quận",
];

pub(super) fn numeral(scan: &mut Scan<'_>, said: &Said) -> Option<String> {
    let from = single(scan)?;
    let is_counted = said.ends_with_any(COUNTED);
    let is_ordinal = said.ends_with_any(&["thứ"]);
    // Alone, only what cannot be a word or an abbreviation: II, III, VIII, XV..
    let is_plain = from.written.len() > 1 && from.written.chars().all(|c| "IVX".contains(c));
    let is_heading = said.is_sentence_start() && scan.rest().starts_with(['.', ')', '/']);
    if !(is_counted || is_ordinal || is_plain || is_heading) {
        return None;
    }
    if is_ordinal {
        return Some(ordinal(&from.value.to_string()));
    }
    let mut words = in_words(from.value);
    let mut ahead = *scan;
    if ahead.eat_dash()
        && let Some(to) = single(&mut ahead)
    {
        *scan = ahead;
        words = format!("{words} đến {}", in_words(to.value));
    }
    let mut ahead = *scan;
    if ahead.eat("/")
        && let Some(year) = ahead.digits(4..=4)
        && ahead.is_number_end()
    {
        *scan = ahead;
        words = format!("{words} năm {}", padded(year));
    }
    Some(words)
}

struct Numeral<'a> {
    written: &'a str,
    value: u64,
}

fn single<'a>(scan: &mut Scan<'a>) -> Option<Numeral<'a>> {
    let written = scan.take_while(|c| "IVXLC".contains(c));
    let value = value_of(written)?;
    (scan.is_boundary() && write(value) == written).then_some(Numeral { written, value })
}

fn value_of(written: &str) -> Option<u64> {
    let mut total = 0;
    let mut highest = 0;
    for c in written.chars().rev() {
        let value = match c {
            'I' => 1,
            'V' => 5,
            'X' => 10,
            'L' => 50,
            'C' => 100,
            _ => return None,
        };
        if value < highest {
            total -= value;
        } else {
            total += value;
            highest = value;
        }
    }
    u64::try_from(total).ok().filter(|it| (1..=399).contains(it))
}

/// The one proper way to write `value`: what is written otherwise ("IIX") is no numeral.
fn write(mut value: u64) -> String {
    const STEPS: [(u64, &str); 9] = [
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let mut written = String::new();
    for (step, letters) in STEPS {
        while value >= step {
            written.push_str(letters);
            value -= step;
        }
    }
    written
}
