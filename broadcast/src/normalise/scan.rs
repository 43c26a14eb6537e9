//! A place in a line of text, cheap to copy: a rule tries on a copy and keeps it if it fits.

use std::ops::RangeInclusive;

#[derive(Clone, Copy, Debug)]
pub(super) struct Scan<'a> {
    rest: &'a str,
    /// The character before `rest`, if any.
    previous: Option<char>,
}

impl<'a> Scan<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        Self { rest: line, previous: None }
    }

    pub(super) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// The character before this place.
    pub(super) fn previous(&self) -> Option<char> {
        self.previous
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.advance(c.len_utf8());
        Some(c)
    }

    /// Consumes `text` if it stands here.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let fits = self.rest.starts_with(text);
        if fits {
            self.advance(text.len());
        }
        fits
    }

    pub(super) fn eat_any(&mut self, texts: &[&str]) -> bool {
        texts.iter().any(|text| self.eat(text))
    }

    /// A dash of any kind, with or without one space on each side: what stands in a range.
    pub(super) fn eat_dash(&mut self) -> bool {
        self.eat_any(&["-", "–", "—", "→", " → ", " - ", " – ", " — ", "- ", "– "])
    }

    /// Exactly as many digits as stand here, if `n` allows that many.
    pub(super) fn digits(&mut self, n: RangeInclusive<usize>) -> Option<&'a str> {
        let digits = self.run(|c| c.is_ascii_digit());
        if !n.contains(&digits.len()) {
            return None;
        }
        self.advance(digits.len());
        Some(digits)
    }

    /// Consumes the characters for which `keep` holds; may be none.
    pub(super) fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let run = self.run(keep);
        self.advance(run.len());
        run
    }

    fn run(&self, keep: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !keep(c)).unwrap_or(self.rest.len());
        self.rest.get(..end).unwrap_or_default()
    }

    /// No letter or digit follows: the token ends here.
    pub(super) fn is_boundary(&self) -> bool {
        !self.peek().is_some_and(char::is_alphanumeric)
    }

    /// As [`Self::is_boundary`], and no figure goes on behind a dot, a comma or a slash.
    pub(super) fn is_number_end(&self) -> bool {
        self.is_boundary() && self.is_figure_end()
    }

    /// The figure ends here; a unit may hang on it.
    pub(super) fn is_figure_end(&self) -> bool {
        let mut ahead = *self;
        let goes_on = ahead.eat_any(&[".", ",", "/", ":"])
            && ahead.peek().is_some_and(|c| c.is_ascii_digit());
        !goes_on && !self.peek().is_some_and(|c| c.is_ascii_digit())
    }

    /// What lies between this place and a later one.
    pub(super) fn until(&self, later: &Scan<'a>) -> &'a str {
        let n = self.rest.len().saturating_sub(later.rest.len());
        self.rest.get(..n).unwrap_or_default()
    }

    fn advance(&mut self, n_bytes: usize) {
        let (gone, rest) = self.rest.split_at(n_bytes);
        self.previous = gone.chars().next_back().or(self.previous);
        self.rest = rest;
    }
}
