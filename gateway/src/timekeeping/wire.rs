//! The answer to `POST /v1/time-key`.

use base::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::KeyId;

#[derive(Serialize, Deserialize)]
struct TimeKeyV1 {
    /// Base64 of 16 bytes.
    key_id: String,
    /// Base64 of 32 bytes.
    key: String,
    /// Seconds from now on in which it is honoured.
    expires_in_s: u64,
}

/// A key as it is handed out. The clock of the receiver may be wrong, hence a span and no instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedOut {
    pub id: KeyId,
    pub secret: Secret<[u8; 32]>,
    pub expires_in_s: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("the box's answer is not a time key")]
pub struct NotAKey;

impl HandedOut {
    pub fn to_json(&self) -> Vec<u8> {
        let wire = TimeKeyV1 {
            key_id: STANDARD.encode(self.id),
            key: STANDARD.encode(self.secret.expose_secret()),
            expires_in_s: self.expires_in_s,
        };
        serde_json::to_vec(&wire).expect("strings and numbers always serialise")
    }

    pub fn from_json(body: &[u8]) -> Result<Self, NotAKey> {
        let wire: TimeKeyV1 = serde_json::from_slice(body).map_err(|_| NotAKey)?;
        let bytes = |text: &str| STANDARD.decode(text).map_err(|_| NotAKey);
        let id = bytes(&wire.key_id)?.try_into().map_err(|_| NotAKey)?;
        let secret: [u8; 32] = bytes(&wire.key)?.try_into().map_err(|_| NotAKey)?;
        Ok(Self { id, secret: Secret::new(secret), expires_in_s: wire.expires_in_s })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back() {
        let key = HandedOut { id: [3; 16], secret: Secret::new([9; 32]), expires_in_s: 60 };
        assert_eq!(HandedOut::from_json(&key.to_json()).unwrap(), key);
        assert!(
            HandedOut::from_json(b"{\"key_id\":\"AA==\",\"key\":\"AA==\",\"expires_in_s\":1}")
                .is_err()
        );
    }
}
