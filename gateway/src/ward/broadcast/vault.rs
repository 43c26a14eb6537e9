//! Whether a stored sound is still the one that its name says: looked at before it is approved, and
//! before it is ordered. Hashed once for each change of the file.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use base::Sha256;
use tokio::sync::Mutex;
use tracing::{error, warn};

use super::ingest;

/// The folder of stored sound. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Vault {
    dir: PathBuf,
    seen: Arc<Mutex<HashMap<Sha256, Seen>>>,
}

/// A file as it was when it was hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    n_bytes: u64,
    changed_at: SystemTime,
    is_intact: bool,
}

impl Vault {
    /// `dir` holds `<sha256>.opus`.
    pub fn new(dir: PathBuf) -> Self {
        Self { dir, seen: Arc::default() }
    }

    /// False where the file is missing or holds other bytes. While it cannot be read at all, the last answer
    /// holds, or true without one: a hiccup of the card silences no bulletin, and each cluster hashes what it
    /// gets.
    pub(super) async fn is_intact(&self, sha256: Sha256) -> bool {
        let path = self.dir.join(format!("{sha256}.opus"));
        let known = self.seen.lock().await.get(&sha256).copied();
        let last = known.is_none_or(|it| it.is_intact);
        let (n_bytes, changed_at) = match look(&path).await {
            Ok(found) => found,
            Err(err) if err.kind() == io::ErrorKind::NotFound => {
                self.seen.lock().await.remove(&sha256);
                return false;
            }
            Err(err) => {
                warn!(%sha256, %err, "a stored sound cannot be looked at");
                return last;
            }
        };
        if let Some(known) = known
            && (known.n_bytes, known.changed_at) == (n_bytes, changed_at)
        {
            return known.is_intact;
        }
        let is_intact = match tokio::task::spawn_blocking(move || ingest::hash(&path)).await {
            Ok(Ok(found)) => found == sha256,
            Ok(Err(err)) => {
                warn!(%sha256, error = ?err, "a stored sound cannot be read");
                return last;
            }
            Err(err) => {
                warn!(%sha256, %err, "a stored sound was not hashed");
                return last;
            }
        };
        if !is_intact {
            error!(%sha256, "a stored sound is not what it was: it does not play");
        }
        let seen = Seen { n_bytes, changed_at, is_intact };
        self.seen.lock().await.insert(sha256, seen);
        is_intact
    }
}

async fn look(path: &Path) -> io::Result<(u64, SystemTime)> {
    let metadata = tokio::fs::metadata(path).await?;
    Ok((metadata.len(), metadata.modified()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sound_is_what_its_name_says_or_does_not_play() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::new(dir.path().to_owned());
        let sha256 = Sha256::of(b"OggS tin");
        let path = dir.path().join(format!("{sha256}.opus"));
        assert!(!vault.is_intact(sha256).await, "missing");
        std::fs::write(&path, "OggS tin").unwrap();
        assert!(vault.is_intact(sha256).await && vault.is_intact(sha256).await);
        std::fs::write(&path, "OggS tin khác").unwrap();
        assert!(!vault.is_intact(sha256).await, "other bytes");
        std::fs::write(&path, "OggS tin").unwrap();
        assert!(vault.is_intact(sha256).await, "brought back");
    }
}
