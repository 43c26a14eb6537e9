//! What the player decided, on its way to the database, in order. A full disk is waited for: a
//! receipt that is not stored yet is kept here, and tried again.

use std::collections::VecDeque;
use std::future::pending;
use std::time::Duration;

use base::Clock as _;
use broadcast::player::{Bar, Stage};
use broadcast::{Order, PlayId};
use jiff::Timestamp;
use rusqlite::Connection;
use tokio::time::Instant;
use tracing::{error, info, warn};
use uuid::Uuid;

use super::clock::BoxClock;
use super::row;
use crate::report::{NewEvent, Reporter, remember_command};
use crate::store::StoreError;

/// A refusal that is not about room is tried this often before the entry is given up.
const TRIES: u32 = 3;
const SOON: Duration = Duration::from_millis(200);
/// A disk that is full stays so for a while.
const LATER: Duration = Duration::from_secs(5);
/// Entries that wait at most, a kilobyte each; then the oldest is dropped, and said to be.
const MOST_WAITING: usize = 512;

/// One transaction: a fact, the event that tells it, and the command that caused it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) fact: Fact,
    pub(super) event: Option<NewEvent>,
    pub(super) command: Option<Seen>,
}

#[derive(Clone, Debug)]
pub(super) enum Fact {
    Play(Order, Stage),
    Bar(PlayId, Bar),
    /// The command changed nothing, and is remembered all the same.
    Nothing,
}

/// A command that was verified: its id is stored together with what came of it, so that a power cut
/// leaves both or neither, and neither is sent again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) id: Uuid,
    pub(super) not_after: Timestamp,
}

pub(super) struct Journal {
    reporter: Reporter,
    clock: BoxClock,
    waiting: VecDeque<Entry>,
    retry_at: Option<Instant>,
}

impl Journal {
    pub(super) fn new(reporter: Reporter, clock: BoxClock) -> Self {
        Self { reporter, clock, waiting: VecDeque::new(), retry_at: None }
    }

    /// True when the entry is on disk. False: it waits in memory, behind those before it.
    pub(super) async fn write(&mut self, entry: Entry) -> bool {
        if self.waiting.len() == MOST_WAITING {
            let dropped = self.waiting.pop_front();
            error!(?dropped, "too much waits for the disk: the oldest is lost");
        }
        self.waiting.push_back(entry);
        self.flush().await
    }

    /// Resolves when it is time to try again; never, with nothing waiting. Cancel-safe.
    pub(super) async fn due(&self) {
        match self.retry_at {
            Some(at) => tokio::time::sleep_until(at).await,
            None => pending().await,
        }
    }

    /// Writes what waits. True when nothing does any more.
    pub(super) async fn flush(&mut self) -> bool {
        let was_waiting = self.retry_at.take().is_some();
        let mut n_tried = 0;
        while let Some(entry) = self.waiting.front() {
            match self.store(entry.clone()).await {
                Ok(()) => {
                    self.waiting.pop_front();
                    n_tried = 0;
                }
                Err(err @ (StoreError::Full(_) | StoreError::Stopped)) => {
                    if !was_waiting {
                        warn!(error = ?err, "a play is not stored: it waits for room on the disk");
                    }
                    self.retry_at = Some(Instant::now() + LATER);
                    return false;
                }
                Err(err) => {
                    n_tried += 1;
                    if n_tried == TRIES {
                        let lost = self.waiting.pop_front();
                        error!(error = ?err, ?lost, "the database does not take this entry: it is lost");
                        n_tried = 0;
                    } else {
                        warn!(error = ?err, "a play was not stored, trying again");
                        tokio::time::sleep(SOON).await;
                    }
                }
            }
        }
        if was_waiting {
            info!("there is room again: what waited is stored");
        }
        true
    }

    async fn store(&self, entry: Entry) -> Result<(), StoreError> {
        let (reporter, now) = (self.reporter.clone(), self.clock.now());
        self.reporter.store().write(move |conn| entry.save(conn, &reporter, now)).await
    }
}

impl Entry {
    fn save(self, conn: &Connection, reporter: &Reporter, now: Timestamp) -> rusqlite::Result<()> {
        if let Some(seen) = self.command {
            remember_command(conn, seen.id, seen.not_after, now)?;
        }
        match &self.fact {
            Fact::Play(order, stage) => row::save_play(conn, order, stage)?,
            Fact::Bar(play, bar) => row::save_bar(conn, *play, *bar)?,
            Fact::Nothing => {}
        }
        self.event.map_or(Ok(()), |event| reporter.record_in(conn, event).map(drop))
    }
}
