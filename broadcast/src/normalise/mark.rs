//! Everything that is neither a word nor a figure: what it does to the voice.

use super::date;
use super::number;
use super::quantity;
use super::said::Said;
use super::scan::Scan;

/// Consumes one mark (or the digits that no rule could read).
pub(super) fn skip(scan: &mut Scan<'_>, said: &mut Said) {
    let start = *scan;
    if let Some(digits) = quantity::digits(scan) {
        said.say_unknown(start.until(scan), &digits);
        return;
    }
    let Some(mark) = scan.next() else { return };
    let is_free = start.previous().is_none_or(char::is_whitespace);
    if is_dash(mark) && is_between_alike(scan, said) {
        return said.say("đến");
    }
    match mark {
        '.' | '!' | '?' if scan.peek().is_none_or(|c| !c.is_alphanumeric()) => {
            said.end_sentence(mark);
        }
        '…' | ';' => said.end_sentence('.'),
        '/' if is_per(&start, said) => said.say("một"),
        '/' if is_of_a_house(&start, *scan) => said.say("trên"),
        '>' | '<' if is_before_figure(scan) => {
            said.say(if mark == '>' { "trên" } else { "dưới" });
        }
        '≥' => said.say("lớn hơn hoặc bằng"),
        '≤' => said.say("nhỏ hơn hoặc bằng"),
        '±' => said.say("cộng trừ"),
        '×' => said.say("nhân"),
        ',' | ':' | '(' | ')' | '[' | ']' | '–' | '—' | '•' | '●' | '/' | '|' => {
            said.comma();
        }
        // Inside a word a hyphen only joins; on its own it is a pause.
        '-' if is_free && scan.peek().is_none_or(char::is_whitespace) => said.comma(),
        '&' => said.say("và"),
        '+' => said.say("cộng"),
        '=' => said.say("bằng"),
        '%' => said.say("phần trăm"),
        _ if is_silent(mark) => {}
        other => said.say_unknown(&other.to_string(), ""),
    }
}

fn is_dash(mark: char) -> bool {
    matches!(mark, '-' | '–' | '—')
}

fn is_before_figure(scan: &Scan<'_>) -> bool {
    scan.rest().trim_start().starts_with(|c: char| c.is_ascii_digit())
}

/// A slash behind a counted noun and before another noun: "50.000 đồng/người", "2 lần/ngày".
fn is_per(slash: &Scan<'_>, said: &Said) -> bool {
    let before = said.before();
    let mut words = before.rsplit(' ');
    let noun = words.next().unwrap_or_default();
    let count = words.next().unwrap_or_default();
    let is_counted = noun == "đồng" || number::WORDS.contains(&count);
    let is_noun = slash.rest().chars().nth(1).is_some_and(char::is_lowercase);
    is_counted && is_noun && !number::WORDS.contains(&noun)
}

/// A house in a lane: "12A/7". Dates and fractions have rules of their own, and "4G/5G" are two.
fn is_of_a_house(slash: &Scan<'_>, mut behind: Scan<'_>) -> bool {
    let is_number = slash.previous().is_some_and(|c| c.is_ascii_digit() || c.is_uppercase());
    is_number && behind.digits(1..=4).is_some() && behind.is_boundary()
}

/// A dash between two of a kind: "tổ 1 - tổ 5", "thứ Hai - thứ Sáu", "7h sáng - 5h chiều".
fn is_between_alike(scan: &Scan<'_>, said: &Said) -> bool {
    let (before, rest) = (said.before(), scan.rest().trim_start());
    if rest.starts_with(|c: char| c.is_ascii_digit()) {
        let is_hour = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_hour = is_hour.starts_with(['h', 'g', ':']) || is_hour.starts_with(" giờ");
        let is_moment = date::follows_a_day(said)
            || said.ends_with_any(&["sáng", "trưa", "chiều", "tối", "đêm", "khuya"]);
        return is_hour && is_moment;
    }
    let mut next = rest.split(' ');
    let noun = next.next().unwrap_or_default().to_lowercase();
    let noun = if noun == "km" { "mét" } else { noun.as_str() };
    let second = next.next().unwrap_or_default().to_lowercase();
    let is_figure = second.starts_with(|c: char| c.is_ascii_digit())
        || number::WORDS.contains(&second.trim_end_matches(|c: char| !c.is_alphabetic()));
    let is_number = |word: &str| number::WORDS.contains(&word) || matches!(word, "tháng" | "năm");
    let n_between = before.rsplit(' ').take_while(|it| is_number(it)).count();
    is_figure && n_between > 0 && before.rsplit(' ').nth(n_between) == Some(noun)
}

/// Marks that shape a page and not a voice, and the pictures that people put beside headings.
fn is_silent(mark: char) -> bool {
    mark.is_whitespace()
        || mark.is_control()
        || matches!(mark, '\u{2500}'..='\u{27bf}' | '\u{1f000}'..='\u{1faff}')
        || matches!(
            mark,
            '.' | '!'
                | '?'
                | '-'
                | '"'
                | '\''
                | '“'
                | '”'
                | '‘'
                | '’'
                | '«'
                | '»'
                | '*'
                | '_'
                | '#'
                | '~'
                | '`'
                | '<'
                | '>'
                | '{'
                | '}'
                | '\\'
                | '^'
                | '\u{200b}'
                | '\u{feff}'
                | '\u{200d}'
                | '\u{fe0f}'
        )
}
