//! Web and mail addresses: said part by part, and always listed, because nobody can note them down.

use super::number::one_by_one;
use super::scan::Scan;
use super::word::Read;

const ENDINGS: &[&str] = &[".vn", ".com", ".org", ".net", ".gov", ".edu", ".info", ".me"];

pub(super) fn address<'a>(scan: &mut Scan<'a>) -> Option<Read<'a>> {
    if scan.previous().is_some_and(char::is_alphanumeric) {
        return None;
    }
    let mut ahead = *scan;
    let run = ahead.take_while(|c| c.is_ascii_alphanumeric() || "@.:/-_?=&%+~".contains(c));
    let written = run.trim_end_matches(['.', ':', '?', '/', '-', ',']);
    let host = written.split("://").last()?.split('/').next()?.to_ascii_lowercase();
    let is_mail = host.contains('@') && host.contains('.');
    let is_host = host.len() > 4 && ENDINGS.iter().any(|ending| host.ends_with(ending));
    if !(is_mail || is_host || host.starts_with("www.")) {
        return None;
    }
    scan.eat(written);
    let bare = written.trim_start_matches("https://").trim_start_matches("http://");
    Some(Read::Unknown { written, words: in_parts(bare) })
}

fn in_parts(address: &str) -> String {
    let mut words = String::new();
    for c in address.chars() {
        match c {
            '.' => words.push_str(" chấm "),
            '@' => words.push_str(" a còng "),
            '/' => words.push_str(" gạch chéo "),
            '-' => words.push_str(" gạch ngang "),
            '_' => words.push_str(" gạch dưới "),
            c if c.is_ascii_alphabetic() => words.push(c),
            // Digit by digit, as one dictates an address: "2024" is no quantity here.
            c if c.is_ascii_digit() => {
                words.push(' ');
                words.push_str(&one_by_one(c.encode_utf8(&mut [0; 4])));
                words.push(' ');
            }
            _ => words.push(' '),
        }
    }
    words
}
