//! Content lines (RFC 5545 section 3.1) and what is escaped in them (3.3.11).

use super::Refused;

/// RFC 5545 folds at this many octets.
const FOLD_AT: usize = 75;
/// Longer than a rule may be, which is what may be long.
const LONGEST: usize = 20_000;

/// A property with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Where it begins in the file, counted from 1.
    pub number: usize,
    /// In capitals.
    pub name: String,
    /// Names in capitals; values without their quotes.
    params: Vec<(String, String)>,
    pub value: String,
}

/// All lines of a file, unfolded. Folds may cut a character in two, so bytes are put together first.
pub(super) fn lines(bytes: &[u8], refused: &mut Refused) -> Vec<Line> {
    if bytes.contains(&0) {
        refused.add(1, None, "this is no calendar but a file of another kind: choose an .ics file");
        return Vec::new();
    }
    let mut unfolded: Vec<(usize, Vec<u8>)> = Vec::new();
    for (number, raw) in (1..).zip(bytes.split(|it| *it == b'\n')) {
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        match (raw, unfolded.last_mut()) {
            ([b' ' | b'\t', rest @ ..], Some((_, line))) => line.extend_from_slice(rest),
            (_, _) if raw.trim_ascii().is_empty() => {}
            (_, _) => unfolded.push((number, raw.to_vec())),
        }
    }
    let mut lines = Vec::with_capacity(unfolded.len());
    for (number, bytes) in unfolded {
        match Line::parse(number, bytes) {
            Ok(line) => lines.push(line),
            Err(what) => refused.add(number, None, what),
        }
    }
    lines
}

impl Line {
    fn parse(number: usize, bytes: Vec<u8>) -> Result<Self, &'static str> {
        if bytes.len() > LONGEST {
            return Err("is longer than 20000 bytes");
        }
        let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8: save the file as UTF-8")?;
        let (head, value) =
            split_outside_quotes(&text, ':').ok_or("has no colon after its name")?;
        let mut fields = Vec::new();
        let mut rest = head;
        while let Some((field, after)) = split_outside_quotes(rest, ';') {
            fields.push(field);
            rest = after;
        }
        fields.push(rest);
        let params = fields[1..].iter().filter_map(|it| it.split_once('='));
        let params =
            params.map(|(name, value)| (name.to_ascii_uppercase(), value.replace('"', "")));
        let params = params.collect();
        Ok(Self { number, name: fields[0].to_ascii_uppercase(), params, value: value.to_owned() })
    }

    pub(super) fn param(&self, wanted: &str) -> Option<&str> {
        let found = self.params.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn is(&self, name: &str, value: &str) -> bool {
        self.name == name && self.value.trim().eq_ignore_ascii_case(value)
    }
}

fn split_outside_quotes(text: &str, at: char) -> Option<(&str, &str)> {
    let mut is_quoted = false;
    let mut found = text.char_indices().filter(|(_, it)| {
        is_quoted ^= *it == '"';
        *it == at && !is_quoted
    });
    let (index, _) = found.next()?;
    Some((&text[..index], &text[index + at.len_utf8()..]))
}

/// A text as people read it.
pub(super) fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match (char, char == '\\') {
            (_, false) => plain.push(char),
            (_, true) => match chars.next() {
                Some('n' | 'N') => plain.push('\n'),
                Some(other) => plain.push(other),
                None => {}
            },
        }
    }
    plain
}

/// A text as a property's value. Control characters but line breaks and tabs are not allowed there.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\\' | ';' | ',' => escaped.extend(['\\', char]),
            '\n' => escaped.push_str("\\n"),
            '\t' => escaped.push(char),
            _ if char.is_control() => {}
            _ => escaped.push(char),
        }
    }
    escaped
}

/// Writes a line, folded where no character is cut.
pub(super) fn push(out: &mut String, line: &str) {
    let mut rest = line;
    let mut room = FOLD_AT;
    while rest.len() > room {
        let (head, tail) = rest.split_at(rest.floor_char_boundary(room));
        out.push_str(head);
        out.push_str("\r\n ");
        rest = tail;
        room = FOLD_AT - 1;
    }
    out.push_str(rest);
    out.push_str("\r\n");
}
