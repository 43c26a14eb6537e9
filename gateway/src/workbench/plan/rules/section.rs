//! A table of the rules file that is being read, key by key.

use std::fmt::Display;
use std::str::FromStr;

use jiff::civil::Time;
use toml::{Table, Value};

/// What was taken is known; what is left over is named.
pub(super) struct Section<'a> {
    /// Its key, with a dot after it; empty for the whole file.
    prefix: String,
    pub(super) table: Table,
    pub(super) problems: &'a mut Vec<String>,
}

impl<'a> Section<'a> {
    pub(super) fn new(prefix: &str, table: Table, problems: &'a mut Vec<String>) -> Self {
        Self { prefix: prefix.to_owned(), table, problems }
    }

    /// The tables of `[[key]]`; none where it is not there.
    pub(super) fn tables(&mut self, key: &str) -> Option<Vec<Value>> {
        if let Value::Array(tables) = self.table.remove(key)? {
            return Some(tables);
        }
        self.wrong(key, &format!("write it as [[{key}]]")).or(Some(Vec::new()))
    }

    /// Texts by their keys, such as `{ ram = "only" }`.
    pub(super) fn texts_by_key(&mut self, key: &str, example: &str) -> Vec<(String, String)> {
        let what = format!("must be such as {example}");
        let Some(value) = self.table.remove(key) else { return Vec::new() };
        let Value::Table(table) = value else {
            return self.wrong(key, &what).unwrap_or_default();
        };
        let text = |(key, value): (String, Value)| Some((key, value.as_str()?.to_owned()));
        let texts: Option<Vec<_>> = table.into_iter().map(text).collect();
        texts.or_else(|| self.wrong(key, &what)).unwrap_or_default()
    }

    pub(super) fn time_of_day(&mut self, key: &str, default: Time) -> Time {
        let Some(text) = self.string(key) else { return default };
        Time::strptime("%H:%M", &text).unwrap_or_else(|_| {
            self.problem(key, format!("{text:?} is not a time of day such as \"21:00\""));
            default
        })
    }

    pub(super) fn parsed<T: FromStr<Err: Display>>(&mut self, key: &str) -> Option<T> {
        let text = self.string(key)?;
        text.parse().map_err(|err| self.problem(key, err)).ok()
    }

    pub(super) fn string(&mut self, key: &str) -> Option<String> {
        let value = self.table.remove(key)?;
        let text = value.as_str().map(str::to_owned);
        text.or_else(|| self.wrong(key, "must be a text in quotes"))
    }

    pub(super) fn bool(&mut self, key: &str) -> Option<bool> {
        let value = self.table.remove(key)?;
        value.as_bool().or_else(|| self.wrong(key, "must be true or false"))
    }

    /// One text, or a list of them.
    pub(super) fn strings(&mut self, key: &str) -> Option<Vec<String>> {
        let value = self.table.remove(key)?;
        let values = value.as_array().map_or(std::slice::from_ref(&value), Vec::as_slice);
        let texts: Option<Vec<String>> =
            values.iter().map(|it| it.as_str().map(str::to_owned)).collect();
        // Given, even if wrong: nobody needs to hear as well that it is missing.
        Some(texts.unwrap_or_else(|| {
            self.wrong(key, "must be a text in quotes, or a list of them").unwrap_or_default()
        }))
    }

    pub(super) fn finish(self) {
        for key in self.table.keys() {
            self.problems.push(format!("{}{key}: unknown key", self.prefix));
        }
    }

    pub(super) fn problem(&mut self, key: &str, what: impl Display) {
        self.problems.push(format!("{}{key}: {what}", self.prefix));
    }

    pub(super) fn wrong<T>(&mut self, key: &str, what: &str) -> Option<T> {
        self.problem(key, what);
        None
    }
}
