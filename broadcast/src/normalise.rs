//! Vietnamese text as a person would read it aloud: every figure, date and abbreviation in words.
//!
//! Pure. Rules are tried in order at the start of each token; the first that fits consumes it. What
//! no rule and no table knows is read as plainly as possible and *listed* as unknown, so that the
//! author hears and sees it before approval; nothing is guessed silently.

use unicode_normalization::UnicodeNormalization;

mod abbreviation;
mod clock;
mod code;
mod date;
mod dialect;
mod document;
mod mark;
mod number;
mod phone;
mod quantity;
mod roman;
mod said;
mod scan;
mod web;
mod weekday;
mod word;

pub use abbreviation::{Abbreviations, TableError};
pub use dialect::Dialect;

use said::Said;
use scan::Scan;

/// A text in words and punctuation only, and what was not understood in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Normalised {
    paragraphs: Vec<Vec<String>>,
    unknown: Vec<String>,
}

impl Normalised {
    /// Sentences by paragraph; each ends in `.`, `!` or `?`.
    pub fn paragraphs(&self) -> &[Vec<String>] {
        &self.paragraphs
    }

    /// The whole text: a paragraph a line.
    pub fn text(&self) -> String {
        let lines: Vec<String> = self.paragraphs.iter().map(|it| it.join(" ")).collect();
        lines.join("\n")
    }

    /// Tokens as they were written that no rule or table knows, each once, in order.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }
}

/// One rule: consumes a token from `scan` and says its words, or leaves both alone.
type Rule = fn(&mut Scan<'_>, &Said) -> Option<String>;

/// In order of how much a rule must see to be sure.
const RULES: &[Rule] = &[
    document::number,
    code::named,
    code::plate,
    code::series,
    date::range,
    date::list,
    date::date,
    clock::range,
    clock::time,
    phone::number,
    roman::numeral,
    weekday::list,
    quantity::quantity,
];

/// Puts `text` into words, with `table` for what is short for something.
pub fn normalise(text: &str, table: &Abbreviations, dialect: Dialect) -> Normalised {
    let text = plain(text);
    let mut said = Said::default();
    for line in text.lines() {
        let is_shouted = word::is_shouted(line);
        let mut scan = Scan::new(line);
        while !scan.is_done() {
            if !step(&mut scan, &mut said, table, dialect, is_shouted) {
                mark::skip(&mut scan, &mut said);
            }
        }
        said.end_paragraph();
    }
    let (paragraphs, unknown) = said.into_parts();
    Normalised { paragraphs, unknown }
}

/// Plain letters and digits: accents joined to their letters (some editors write them as marks of
/// their own), and letters or figures that are only drawn differently ("𝗧𝗛𝗢̂𝗡𝗚", "①", "½", "Ⅲ").
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() || !c.is_alphanumeric() || matches!(c, '²' | '³' | 'º' | 'µ') {
            plain.push(c);
            continue;
        }
        let is_figure = c.is_numeric() && plain.ends_with(|it: char| it.is_ascii_digit());
        let same: String = std::iter::once(c).nfkc().collect();
        plain.extend(is_figure.then_some(' '));
        plain.push_str(&same.replace('\u{2044}', "/"));
    }
    plain.nfc().collect()
}

/// Says one token. False where no token starts.
fn step(
    scan: &mut Scan<'_>,
    said: &mut Said,
    table: &Abbreviations,
    dialect: Dialect,
    is_shouted: bool,
) -> bool {
    let mut ahead = *scan;
    // Before the table, which knows each of the two days alone.
    if let Some(words) = weekday::range(&mut ahead, said) {
        *scan = ahead;
        said.say(&words);
        return true;
    }
    if let Some(read) = web::address(scan) {
        said.say_read(read);
        return true;
    }
    if let Some(read) = table.read(scan, is_shouted) {
        said.say_read(read);
        return true;
    }
    for rule in RULES {
        let mut ahead = *scan;
        if let Some(words) = rule(&mut ahead, said) {
            *scan = ahead;
            said.say(&dialect.pronounce(words));
            return true;
        }
    }
    let read = word::word(scan, table);
    let is_word = read.is_some();
    if let Some(read) = read {
        said.say_read(read);
    }
    is_word
}

#[cfg(test)]
mod tests;
