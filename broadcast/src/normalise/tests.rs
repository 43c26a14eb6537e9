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
        let got = normalise(text, &table, Dialect::Standard);
        n += 1;
        if got.text() != words || got.unknown().join(" ") != unknown {
            wrong.push(format!("{text} => {} !! {}", got.text(), got.unknown().join(" ")));
        }
    }
    assert!(n >= 300, "only {n} golden sentences");
    assert!(wrong.is_empty(), "{} of {n} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn letters_with_loose_accents_are_put_together_first() {
    let loose: String = "Khu phố 3, tổ dân phố".nfd().collect();
    let normalised = normalise(&loose, &Abbreviations::default(), Dialect::Standard);
    assert_eq!(normalised.text(), "Khu phố ba, tổ dân phố.");
    assert!(normalised.unknown().is_empty());
}

#[test]
fn the_south_says_ngan_and_le_in_figures_and_leaves_written_words_alone() {
    let table = Abbreviations::default();
    let check = |text: &str, words: &str| {
        assert_eq!(normalise(text, &table, Dialect::Southern).text(), words);
    };
    check("Thu 105.000 đồng", "Thu một trăm lẻ năm ngàn đồng.");
    check("Ngày 2/9/2026", "Ngày hai tháng chín năm hai ngàn không trăm hai mươi sáu.");
    check("Năm nghìn hộ ở phường Gia Linh", "Năm nghìn hộ ở phường Gia Linh.");
}

#[test]
fn what_looks_like_an_address_keeps_no_digits() {
    // Found by the property below, after many runs without it.
    assert_eq!(
        normalise(".0@", &Abbreviations::default(), Dialect::Standard).text(),
        "chấm không a còng."
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever is typed or pasted: words and punctuation come out, and nothing hangs or panics.
    #[test]
    fn anything_becomes_words(
        text in "\\PC{0,80}|[0-9a-zA-ZĐđ ./:,%h()+-]{0,40}|[\\p{N} .,/-]{0,24}"
    ) {
        let normalised = normalise(&text, &Abbreviations::default(), Dialect::Standard);
        for c in normalised.text().chars() {
            let is_speakable = c.is_alphabetic() || " ,.!?\n".contains(c) || !c.is_ascii();
            prop_assert!(is_speakable, "{c:?} in {:?} from {text:?}", normalised.text());
            prop_assert!(!c.is_numeric(), "{c:?} in {:?} from {text:?}", normalised.text());
        }
        for sentence in normalised.paragraphs().iter().flatten() {
            prop_assert!(sentence.ends_with(['.', '!', '?']), "{sentence:?}");
        }
    }

    /// Golden sentences cut and joined at any letter: what rules see in the middle of others.
    #[test]
    fn pieces_of_announcements_become_words(
        first in any::<proptest::sample::Index>(),
        second in any::<proptest::sample::Index>(),
        cut in any::<proptest::sample::Index>(),
    ) {
        let texts: Vec<&str> = GOLDEN.lines().filter_map(|it| Some(it.split_once(" => ")?.0)).collect();
        let head: Vec<char> = texts[first.index(texts.len())].chars().collect();
        let text: String = head[..cut.index(head.len())].iter().copied().chain(texts[second.index(texts.len())].chars()).collect();
        for dialect in [Dialect::Standard, Dialect::Southern] {
            let words = normalise(&text, &Abbreviations::default(), dialect).text();
            prop_assert!(!words.contains(char::is_numeric), "{words} from {text}");
        }
    }

    /// No rule leaves ASCII digits behind, and none swallows the words around a figure.
    #[test]
    fn words_around_figures_stay(figure in "[0-9]{1,4}([./:,h-][0-9]{1,4}){0,3}") {
        let normalised = normalise(&format!("trước {figure} nhà"), &Abbreviations::default(), Dialect::Standard);
        let text = normalised.text();
        prop_assert!(text.starts_with("trước ") && text.ends_with(" nhà."), "{text}");
        prop_assert!(!text.contains(|c: char| c.is_ascii_digit()), "{text}");
    }
}
