//! Makes each answer wait for its turn: at the pace of all, and fair between clusters.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use base::{BitRate, DeviceId};
use futures_util::stream;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, Take};
use tokio::time::Instant;

use super::pace::Pace;

/// Without a limit: as `ranges` reads.
const CHUNK_BYTES: u64 = 32 << 10;

/// Cheap to clone.
#[derive(Clone)]
pub(super) struct Turns(Option<Arc<Queue>>);

struct Queue {
    pace: Mutex<Pace>,
    chunk_bytes: u64,
    /// A cluster waits for one turn at a time, however many connections it has open.
    clusters: BTreeMap<DeviceId, tokio::sync::Mutex<()>>,
}

/// The turns of one answer.
struct Turn {
    queue: Option<Arc<Queue>>,
    cluster: DeviceId,
}

impl Turns {
    /// `None`: as fast as the link takes it.
    pub(super) fn new(rate: Option<BitRate>, clusters: &BTreeSet<DeviceId>) -> Self {
        Self(rate.map(|rate| {
            let clusters = clusters.iter().map(|it| (it.clone(), tokio::sync::Mutex::default()));
            let pace = Mutex::new(Pace::new(rate, Instant::now()));
            let chunk_bytes = Pace::chunk_bytes(rate);
            Arc::new(Queue { pace, chunk_bytes, clusters: clusters.collect() })
        }))
    }

    /// What is left of `file`, chunk by chunk. A chunk is read when its turn has come, so an answer that
    /// waits holds no memory, and one that nobody takes holds up no other.
    pub(super) fn body(&self, cluster: DeviceId, file: Take<File>) -> Body {
        let turn = Turn { queue: self.0.clone(), cluster };
        Body::from_stream(stream::try_unfold((file, turn), |(mut file, turn)| async {
            let chunk = turn.read(&mut file).await?;
            Ok::<_, io::Error>((!chunk.is_empty()).then_some((chunk, (file, turn))))
        }))
    }
}

impl Turn {
    /// Empty at the end.
    async fn read(&self, file: &mut Take<File>) -> io::Result<Bytes> {
        let most = self.queue.as_ref().map_or(CHUNK_BYTES, |it| it.chunk_bytes);
        let n_bytes = most.min(file.limit());
        if n_bytes == 0 {
            return Ok(Bytes::new());
        }
        self.wait(n_bytes).await;
        let mut chunk = Vec::with_capacity(usize::try_from(n_bytes).unwrap_or_default());
        file.read_buf(&mut chunk).await?;
        Ok(Bytes::from(chunk))
    }

    async fn wait(&self, n_bytes: u64) {
        let Some(queue) = &self.queue else { return };
        // First come, first served, within a cluster too.
        let _own = match queue.clusters.get(&self.cluster) {
            Some(cluster) => Some(cluster.lock().await),
            None => None,
        };
        let leaves_at = {
            let mut pace = queue.pace.lock().expect("nothing panics while holding it");
            pace.grant(n_bytes, Instant::now())
        };
        tokio::time::sleep_until(leaves_at).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_cluster_with_four_connections_gets_no_more_than_one_with_one() {
        let clusters: BTreeSet<DeviceId> =
            ["loa-1", "loa-2", "loa-3"].iter().map(|it| it.parse().unwrap()).collect();
        let turns = Turns::new(Some("8Mbit/s".parse().unwrap()), &clusters);
        let counts: BTreeMap<DeviceId, AtomicU32> =
            clusters.iter().map(|it| (it.clone(), AtomicU32::new(0))).collect();
        let connections = clusters
            .iter()
            .flat_map(|it| std::iter::repeat_n(it, if it.as_str() == "loa-1" { 4 } else { 1 }));
        let work = connections.map(|cluster| {
            let turn = Turn { queue: turns.0.clone(), cluster: cluster.clone() };
            let count = &counts[cluster];
            async move {
                loop {
                    turn.wait(10_000).await;
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        let all = futures_util::future::join_all(work);
        assert!(tokio::time::timeout(Duration::from_secs(30), all).await.is_err());
        // 1 MB/s is 3000 chunks, a thousand for each.
        for (cluster, count) in &counts {
            let count = count.load(Ordering::Relaxed);
            assert!((995..=1_005).contains(&count), "{cluster}: {count}");
        }
    }
}
