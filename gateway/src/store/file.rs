//! The file itself: whose it is, whether it is whole, and what is done when it is not.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base::{Clock as _, SystemClock};
use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode};
use rustix::fs::{FlockOperation, flock};
use tracing::error;

use super::ballast::Ballast;
use super::{StoreError, migrate};

/// Nobody else writes; a technician's `sqlite3` may hold the lock for a moment.
const BUSY: Duration = Duration::from_secs(5);
/// The log is cut back to this after a checkpoint, so that a burst does not keep the disk.
const LOG_BYTES: i64 = 4 << 20;

/// A store that is ours. Dropping it closes the file, then lets go of the folder.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) conn: Connection,
    pub(super) path: PathBuf,
    pub(super) ballast: Ballast,
    pub(super) set_aside: Option<PathBuf>,
    pub(super) inode: u64,
    _lock: File,
}

pub(super) fn open(path: &Path, steps: &[&str]) -> Result<Opened, StoreError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let fails = |source| StoreError::File { path: path.to_owned(), source };
    fs::create_dir_all(dir).map_err(fails)?;
    let lock = lock(dir)?;
    let (conn, set_aside) = match connect(path, steps) {
        Err(StoreError::Sql(err)) if is_damage(&err) => {
            let aside = set_aside(path, SystemClock.now()).map_err(fails)?;
            error!(path = %path.display(), aside = %aside.display(), error = %err,
                "the database is damaged: set aside, and a new one begun");
            (connect(path, steps)?, Some(aside))
        }
        whole => (whole?, None),
    };
    let inode = fs::metadata(path).map_err(fails)?.ino();
    let ballast = Ballast::beside(dir);
    Ok(Opened { conn, path: path.to_owned(), ballast, set_aside, inode, _lock: lock })
}

/// Two processes on one folder would both think that they own the sequence numbers.
fn lock(dir: &Path) -> Result<File, StoreError> {
    let path = dir.join("lock");
    let fails = |source| StoreError::File { path: path.clone(), source };
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(fails)?;
    if let Err(err) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
        if err != rustix::io::Errno::WOULDBLOCK {
            return Err(fails(err.into()));
        }
        let mut owner = String::new();
        // Who it is only helps the reader of the message.
        let _ = file.read_to_string(&mut owner);
        let owner = if owner.is_empty() { "unknown".to_owned() } else { owner.trim().to_owned() };
        return Err(StoreError::InUse { dir: dir.to_owned(), owner });
    }
    // On a full disk the lock holds all the same, without the number.
    let _ = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()));
    Ok(file)
}

fn connect(path: &Path, steps: &[&str]) -> Result<Connection, StoreError> {
    let mut conn = Connection::open(path)?;
    conn.busy_timeout(BUSY)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", "ON")?;
    conn.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    let verdict: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        return Err(StoreError::Sql(rusqlite::Error::SqliteFailure(code, Some(verdict))));
    }
    let found = migrate::version(&conn)?;
    if found > steps.len() {
        return Err(StoreError::TooNew { path: path.to_owned(), found, known: steps.len() });
    }
    migrate::migrate(&mut conn, steps).map_err(StoreError::from_sql)?;
    Ok(conn)
}

fn is_damage(err: &rusqlite::Error) -> bool {
    matches!(err.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Renames the file and what belongs to it: an expert may still get rows out of it.
fn set_aside(path: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let suffix = now.strftime(".damaged-%Y%m%dT%H%M%SZ").to_string();
    let with = |end: &str| {
        let mut name: OsString = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let aside = with(&suffix);
    fs::rename(path, &aside)?;
    for end in ["-wal", "-shm"] {
        let part = with(end);
        if part.exists() {
            fs::rename(&part, with(&format!("{suffix}{end}")))?;
        }
    }
    Ok(aside)
}
