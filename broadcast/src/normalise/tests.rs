//! The normaliser against sentences that a Vietnamese reader checked, and against anything at all.

use proptest::prelude::*;

use super::*;

/// `text => words`, and behind ` !! ` the tokens that must be listed as unknown.
const GOLDEN: &str = include_str!("../../tests/golden_sentences.txt");

#[test]
fn golden_sentences_are_read_as_written_down() {
    let table = Abbreviations::default();
    let mut n = 0;
    let mut wrong = Vec::new();
    for line in GOLDEN.lines().filter(|it| !it.is_empty() && !it.starts_with("//")) {
        let (text, expected) = line.split_once(" => ").unwrap_or_else(|| panic!("no => in {line}"));
        let (words, unknown) = expected.split_once(" !! ").unwrap_or((expected, ""));
        let got = normalise(text, &table);
        n += 1;
        if got.text() != words || got.unknown().join(" ") != unknown {
            wrong.push(format!("{text} => {} !! {}", got.text(), got.unknown().join(" ")));
        }
    }
    assert!(n >= 100, "only {n} golden sentences");
    assert!(wrong.is_empty(), "{} of {n} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn letters_with_loose_accents_are_put_together_first() {
    let loose: String = "Khu phố 3, tổ dân phố".nfd().collect();
    let normalised = normalise(&loose, &Abbreviations::default());
    assert_eq!(normalised.text(), "Khu phố ba, tổ dân phố.");
    assert!(normalised.unknown().is_empty());
}

#[test]
fn what_looks_like_an_address_keeps_no_digits() {
    // Found by the property below, after many runs without it.
    assert_eq!(normalise(".0@", &Abbreviations::default()).text(), "chấm không a còng.");
}

proptest! {
    /// Whatever is typed or pasted: words and punctuation come out, and nothing hangs or panics.
    #[test]
    fn anything_becomes_words(text in "\\PC{0,80}|[0-9a-zA-ZĐđ ./:,%h()+-]{0,40}") {
        let normalised = normalise(&text, &Abbreviations::default());
        for c in normalised.text().chars() {
            let is_speakable = c.is_alphabetic() || " ,.!?\n".contains(c) || !c.is_ascii();
            prop_assert!(is_speakable, "{c:?} in {:?} from {text:?}", normalised.text());
        }
        for sentence in normalised.paragraphs().iter().flatten() {
            prop_assert!(sentence.ends_with(['.', '!', '?']), "{sentence:?}");
        }
    }

    /// No rule leaves ASCII digits behind, and none swallows the words around a figure.
    #[test]
    fn words_around_figures_stay(figure in "[0-9]{1,4}([./:,h-][0-9]{1,4}){0,3}") {
        let normalised = normalise(&format!("trước {figure} nhà"), &Abbreviations::default());
        let text = normalised.text();
        prop_assert!(text.starts_with("trước ") && text.ends_with(" nhà."), "{text}");
        prop_assert!(!text.contains(|c: char| c.is_ascii_digit()), "{text}");
    }
}
