//! The cached audio: `<sha256>.opus` in one folder, within a budget. What is ordered is never evicted.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use base::{Sha256, Sha256Hasher};
use tokio::fs;
use tokio::io::AsyncReadExt as _;

/// Read at a time while hashing.
const CHUNK_BYTES: usize = 64 << 10;

#[derive(Clone, Debug)]
pub(super) struct Cache {
    dir: PathBuf,
    max_bytes: u64,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum CacheError {
    #[error("the cache of {max_bytes} bytes is full of content that is ordered")]
    Full { max_bytes: u64 },
    #[error("the cache cannot be used")]
    Io(#[from] io::Error),
}

impl Cache {
    pub(super) async fn open(dir: PathBuf, max_bytes: u64) -> io::Result<Self> {
        fs::create_dir_all(&dir).await?;
        Ok(Self { dir, max_bytes })
    }

    pub(super) fn path(&self, sha256: Sha256) -> PathBuf {
        self.dir.join(format!("{sha256}.opus"))
    }

    /// Where a download grows until it is whole.
    pub(super) fn part_path(&self, sha256: Sha256) -> PathBuf {
        self.dir.join(format!("{sha256}.part"))
    }

    /// The file is here and is what its name says. One that is not is removed: an SD card ages.
    pub(super) async fn has(&self, sha256: Sha256) -> io::Result<bool> {
        let path = self.path(sha256);
        match hash(&path).await {
            Ok(found) if found == sha256 => Ok(true),
            Ok(_) => fs::remove_file(&path).await.map(|()| false),
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(err) => Err(err),
        }
    }

    /// What is left free by who can wait: a quarter.
    pub(super) fn reserve(&self) -> u64 {
        self.max_bytes / 4
    }

    /// Makes room for `n_bytes` by removing what is not in `wanted`, oldest first.
    pub(super) async fn make_room(
        &self,
        n_bytes: u64,
        wanted: &BTreeSet<Sha256>,
    ) -> Result<(), CacheError> {
        let mut files = self.files().await?;
        files.sort_by_key(|it| it.modified);
        let room = self.max_bytes.checked_sub(n_bytes);
        let evicted = room.and_then(|room| to_evict(&files, room, wanted));
        for file in evicted.ok_or(CacheError::Full { max_bytes: self.max_bytes })? {
            fs::remove_file(&file.path).await?;
        }
        Ok(())
    }

    async fn files(&self) -> io::Result<Vec<CachedFile>> {
        let mut entries = fs::read_dir(&self.dir).await?;
        let mut files = Vec::new();
        while let Some(entry) = entries.next_entry().await? {
            let metadata = entry.metadata().await?;
            let path = entry.path();
            let sha256 = path.file_stem().and_then(|it| it.to_str()).and_then(|it| it.parse().ok());
            let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            files.push(CachedFile { path, sha256, n_bytes: metadata.len(), modified });
        }
        Ok(files)
    }
}

/// The oldest of what nobody waits for, until the rest takes at most `most_bytes`. `None`: not even all of it
/// is enough, and then nothing is removed. `files`: the oldest first.
fn to_evict<'a>(
    files: &'a [CachedFile],
    most_bytes: u64,
    wanted: &BTreeSet<Sha256>,
) -> Option<Vec<&'a CachedFile>> {
    let mut total: u64 = files.iter().map(|it| it.n_bytes).sum();
    let mut evicted = Vec::new();
    for file in files.iter().filter(|it| !it.sha256.is_some_and(|it| wanted.contains(&it))) {
        if total <= most_bytes {
            break;
        }
        total = total.saturating_sub(file.n_bytes);
        evicted.push(file);
    }
    (total <= most_bytes).then_some(evicted)
}

#[derive(Debug)]
struct CachedFile {
    path: PathBuf,
    /// `None` for something that we did not put there.
    sha256: Option<Sha256>,
    n_bytes: u64,
    modified: SystemTime,
}

/// Streams the file through SHA-256.
pub(super) async fn hash(path: &Path) -> io::Result<Sha256> {
    let mut file = fs::File::open(path).await?;
    let mut hasher = Sha256Hasher::default();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let n_bytes = file.read(&mut chunk).await?;
        if n_bytes == 0 {
            return Ok(hasher.finish());
        }
        hasher.update(&chunk[..n_bytes]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What is ordered stays, whatever else there is; nothing goes in vain, and what is left fits.
        #[test]
        fn what_is_ordered_is_never_evicted(
            files in prop::collection::vec((0_u8..20, 0_u64..50, any::<bool>()), 0..20),
            most_bytes in 0_u64..400,
        ) {
            let wanted: BTreeSet<Sha256> =
                files.iter().filter(|it| it.2).map(|it| Sha256::of(&[it.0])).collect();
            let files: Vec<CachedFile> = files
                .iter()
                .map(|(name, n_bytes, _)| CachedFile {
                    path: PathBuf::from(name.to_string()),
                    // As a file that we did not put there has none.
                    sha256: (*name != 0).then(|| Sha256::of(&[*name])),
                    n_bytes: *n_bytes,
                    modified: SystemTime::UNIX_EPOCH,
                })
                .collect();
            let is_wanted = |it: &&CachedFile| it.sha256.is_some_and(|it| wanted.contains(&it));
            let total: u64 = files.iter().map(|it| it.n_bytes).sum();
            let kept: u64 = files.iter().filter(is_wanted).map(|it| it.n_bytes).sum();
            match to_evict(&files, most_bytes, &wanted) {
                None => prop_assert!(kept > most_bytes),
                Some(evicted) => {
                    prop_assert!(evicted.iter().all(|it| !is_wanted(it)));
                    let freed: u64 = evicted.iter().map(|it| it.n_bytes).sum();
                    prop_assert!(total - freed <= most_bytes);
                    let last = evicted.last().map_or(0, |it| it.n_bytes);
                    prop_assert!(evicted.is_empty() || total - freed + last > most_bytes);
                }
            }
        }
    }

    async fn cache(dir: &Path, max_bytes: u64) -> Cache {
        Cache::open(dir.join("cache"), max_bytes).await.unwrap()
    }

    #[tokio::test]
    async fn a_corrupt_file_is_not_had() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path(), 100).await;
        let sha256 = Sha256::of(b"bulletin");
        assert!(!cache.has(sha256).await.unwrap());
        std::fs::write(cache.path(sha256), b"bulletin").unwrap();
        assert!(cache.has(sha256).await.unwrap());
        std::fs::write(cache.path(sha256), b"bulletiM").unwrap();
        assert!(!cache.has(sha256).await.unwrap());
        assert!(!cache.path(sha256).exists());
    }

    #[tokio::test]
    async fn room_is_made_but_not_from_what_is_ordered() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path(), 100).await;
        let (old, ordered) = (Sha256::of(b"old"), Sha256::of(b"ordered"));
        std::fs::write(cache.path(old), [0; 40]).unwrap();
        std::fs::write(cache.path(ordered), [0; 40]).unwrap();
        let wanted = BTreeSet::from([ordered]);
        cache.make_room(20, &wanted).await.unwrap();
        assert!(cache.path(old).exists());
        cache.make_room(30, &wanted).await.unwrap();
        assert!(!cache.path(old).exists() && cache.path(ordered).exists());
        assert!(matches!(cache.make_room(61, &wanted).await, Err(CacheError::Full { .. })));
    }
}
