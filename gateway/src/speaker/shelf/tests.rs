//! A cluster that asks; what the box answers is a real answer over HTTP, good or bad.

use std::path::Path;

use axum::Router;
use axum::routing::get;
use base::Tasks;
use tokio::net::TcpListener;

use super::super::app::{STEPS, plain_client};
use super::*;
use crate::store::StoreThread;

fn sound(n: u8, bytes: u64) -> Content {
    Content { sha256: Sha256::of(&[n]), bytes, duration: Duration::from_secs(3) }
}

#[test]
fn half_of_the_cache_is_for_the_shelf_and_the_first_go_first() {
    let shelf = Shelf::new(vec![sound(1, 300), sound(2, 201), sound(3, 200)], 1_000);
    assert_eq!((shelf.n_listed(), shelf.kept()), (3, vec![sound(1, 300), sound(3, 200)]));
    assert!(shelf.hashes().eq([sound(1, 0).sha256, sound(3, 0).sha256]));
    assert_eq!(Shelf::default().kept(), []);
}

async fn keeper(answer: String, dir: &Path) -> (ShelfKeeper, StoreThread, Tasks) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let content = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/v1/shelf", get(|| async { answer }));
    let mut tasks = Tasks::default();
    tasks.spawn("box", async { axum::serve(listener, router).await.unwrap() });
    let (store, thread) = Store::open(&dir.join("vong.db"), STEPS).unwrap();
    let known = store.read(row::shelf).await.unwrap();
    // Another test of this process may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let keeper = ShelfKeeper {
        client: plain_client(),
        content,
        place: Place::default(),
        trusted: watch::channel(true).1,
        store,
        shelf: watch::channel(Shelf::new(known, 1_000)).0,
    };
    (keeper, thread, tasks)
}

#[tokio::test]
async fn what_was_listed_is_known_after_a_restart_and_a_bad_answer_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let Content { sha256, bytes, .. } = sound(1, 300);
    let listed = format!(
        r#"{{"sounds":[{{"kind":"alarm","sha256":"{sha256}","bytes":{bytes},"duration_ms":3000}}]}}"#
    );
    let (asking, thread, _tasks) = keeper(listed, dir.path()).await;
    let listed = asking.ask().await.unwrap();
    asking.take(listed).await;
    assert_eq!(asking.shelf.borrow().kept(), [sound(1, 300)]);
    drop(asking);
    thread.ended().await;

    for (answer, said) in [
        ("<html>".to_owned(), "the box's answer is not a list of sounds"),
        (" ".repeat(LONGEST_ANSWER + 1), "the box's list is longer than 262144 bytes"),
    ] {
        let (asking, thread, _tasks) = keeper(answer, dir.path()).await;
        assert_eq!(asking.ask().await.unwrap_err().to_string(), said);
        assert_eq!(asking.shelf.borrow().kept(), [sound(1, 300)], "as it was stored");
        drop(asking);
        thread.ended().await;
    }
    let (asking, _thread, _tasks) = keeper(r#"{"sounds":[]}"#.to_owned(), dir.path()).await;
    let nothing = asking.ask().await.unwrap();
    asking.take(nothing).await;
    assert_eq!(asking.store.read(row::shelf).await.unwrap(), []);
}
