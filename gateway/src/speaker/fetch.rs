//! Fetches content by hash from the box, resumes what was broken off, and keeps nothing that is not
//! what its hash says. What is fetched when is `queue`'s to say.

mod queue;

use std::collections::BTreeSet;
use std::io;
use std::pin::pin;
use std::time::Duration;

use base::{Clock as _, Sha256};
use broadcast::Content;
use broadcast::player::Event;
use broadcast::prefetch::Prefetch;
use reqwest::{Response, StatusCode, header};
use serde_json::json;
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::cache::{self, Cache, CacheError};
use super::clock::BoxClock;
use super::shelf::Shelf;
use crate::report::health::Health;
pub(super) use queue::Needed;
use queue::{Next, Now, Queue};

/// A link that brings nothing for this long is dead; the rest is resumed.
const STALLED: Duration = Duration::from_secs(20);
/// A step of the box's clock can make something due at any time.
const LONGEST_NAP: Duration = Duration::from_secs(30);
/// Orders come for a week, and for today at any time: what plays later than this leaves room for what does
/// not.
const NEAR: Duration = Duration::from_hours(24);

/// What the player has to do with content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// To be fetched and verified.
    pub(super) fetch: Vec<Needed>,
    /// To be kept, whatever else is evicted.
    pub(super) keep: BTreeSet<Sha256>,
}

pub(super) struct Fetcher {
    pub(super) client: reqwest::Client,
    /// `https://host:port` of the content server.
    pub(super) content: String,
    pub(super) cache: Cache,
    pub(super) clock: BoxClock,
    pub(super) prefetch: Prefetch,
    pub(super) wanted: watch::Receiver<Wanted>,
    /// Kept like what is wanted, and fetched after it.
    pub(super) shelf: watch::Receiver<Shelf>,
    pub(super) health: Health,
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
    #[error("something else is needed sooner")]
    GaveWay,
    #[error("the room that is left is for what plays sooner")]
    NoRoomYet,
    #[error(transparent)]
    Cache(#[from] CacheError),
}

impl Fetcher {
    /// Until the player ends. One file at a time: a cluster has one thin link.
    pub(super) async fn run(mut self) {
        let mut queue = Queue::new(self.prefetch.clone());
        loop {
            self.wanted.mark_unchanged();
            self.shelf.mark_unchanged();
            self.take_up(&mut queue);
            let next = queue.next(self.now());
            tokio::select! {
                biased;
                changed = self.wanted.changed() => if changed.is_err() { return },
                Ok(()) = self.shelf.changed() => {}
                next = due(next) => match next {
                    Some(next) if next.is_look => self.look(next.content, &mut queue).await,
                    Some(next) => self.work(next.content, &mut queue).await,
                    None => {}
                },
            }
        }
    }

    fn now(&self) -> Now {
        let box_time = self.clock.fit().map(|_| self.clock.now());
        Now { instant: Instant::now(), box_time }
    }

    fn take_up(&self, queue: &mut Queue) {
        let shelf = self.shelf.borrow().clone();
        let kept = shelf.kept();
        queue.take_up(&self.wanted.borrow().fetch, &kept, self.now());
        let told = json!({ "n": shelf.n_listed(), "cached": queue.n_here(&kept) });
        self.health.set("shelf", told);
    }

    /// Whether it is here already.
    async fn look(&self, content: Content, queue: &mut Queue) {
        match self.cache.has(content.sha256).await {
            Ok(true) => self.is_here(content, queue).await,
            Ok(false) => queue.is_missing(content.sha256),
            Err(err) => self.failed(content, &CacheError::Io(err).into(), queue).await,
        }
    }

    /// Tries once.
    async fn work(&self, content: Content, queue: &mut Queue) {
        match self.fetch_unless_sooner(content, queue).await {
            Ok(()) => self.is_here(content, queue).await,
            Err(FetchError::GaveWay) => {
                debug!(sha256 = %content.sha256, "a fetch gave way, and goes on later");
            }
            Err(FetchError::NoRoomYet) => {
                debug!(sha256 = %content.sha256, "the cache has no room yet for what plays in days");
                queue.postponed(content.sha256, self.now());
            }
            Err(err) => self.failed(content, &err, queue).await,
        }
    }

    async fn failed(&self, content: Content, err: &FetchError, queue: &mut Queue) {
        let sha256 = content.sha256;
        let is_wrong = matches!(err, FetchError::Wrong);
        let wait = queue.failed(sha256, is_wrong, self.now());
        warn!(%sha256, error = ?err, ?wait, "content did not come");
        if wait.is_none() {
            queue.is_given_up(sha256);
            self.tell(Event::ContentFailed { sha256, reason: err.to_string() }).await;
        }
    }

    async fn is_here(&self, content: Content, queue: &mut Queue) {
        if queue.is_here(content.sha256, self.now()) {
            self.tell(Event::ContentCached(content.sha256)).await;
        }
    }

    async fn tell(&self, event: Event) {
        // The player is gone only while the program stops.
        let _ = self.events.send(event).await;
    }

