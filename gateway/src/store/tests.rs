//! The store on real files.

use std::fs;

use rusqlite::Connection;

use super::*;

const STEPS: &[&str] = &["CREATE TABLE t (x INTEGER PRIMARY KEY, blob BLOB) STRICT;"];

fn insert(x: i64) -> impl FnOnce(&Connection) -> rusqlite::Result<()> {
    move |conn| conn.execute("INSERT INTO t (x) VALUES (?1)", [x]).map(drop)
}

async fn rows(store: &Store) -> Vec<i64> {
    let all = |conn: &Connection| {
        conn.prepare("SELECT x FROM t ORDER BY x")?.query_map([], |row| row.get(0))?.collect()
    };
    store.read(all).await.unwrap()
}

async fn close(store: Store, thread: StoreThread) {
    drop(store);
    thread.ended().await;
}

#[tokio::test]
async fn a_failing_job_is_rolled_back_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (store, thread) = Store::open(&dir.path().join("vong.db"), STEPS).unwrap();
    let twice = store.write(|conn| {
        insert(2)(conn)?;
        insert(1)(conn)
    });
    let (one, two, three) = tokio::join!(store.write(insert(1)), twice, store.write(insert(3)));
    assert!(one.is_ok() && three.is_ok());
    assert!(matches!(two, Err(StoreError::Sql(_))));
    assert_eq!(rows(&store).await, [1, 3]);
    close(store, thread).await;
}

#[tokio::test]
async fn what_follows_a_commit_follows_it_alone_and_whoever_waits() {
    let dir = tempfile::tempdir().unwrap();
    let (store, thread) = Store::open(&dir.path().join("vong.db"), STEPS).unwrap();
    let (told_tx, told) = std::sync::mpsc::channel();
    let put = |x: i64| {
        let (job, told_tx) = (insert(x), told_tx.clone());
        store.write_then(job, move |()| told_tx.send(x).unwrap())
    };
    put(1).await.unwrap();
    assert!(put(1).await.is_err(), "it is there already");
    let mut left = Box::pin(put(2));
    tokio::select! {
        biased;
        _ = &mut left => {}
        () = std::future::ready(()) => {}
    }
    drop(left);
    assert_eq!(rows(&store).await, [1, 2]);
    drop(told_tx);
    close(store, thread).await;
    assert_eq!(told.iter().collect::<Vec<_>>(), [1, 2]);
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data/vong.db");
    let (store, thread) = Store::open(&path, STEPS).unwrap();
    store.write(insert(7)).await.unwrap();
    close(store, thread).await;
    let (store, thread) = Store::open(&path, STEPS).unwrap();
    assert_eq!(rows(&store).await, [7]);
    assert!(thread.set_aside().is_none());
    close(store, thread).await;
}

#[tokio::test]
async fn a_second_owner_of_the_folder_is_refused_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vong.db");
    let (store, thread) = Store::open(&path, STEPS).unwrap();
    let message = Store::open(&path, STEPS).unwrap_err().to_string();
    assert!(message.contains("in use by another vong"), "{message}");
    assert!(message.contains(&std::process::id().to_string()), "{message}");
    close(store, thread).await;
    assert!(Store::open(&path, STEPS).is_ok());
}

#[tokio::test]
async fn a_damaged_file_is_set_aside_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vong.db");
    fs::write(&path, "not a database, but long enough to be taken for the header of one").unwrap();
    let (store, thread) = Store::open(&path, STEPS).unwrap();
    let aside = thread.set_aside().unwrap().to_owned();
    assert!(aside.to_string_lossy().contains("vong.db.damaged-2"), "{aside:?}");
    assert!(fs::read_to_string(&aside).unwrap().starts_with("not a database"));
    store.write(insert(1)).await.unwrap();
    close(store, thread).await;
}

#[tokio::test]
async fn a_file_with_a_damaged_page_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vong.db");
    let (store, thread) = Store::open(&path, STEPS).unwrap();
    let fill = |conn: &Connection| {
        conn.execute("INSERT INTO t (blob) SELECT randomblob(9000) FROM t, t, t LIMIT 0", [])?;
        (0..200).try_for_each(|_| {
            conn.execute("INSERT INTO t (blob) VALUES (randomblob(900))", []).map(drop)
        })
    };
    store.write(fill).await.unwrap();
    close(store, thread).await;
    let mut bytes = fs::read(&path).unwrap();
    // The root page of `t` (page 2): its header now claims a nonsense page type.
    bytes[4096..4196].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let (store, thread) = Store::open(&path, STEPS).unwrap();
    assert!(thread.set_aside().is_some());
    assert!(rows(&store).await.is_empty());
    close(store, thread).await;
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vong.db");
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 9).unwrap();
    let message = Store::open(&path, STEPS).unwrap_err().to_string();
    assert!(message.contains("newer vong (schema 9, this one knows 1)"), "{message}");
    assert!(path.exists());
}

#[tokio::test]
async fn the_ballast_is_really_on_the_disk() {
    use std::os::unix::fs::MetadataExt as _;
    let dir = tempfile::tempdir().unwrap();
    let (store, thread) = Store::open(&dir.path().join("vong.db"), STEPS).unwrap();
    let ballast = fs::metadata(dir.path().join("ballast")).unwrap();
    assert!(ballast.blocks() * 512 >= ballast::BALLAST_BYTES, "{} blocks", ballast.blocks());
    close(store, thread).await;
}
