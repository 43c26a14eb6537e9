//! What survives a reboot: one `SQLite` file per role, one thread that owns it. Knows no table.
//!
//! Jobs queue up while a commit is being synced to disk; the next commit takes all of them (group
//! commit), so a burst costs one sync, and an idle box syncs at once.

mod ballast;
mod file;
mod migrate;
#[cfg(test)]
mod tests;
mod thread;

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use thread::{Access, Job, Queued, Then};

/// Callers wait when this many jobs are queued: back-pressure, not memory.
const QUEUE: usize = 1024;

/// A handle to the store. The thread ends when the last handle is dropped.
#[derive(Clone, Debug)]
pub struct Store {
    jobs: mpsc::Sender<Box<dyn Job>>,
}

/// The thread behind the handles. Keep it, and wait for it last.
#[derive(Debug)]
pub struct StoreThread {
    ended: oneshot::Receiver<()>,
    set_aside: Option<PathBuf>,
    inode: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "data folder {dir} is in use by another vong (process {owner}): stop that one, or give \
         this one a data_dir of its own"
    )]
    InUse { dir: PathBuf, owner: String },
    #[error(
        "{path} was written by a newer vong (schema {found}, this one knows {known}): install \
         that version again, or start with an empty data_dir"
    )]
    TooNew { path: PathBuf, found: usize, known: usize },
    #[error("{path} cannot be opened")]
    File { path: PathBuf, source: io::Error },
    /// Nothing of the job was stored. After [`Store::free_space`] the ballast has been given back, so
    /// that trying again is worth while.
    #[error("the disk is full")]
    Full(#[source] rusqlite::Error),
    #[error("the database refused a job")]
    Sql(#[from] rusqlite::Error),
    /// The thread is gone: the program is stopping, or the file was found damaged.
    #[error("the store has stopped")]
    Stopped,
}

impl Store {
    /// Opens `path`, making it and its folder if absent. `steps` are schema scripts in order, which
    /// `PRAGMA user_version` counts.
    ///
    /// A damaged file is renamed to `<name>.damaged-<time>` and a new one begun, see
    /// [`StoreThread::set_aside`]. A newer schema, and a folder that another process has locked,
    /// are refused.
    pub fn open(
        path: &Path,
        steps: &'static [&'static str],
    ) -> Result<(Self, StoreThread), StoreError> {
        let opened = file::open(path, steps)?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (ended_tx, ended) = oneshot::channel();
        let (set_aside, inode) = (opened.set_aside.clone(), opened.inode);
        std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                thread::run(opened, queue);
                // Nobody waits for it while a start that failed is unwinding.
                let _ = ended_tx.send(());
            })
            .map_err(|source| StoreError::File { path: path.to_owned(), source })?;
        Ok((Self { jobs }, StoreThread { ended, set_aside, inode }))
    }

    /// Runs `job` in a transaction and resolves after its COMMIT is synced. A job that fails is
    /// rolled back alone; the jobs that share its commit are not touched.
    pub async fn write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.run(job, Access::Write, None).await
    }

    /// As [`Store::write`]; `then` runs on the store's thread once the COMMIT is synced, whether or not
    /// the caller still waits for it, and in the order of the commits. It MUST NOT block.
    pub async fn write_then<T, F>(
        &self,
        job: F,
        then: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.run(job, Access::Write, Some(Box::new(then))).await
    }

    /// As [`Store::write`], for jobs that delete. When the disk is full, the ballast is given back
    /// for their sake alone: new rows would only fill that place as well.
    pub async fn free_space<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.run(job, Access::Free, None).await
    }

    /// Runs `job` outside a transaction. It sees everything committed before, and MUST NOT write.
    pub async fn read<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.run(job, Access::Read, None).await
    }

    async fn run<T, F>(
        &self,
        job: F,
        access: Access,
        then: Option<Then<T>>,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (reply_tx, reply) = oneshot::channel();
        let queued = Queued::new(job, access, then, reply_tx);
        self.jobs.send(Box::new(queued)).await.map_err(|_| StoreError::Stopped)?;
        reply.await.map_err(|_| StoreError::Stopped)?
    }
}

impl StoreThread {
    /// Where the damaged file went, if this start found one.
    pub fn set_aside(&self) -> Option<&Path> {
        self.set_aside.as_deref()
    }

    /// The file's inode number: a copy or a restored backup has another.
    pub fn inode(&self) -> u64 {
        self.inode
    }

    /// Resolves when the thread has closed the file: after the last [`Store`] is dropped, or when
    /// the file was found damaged. Cancel-safe.
    pub async fn ended(self) {
        // An error means that the thread panicked, which is an end too.
        let _ = self.ended.await;
    }
}

impl StoreError {
    fn from_sql(err: rusqlite::Error) -> Self {
        if err.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull) {
            Self::Full(err)
        } else {
            Self::Sql(err)
        }
    }
}
