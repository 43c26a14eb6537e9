//! Passwords: what is accepted, and Argon2id (RFC 9106) hashes of them.

use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use base::Secret;

/// 19 MiB, 2 passes, 1 lane: the OWASP password storage cheat sheet's first choice that a box with
/// 1 GB of memory bears beside its detector. One hash runs at a time (see `login`).
const MEMORY_KIB: u32 = 19 * 1024;
const N_PASSES: u32 = 2;
const N_LANES: u32 = 1;

/// In characters. Longer is refused, because every character costs the box time.
const MIN_CHARS: usize = 10;
const MAX_CHARS: usize = 128;

/// A PHC string: algorithm, parameters, salt and hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordDigest(Secret<String>);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error("the password needs at least {MIN_CHARS} characters")]
    TooShort,
    #[error("the password may have at most {MAX_CHARS} characters")]
    TooLong,
    #[error("the password must not contain the user name")]
    ContainsName,
    #[error("the password needs more than one or two different characters")]
    Monotonous,
    #[error("argon2: {0}")]
    Hash(String),
}

/// Refuses what a guesser tries first. Composition rules are deliberately absent (NIST SP 800-63B
/// section 5.1.1.2): they make passwords alike.
pub(super) fn check(user: &str, password: &str) -> Result<(), PasswordError> {
    let n_chars = password.chars().count();
    if n_chars < MIN_CHARS {
        return Err(PasswordError::TooShort);
    }
    if n_chars > MAX_CHARS {
        return Err(PasswordError::TooLong);
    }
    if password.to_lowercase().contains(&user.to_lowercase()) {
        return Err(PasswordError::ContainsName);
    }
    let mut distinct: Vec<char> = password.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < 3 { Err(PasswordError::Monotonous) } else { Ok(()) }
}

impl PasswordDigest {
    /// Takes tens of milliseconds and 19 MiB: call it off the async threads.
    pub fn of(password: &Secret<String>) -> Result<Self, PasswordError> {
        let salt = SaltString::generate(&mut OsRng);
        let digest = argon2()?.hash_password(password.expose_secret().as_bytes(), &salt);
        let digest = digest.map_err(|err| PasswordError::Hash(err.to_string()))?;
        Ok(Self(Secret::new(digest.to_string())))
    }

    pub fn from_stored(text: String) -> Self {
        Self(Secret::new(text))
    }

    pub fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }

    /// As costly as [`Self::of`]. False for a stored text that is no hash at all.
    pub fn matches(&self, password: &Secret<String>) -> bool {
        let (Ok(parsed), Ok(argon2)) = (PasswordHash::new(self.expose_secret()), argon2()) else {
            return false;
        };
        argon2.verify_password(password.expose_secret().as_bytes(), &parsed).is_ok()
    }
}

fn argon2() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(MEMORY_KIB, N_PASSES, N_LANES, None);
    let params = params.map_err(|err| PasswordError::Hash(err.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_knows_its_password_and_no_other() {
        let digest = PasswordDigest::of(&Secret::new("loa phường mình".into())).unwrap();
        assert!(digest.expose_secret().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(digest.matches(&Secret::new("loa phường mình".into())));
        assert!(!digest.matches(&Secret::new("loa phuong minh".into())));
        let damaged = PasswordDigest::from_stored("not a hash".into());
        assert!(!damaged.matches(&Secret::new("not a hash".into())));
    }

    #[test]
    fn passwords_that_are_tried_first_are_refused() {
        assert_eq!(check("lan", "ngắn quá"), Err(PasswordError::TooShort));
        assert_eq!(check("lan", &"dài".repeat(43)), Err(PasswordError::TooLong));
        assert_eq!(check("lan", "chị LAN ở phường"), Err(PasswordError::ContainsName));
        assert_eq!(check("lan", "0000000000"), Err(PasswordError::Monotonous));
        assert_eq!(check("lan", "cầu tre sáng sớm"), Ok(()));
    }
}
