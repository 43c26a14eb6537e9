//! Words: which are Vietnamese, which are short for something, and how letters are named.

use super::abbreviation::Abbreviations;
use super::scan::Scan;

/// A token in words: as a rule or a table has it, or as plainly as can be and to be listed.
pub(super) enum Read<'a> {
    Known(String),
    Unknown { written: &'a str, words: String },
}

/// Reads the run of letters that starts here; digits that hang on it stay for the number rules.
pub(super) fn word<'a>(scan: &mut Scan<'a>, table: &Abbreviations) -> Option<Read<'a>> {
    let start = *scan;
    let letters = scan.take_while(|c| c.is_alphabetic() && !c.is_numeric());
    if letters.is_empty() {
        return None;
    }
    let lower = letters.to_lowercase();
    let n_letters = letters.chars().count();
    let has_digits = scan.peek().is_some_and(|c| c.is_ascii_digit());
    let is_upper = letters.chars().all(char::is_uppercase);
    if is_upper && has_digits && n_letters <= 4 {
        return Some(with_digits(start, scan, letters, table));
    }
    if is_upper
        && n_letters == 1
        && let Some(name) = letters.chars().next().and_then(letter_name)
    {
        // "tổ A", "lớp B": a letter on its own is its name, and "Ê Đê" keeps what it is.
        let is_its_name = name == lower && !letters.is_ascii();
        return Some(Read::Known(if is_its_name { letters } else { name }.to_owned()));
    }
    if is_syllable(&lower) {
        return Some(Read::Known(if is_upper && n_letters > 1 {
            lower
        } else {
            letters.to_owned()
        }));
    }
    if let Some(words) = table.in_any_case(letters) {
        return Some(Read::Known(words.to_owned()));
    }
    let words =
        if is_upper || !lower.chars().any(is_vowel) { spell(letters) } else { letters.to_owned() };
    Some(Read::Unknown { written: letters, words })
}

/// `A1`, `B52`, `H5N1`, `K123`: spelled, and listed unless it is one letter and a short number.
fn with_digits<'a>(
    start: Scan<'a>,
    scan: &mut Scan<'a>,
    letters: &str,
    table: &Abbreviations,
) -> Read<'a> {
    let head = table.numbered(letters).map_or_else(|| spell(letters), str::to_owned);
    let is_known = table.numbered(letters).is_some();
    let mut words = head;
    while let Some(digits) = scan.digits(1..=9) {
        words.push(' ');
        words.push_str(&super::number::cardinal(digits));
        let tail = scan.take_while(|c| c.is_ascii_uppercase());
        words.push(' ');
        words.push_str(&spell(tail));
    }
    let written = start.until(scan);
    let is_plain = written.len() <= 3 && scan.is_number_end();
    if is_known || is_plain { Read::Known(words) } else { Read::Unknown { written, words } }
}

fn spell(letters: &str) -> String {
    let names: Vec<String> = letters
        .chars()
        .map(|c| letter_name(c).map_or_else(|| c.to_string(), str::to_owned))
        .collect();
    names.join(" ")
}

/// A letter's name as it is said in abbreviations.
pub(super) fn letter_name(letter: char) -> Option<&'static str> {
    let upper = letter.to_uppercase().next()?;
    Some(match upper {
        'A' => "a",
        'Ă' => "á",
        'Â' => "ớ",
        'B' => "bê",
        'C' => "xê",
        'D' => "dê",
        'Đ' => "đê",
        'E' => "e",
        'Ê' => "ê",
        'F' => "ép",
        'G' => "giê",
        'H' => "hát",
        'I' => "i",
        'J' => "gi",
        'K' => "ca",
        'L' => "lờ",
        'M' => "mờ",
        'N' => "nờ",
        'O' => "o",
        'Ô' => "ô",
        'Ơ' => "ơ",
        'P' => "pê",
        'Q' => "quy",
        'R' => "rờ",
        'S' => "sờ",
        'T' => "tê",
        'U' => "u",
        'Ư' => "ư",
        'V' => "vê",
        'W' => "vê kép",
        'X' => "ích",
        'Y' => "y",
        'Z' => "dét",
        _ => return None,
    })
}

/// Whether a line is written in capitals throughout, so that capitals mean nothing in it.
pub(super) fn is_shouted(line: &str) -> bool {
    let n_upper = line.chars().filter(|c| c.is_uppercase()).count();
    let n_lower = line.chars().filter(|c| c.is_lowercase()).count();
    n_upper >= 8 && n_upper > 4 * n_lower
}

const ONSETS: &[&str] = &[
    "ngh", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr", "b", "c", "d", "đ", "g",
    "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "x", "",
];
const CODAS: &[&str] = &["", "c", "ch", "m", "n", "ng", "nh", "p", "t"];

/// Whether a lower-case word has the shape of a Vietnamese syllable: onset, one to three vowels,
/// coda. Every Vietnamese word is one; most foreign words and abbreviations are not.
pub(super) fn is_syllable(word: &str) -> bool {
    ONSETS.iter().filter_map(|onset| word.strip_prefix(onset)).any(|rhyme| {
        let n_vowel_bytes: usize =
            rhyme.chars().take_while(|c| is_vowel(*c)).map(char::len_utf8).sum();
        let (vowels, coda) = rhyme.split_at(n_vowel_bytes);
        (1..=3).contains(&vowels.chars().count()) && CODAS.contains(&coda)
    })
}

fn is_vowel(c: char) -> bool {
    // One letter with its tone and its hat decomposes to its plain vowel first.
    let plain = unicode_normalization::UnicodeNormalization::nfd(std::iter::once(c)).next();
    plain.is_some_and(|c| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vietnamese_words_have_a_shape_that_abbreviations_lack() {
        for word in ["nghiêng", "ủy", "quyết", "giờ", "gì", "phường", "khuya", "đường", "ăn", "yêu"]
        {
            assert!(is_syllable(word), "{word}");
        }
        for word in ["ubnd", "email", "facebook", "hđnd", "covid", "online", "", "st", "zalo"] {
            assert!(!is_syllable(word), "{word}");
        }
    }
}
