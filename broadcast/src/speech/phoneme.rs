//! From the phonemes that espeak-ng names to the numbers that a Piper voice was trained on.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

/// Marks that a voice breathes at, and was trained on.
const PAUSES: [char; 6] = [',', '.', '!', '?', ';', ':'];

/// A voice's table. Invariant: start, end and padding are in it.
#[derive(Clone, Debug)]
pub struct PhonemeIds {
    ids: BTreeMap<char, Vec<i64>>,
    start: Vec<i64>,
    end: Vec<i64>,
    padding: Vec<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the voice's phoneme table has no {missing:?}: it is not a Piper voice's")]
pub struct PhonemeTableError {
    missing: char,
}

impl PhonemeIds {
    /// `ids`: a voice's `phoneme_id_map`.
    pub fn new(ids: BTreeMap<char, Vec<i64>>) -> Result<Self, PhonemeTableError> {
        let get = |mark| ids.get(&mark).cloned().ok_or(PhonemeTableError { missing: mark });
        let (start, end, padding) = (get('^')?, get('$')?, get('_')?);
        Ok(Self { ids, start, end, padding })
    }

    /// The numbers of a sentence, with padding between as Piper trains its voices; what the table
    /// has not is left out, as Piper leaves it out.
    pub fn of(&self, ipa: &str) -> Vec<i64> {
        let mut ids = self.start.clone();
        ids.extend(&self.padding);
        // Accents are phonemes of their own.
        for known in ipa.nfd().filter_map(|it| self.ids.get(&it)) {
            ids.extend(known);
            ids.extend(&self.padding);
        }
        ids.extend(&self.end);
        ids
    }
}

/// The parts of a sentence between its pauses, each with the mark behind it. espeak-ng drops the
/// marks, so each part is pronounced alone and gets its mark back.
pub fn clauses(sentence: &str) -> Vec<(&str, char)> {
    sentence
        .split_inclusive(PAUSES)
        .filter_map(|part| {
            let words = part.trim_end_matches(PAUSES);
            let mark = part.strip_prefix(words).and_then(|it| it.chars().next()).unwrap_or('.');
            let words = words.trim();
            (!words.is_empty()).then_some((words, mark))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(marks: &str) -> BTreeMap<char, Vec<i64>> {
        marks.chars().zip(0..).map(|(mark, id)| (mark, vec![id])).collect()
    }

    #[test]
    fn padding_stands_between_and_strangers_are_left_out() {
        let ids = PhonemeIds::new(table("_^$ abˈ\u{301}")).unwrap();
        assert_eq!(ids.of("aˈ b"), [1, 0, 4, 0, 6, 0, 3, 0, 5, 0, 2]);
        assert_eq!(ids.of("á☺"), [1, 0, 4, 0, 7, 0, 2]);
        assert_eq!(ids.of(""), [1, 0, 2]);
    }

    #[test]
    fn a_table_without_its_marks_is_refused() {
        assert_eq!(
            PhonemeIds::new(table("_^ab")).unwrap_err().to_string(),
            "the voice's phoneme table has no '$': it is not a Piper voice's"
        );
    }

    #[test]
    fn a_sentence_is_cut_at_its_pauses() {
        assert_eq!(clauses("Địa điểm, nhà văn hóa!"), [("Địa điểm", ','), ("nhà văn hóa", '!')]);
        assert_eq!(clauses("không dấu"), [("không dấu", '.')]);
        assert!(clauses(" ,.").is_empty());
    }
}
