//! An upload on its way in: to a file, never to memory, and never larger than it may be.

use std::io;
use std::path::Path;

use tempfile::NamedTempFile;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use super::error::{Fault, is_full};

/// A recording that is being received. Dropping it removes the file.
#[derive(Debug)]
pub struct Spool {
    file: File,
    on_disk: NamedTempFile,
    n_bytes: u64,
    most_bytes: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    #[error(
        "the recording is larger than {} MB: export it as MP3, or cut it into parts",
        most_bytes / 1_000_000
    )]
    TooLarge { most_bytes: u64 },
    #[error("the recording cannot be received: the disk of the box is full")]
    Full(#[source] io::Error),
    #[error("the recording cannot be received: the box cannot write to its disk")]
    Disk(#[source] io::Error),
}

impl From<io::Error> for SpoolError {
    fn from(err: io::Error) -> Self {
        if is_full(&err) { Self::Full(err) } else { Self::Disk(err) }
    }
}

/// Removes what a power cut left of uploads, at the start of the program.
pub fn clear(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => Err(err),
        Ok(()) | Err(_) => Ok(()),
    }
}

impl Spool {
    pub(super) async fn create(folder: &Path, most_bytes: u64) -> Result<Self, SpoolError> {
        tokio::fs::create_dir_all(folder).await?;
        let on_disk = tempfile::Builder::new().prefix("upload-").tempfile_in(folder)?;
        let file = File::from_std(on_disk.reopen()?);
        Ok(Self { file, on_disk, n_bytes: 0, most_bytes })
    }

    /// Appends a piece; refuses the one that makes it too large.
    pub async fn write(&mut self, piece: &[u8]) -> Result<(), SpoolError> {
        let n_bytes = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        self.n_bytes = self.n_bytes.saturating_add(n_bytes);
        if self.n_bytes > self.most_bytes {
            return Err(SpoolError::TooLarge { most_bytes: self.most_bytes });
        }
        Ok(self.file.write_all(piece).await?)
    }

    /// The whole file, to be read by somebody else.
    pub(super) async fn finish(mut self) -> Result<NamedTempFile, SpoolError> {
        self.file.flush().await?;
        Ok(self.on_disk)
    }
}

impl SpoolError {
    pub(super) fn fault(&self) -> Fault {
        match self {
            Self::TooLarge { .. } => Fault::TooLarge,
            Self::Full(_) => Fault::Full,
            Self::Disk(_) => Fault::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_upload_that_is_too_large_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = Spool::create(dir.path(), 10).await.unwrap();
        spool.write(b"12345678").await.unwrap();
        let refused = spool.write(b"901").await.unwrap_err();
        assert!(matches!(refused, SpoolError::TooLarge { most_bytes: 10 }));
        drop(spool);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn what_a_power_cut_left_goes_at_the_next_start() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("spool");
        clear(&folder).unwrap();
        let mut spool = Spool::create(&folder, 10).await.unwrap();
        spool.write(b"loa").await.unwrap();
        std::mem::forget(spool);
        clear(&folder).unwrap();
        assert!(!folder.exists());
    }

    #[tokio::test]
    async fn a_full_disk_is_told_from_a_broken_one() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = Spool::create(dir.path(), 1 << 20).await.unwrap();
        spool.file = File::options().write(true).open("/dev/full").await.unwrap();
        // The write goes on in the background: it is the next step that hears of it.
        let refused = match spool.write(b"12345678").await {
            Ok(()) => spool.finish().await.map(drop),
            refused => refused,
        };
        assert_eq!(refused.unwrap_err().fault(), Fault::Full);
        let broken = SpoolError::from(io::Error::from(io::ErrorKind::ReadOnlyFilesystem));
        assert_eq!(broken.fault(), Fault::Internal);
    }

    #[tokio::test]
    async fn what_was_received_is_what_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = Spool::create(&dir.path().join("spool"), 10).await.unwrap();
        spool.write(b"loa ").await.unwrap();
        spool.write(b"xin").await.unwrap();
        let file = spool.finish().await.unwrap();
        assert_eq!(std::fs::read(file.path()).unwrap(), b"loa xin");
    }
}
