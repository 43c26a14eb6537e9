//! Files of an identity folder: read with a bound, and refused with the name of the file and what
//! to do about it.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::RosterError;

/// The largest file of an identity, a roster of some thousands of keys, stays below this.
const MAX_BYTES: u64 = 1024 * 1024;

/// What is wrong with one file of an identity or of the authority.
#[derive(Debug, thiserror::Error)]
#[error("{}: {fault}", path.display())]
pub struct FileError {
    pub path: PathBuf,
    pub fault: FileFault,
}

#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    #[error("is missing: issue this identity again, or copy the file from where it was issued")]
    Missing,
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("holds a private key that others may read (mode {0:03o}): run chmod 600 on it")]
    TooOpen(u32),
    #[error("is not a PEM {0}: copy the file again from where it was issued")]
    NotPem(&'static str),
    #[error("does not belong to the certificate beside it: copy both files from the same issue")]
    KeyMismatch,
    #[error("expired at {0}: renew it at the authority")]
    Expired(Timestamp),
    #[error("is not valid before {0}: set the clock of this machine")]
    NotYetValid(Timestamp),
    #[error("is not signed by the authority in ca.pem: take both files from the same fleet")]
    NotOurs,
    #[error("names no device id: issue this identity again")]
    NoDeviceId,
    #[error("cannot serve as the certificate of a device: {0}")]
    Unfit(rustls::Error),
    #[error("is not a roster of this fleet: {0}")]
    Roster(RosterError),
}

/// Reads a file that may be public.
pub(crate) fn read(path: &Path) -> Result<String, FileError> {
    open(path).and_then(read_whole).map_err(|fault| fault.of(path))
}

/// Reads a private key, refusing one that the group or the world may read.
pub(crate) fn read_private(path: &Path) -> Result<String, FileError> {
    let read = open(path).and_then(|file| {
        let mode = file.metadata().map_err(FileFault::Unreadable)?.permissions().mode() & 0o777;
        // No bit of the group's or the others' six may be set.
        if mode.trailing_zeros() >= 6 { read_whole(file) } else { Err(FileFault::TooOpen(mode)) }
    });
    read.map_err(|fault| fault.of(path))
}

/// Reads every certificate of a PEM file; at least one.
pub(crate) fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, FileError> {
    let text = read(path)?;
    let chain = CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<Vec<_>, _>>();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        Ok(_) | Err(_) => Err(FileFault::NotPem("certificate").of(path)),
    }
}

impl FileFault {
    pub(crate) fn of(self, path: &Path) -> FileError {
        FileError { path: path.to_owned(), fault: self }
    }
}

fn open(path: &Path) -> Result<File, FileFault> {
    File::open(path).map_err(|source| {
        if source.kind() == io::ErrorKind::NotFound {
            FileFault::Missing
        } else {
            FileFault::Unreadable(source)
        }
    })
}

fn read_whole(file: File) -> Result<String, FileFault> {
    let mut text = String::new();
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(FileFault::Unreadable)?;
    Ok(text)
}