    /// Fetches it, and stops between two chunks once something else goes first.
    async fn fetch_unless_sooner(
        &self,
        content: Content,
        queue: &mut Queue,
    ) -> Result<(), FetchError> {
        let give_way = CancellationToken::new();
        let (mut wanted, mut shelf) = (self.wanted.clone(), self.shelf.clone());
        let mut fetch = pin!(self.fetch(&content, &give_way));
        loop {
            let changes_at = queue.changes_at(self.now());
            tokio::select! {
                done = &mut fetch => return done,
                changed = wanted.changed() => match changed {
                    Ok(()) => self.take_up(queue),
                    Err(_) => give_way.cancel(),
                },
                Ok(()) = shelf.changed() => self.take_up(queue),
                () = nap(changes_at) => {}
            }
            if queue.next(self.now()).is_none_or(|it| it.content != content) {
                give_way.cancel();
            }
            if give_way.is_cancelled() {
                return fetch.await;
            }
        }
    }

    async fn fetch(
        &self,
        content: &Content,
        give_way: &CancellationToken,
    ) -> Result<(), FetchError> {
        let sha256 = content.sha256;
        let part = self.cache.part_path(sha256);
        let n_there = fs::metadata(&part).await.map_or(0, |it| it.len());
        let n_there = if n_there > content.bytes { 0 } else { n_there };
        self.make_room(content, content.bytes.saturating_sub(n_there)).await?;
        if n_there < content.bytes {
            self.download(content, n_there, give_way).await?;
        }
        if cache::hash(&part).await.map_err(CacheError::Io)? != sha256 {
            fs::remove_file(&part).await.map_err(CacheError::Io)?;
            return Err(FetchError::Wrong);
        }
        fs::rename(&part, self.cache.path(sha256)).await.map_err(CacheError::Io)?;
        info!(%sha256, bytes = content.bytes, resumed_at = n_there, "content is here");
        Ok(())
    }

    /// Nothing that is ordered goes for it, so what plays in days must not fill the cache: it would keep out
    /// what is ordered for today.
    async fn make_room(&self, content: &Content, n_bytes: u64) -> Result<(), FetchError> {
        let (mut kept, is_far) = {
            let wanted = self.wanted.borrow();
            (wanted.keep.clone(), self.is_far(content.sha256, &wanted))
        };
        kept.extend(self.shelf.borrow().hashes());
        let reserve = if is_far { self.cache.reserve() } else { 0 };
        match self.cache.make_room(n_bytes.saturating_add(reserve), &kept).await {
            Err(CacheError::Full { .. }) if is_far => Err(FetchError::NoRoomYet),
            made => Ok(made?),
        }
    }

    fn is_far(&self, sha256: Sha256, wanted: &Wanted) -> bool {
        let Some(now) = self.now().box_time else { return false };
        let needed = wanted.fetch.iter().find(|it| it.content.sha256 == sha256);
        needed.is_some_and(|it| it.at.duration_since(now).unsigned_abs() > NEAR && it.at > now)
    }

    /// Brings the part from `n_there` bytes to its full length.
    async fn download(
        &self,
        content: &Content,
        n_there: u64,
        give_way: &CancellationToken,
    ) -> Result<(), FetchError> {
        let url = format!("{}/v1/content/{}", self.content, content.sha256);
        let request = self.client.get(url).header(header::RANGE, format!("bytes={n_there}-"));
        let asked = give_way.run_until_cancelled(request.send()).await;
        let response = asked.ok_or(FetchError::GaveWay)??;
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
        let n_before = if is_resumed { n_there } else { 0 };
        let received = self.receive(content, response, &mut file, n_before, give_way).await;
        // Whatever ended it: what has come is there for whoever resumes it.
        file.flush().await.map_err(CacheError::Io)?;
        let n_bytes = received?;
        file.sync_all().await.map_err(CacheError::Io)?;
        if n_bytes == content.bytes { Ok(()) } else { Err(self.discard(content).await) }
    }

    /// The length that the part has now, or would have with what is too much.
    async fn receive(
        &self,
        content: &Content,
        mut response: Response,
        file: &mut File,
        mut n_bytes: u64,
        give_way: &CancellationToken,
    ) -> Result<u64, FetchError> {
        loop {
            let chunk = tokio::time::timeout(STALLED, response.chunk());
            let chunk = give_way.run_until_cancelled(chunk).await.ok_or(FetchError::GaveWay)?;
            let Some(chunk) = chunk.map_err(|_| FetchError::Stalled)?? else { return Ok(n_bytes) };
            n_bytes += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
            if n_bytes > content.bytes {
                return Ok(n_bytes);
            }
            file.write_all(&chunk).await.map_err(CacheError::Io)?;
        }
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

/// What is next, once it is due, or `None` when it is worth another look; never, without one. Cancel-safe.
async fn due(next: Option<Next>) -> Option<Next> {
    let Some(next) = next else { return std::future::pending().await };
    nap(Some(next.due)).await;
    (next.due <= Instant::now()).then_some(next)
}

/// Until `at`, but not for ever. Cancel-safe.
async fn nap(at: Option<Instant>) {
    let longest = Instant::now() + LONGEST_NAP;
    tokio::time::sleep_until(at.map_or(longest, |it| it.min(longest))).await;
}

#[cfg(test)]
mod tests;
