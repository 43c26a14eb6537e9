//! What a place is called by machines: the official code, or one that a ward makes up.

use std::fmt;
use std::str::FromStr;

use super::Kind;

/// As a device id, so that a cluster's is its own. Invariant: 1 to 23 of a-z, 0-9 and -, no - in front (a spreadsheet's
/// formula).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlaceCode(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    #[error("{0:?} is not a code: use 1 to 23 of a-z, 0-9 and -, beginning with no -")]
    Malformed(String),
    #[error("{code:?} is not the code of a {}, which has {n_digits} digits (a spreadsheet drops zeros \
             in front: format the column as text)", kind.as_str())]
    NotOfficial { code: String, kind: Kind, n_digits: usize },
    #[error("{0:?} looks like the official code of a city or a ward: add a letter")]
    LooksOfficial(String),
}

const LONGEST: usize = 23;
const CITY_DIGITS: usize = 2;
const WARD_DIGITS: usize = 5;

impl PlaceCode {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a place of this kind can be called so (QĐ 19/2025/QĐ-TTg: two and five digits).
    pub(super) fn fits(&self, kind: Kind) -> Result<(), CodeError> {
        let code = || self.0.clone();
        let n_digits = match kind {
            Kind::City => CITY_DIGITS,
            Kind::Ward => WARD_DIGITS,
            Kind::Area | Kind::Zone => {
                let is_taken = self.has_digits(CITY_DIGITS) || self.has_digits(WARD_DIGITS);
                return if is_taken { Err(CodeError::LooksOfficial(code())) } else { Ok(()) };
            }
            Kind::Cluster => return Ok(()),
        };
        if self.has_digits(n_digits) {
            return Ok(());
        }
        Err(CodeError::NotOfficial { code: code(), kind, n_digits })
    }

    fn has_digits(&self, n_digits: usize) -> bool {
        self.0.len() == n_digits && self.0.bytes().all(|it| it.is_ascii_digit())
    }
}

impl FromStr for PlaceCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let is_known = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
        let is_short = (1..=LONGEST).contains(&text.len());
        if is_short && !text.starts_with('-') && text.bytes().all(is_known) {
            return Ok(Self(text.to_owned()));
        }
        Err(CodeError::Malformed(text.to_owned()))
    }
}

impl fmt::Display for PlaceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
