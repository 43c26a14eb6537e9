//! What is short for something, as tables that a ward can extend.

use std::collections::BTreeMap;

use super::scan::Scan;
use super::word::{Read, is_syllable};

/// A line a reading: `KEY = words`. `KEY# = words` stands for `KEY` with a number behind it.
const STANDARD: &str = include_str!("abbreviations.txt");

/// Readings by what is written. The standard table, unless it is built otherwise.
#[derive(Clone, Debug)]
pub struct Abbreviations {
    /// By first character, longest key first, so that `TP.HCM` is tried before `TP.`
    plain: BTreeMap<char, Vec<(String, String)>>,
    numbered: BTreeMap<String, String>,
}

/// What is wrong in a table, by its line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    #[error("line {line}: write it as KEY = words, one a line")]
    NoReading { line: usize },
    #[error("line {line}: {key} may be followed by # only, and # belongs at its end")]
    MisplacedHash { line: usize, key: String },
    #[error("line {line}: the reading of {key} must be words only, without figures or signs")]
    NotWords { line: usize, key: String },
}

impl Default for Abbreviations {
    fn default() -> Self {
        let empty = Self { plain: BTreeMap::new(), numbered: BTreeMap::new() };
        empty.extended(STANDARD).expect("the standard table is tested")
    }
}

impl Abbreviations {
    /// Adds a table's lines; a key that is known already gets the new reading. Empty lines and
    /// lines that start with `//` say nothing. Reports every wrong line.
    pub fn extended(mut self, table: &str) -> Result<Self, Vec<TableError>> {
        let mut errors = Vec::new();
        for (line, text) in (1..).zip(table.lines().map(str::trim)) {
            if text.is_empty() || text.starts_with("//") {
                continue;
            }
            match parse(line, text) {
                Ok((key, words)) => self.insert(key, words),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }

    fn insert(&mut self, key: &str, words: &str) {
        if let Some(key) = key.strip_suffix('#') {
            self.numbered.insert(key.to_owned(), words.to_owned());
            return;
        }
        let Some(first) = key.chars().next() else { return };
        let keys = self.plain.entry(first).or_default();
        keys.retain(|(known, _)| known != key);
        keys.push((key.to_owned(), words.to_owned()));
        keys.sort_by_key(|(key, _)| std::cmp::Reverse(key.len()));
    }

    /// The reading of `letters` when a number hangs on them.
    pub(super) fn numbered(&self, letters: &str) -> Option<&str> {
        self.numbered.get(letters).map(String::as_str)
    }

    /// The reading of letters that are no word, whichever way they are written: "ubnd".
    pub(super) fn in_any_case(&self, letters: &str) -> Option<&str> {
        let upper = letters.to_uppercase();
        let keys = self.plain.get(&upper.chars().next()?)?;
        keys.iter().find(|(key, _)| *key == upper).map(|(_, words)| words.as_str())
    }

    /// Consumes the longest key that stands here as a whole token. In a line of capitals a key may
    /// be a word ("CA"): nothing tells, so it is read as that word and listed.
    pub(super) fn read<'a>(&self, scan: &mut Scan<'a>, is_shouted: bool) -> Option<Read<'a>> {
        if scan.previous().is_some_and(char::is_alphanumeric) {
            return None;
        }
        let keys = self.plain.get(&scan.peek()?).map_or(&[][..], Vec::as_slice);
        for (key, words) in keys {
            let mut ahead = *scan;
            if ahead.eat(key) && (key.ends_with('.') || ahead.is_boundary()) {
                let written = scan.until(&ahead);
                *scan = ahead;
                let word = key.to_lowercase();
                return Some(if is_shouted && is_syllable(&word) {
                    Read::Unknown { written, words: word }
                } else {
                    Read::Known(words.clone())
                });
            }
        }
        self.numbered_by_dot(scan).map(Read::Known)
    }

    /// `P.5`, `Q. 1`, `P. Hòa Khánh`: the dot of a numbered key, before its number or name.
    fn numbered_by_dot(&self, scan: &mut Scan<'_>) -> Option<String> {
        let mut ahead = *scan;
        let letters = ahead.take_while(char::is_alphabetic);
        let words = self.numbered(letters)?;
        if !ahead.eat(".") {
            return None;
        }
        ahead.eat(" ");
        ahead.peek().filter(|c| c.is_ascii_digit() || c.is_uppercase())?;
        *scan = ahead;
        Some(words.to_owned())
    }
}

fn parse(line: usize, text: &str) -> Result<(&str, &str), TableError> {
    let (key, words) = text.split_once('=').ok_or(TableError::NoReading { line })?;
    let (key, words) = (key.trim(), words.trim());
    if key.is_empty() || words.is_empty() {
        return Err(TableError::NoReading { line });
    }
    if key.trim_end_matches('#').contains('#') || key.ends_with("##") || key == "#" {
        return Err(TableError::MisplacedHash { line, key: key.to_owned() });
    }
    if !words.chars().all(|c| c.is_alphabetic() || c == ' ' || c == ',') {
        return Err(TableError::NotWords { line, key: key.to_owned() });
    }
    Ok((key, words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalise::{Dialect, normalise};

    #[test]
    fn a_ward_adds_its_own_words_and_overrides_ours() {
        let table = Abbreviations::default()
            .extended("// của phường\nNVH-TT = nhà văn hóa thể thao\nKP# = khóm\n\nSH = sinh hoạt")
            .unwrap();
        let check = |text: &str, words: &str| {
            let normalised = normalise(text, &table, Dialect::Standard);
            assert_eq!(normalised.text(), words);
            assert!(normalised.unknown().is_empty(), "{:?}", normalised.unknown());
        };
        check("SH tại NVH-TT KP3", "sinh hoạt tại nhà văn hóa thể thao khóm ba.");
    }

    #[test]
    fn every_wrong_line_is_named() {
        let errors = Abbreviations::default()
            .extended("UBND\nA = \nK#P = khóm\nTT = thị trấn 2\nOK = được")
            .unwrap_err();
        let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "line 1: write it as KEY = words, one a line",
                "line 2: write it as KEY = words, one a line",
                "line 3: K#P may be followed by # only, and # belongs at its end",
                "line 4: the reading of TT must be words only, without figures or signs",
            ]
        );
    }
}
