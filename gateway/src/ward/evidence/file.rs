//! A file of evidence: synced, hashed, and only then named to anybody.

use std::io;
use std::path::{Path, PathBuf};

use base::{Sha256, write_atomic};

use crate::ward::alert::KeptFile;

/// `path` is below the data folder.
pub(super) fn keep(data_dir: &Path, path: PathBuf, bytes: &[u8]) -> io::Result<KeptFile> {
    let full = data_dir.join(&path);
    let folder = full.parent().unwrap_or(data_dir);
    std::fs::create_dir_all(folder).and_then(|()| write_atomic(&full, bytes))?;
    let n_bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    Ok(KeptFile { path, sha256: Sha256::of(bytes), n_bytes })
}

/// What an operator reads beside an alert without a picture.
pub(super) fn in_words(err: io::Error) -> anyhow::Error {
    if is_for_lack_of_room(&err) {
        anyhow::anyhow!("the disk is full")
    } else {
        anyhow::Error::new(err).context("the picture cannot be written")
    }
}

pub(super) fn is_for_lack_of_room(err: &io::Error) -> bool {
    matches!(err.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_called_so() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        assert_eq!(format!("{:#}", in_words(full)), "the disk is full");
    }
}
