//! Telephone numbers, read digit by digit in the groups they are written in.

use super::number::one_by_one;
use super::said::{Said, ends_with_phrase};
use super::scan::Scan;

/// After these, a short number is dialled, not counted.
const DIALLED: &[&str] = &[
    "gọi",
    "số điện thoại",
    "điện thoại",
    "đường dây nóng",
    "tổng đài",
    "số máy",
    "liên hệ",
    "hotline",
    "hót lai",
    "khẩn cấp",
    "gọi số",
    "alo",
];

pub(super) fn number(scan: &mut Scan<'_>, said: &Said) -> Option<String> {
    let start = *scan;
    if let Some(groups) = long(scan) {
        return Some(say_groups(&groups));
    }
    *scan = start;
    let digits = scan.digits(3..=5).filter(|_| scan.is_boundary() && is_dialled(said))?;
    Some(one_by_one(digits))
}

/// `0236.3822.233`, `(0236) 3822233`, `0905 123 456`, `+84 905 123 456`, `1900 1234`.
fn long(scan: &mut Scan<'_>) -> Option<Vec<String>> {
    let is_abroad = scan.eat("+84");
    if is_abroad {
        scan.eat_any(&[" ", ".", "-"]);
    }
    let is_bracketed = !is_abroad && scan.eat("(");
    let mut groups = vec![scan.digits(1..=11)?.to_owned()];
    if is_bracketed && !scan.eat(")") {
        return None;
    }
    let mut ahead = *scan;
    while groups.len() < 6 && (ahead.eat_any(&[" ", ".", "-"]) || is_bracketed && groups.len() == 1)
    {
        ahead.eat(" ");
        let Some(group) = ahead.digits(1..=8).filter(|_| ahead.is_boundary()) else { break };
        // A number that is full does not swallow the next figure.
        if n_digits(&groups) + group.len() > 11 {
            break;
        }
        groups.push(group.to_owned());
        *scan = ahead;
    }
    if is_abroad {
        groups.first_mut()?.insert(0, '0');
    }
    let (first, n) = (groups.first()?.clone(), n_digits(&groups));
    let is_subscriber =
        first.starts_with('0') && !first.starts_with("00") && (10..=11).contains(&n);
    let is_service =
        (first.starts_with("1800") || first.starts_with("1900")) && (8..=10).contains(&n);
    (scan.is_number_end() && (is_subscriber || is_service)).then_some(groups)
}

fn n_digits(groups: &[String]) -> usize {
    groups.iter().map(String::len).sum()
}

/// Groups as written; a number in one piece in fours and threes, as people say it.
fn say_groups(groups: &[String]) -> String {
    let spoken: Vec<String> = match groups {
        [whole] => {
            let (head, tail) = whole.split_at(4);
            let middle = tail.len() / 2;
            [head, &tail[..middle], &tail[middle..]].map(one_by_one).to_vec()
        }
        several => several.iter().map(|it| one_by_one(it)).collect(),
    };
    spoken.join(", ")
}

/// Whether the words before, past numbers already dialled ("113, 114 hoặc 115"), say to call.
fn is_dialled(said: &Said) -> bool {
    let before = said.before();
    let mut words: Vec<&str> = before.split(' ').map(|it| it.trim_end_matches(',')).collect();
    let is_between = |word: &str| {
        matches!(
            word,
            "không"
                | "một"
                | "hai"
                | "ba"
                | "bốn"
                | "năm"
                | "sáu"
                | "bảy"
                | "tám"
                | "chín"
                | "hoặc"
                | "và"
                | "số"
                | "theo"
                | "qua"
                | "ngay"
        )
    };
    if ends_with_phrase(&words.join(" "), DIALLED) {
        return true;
    }
    while words.last().is_some_and(|word| is_between(word)) {
        words.pop();
    }
    ends_with_phrase(&words.join(" "), DIALLED)
}
