//! A fetcher and the box's real content server, without their TLS: the peer is put where the handshake would.

use std::path::Path;
use std::sync::Arc;

use axum::Extension;
use base::{DeviceId, SystemClock, Tasks};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::super::app::plain_client;
use super::*;
use crate::tls::Peer;
use crate::ward::content::{ContentSettings, router};
use crate::ward::timekeeper::Timekeeper;

const CACHE_BYTES: u64 = 1_000;

struct Street {
    dir: TempDir,
    /// End with it.
    _tasks: Tasks,
    cache: Cache,
    wanted: watch::Sender<Wanted>,
    shelf: watch::Sender<Shelf>,
    health: Health,
    events: mpsc::Receiver<Event>,
}

/// On the box, unless `is_lost`.
fn put(dir: &Path, n: u8, n_bytes: usize, is_lost: bool) -> Content {
    let bytes = vec![n; n_bytes];
    let sha256 = Sha256::of(&bytes);
    if !is_lost {
        std::fs::write(dir.join(format!("{sha256}.opus")), &bytes).unwrap();
    }
    Content { sha256, bytes: n_bytes.try_into().unwrap(), duration: Duration::from_secs(3) }
}

fn shelf(sounds: &[Content]) -> Shelf {
    Shelf::new(sounds.to_vec(), CACHE_BYTES)
}

impl Street {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let cluster: DeviceId = "loa-1".parse().unwrap();
        let settings = ContentSettings {
            dir: dir.path().to_owned(),
            clusters: [cluster.clone()].into(),
            rate_limit: None,
        };
        let served = router(settings, Timekeeper::default()).layer(Extension(Peer(cluster)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let content = format!("http://{}", listener.local_addr().unwrap());
        let mut tasks = Tasks::default();
        tasks.spawn("box", async { axum::serve(listener, served).await.unwrap() });
        let cache = Cache::open(dir.path().join("cache"), CACHE_BYTES).await.unwrap();
        let (wanted, wanted_rx) = watch::channel(Wanted::default());
        let (shelf, shelf_rx) = watch::channel(Shelf::default());
        let (events_tx, events) = mpsc::channel(8);
        let health = Health::default();
        let clock = BoxClock::new(Arc::new(SystemClock), None);
        let fit = broadcast::discipline::Fit::from_parts(
            SystemClock.now(),
            SystemClock.now(),
            0.0,
            0.0,
            Duration::ZERO,
        );
        clock.set(fit.unwrap());
        // Another test of this process may have installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let fetcher = Fetcher {
            client: plain_client(),
            content,
            cache: cache.clone(),
            clock,
            prefetch: Prefetch::at_once(),
            wanted: wanted_rx,
            shelf: shelf_rx,
            health: health.clone(),
            events: events_tx,
        };
        tasks.spawn("fetcher", fetcher.run());
        Self { dir, cache, wanted, shelf, health, events, _tasks: tasks }
    }

    fn has(&self, content: Content) -> bool {
        self.cache.path(content.sha256).exists()
    }

    async fn wait_for_health(&self, n: usize, cached: usize) {
        let mut changes = self.health.changes();
        let told = json!({ "n": n, "cached": cached });
        let said = changes.wait_for(|it| it.get("shelf") == Some(&told));
        let said = tokio::time::timeout(Duration::from_secs(20), said).await;
        assert!(said.is_ok(), "{told}: {:?}", self.health.of("shelf"));
    }

    /// Ordered, fetched and told.
    async fn order(&mut self, content: Content) {
        self.wanted.send_replace(Wanted::default());
        self.order_also(content, Duration::from_mins(5));
        self.wait_for(content).await;
    }

    fn order_also(&self, content: Content, ahead: Duration) {
        self.wanted.send_modify(|it| {
            it.fetch.push(Needed { content, at: SystemClock.now() + ahead });
            it.keep.insert(content.sha256);
        });
    }

    async fn wait_for(&mut self, content: Content) {
        let told = tokio::time::timeout(Duration::from_secs(20), self.events.recv()).await;
        assert_eq!(told.unwrap(), Some(Event::ContentCached(content.sha256)));
    }
}

#[tokio::test]
async fn the_shelf_is_here_before_any_order_and_stays_when_plays_need_the_room() {
    let mut street = Street::new().await;
    let here = |n, n_bytes| put(street.dir.path(), n, n_bytes, false);
    let (alarm, chime) = (here(1, 200), here(2, 100));
    let plays = [here(3, 600), here(4, 650), here(5, 700)];
    let lost = put(street.dir.path(), 6, 50, true);
    street.shelf.send_replace(shelf(&[alarm, lost, chime]));
    street.wait_for_health(3, 2).await;
    assert!(street.has(alarm) && street.has(chime));
    for play in plays {
        street.order(play).await;
        assert!(street.has(play) && street.has(alarm) && street.has(chime));
    }
    // Each made room for the next, though the shelf was older.
    assert!(!street.has(plays[0]) && !street.has(plays[1]));
    // On the shelf and ordered: the player hears of it like of any other.
    street.order(alarm).await;

    // Taken down: it may go, and goes for the next.
    street.shelf.send_replace(shelf(&[alarm]));
    street.wait_for_health(1, 1).await;
    let large = put(street.dir.path(), 7, 800, false);
    street.order(large).await;
    assert!(street.has(large) && street.has(alarm) && !street.has(chime));
}

#[tokio::test]
async fn what_plays_in_days_leaves_room_for_what_is_ordered_for_today() {
    let mut street = Street::new().await;
    let here = |n, n_bytes| put(street.dir.path(), n, n_bytes, false);
    let (week, more, today, chime) = (here(1, 700), here(2, 100), here(3, 290), here(4, 10));
    let days = Duration::from_hours(72);
    street.order_also(week, days);
    street.wait_for(week).await;
    // It would fit, but then today's would not.
    street.order_also(more, days);
    // The shelf comes after every play, so by then it was tried.
    street.shelf.send_replace(shelf(&[chime]));
    street.wait_for_health(1, 1).await;
    assert!(!street.has(more));
    street.order_also(today, Duration::from_hours(1));
    street.wait_for(today).await;
    assert!(street.has(week) && street.has(today) && street.has(chime) && !street.has(more));
}
