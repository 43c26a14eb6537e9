//! Who acts: the account name of a console user.

use std::fmt;
use std::str::FromStr;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a user name: 1 to 64 characters without spaces are needed")]
pub struct UserIdError(String);

impl UserId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserId {
    type Err = UserIdError;

    fn from_str(text: &str) -> Result<Self, UserIdError> {
        let fits = (1..=64).contains(&text.chars().count())
            && !text.contains(|it: char| it.is_whitespace() || it.is_control());
        if fits { Ok(Self(text.to_owned())) } else { Err(UserIdError(text.to_owned())) }
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
