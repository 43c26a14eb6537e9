//! Random bearer values: session ids and set-up codes. Only their SHA-256 is ever stored.

use base::{Secret, Sha256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// An unguessable value, as URL-safe text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token(Secret<String>);

impl Token {
    /// `N` random bytes of the operating system.
    pub fn random<const N: usize>() -> std::io::Result<Self> {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes).map_err(|err| {
            std::io::Error::other(format!("the system gives no random bytes: {err}"))
        })?;
        Ok(Self(Secret::new(URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// What a caller claims to be a token; it becomes one when its digest is found.
    pub fn claimed(text: &str) -> Self {
        Self(Secret::new(text.to_owned()))
    }

    pub fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is stored. A plain hash is enough for a random value of 128 bits and more.
    pub fn digest(&self) -> Sha256 {
        Sha256::of(self.expose_secret().as_bytes())
    }

    /// The token that proves a change was asked for by our own page: derived from the session id,
    /// which a foreign page cannot read, so that nothing more has to be stored.
    pub fn csrf(&self) -> String {
        Sha256::of(format!("vong csrf v1 {}", self.expose_secret()).as_bytes()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_random_and_hidden() {
        let (a, b) = (Token::random::<32>().unwrap(), Token::random::<32>().unwrap());
        assert_eq!(a.expose_secret().len(), 43);
        assert_ne!(a, b);
        assert!(!format!("{a:?}").contains(a.expose_secret()));
        assert_eq!(Token::claimed(a.expose_secret()).digest(), a.digest());
        assert_ne!(a.csrf(), a.digest().to_string());
    }
}
