//! Numbers of official documents: `49/2024/NĐ-CP`, `01/CT-UBND`, `15/2023/QH15`.
//!
//! Form after Nghị định 30/2020/NĐ-CP, annex III: number/[year/]kind-issuer.

use super::number::{cardinal, padded};
use super::said::Said;
use super::scan::Scan;
use super::word::letter_name;

const KINDS: &[(&str, &str)] = &[
    ("NĐ", "nghị định"),
    ("TT", "thông tư"),
    ("TTLT", "thông tư liên tịch"),
    ("QĐ", "quyết định"),
    ("CT", "chỉ thị"),
    ("KH", "kế hoạch"),
    ("TB", "thông báo"),
    ("NQ", "nghị quyết"),
    ("CV", "công văn"),
    ("BC", "báo cáo"),
    ("TTr", "tờ trình"),
    ("HD", "hướng dẫn"),
    ("GM", "giấy mời"),
    ("CĐ", "công điện"),
    ("QC", "quy chế"),
    ("PA", "phương án"),
    ("CTr", "chương trình"),
    ("PL", "pháp lệnh"),
    ("VBHN", "văn bản hợp nhất"),
];

const ISSUERS: &[(&str, &str)] = &[
    ("CP", "Chính phủ"),
    ("TTg", "Thủ tướng Chính phủ"),
    ("UBND", "ủy ban nhân dân"),
    ("HĐND", "hội đồng nhân dân"),
    ("BTTTT", "Bộ Thông tin và Truyền thông"),
    ("BYT", "Bộ Y tế"),
    ("BCA", "Bộ Công an"),
    ("BQP", "Bộ Quốc phòng"),
    ("BTC", "Bộ Tài chính"),
    ("BNV", "Bộ Nội vụ"),
    ("BGDĐT", "Bộ Giáo dục và Đào tạo"),
    ("BXD", "Bộ Xây dựng"),
    ("BCT", "Bộ Công Thương"),
    ("BTNMT", "Bộ Tài nguyên và Môi trường"),
    ("BNNPTNT", "Bộ Nông nghiệp và Phát triển nông thôn"),
    ("BTP", "Bộ Tư pháp"),
    ("BGTVT", "Bộ Giao thông vận tải"),
    ("BLĐTBXH", "Bộ Lao động Thương binh và Xã hội"),
    ("BVHTTDL", "Bộ Văn hóa Thể thao và Du lịch"),
    ("BKHCN", "Bộ Khoa học và Công nghệ"),
    ("TW", "Trung ương"),
    ("TU", "Thành ủy"),
    ("ĐU", "Đảng ủy"),
    ("MTTQ", "Mặt trận Tổ quốc"),
    ("VPCP", "Văn phòng Chính phủ"),
    ("VP", "văn phòng"),
    ("BCH", "ban chỉ huy"),
    ("BCĐ", "ban chỉ đạo"),
    ("CA", "công an"),
    ("UBTVQH", "Ủy ban Thường vụ Quốc hội"),
    ("QH", "Quốc hội"),
    ("BHXH", "bảo hiểm xã hội"),
    ("STTTT", "Sở Thông tin và Truyền thông"),
];

pub(super) fn number(scan: &mut Scan<'_>, said: &Said) -> Option<String> {
    let number = scan.digits(1..=6)?;
    let mut words = cardinal(number.trim_start_matches('0'));
    scan.eat("/").then_some(())?;
    let mut ahead = *scan;
    if let Some(year) = ahead.digits(4..=4)
        && ahead.eat("/")
    {
        *scan = ahead;
        words = format!("{words} năm {}", padded(year));
    }
    let code = scan.take_while(|c| c.is_alphanumeric() || c == '-' || c == '/');
    if !code.chars().next().is_some_and(char::is_uppercase) {
        return None;
    }
    let mut segments = code.split(['-', '/']).peekable();
    let kind = segments.peek().and_then(|code| look_up(KINDS, code));
    if kind.is_some() {
        segments.next();
    }
    let issuers: Option<Vec<String>> = segments.map(issuer).collect();
    let issuers = issuers?;
    if kind.is_none() && issuers.is_empty() {
        return None;
    }
    let issuers = if names_issuer(scan) { Vec::new() } else { issuers };
    Some(phrase(kind, &words, &issuers, &said.before()))
}

/// Whether the text goes on "của ..", at once or behind the day: "49/2024/NĐ-CP ngày 10/5/2024 của
/// Chính phủ".
fn names_issuer(scan: &Scan<'_>) -> bool {
    let rest = scan.rest().trim_start();
    let behind_day = rest
        .strip_prefix("ngày ")
        .and_then(|it| it.find(|c: char| c.is_alphabetic()).map(|at| it.split_at(at).1));
    let in_words = behind_day
        .and_then(|it| it.strip_prefix("tháng "))
        .and_then(|it| it.split_once("năm "))
        .map(|it| it.1.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' '));
    [Some(rest), behind_day, in_words].into_iter().flatten().any(|it| it.starts_with("của "))
}

/// "nghị định số .. của .."; what the sentence already says is not said again.
fn phrase(kind: Option<&str>, number: &str, issuers: &[String], before: &str) -> String {
    let is_heading = before == "số";
    let before = before.strip_suffix(" số").unwrap_or(before);
    let mut words = match kind {
        // "Số: 15/TB-UBND" heads a letter.
        Some(kind) if is_heading => format!("{number}, {kind}"),
        Some(kind) if !before.ends_with(kind) => format!("{kind} số {number}"),
        _ => number.to_owned(),
    };
    if !issuers.is_empty() {
        words.push_str(" của ");
        words.push_str(&issuers.join(" "));
    }
    words
}

/// An issuer's name; what is in no table is spelled, as an officer would spell it on the phone.
fn issuer(code: &str) -> Option<String> {
    if let Some(name) = look_up(ISSUERS, code) {
        return Some(name.to_owned());
    }
    let letters = code.trim_end_matches(|c: char| c.is_ascii_digit());
    let term = code.get(letters.len()..).filter(|it| !it.is_empty());
    if let (Some(name), Some(term)) = (look_up(ISSUERS, letters), term) {
        return Some(format!("{name} khóa {}", padded(term)));
    }
    let names: Option<Vec<&str>> = code.chars().map(letter_name).collect();
    names.filter(|it| !it.is_empty()).map(|it| it.join(" "))
}

fn look_up(table: &[(&str, &'static str)], code: &str) -> Option<&'static str> {
    table.iter().find(|(written, _)| *written == code).map(|(_, words)| *words)
}
