//! The sounds that are kept here before anybody orders them: asks the box which, remembers them, and tells
//! the fetcher.

pub(super) mod row;
mod wire;

use std::time::Duration;

use base::{Backoff, Sha256};
use broadcast::Content;
use broadcast::prefetch::Place;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::store::Store;

const EVERY: Duration = Duration::from_hours(1);
/// A box that does not answer, or not in these words, is asked again within this.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(10);
/// The time goes first, so that what follows can be spread; a cluster that cannot learn it asks all the same.
const WITHOUT_TIME: Duration = Duration::from_mins(1);
const ANSWER_WITHIN: Duration = Duration::from_mins(1);
/// A full shelf takes a quarter of it.
const LONGEST_ANSWER: usize = 256 << 10;
/// Of the cache: the rest is for what is ordered.
const SHARE_OF_CACHE: u64 = 2;

/// What the box listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shelf {
    sounds: Vec<Content>,
    room: u64,
}

impl Shelf {
    pub(super) fn new(sounds: Vec<Content>, cache_max_bytes: u64) -> Self {
        Self { sounds, room: cache_max_bytes / SHARE_OF_CACHE }
    }

    pub(super) fn n_listed(&self) -> usize {
        self.sounds.len()
    }

    /// What there is room for, in the order to fetch it.
    pub(super) fn kept(&self) -> Vec<Content> {
        let mut left = self.room;
        let fits = |it: &&Content| left.checked_sub(it.bytes).inspect(|it| left = *it).is_some();
        self.sounds.iter().filter(fits).copied().collect()
    }

    pub(super) fn hashes(&self) -> impl Iterator<Item = Sha256> {
        self.kept().into_iter().map(|it| it.sha256)
    }
}

pub(super) struct ShelfKeeper {
    pub(super) client: reqwest::Client,
    /// `https://host:port` of the content server.
    pub(super) content: String,
    pub(super) place: Place,
    pub(super) trusted: watch::Receiver<bool>,
    pub(super) store: Store,
    pub(super) shelf: watch::Sender<Shelf>,
}

#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("the box does not say what is on its shelf")]
    Http(#[from] reqwest::Error),
    #[error("the box took longer than {} s to list its shelf", ANSWER_WITHIN.as_secs())]
    Slow,
    #[error("the box's list is longer than {LONGEST_ANSWER} bytes")]
    TooLong,
    #[error(transparent)]
    NotAShelf(#[from] wire::NotAShelf),
}

impl ShelfKeeper {
    /// Until `stop`.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        stop.run_until_cancelled(async {
            let _ = timeout(WITHOUT_TIME, self.trusted.wait_for(|it| *it)).await;
            self.follow().await;
        })
        .await;
    }

    async fn follow(&self) {
        let mut backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
        // A ward that comes back together is spread over the hour from the second time on.
        let mut wait = self.place.of(EVERY);
        loop {
            match self.ask().await {
                Ok(sounds) => {
                    self.take(sounds).await;
                    backoff.reset();
                    sleep(std::mem::replace(&mut wait, EVERY)).await;
                    continue;
                }
                Err(err @ (AskError::TooLong | AskError::NotAShelf(_))) => {
                    warn!(error = %err, "the shelf stays as it was");
                }
                Err(err) => debug!(error = ?err, "the shelf stays as it was"),
            }
            let wait = backoff.next_wait();
            sleep(wait + self.place.of(wait)).await;
        }
    }

    async fn ask(&self) -> Result<Vec<Content>, AskError> {
        let url = format!("{}/v1/shelf", self.content);
        let asked = async {
            let mut response = self.client.get(url).send().await?.error_for_status()?;
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await? {
                body.extend_from_slice(&chunk);
                if body.len() > LONGEST_ANSWER {
                    return Err(AskError::TooLong);
                }
            }
            Ok(body)
        };
        let body = timeout(ANSWER_WITHIN, asked).await.map_err(|_| AskError::Slow)??;
        Ok(wire::shelf_from_json(&body)?)
    }

    /// Stored before it is acted upon. A disk that takes nothing is no reason not to fetch.
    async fn take(&self, sounds: Vec<Content>) {
        if self.shelf.borrow().sounds == sounds {
            return;
        }
        let rows = sounds.clone();
        let stored = self.store.write(move |conn| row::save_shelf(conn, &rows)).await;
        if let Err(err) = stored {
            warn!(error = %err, "the shelf was not stored and is asked for again after a restart");
        }
        self.shelf.send_modify(|it| it.sounds = sounds);
        let shelf = self.shelf.borrow();
        let (n, n_kept) = (shelf.n_listed(), shelf.kept().len());
        info!(n, "the shelf is another");
        if n_kept < n {
            warn!(n, n_kept, "there is no room for the whole shelf: raise cache.max_bytes");
        }
    }
}

#[cfg(test)]
mod tests;
