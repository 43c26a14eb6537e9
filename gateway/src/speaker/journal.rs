//! What the player decided, on its way to the database, in order. A full disk is waited for: a
//! receipt that is not stored yet is kept here, and tried again.

use std::collections::VecDeque;
use std::future::pending;
use std::time::Duration;

use base::Clock as _;
use broadcast::player::{Bar, Stage, Stretch};
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

/// A refusal that is not about room is tried this often before what is refused is given up.
const TRIES: u32 = 10;
const SOON: Duration = Duration::from_secs(1);
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
    Sounded(Stretch),
    /// The position of the switch on site.
    Muted(bool),
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
    /// Refusals in a row that were not about room.
    n_refused: u32,
}

impl Journal {
    pub(super) fn new(reporter: Reporter, clock: BoxClock) -> Self {
        Self { reporter, clock, waiting: VecDeque::new(), retry_at: None, n_refused: 0 }
    }

    /// True when the entry is on disk. False: it waits in memory, behind those before it.
    pub(super) async fn write(&mut self, entry: Entry) -> bool {
        if self.waiting.len() == MOST_WAITING {
            let dropped = self.waiting.pop_front();
            error!(?dropped, "too much waits for the disk: the oldest is lost");
        }
        self.waiting.push_back(entry);
        // Those before it wait for their time, and so does this.
        self.retry_at.is_none() && self.flush().await
    }

    /// Whether what came of this command waits for the disk.
    pub(super) fn holds(&self, command: Seen) -> bool {
        self.waiting.iter().any(|it| it.command.is_some_and(|it| it.id == command.id))
    }

    /// Resolves when it is time to try again; never, with nothing waiting. Cancel-safe.
    pub(super) async fn due(&self) {
        match self.retry_at {
            Some(at) => tokio::time::sleep_until(at).await,
            None => pending().await,
        }
    }

    /// Writes what waits, in one transaction. True when all of it is on disk.
    pub(super) async fn flush(&mut self) -> bool {
        let was_waiting = self.retry_at.take().is_some();
        if self.waiting.is_empty() {
            return true;
        }
        let refused = match self.store(self.waiting.iter().cloned().collect()).await {
            Ok(()) => {
                self.waiting.clear();
                self.n_refused = 0;
                if was_waiting {
                    info!("what waited for the disk is stored");
                }
                return true;
            }
            Err(refused) => refused,
        };
        if !was_waiting {
            warn!(error = ?refused, "a play is not stored: it waits for room on the disk");
        }
        let is_about_room = matches!(refused, StoreError::Full(_) | StoreError::Stopped);
        self.retry_at = Some(Instant::now() + if is_about_room { LATER } else { SOON });
        self.n_refused = if is_about_room { 0 } else { self.n_refused + 1 };
        if self.n_refused == TRIES {
            self.drop_what_is_refused().await;
        }
        false
    }

    /// Tries one by one, so that an entry that can never be stored does not hold up the others.
    async fn drop_what_is_refused(&mut self) {
        self.n_refused = 0;
        for entry in std::mem::take(&mut self.waiting) {
            match self.store(vec![entry.clone()]).await {
                Ok(()) => {}
                Err(StoreError::Sql(error)) => {
                    error!(?error, ?entry, "the database does not take this: it is lost");
                }
                Err(_) => self.waiting.push_back(entry),
            }
        }
    }

    /// The last chance of what waits.
    pub(super) async fn close(&mut self) {
        if !self.flush().await {
            let n_lost = self.waiting.len();
            error!(n_lost, "the disk took nothing until the end: receipts are lost");
        }
    }

    async fn store(&self, entries: Vec<Entry>) -> Result<(), StoreError> {
        let (reporter, now) = (self.reporter.clone(), self.clock.now());
        let save = move |conn: &Connection| {
            entries.into_iter().try_for_each(|entry| entry.save(conn, &reporter, now))
        };
        self.reporter.store().write(save).await
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
            Fact::Sounded(stretch) => row::save_stretch(conn, *stretch)?,
            Fact::Muted(is_muted) => row::save_mute(conn, *is_muted)?,
            Fact::Nothing => {}
        }
        self.event.map_or(Ok(()), |event| reporter.record_in(conn, event).map(drop))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use base::{DeviceId, SystemClock};

    use super::super::{SteadyClock, app::STEPS};
    use super::*;
    use crate::clock_trust::ClockTrust;
    use crate::report::{self, ReporterSettings};
    use crate::store::Store;

    fn bar(n: u128) -> Entry {
        let play = PlayId { bulletin: Uuid::from_u128(n), occurrence: Timestamp::UNIX_EPOCH };
        let bar = Bar { owner_level: 0, at: Timestamp::UNIX_EPOCH };
        Entry { fact: Fact::Bar(play, bar), event: None, command: None }
    }

    #[tokio::test]
    async fn what_can_never_be_stored_is_given_up_alone_and_then_nothing_is_due() {
        let dir = tempfile::tempdir().unwrap();
        let (store, thread) = Store::open(&dir.path().join("vong.db"), STEPS).unwrap();
        let settings = ReporterSettings {
            device: "loa-1".parse::<DeviceId>().unwrap(),
            site: String::new(),
            clock: Arc::new(SystemClock),
            trust: ClockTrust::new(true),
            bound: report::rows::Bound::default(),
        };
        let reporter = Reporter::open(&store, &thread, settings).await.unwrap();
        let mut journal = Journal::new(reporter, BoxClock::new(Arc::new(SteadyClock), None));
        let bad = Uuid::from_u128(1);
        let refuse = format!(
            "CREATE TRIGGER bad BEFORE INSERT ON cluster_bar WHEN NEW.bulletin_id = '{bad}' \
             BEGIN SELECT raise(ABORT, 'never'); END"
        );
        store.write(move |conn| conn.execute_batch(&refuse)).await.unwrap();

        assert!(!journal.write(bar(1)).await);
        assert!(!journal.write(bar(2)).await, "it waits behind the one before");
        for _ in 1..TRIES {
            assert!(!journal.flush().await);
        }
        let stored = store.read(row::bars).await.unwrap();
        assert_eq!(stored.iter().map(|(play, _)| play.bulletin.as_u128()).collect::<Vec<_>>(), [2]);
        assert!(journal.flush().await);
        assert_eq!(journal.retry_at, None, "a timer that is always due would spin");
    }
}
