//! The fleet's own certificate authority: one folder with one key, kept by the centre.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use base::{DeviceId, Secret};
use jiff::Timestamp;
use rcgen::{Issuer, KeyPair, PKCS_ECDSA_P256_SHA256};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use rustls_pki_types::CertificateDer;

use crate::certificate::{self, Role};
use crate::key_file::{self, FileError, FileFault};
use crate::roster::{ROSTER_ALGORITHM, RosterKey};
use crate::wire::{Header, RosterPayload};
use crate::{CommandSigner, identity, jws};

/// Signs certificates and rosters. Whoever holds its folder holds the fleet.
pub struct Authority {
    certificate: CertificateDer<'static>,
    certificate_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and the private keys made for it.
pub struct Issued {
    pub device: DeviceId,
    pub authority_pem: String,
    pub certificate_pem: String,
    pub key_pem: Secret<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{} already holds an authority: a second one would orphan the fleet", .0.display())]
    Exists(PathBuf),
    #[error("the folder {} cannot be written", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("no certificate can be made for {device}")]
    Certificate { device: String, source: rcgen::Error },
}

impl Authority {
    /// Opens the authority in `dir`, or makes one where the folder is absent or empty. A folder with
    /// one of its two files missing is refused: a new key would orphan every device of the fleet.
    pub fn open_or_create(dir: &Path, now: Timestamp) -> Result<Self, AuthorityError> {
        if is_vacant(dir) { Self::create(dir, now) } else { Self::open(dir, now) }
    }

    /// Makes a key and a certificate in `dir`, which must be absent or empty. The folder appears
    /// whole or not at all.
    pub fn create(dir: &Path, now: Timestamp) -> Result<Self, AuthorityError> {
        if !is_vacant(dir) {
            return Err(AuthorityError::Exists(dir.to_owned()));
        }
        let no_certificate =
            |source| AuthorityError::Certificate { device: "the authority".to_owned(), source };
        let params = certificate::authority(now).map_err(no_certificate)?;
        let key = KeyPair::generate().map_err(no_certificate)?;
        let certificate = params.self_signed(&key).map_err(no_certificate)?;
        let write = |new: &Path| {
            base::write_private(&new.join("ca.key"), key.serialize_pem().as_bytes())?;
            base::write_atomic(&new.join("ca.pem"), certificate.pem().as_bytes())
        };
        lay_down(dir, write)
            .map_err(|source| AuthorityError::Unwritable { path: dir.to_owned(), source })?;
        Self::open(dir, now)
    }

    /// Opens `ca.pem` and `ca.key`.
    pub fn open(dir: &Path, now: Timestamp) -> Result<Self, AuthorityError> {
        let (certificate_path, key_path) = (dir.join("ca.pem"), dir.join("ca.key"));
        let certificate_pem = key_file::read(&certificate_path)?;
        let mut chain = key_file::read_certificates(&certificate_path)?;
        let certificate = chain.swap_remove(0);
        let validity = identity::validity(&certificate)
            .ok_or_else(|| FileFault::NotPem("certificate").of(&certificate_path))?;
        if now > validity.not_after {
            return Err(FileFault::Expired(validity.not_after).of(&certificate_path).into());
        }
        let key_pem = key_file::read_private(&key_path)?;
        let no_key = |_| FileFault::NotPem("P-256 private key").of(&key_path);
        let key = KeyPair::from_pkcs8_pem_and_sign_algo(&key_pem, &PKCS_ECDSA_P256_SHA256)
            .map_err(no_key)?;
        if !certificate::holds_key(&certificate, key.public_key_raw()) {
            return Err(FileFault::KeyMismatch.of(&key_path).into());
        }
        let issuer = Issuer::from_ca_cert_der(&certificate, key)
            .map_err(|_| FileFault::NotPem("certificate").of(&certificate_path))?;
        Ok(Self { certificate, certificate_pem, issuer })
    }

    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// What every device keeps as `ca.pem`.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// Makes a key and its certificate, for a device that cannot make its own yet. `names` are the
    /// addresses at which a [`Role::Station`] or a [`Role::Broker`] is reached by browsers and other
    /// strangers; our own parts ask for the device id, whatever the address.
    pub fn issue(
        &self,
        device: &DeviceId,
        role: Role,
        names: &[&str],
        now: Timestamp,
    ) -> Result<Issued, AuthorityError> {
        let refused = |source| AuthorityError::Certificate { device: device.to_string(), source };
        let key = KeyPair::generate().map_err(refused)?;
        let params = certificate::device(device, role, names, now).map_err(refused)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(refused)?;
        Ok(Issued {
            device: device.clone(),
            authority_pem: self.certificate_pem.clone(),
            certificate_pem: certificate.pem(),
            key_pem: Secret::new(key.serialize_pem()),
        })
    }

    /// A new command key: the signer, whose public half goes on the roster, and the PEM text for
    /// `command.key`.
    pub fn new_command_key(&self) -> Result<(CommandSigner, Secret<String>), AuthorityError> {
        CommandSigner::generate().map_err(|source| AuthorityError::Certificate {
            device: "a command key".to_owned(),
            source,
        })
    }

    /// The roster as each device keeps it: a JWS that `ca.pem` alone verifies.
    pub fn sign_roster(&self, keys: &[RosterKey], now: Timestamp) -> String {
        let header = Header {
            alg: ROSTER_ALGORITHM.to_owned(),
            kid: "authority".to_owned(),
            typ: Some("vong-roster".to_owned()),
        };
        let signed = jws::start(&header, &RosterPayload::of(keys, now));
        let random = SystemRandom::new();
        let pkcs8 = self.issuer.key().serialized_der();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &random)
            .expect("a P-256 key was checked when the authority was opened");
        let signature = key
            .sign(&random, signed.as_bytes())
            .expect("signing ends without a result only if the system has no randomness");
        jws::finish(signed, signature.as_ref())
    }
}

impl Issued {
    /// Writes the identity folder `dir`, which must be absent or empty: `ca.pem`, `device.pem`,
    /// `device.key`, the roster, and for a device that commands others `command.key`. The folder
    /// appears whole or not at all.
    pub fn write(
        &self,
        dir: &Path,
        roster: &str,
        command_key: Option<&Secret<String>>,
    ) -> io::Result<()> {
        lay_down(dir, |new| {
            base::write_private(&new.join("device.key"), self.key_pem.expose_secret().as_bytes())?;
            if let Some(key) = command_key {
                base::write_private(&new.join("command.key"), key.expose_secret().as_bytes())?;
            }
            base::write_atomic(&new.join("device.pem"), self.certificate_pem.as_bytes())?;
            base::write_atomic(&new.join("ca.pem"), self.authority_pem.as_bytes())?;
            base::write_atomic(&new.join("roster.jws"), roster.as_bytes())
        })
    }
}

fn is_vacant(dir: &Path) -> bool {
    match fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_none(),
        Err(source) => source.kind() == io::ErrorKind::NotFound,
    }
}

/// Lets `write` fill a folder beside `dir`, then renames it: a power cut leaves no half of one. Fails
/// where `dir` holds anything.
fn lay_down(dir: &Path, write: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let mut new = dir.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    if new.exists() {
        fs::remove_dir_all(&new)?;
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&new)?;
    write(&new)?;
    fs::rename(&new, dir)?;
    let parent = dir.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(parent)?.sync_all()
}

#[cfg(test)]
mod tests;
