//! Whether a stored sound is still the one that its name says: looked at before it is approved, and
//! before it is ordered. Hashed once for each change of the file.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use base::Sha256;
use tokio::sync::Mutex;
use tracing::error;

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

    /// False where the file is missing, cannot be read, or holds other bytes.
    pub(super) async fn is_intact(&self, sha256: Sha256) -> bool {
        let path = self.dir.join(format!("{sha256}.opus"));
        let Some((n_bytes, changed_at)) = look(&path).await else {
            self.seen.lock().await.remove(&sha256);
            return false;
        };
        let mut seen = self.seen.lock().await;
        if let Some(known) = seen.get(&sha256)
            && (known.n_bytes, known.changed_at) == (n_bytes, changed_at)
        {
            return known.is_intact;
        }
        let found = tokio::task::spawn_blocking(move || ingest::hash(&path)).await;
        let is_intact = matches!(found, Ok(Ok(found)) if found == sha256);
        if !is_intact {
            error!(%sha256, "a stored sound is not what it was: it does not play");
        }
        seen.insert(sha256, Seen { n_bytes, changed_at, is_intact });
        is_intact
    }

    /// Those of `all` that must not play.
    pub(super) async fn damaged(&self, all: BTreeSet<Sha256>) -> BTreeSet<Sha256> {
        let mut damaged = BTreeSet::new();
        for sha256 in all {
            if !self.is_intact(sha256).await {
                damaged.insert(sha256);
            }
        }
        damaged
    }
}

async fn look(path: &Path) -> Option<(u64, SystemTime)> {
    let metadata = tokio::fs::metadata(path).await.ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
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
        assert_eq!(vault.damaged([sha256].into()).await, [sha256].into());
        std::fs::write(&path, "OggS tin").unwrap();
        assert!(vault.is_intact(sha256).await, "brought back");
    }
}
