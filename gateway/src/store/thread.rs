//! The thread that owns the connection: drains the queue, one commit for all, then answers.

use std::mem;

use rusqlite::{Connection, ErrorCode};
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, error};

use super::StoreError;
use super::file::Opened;

/// Jobs that share a commit at most, so that no caller waits long for the others.
const BATCH: usize = 256;

/// What a job does to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
    /// Deletes: worth the ballast.
    Free,
}

/// A job whose result type is forgotten.
pub(super) trait Job: Send + std::fmt::Debug {
    fn access(&self) -> Access;

    /// Runs once; keeps the value for `reply`.
    fn run(&mut self, conn: &Connection) -> rusqlite::Result<()>;

    /// Hands over the value that `run` kept, or `failed`.
    fn reply(self: Box<Self>, failed: Option<StoreError>);
}

/// What follows a commit.
pub(super) type Then<T> = Box<dyn FnOnce(&T) + Send>;

pub(super) struct Queued<T, F> {
    job: Option<F>,
    access: Access,
    then: Option<Then<T>>,
    value: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Queued<T, F> {
    pub(super) fn new(
        job: F,
        access: Access,
        then: Option<Then<T>>,
        reply: oneshot::Sender<Result<T, StoreError>>,
    ) -> Self {
        Self { job: Some(job), access, then, value: None, reply }
    }
}

impl<T, F> Job for Queued<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> rusqlite::Result<T> + Send,
{
    fn access(&self) -> Access {
        self.access
    }

    fn run(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        let job = self.job.take().expect("a job is run once");
        self.value = Some(job(conn)?);
        Ok(())
    }

    fn reply(self: Box<Self>, failed: Option<StoreError>) {
        let result = match (failed, self.value) {
            (None, Some(value)) => {
                if let Some(then) = self.then {
                    then(&value);
                }
                Ok(value)
            }
            (Some(err), _) => Err(err),
            (None, None) => Err(StoreError::Stopped),
        };
        // A caller that was cancelled no longer wants to know.
        let _ = self.reply.send(result);
    }
}

impl<T, F> std::fmt::Debug for Queued<T, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queued").field("access", &self.access).finish_non_exhaustive()
    }
}

/// Serves until the queue closes, or until the file is found damaged (the next start sets it aside).
pub(super) fn run(mut opened: Opened, mut queue: mpsc::Receiver<Box<dyn Job>>) {
    while let Some(first) = queue.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Ok(job) = queue.try_recv()
        {
            batch.push(job);
        }
        opened.ballast.keep();
        if let Err(damage) = serve(&mut opened, batch) {
            error!(path = %opened.path.display(), error = %damage, "the database is damaged: restart to begin a new one");
            return;
        }
    }
}

/// A commit that has not happened yet, and those who wait for it.
struct Commit<'a> {
    opened: &'a mut Opened,
    waiting: Vec<Box<dyn Job>>,
}

fn serve(opened: &mut Opened, batch: Vec<Box<dyn Job>>) -> Result<(), rusqlite::Error> {
    let mut commit = Commit { opened, waiting: Vec::new() };
    for job in batch {
        match job.access() {
            Access::Write | Access::Free => commit.add(job)?,
            Access::Read => {
                // A read sees only what is committed, also what its own caller wrote just before.
                commit.finish()?;
                commit.read(job)?;
            }
        }
    }
    commit.finish()
}

impl Commit<'_> {
    fn read(&mut self, mut job: Box<dyn Job>) -> Result<(), rusqlite::Error> {
        let failed = job.run(&self.opened.conn).err();
        self.answer(job, failed)
    }

    fn add(&mut self, mut job: Box<dyn Job>) -> Result<(), rusqlite::Error> {
        if let Err(err) = self.begin() {
            return self.answer(job, Some(err));
        }
        let conn = &self.opened.conn;
        let done = job.run(conn).and_then(|()| conn.execute_batch("RELEASE job"));
        match done {
            Ok(()) => {
                self.waiting.push(job);
                Ok(())
            }
            Err(err) => {
                // A full disk makes SQLite roll back the whole transaction by itself.
                if !conn.is_autocommit() {
                    conn.execute_batch("ROLLBACK TO job; RELEASE job")?;
                } else if !self.waiting.is_empty() {
                    self.fail_waiting(&err)?;
                }
                self.answer(job, Some(err))
            }
        }
    }

    fn begin(&self) -> rusqlite::Result<()> {
        if self.opened.conn.is_autocommit() {
            self.opened.conn.execute_batch("BEGIN IMMEDIATE")?;
        }
        self.opened.conn.execute_batch("SAVEPOINT job")
    }

    fn finish(&mut self) -> Result<(), rusqlite::Error> {
        if self.opened.conn.is_autocommit() {
            return Ok(());
        }
        match self.opened.conn.execute_batch("COMMIT") {
            Ok(()) => {
                for job in mem::take(&mut self.waiting) {
                    job.reply(None);
                }
                Ok(())
            }
            Err(err) => {
                if !self.opened.conn.is_autocommit() {
                    self.opened.conn.execute_batch("ROLLBACK")?;
                }
                self.fail_waiting(&err)
            }
        }
    }

    fn fail_waiting(&mut self, err: &rusqlite::Error) -> Result<(), rusqlite::Error> {
        for job in mem::take(&mut self.waiting) {
            self.answer(job, Some(copy_of(err)))?;
        }
        Ok(())
    }

    /// `Err` when the failure means that the file itself is damaged.
    fn answer(
        &mut self,
        job: Box<dyn Job>,
        failed: Option<rusqlite::Error>,
    ) -> Result<(), rusqlite::Error> {
        let Some(err) = failed else {
            job.reply(None);
            return Ok(());
        };
        let code = err.sqlite_error_code();
        if code == Some(ErrorCode::DiskFull) {
            debug!(path = %self.opened.path.display(), "the disk is full");
            if job.access() == Access::Free {
                self.opened.ballast.free();
            }
        }
        let damage = matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
            .then(|| copy_of(&err));
        job.reply(Some(StoreError::from_sql(err)));
        damage.map_or(Ok(()), Err)
    }
}

/// `rusqlite::Error` is not `Clone`; the code and the text are what the others need.
fn copy_of(err: &rusqlite::Error) -> rusqlite::Error {
    let code = err.sqlite_error().copied();
    let code = code.unwrap_or_else(|| rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT));
    rusqlite::Error::SqliteFailure(code, Some(err.to_string()))
}
