//! Who may command whom: a list of keys, signed by the fleet's authority, that each device keeps.

use std::collections::{BTreeSet, HashMap};

use base::{DeviceId, Sha256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey};
use rustls_pki_types::CertificateDer;

use crate::command::{ALGORITHM, Command, CommandRefused, MAX_COMMAND_BYTES};
use crate::jws::{Malformed, Unverified};
use crate::wire::{CommandPayload, Header, RosterPayload};

/// Rosters are signed with the authority's P-256 key: RFC 7518 section 3.4.
pub(crate) const ROSTER_ALGORITHM: &str = "ES256";
/// Some thousands of keys.
const MAX_ROSTER_BYTES: usize = 1024 * 1024;

/// The devices that one key may command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The centre's.
    EveryDevice,
    /// A box's: the clusters it has adopted.
    Only(BTreeSet<DeviceId>),
}

/// One line of a roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterKey {
    pub owner: DeviceId,
    /// Ed25519.
    pub public: [u8; 32],
    pub may_command: Reach,
}

/// The keys this device obeys. Made only from what the authority has signed.
#[derive(Clone, Debug)]
pub struct Roster {
    issued_at: Timestamp,
    keys: HashMap<String, RosterKey>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RosterError {
    #[error("it is larger than 1 MiB")]
    TooLarge,
    #[error("it is not a JWS in compact form with the algorithm ES256")]
    Malformed,
    #[error("its signature is not the authority's in ca.pem")]
    BadSignature,
}

impl Roster {
    /// Believes a roster that `authority` has signed.
    pub fn open(token: &str, authority: &CertificateDer<'_>) -> Result<Self, RosterError> {
        if token.len() > MAX_ROSTER_BYTES {
            return Err(RosterError::TooLarge);
        }
        let token = Unverified::split(token.trim_end())?;
        if token.header::<Header>()?.alg != ROSTER_ALGORITHM {
            return Err(RosterError::Malformed);
        }
        let public = authority_key(authority).ok_or(RosterError::BadSignature)?;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public)
            .verify(token.signed, &token.signature)
            .map_err(|_| RosterError::BadSignature)?;
        let (issued_at, keys) = token.payload::<RosterPayload>()?.believe()?;
        let keys = keys.into_iter().map(|key| (key_id(&key.public), key)).collect();
        Ok(Self { issued_at, keys })
    }

    /// A newer roster replaces an older one, never the other way round.
    pub fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// The command in `token`, if `me` is to obey it at `now`. Two things are left to the caller:
    /// whether `now` is to be trusted, and whether the id was seen before (store it, then act).
    pub fn verify(
        &self,
        token: &str,
        me: &DeviceId,
        now: Timestamp,
    ) -> Result<Command, CommandRefused> {
        if token.len() > MAX_COMMAND_BYTES {
            return Err(CommandRefused::TooLarge);
        }
        let token = Unverified::split(token)?;
        let header = token.header::<Header>()?;
        if header.alg != ALGORITHM {
            return Err(CommandRefused::Algorithm);
        }
        let key = self.keys.get(&header.kid).ok_or(CommandRefused::UnknownKey)?;
        UnparsedPublicKey::new(&ED25519, &key.public)
            .verify(token.signed, &token.signature)
            .map_err(|_| CommandRefused::BadSignature)?;
        let command = token.payload::<CommandPayload>()?.believe()?;
        key.permits(&command, me, now)?;
        Ok(command)
    }
}

impl RosterKey {
    fn permits(
        &self,
        command: &Command,
        me: &DeviceId,
        now: Timestamp,
    ) -> Result<(), CommandRefused> {
        if command.to != *me {
            return Err(CommandRefused::NotForMe);
        }
        if command.issuer != self.owner {
            return Err(CommandRefused::WrongIssuer);
        }
        let reaches_me = match &self.may_command {
            Reach::EveryDevice => true,
            Reach::Only(devices) => devices.contains(me),
        };
        if !reaches_me {
            return Err(CommandRefused::NotAllowed);
        }
        if now > command.not_after {
            return Err(CommandRefused::Expired);
        }
        Ok(())
    }
}

impl From<Malformed> for CommandRefused {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl From<Malformed> for RosterError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// RFC 7638: the SHA-256 of the key's required members in alphabetical order, without spaces.
pub(crate) fn key_id(public: &[u8]) -> String {
    let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, base64url(public));
    base64url(Sha256::of(jwk.as_bytes()).as_bytes())
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn public_key(text: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// The uncompressed point of a P-256 certificate. ring refuses any other kind of key.
fn authority_key(certificate: &CertificateDer<'_>) -> Option<Vec<u8>> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    Some(parsed.public_key().subject_public_key.data.to_vec())
}

#[cfg(test)]
mod tests;
