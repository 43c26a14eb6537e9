//! Everything that is neither a word nor a figure: what it does to the voice.

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
    match mark {
        '.' | '!' | '?' if scan.peek().is_none_or(|c| !c.is_alphanumeric()) => {
            said.end_sentence(mark);
        }
        '…' | ';' => said.end_sentence('.'),
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

/// Marks that shape a page and not a voice.
fn is_silent(mark: char) -> bool {
    mark.is_whitespace()
        || mark.is_control()
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
