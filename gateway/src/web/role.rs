//! What a console user may do. Roles add up; nothing is implied by another.

use std::fmt;
use std::str::FromStr;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// Writes, uploads and submits bulletins.
    Author,
    /// Approves or rejects what somebody else wrote, and schedules it.
    Approver,
    /// Sees what the cameras see, and says why.
    Security,
    /// Installs and repairs, and draws what cameras watch for; sees states, and no picture in which
    /// somebody could be recognised.
    Technician,
    /// Manages users, and sees who looked at whom.
    Admin,
}

/// A set of roles. Invariant: sorted, each once, never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Roles(Vec<Role>);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RoleError {
    #[error("{0:?} is not a role: use author, approver, security, technician or admin")]
    Unknown(String),
    #[error("a user needs at least one role")]
    Empty,
}

impl Role {
    pub(super) const ALL: [Self; 5] =
        [Self::Author, Self::Approver, Self::Security, Self::Technician, Self::Admin];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::Approver => "approver",
            Self::Security => "security",
            Self::Technician => "technician",
            Self::Admin => "admin",
        }
    }
}

impl Roles {
    /// What the first user of a box gets: somebody has to be able to do everything, and two
    /// different persons are needed to approve a bulletin whatever their roles are.
    pub(super) fn all() -> Self {
        Self(Role::ALL.to_vec())
    }

    pub(super) fn new(mut roles: Vec<Role>) -> Result<Self, RoleError> {
        roles.sort_unstable();
        roles.dedup();
        if roles.is_empty() { Err(RoleError::Empty) } else { Ok(Self(roles)) }
    }

    pub(super) fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    pub(super) fn has_any(&self, wanted: &[Role]) -> bool {
        wanted.iter().any(|it| self.has(*it))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Role> + '_ {
        self.0.iter().copied()
    }
}

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        let known = Self::ALL.into_iter().find(|it| it.as_str() == text);
        known.ok_or_else(|| RoleError::Unknown(text.to_owned()))
    }
}

/// As it is stored: `author,approver`.
impl FromStr for Roles {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        let named = text.split(',').map(str::trim).filter(|it| !it.is_empty());
        Self::new(named.map(Role::from_str).collect::<Result<_, _>>()?)
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(Role::as_str).collect();
        f.write_str(&names.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_as_they_are_written() {
        let roles: Roles = "approver, author,author".parse().unwrap();
        assert_eq!(roles.to_string(), "author,approver");
        assert!(roles.has(Role::Author) && !roles.has(Role::Admin));
        assert_eq!("root".parse::<Roles>(), Err(RoleError::Unknown("root".into())));
        assert_eq!(" ,".parse::<Roles>(), Err(RoleError::Empty));
    }
}
