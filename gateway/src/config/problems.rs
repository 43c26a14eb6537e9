//! How a field of the file is read without stopping at the first mistake.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

/// Everything wrong with a file, so that one edit can fix it all. Ends the program with code 64.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Problems(Vec<String>);

/// One key of the file. Reading it never fails, so that the keys after it are read too.
#[derive(Debug, Default)]
pub(super) enum Field<T> {
    #[default]
    Absent,
    Wrong(String),
    Given(T),
}

/// The keys of a section that nothing reads.
pub(super) type Unknown = BTreeMap<String, toml::Value>;

/// Collects problems while the believed types are built.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    /// What relative paths in the file start from.
    folder: &'a Path,
    problems: Vec<String>,
}

impl Problems {
    pub(super) fn one(problem: String) -> Self {
        Self(vec![problem])
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = toml::Value::deserialize(deserializer)?;
        Ok(match T::deserialize(value) {
            Ok(value) => Self::Given(value),
            Err(err) => Self::Wrong(err.message().to_owned()),
        })
    }
}

impl<T: JsonSchema> JsonSchema for Field<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<T> Field<T> {
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(folder: &'a Path) -> Self {
        Self { folder, problems: Vec::new() }
    }

    pub(super) fn problem(&mut self, key: &str, what: impl Display) {
        self.problems.push(format!("{key}: {what}"));
    }

    pub(super) fn unknown(&mut self, section: &str, keys: &Unknown) {
        for key in keys.keys() {
            let dot = if section.is_empty() { "" } else { "." };
            self.problem(&format!("{section}{dot}{key}"), "unknown key");
        }
    }

    pub(super) fn optional<T>(&mut self, key: &str, field: Field<T>) -> Option<T> {
        match field {
            Field::Absent => None,
            Field::Given(value) => Some(value),
            Field::Wrong(why) => {
                self.problem(key, why);
                None
            }
        }
    }

    pub(super) fn required<T>(&mut self, key: &str, field: Field<T>) -> Option<T> {
        if field.is_absent() {
            self.problem(key, "is missing");
        }
        self.optional(key, field)
    }

    /// A string that some type can be read from.
    pub(super) fn parsed<T: FromStr<Err: Display>>(
        &mut self,
        key: &str,
        text: Option<String>,
    ) -> Option<T> {
        match text?.parse() {
            Ok(value) => Some(value),
            Err(err) => {
                self.problem(key, err);
                None
            }
        }
    }

    pub(super) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.join(path)
    }

    /// For what is not read from a file.
    pub(super) fn into_problems(self) -> Vec<String> {
        self.problems
    }

    /// The believed value, if nothing was wrong. `None` without a problem cannot be: whoever gave
    /// `None` named the key.
    pub(super) fn finish<T>(self, believed: Option<T>) -> Result<T, Problems> {
        match believed {
            Some(believed) if self.problems.is_empty() => Ok(believed),
            _ => Err(Problems(self.problems)),
        }
    }
}
