//! Signed commands: JWS compact (RFC 7515) with Ed25519 (RFC 8037).

use std::path::Path;
use std::sync::Arc;

use base::{DeviceId, Secret};
use jiff::Timestamp;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use uuid::Uuid;

use crate::key_file::{self, FileError, FileFault};
use crate::wire::{CommandPayload, Header};
use crate::{jws, roster};

/// The largest command accepted, as it travels: the payload bound of the MQTT contract.
pub const MAX_COMMAND_BYTES: usize = 64 * 1024;

/// The only algorithm a command may name. There is no negotiation to attack.
pub(crate) const ALGORITHM: &str = "EdDSA";

/// One order to one device. What `kind` and `data` mean is the gateway's business.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// Seen once, never again: the receiver stores it before it acts.
    pub id: Uuid,
    pub to: DeviceId,
    /// The device whose key signs.
    pub issuer: DeviceId,
    pub kind: String,
    /// Whole milliseconds on the wire.
    pub issued_at: Timestamp,
    /// The last instant at which it may be accepted. Whole milliseconds on the wire.
    pub not_after: Timestamp,
    pub data: serde_json::Value,
}

/// Why a command was not obeyed. The texts are constant: nothing that an attacker wrote is repeated
/// in a log or a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandRefused {
    #[error("larger than a command may be")]
    TooLarge,
    #[error("not a signed command")]
    Malformed,
    #[error("signed with an algorithm other than EdDSA")]
    Algorithm,
    #[error("signed with a key that is not on the roster")]
    UnknownKey,
    #[error("the signature does not fit the content")]
    BadSignature,
    #[error("meant for another device")]
    NotForMe,
    #[error("the key belongs to another issuer")]
    WrongIssuer,
    #[error("the issuer may not command this device")]
    NotAllowed,
    #[error("past its last instant")]
    Expired,
}

/// An Ed25519 key that signs commands. Cheap to clone.
#[derive(Clone)]
pub struct CommandSigner {
    key: Arc<Ed25519KeyPair>,
    kid: String,
}

impl CommandSigner {
    /// A new key as PKCS#8 PEM, for `command.key`.
    pub(crate) fn generate() -> Result<(Self, Secret<String>), rcgen::Error> {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519)?;
        let pem = key.serialize_pem();
        let signer = Self::from_pem(&pem).ok_or(rcgen::Error::CouldNotParseKeyPair)?;
        Ok((signer, Secret::new(pem)))
    }

    /// Reads a PKCS#8 PEM file of mode 0600, as `openssl genpkey -algorithm ed25519` writes it too.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        let pem = key_file::read_private(path)?;
        Self::from_pem(&pem).ok_or_else(|| FileFault::NotPem("Ed25519 private key").of(path))
    }

    fn from_pem(pem: &str) -> Option<Self> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).ok()?;
        // OpenSSL leaves the public half out of the file; ring then derives it.
        let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der()).ok()?;
        let kid = roster::key_id(key.public_key().as_ref());
        Some(Self { key: Arc::new(key), kid })
    }

    pub fn public_key(&self) -> [u8; 32] {
        let mut public = [0; 32];
        public.copy_from_slice(self.key.public_key().as_ref());
        public
    }

    /// The thumbprint of the key (RFC 7638, RFC 8037 appendix A.3).
    pub fn key_id(&self) -> &str {
        &self.kid
    }

    /// The command as it travels. It is larger than the content by a third and some 200 bytes; past
    /// [`MAX_COMMAND_BYTES`] every receiver refuses it.
    pub fn sign(&self, command: &Command) -> String {
        let header = Header { alg: ALGORITHM.to_owned(), kid: self.kid.clone(), typ: None };
        let signed = jws::start(&header, &CommandPayload::of(command));
        let signature = self.key.sign(signed.as_bytes());
        jws::finish(signed, signature.as_ref())
    }
}

impl std::fmt::Debug for CommandSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CommandSigner").field("kid", &self.kid).finish_non_exhaustive()
    }
}
