//! The identity folder of one device, loaded and believed as a whole.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::DeviceId;
use jiff::Timestamp;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};

use crate::key_file::{self, FileError, FileFault};
use crate::{CommandSigner, Roster, peer_device_id, tls};

/// When a certificate is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    pub not_before: Timestamp,
    pub not_after: Timestamp,
}

/// Who this device is, and whom it obeys. Every file has been checked against the others.
pub struct Identity {
    device: DeviceId,
    validity: Validity,
    roster: Roster,
    /// Clusters have none: they command nobody.
    signer: Option<CommandSigner>,
    command_key: PathBuf,
    pub(crate) roots: Arc<RootCertStore>,
    pub(crate) key: Arc<CertifiedKey>,
}

impl Identity {
    /// Loads `ca.pem`, `device.pem`, `device.key`, `roster.jws`, and `command.key` where there is
    /// one. `now` is [`crate::CertificateTime::now`], so that a board in 1970 still knows itself.
    pub fn load(dir: &Path, now: Timestamp) -> Result<Self, FileError> {
        let ca_path = dir.join("ca.pem");
        let authority = key_file::read_certificates(&ca_path)?.swap_remove(0);
        let roots = tls::trust(&authority).map_err(|fault| fault.of(&ca_path))?;
        let certificate_path = dir.join("device.pem");
        let key = load_key(&certificate_path, &dir.join("device.key"))?;
        let leaf = &key.cert[0];
        let no_dates = || FileFault::NotPem("certificate").of(&certificate_path);
        let validity = validity(leaf).ok_or_else(no_dates)?;
        check_issued(&roots, leaf, validity, now).map_err(|fault| fault.of(&certificate_path))?;
        let no_name = || FileFault::NoDeviceId.of(&certificate_path);
        let device = peer_device_id(leaf).ok_or_else(no_name)?;
        let command_key = dir.join("command.key");
        let signer =
            if command_key.exists() { Some(CommandSigner::load(&command_key)?) } else { None };
        let roster = load_roster(&dir.join("roster.jws"), &authority)?;
        Ok(Self { device, validity, roster, signer, command_key, roots, key: Arc::new(key) })
    }

    pub fn device(&self) -> &DeviceId {
        &self.device
    }

    pub fn validity(&self) -> Validity {
        self.validity
    }

    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The key that signs this device's commands, or the error that names the missing file.
    pub fn signer(&self) -> Result<&CommandSigner, FileError> {
        self.signer.as_ref().ok_or_else(|| FileFault::Missing.of(&self.command_key))
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("device", &self.device).finish_non_exhaustive()
    }
}

/// The dates in a certificate. `None` if it is not one.
pub(crate) fn validity(certificate: &CertificateDer<'_>) -> Option<Validity> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let at = |time: x509_parser::time::ASN1Time| Timestamp::from_second(time.timestamp()).ok();
    let validity = parsed.validity();
    Some(Validity { not_before: at(validity.not_before)?, not_after: at(validity.not_after)? })
}

/// A certificate chain and the key that belongs to it.
pub(crate) fn load_key(
    certificate_path: &Path,
    key_path: &Path,
) -> Result<CertifiedKey, FileError> {
    let chain = key_file::read_certificates(certificate_path)?;
    let pem = key_file::read_private(key_path)?;
    let no_key = || FileFault::NotPem("private key").of(key_path);
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| no_key())?;
    let key = rustls::crypto::ring::sign::any_supported_type(&key).map_err(|_| no_key())?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        Ok(()) => Ok(certified),
        Err(rustls::Error::InconsistentKeys(_)) => Err(FileFault::KeyMismatch.of(key_path)),
        Err(_) => Err(FileFault::NotPem("certificate").of(certificate_path)),
    }
}

/// The same judgement that the other end of a link will make.
fn check_issued(
    roots: &Arc<RootCertStore>,
    leaf: &CertificateDer<'_>,
    validity: Validity,
    now: Timestamp,
) -> Result<(), FileFault> {
    let second = u64::try_from(now.as_second()).unwrap_or(0);
    let at = UnixTime::since_unix_epoch(Duration::from_secs(second));
    match tls::client_verifier(roots.clone()).verify_client_cert(leaf, &[], at) {
        Ok(_) => Ok(()),
        Err(rustls::Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        )) => Err(FileFault::Expired(validity.not_after)),
        Err(rustls::Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        )) => Err(FileFault::NotYetValid(validity.not_before)),
        Err(rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        )) => Err(FileFault::NotOurs),
        Err(other) => Err(FileFault::Unfit(other)),
    }
}

fn load_roster(path: &Path, authority: &CertificateDer<'_>) -> Result<Roster, FileError> {
    let token = key_file::read(path)?;
    Roster::open(&token, authority).map_err(|source| FileFault::Roster(source).of(path))
}

#[cfg(test)]
mod tests;
