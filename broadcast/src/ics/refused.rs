//! Everything wrong with a file, so that one look is enough.

use std::fmt;

/// More help nobody.
const MOST_PROBLEMS: usize = 100;

/// Why a file was not taken. Nothing of it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// In the order of the file, and never empty in an error. At most a hundred.
    pub problems: Vec<Problem>,
    /// How many there were besides.
    pub n_more: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it is, or where its event begins; counted from 1. Zero: the file as a whole.
    pub line: usize,
    /// Of its event, if it is in one that has a UID.
    pub uid: Option<String>,
    /// What is wrong and what to do.
    pub what: String,
}

impl Refused {
    pub(super) fn add(&mut self, line: usize, uid: Option<&str>, what: impl fmt::Display) {
        if self.problems.len() >= MOST_PROBLEMS {
            self.n_more += 1;
            return;
        }
        let uid = uid.map(str::to_owned);
        self.problems.push(Problem { line, uid, what: what.to_string() });
    }

    pub(super) fn of_file(what: impl fmt::Display) -> Self {
        let mut refused = Self::default();
        refused.add(0, None, what);
        refused
    }

    /// `value`, if nothing was wrong.
    pub(super) fn unless_any<T>(mut self, value: T) -> Result<T, Self> {
        self.problems.sort_by_key(|it| it.line);
        if self.problems.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, &self.uid) {
            (0, _) => f.write_str(&self.what),
            (line, None) => write!(f, "line {line}: {}", self.what),
            (line, Some(uid)) => write!(f, "line {line}, event {uid}: {}", self.what),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.problems.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))?;
        if self.n_more > 0 {
            write!(f, "\nand {} more", self.n_more)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}
