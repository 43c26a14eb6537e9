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
    // "49/2024/NĐ-CP của Chính phủ" names its issuer itself.
    let names_issuer = scan.rest().trim_start().starts_with("của ");
    let issuers = if names_issuer { Vec::new() } else { issuers };
    Some(phrase(kind, &words, &issuers, &said.before()))
}

/// "nghị định số .. của .."; what the sentence already says is not said again.
fn phrase(kind: Option<&str>, number: &str, issuers: &[String], before: &str) -> String {
    let before = before.strip_suffix(" số").unwrap_or(before);
    let mut words = match kind {
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
