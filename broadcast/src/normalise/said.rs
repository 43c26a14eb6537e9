//! The words said so far: what later rules look back at, and what comes out in the end.

use super::word::Read;

#[derive(Debug, Default)]
pub(super) struct Said {
    paragraphs: Vec<Vec<String>>,
    sentences: Vec<String>,
    sentence: String,
    unknown: Vec<String>,
}

impl Said {
    /// Adds words, each separated by one space.
    pub(super) fn say(&mut self, words: &str) {
        for word in words.split_whitespace() {
            if !self.sentence.is_empty() {
                self.sentence.push(' ');
            }
            self.sentence.push_str(word);
        }
    }

    pub(super) fn say_read(&mut self, read: Read<'_>) {
        match read {
            Read::Known(words) => self.say(&words),
            Read::Unknown { written, words } => self.say_unknown(written, &words),
        }
    }

    pub(super) fn say_unknown(&mut self, written: &str, words: &str) {
        if !self.unknown.iter().any(|it| it == written) {
            self.unknown.push(written.to_owned());
        }
        self.say(words);
    }

    /// Breathes, unless there was nothing to say or a pause stands here already.
    pub(super) fn comma(&mut self) {
        if !self.sentence.is_empty() && !self.sentence.ends_with(',') {
            self.sentence.push(',');
        }
    }

    /// Ends the sentence with `mark`, one of `.!?`; a sentence without words is dropped.
    pub(super) fn end_sentence(&mut self, mark: char) {
        let mut sentence = std::mem::take(&mut self.sentence);
        if sentence.ends_with(',') {
            sentence.pop();
        }
        if sentence.chars().any(char::is_alphabetic) {
            sentence.push(mark);
            self.sentences.push(sentence);
        }
    }

    pub(super) fn end_paragraph(&mut self) {
        self.end_sentence('.');
        if !self.sentences.is_empty() {
            self.paragraphs.push(std::mem::take(&mut self.sentences));
        }
    }

    pub(super) fn is_sentence_start(&self) -> bool {
        self.sentence.is_empty()
    }

    /// The sentence so far in lower case, without a pause at its end.
    pub(super) fn before(&self) -> String {
        self.sentence.trim_end_matches(',').to_lowercase()
    }

    /// Whether the words just said are one of `phrases` (in lower case).
    pub(super) fn ends_with_any(&self, phrases: &[&str]) -> bool {
        ends_with_phrase(&self.before(), phrases)
    }

    pub(super) fn into_parts(mut self) -> (Vec<Vec<String>>, Vec<String>) {
        self.end_paragraph();
        (self.paragraphs, self.unknown)
    }
}

/// Whether `text` ends in one of `phrases`, as whole words.
pub(super) fn ends_with_phrase(text: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| {
        text.strip_suffix(phrase).is_some_and(|head| head.is_empty() || head.ends_with(' '))
    })
}
