//! Fetches content by hash from the box, resumes what was broken off, and keeps nothing that is not
//! what its hash says.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use base::{Backoff, Sha256};
use broadcast::Content;
use broadcast::player::Event;
use reqwest::{StatusCode, header};
use tokio::fs::{self, OpenOptions};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tracing::{info, warn};

use super::cache::{self, Cache, CacheError};

/// The box sent other bytes than were ordered this often: it will not get better.
const N_WRONG: u32 = 3;
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// A link that brings nothing for this long is dead; the rest is resumed.
const STALLED: Duration = Duration::from_secs(20);

/// What the player has to do with content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// To be fetched and verified.
    pub(super) fetch: Vec<Content>,
    /// To be kept, whatever else is evicted.
    pub(super) keep: BTreeSet<Sha256>,
}

pub(super) struct Fetcher {
    pub(super) client: reqwest::Client,
    /// `https://host:port` of the content server.
    pub(super) content: String,
    pub(super) cache: Cache,
    pub(super) wanted: watch::Receiver<Wanted>,
    pub(super) events: mpsc::Sender<Event>,
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("the box sent other content than was ordered")]
    Wrong,
    #[error("the box does not have it (yet): {0}")]
    Status(StatusCode),
    #[error("the link broke")]
    Http(#[from] reqwest::Error),
    #[error("nothing came for {} s", STALLED.as_secs())]
    Stalled,
    #[error(transparent)]
    Cache(#[from] CacheError),
}

struct Job {
    content: Content,
    n_wrong: u32,
    backoff: Backoff,
    not_before: Instant,
    is_over: bool,
}

impl Fetcher {
    /// Until the player ends. One file at a time: a cluster has one thin link.
    pub(super) async fn run(mut self) {
        let mut jobs: Vec<Job> = Vec::new();
        loop {
            let wanted = self.wanted.borrow_and_update().fetch.clone();
            // A job that is over stays until the player has heard of it, and is not begun again.
            jobs.retain(|it| wanted.contains(&it.content));
            let known: Vec<Content> = jobs.iter().map(|it| it.content).collect();
            jobs.extend(wanted.into_iter().filter(|it| !known.contains(it)).map(Job::new));
            let next = jobs.iter_mut().filter(|it| !it.is_over).min_by_key(|it| it.not_before);
            tokio::select! {
                biased;
                changed = self.wanted.changed() => if changed.is_err() { return },
                job = due(next) => self.work(job).await,
            }
        }
    }

    /// Tries once.
    async fn work(&self, job: &mut Job) {
        let sha256 = job.content.sha256;
        let event = match self.fetch(&job.content).await {
            Ok(()) => Event::ContentCached(sha256),
            Err(err) => {
                job.n_wrong += u32::from(matches!(err, FetchError::Wrong));
                let wait = job.backoff.next_wait();
                job.not_before = Instant::now() + wait;
                warn!(%sha256, error = ?err, ?wait, "content did not come");
                if job.n_wrong < N_WRONG {
                    return;
                }
                Event::ContentFailed { sha256, reason: err.to_string() }
            }
        };
        job.is_over = true;
        // The player is gone only while the program stops.
        let _ = self.events.send(event).await;
    }

    async fn fetch(&self, content: &Content) -> Result<(), FetchError> {
        let sha256 = content.sha256;
        if self.cache.has(sha256).await.map_err(CacheError::Io)? {
            return Ok(());
        }
        let part = self.cache.part_path(sha256);
        let n_there = fs::metadata(&part).await.map_or(0, |it| it.len());
        let n_there = if n_there > content.bytes { 0 } else { n_there };
        let wanted = self.wanted.borrow().keep.clone();
        self.cache.make_room(content.bytes.saturating_sub(n_there), &wanted).await?;
        if n_there < content.bytes {
            self.download(content, n_there).await?;
        }
        if cache::hash(&part).await.map_err(CacheError::Io)? != sha256 {
            fs::remove_file(&part).await.map_err(CacheError::Io)?;
            return Err(FetchError::Wrong);
        }
        fs::rename(&part, self.cache.path(sha256)).await.map_err(CacheError::Io)?;
        info!(%sha256, bytes = content.bytes, resumed_at = n_there, "content is here");
        Ok(())
    }

    /// Brings the part from `n_there` bytes to its full length.
    async fn download(&self, content: &Content, n_there: u64) -> Result<(), FetchError> {
        let url = format!("{}/v1/content/{}", self.content, content.sha256);
        let request = self.client.get(url).header(header::RANGE, format!("bytes={n_there}-"));
        let mut response = request.send().await?;
        let is_resumed = match response.status() {
            StatusCode::PARTIAL_CONTENT => n_there > 0,
            StatusCode::OK => false,
            // What we have is longer than what it has: not the same content.
            StatusCode::RANGE_NOT_SATISFIABLE => return Err(FetchError::Wrong),
            other => return Err(FetchError::Status(other)),
        };
        let path = self.cache.part_path(content.sha256);
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .append(is_resumed)
            .truncate(!is_resumed)
            .open(&path)
            .await
            .map_err(CacheError::Io)?;
        let mut n_bytes = if is_resumed { n_there } else { 0 };
        loop {
            let chunk = tokio::time::timeout(STALLED, response.chunk());
            let Some(chunk) = chunk.await.map_err(|_| FetchError::Stalled)?? else { break };
            n_bytes += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
            if n_bytes > content.bytes {
                return Err(self.discard(content).await);
            }
            file.write_all(&chunk).await.map_err(CacheError::Io)?;
        }
        file.flush().await.map_err(CacheError::Io)?;
        file.sync_all().await.map_err(CacheError::Io)?;
        if n_bytes < content.bytes {
            return Err(self.discard(content).await);
        }
        Ok(())
    }

    /// The whole answer is of another length than ordered: other content.
    async fn discard(&self, content: &Content) -> FetchError {
        let removed = fs::remove_file(self.cache.part_path(content.sha256)).await;
        match removed {
            Err(err) if err.kind() != io::ErrorKind::NotFound => CacheError::Io(err).into(),
            Ok(()) | Err(_) => FetchError::Wrong,
        }
    }
}

impl Job {
    fn new(content: Content) -> Self {
        let backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
        Self { content, n_wrong: 0, backoff, not_before: Instant::now(), is_over: false }
    }
}

/// The job, once its time has come; never, without one. Cancel-safe.
async fn due(job: Option<&mut Job>) -> &mut Job {
    match job {
        Some(job) => {
            tokio::time::sleep_until(job.not_before).await;
            job
        }
        None => std::future::pending().await,
    }
}
