//! An uplink without a broker, on a virtual clock.

use base::{SimClock, Tasks};
use jiff::Timestamp;
use rustls::RootCertStore;
use rustls::crypto::ring::default_provider;
use serde_json::{Value, json};

use super::super::link::Outgoing;
use super::super::{ReporterSettings, SCHEMA};
use super::*;
use crate::clock_trust::ClockTrust;
use crate::store::{Store, StoreThread};

/// What one box says, without the way it takes.
struct Overheard {
    health: Health,
    events: mpsc::Sender<LinkEvent>,
    published: mpsc::Receiver<Outgoing>,
    began: Instant,
    _tasks: Tasks,
    _thread: StoreThread,
    _dir: tempfile::TempDir,
}

impl Overheard {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (store, thread) = Store::open(&dir.path().join("vong.db"), &[SCHEMA]).unwrap();
        let settings = ReporterSettings {
            device: "box-1".parse().unwrap(),
            site: "da-nang".to_owned(),
            clock: Arc::new(SimClock::new(Timestamp::from_second(1_800_000_000).unwrap())),
            trust: ClockTrust::new(true),
            bound: rows::Bound::default(),
        };
        let reporter = Reporter::open(&store, &thread, settings).await.unwrap();
        let tls = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let settings = UplinkSettings {
            topics: Sender::of_box("box-1".parse().unwrap()),
            host: "centre.example".to_owned(),
            port: 8883,
            tls: Arc::new(tls),
            capabilities: Vec::new(),
            data_dir: dir.path().to_owned(),
        };
        let health = Health::default();
        let mut task = uplink(settings, reporter, health.clone(), CancellationToken::new()).task;
        let (link, published) = Link::overheard();
        let (events, link_events) = mpsc::channel(8);
        (task.link, task.events) = (link, link_events);
        let mut tasks = Tasks::default();
        tasks.spawn("uplink", task.run());
        let began = Instant::now();
        Self { health, events, published, began, _tasks: tasks, _thread: thread, _dir: dir }
    }

    /// The next health, and the second it came in.
    async fn health(&mut self) -> (u64, Value) {
        let told = self.published.recv().await.unwrap();
        assert_eq!(told.topic, "vong/v1/box-1/up/health");
        (self.began.elapsed().as_secs(), serde_json::from_slice(&told.payload).unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn health_is_told_when_the_link_is_up_each_minute_and_soon_after_a_change() {
    let mut it = Overheard::new().await;
    it.events.send(LinkEvent::Up).await.unwrap();
    let (second, told) = it.health().await;
    assert_eq!((second, told.get("clusters")), (0, None));
    assert_eq!((it.health().await.0, it.health().await.0), (60, 120));

    // Two parts that change together are one message, and the minute counts from there.
    it.health.set("clusters", json!({ "loa-1": "online" }));
    it.health.set("detector", json!({ "model": "yolox-nano" }));
    let (second, told) = it.health().await;
    assert_eq!((second, &told["clusters"]["loa-1"]), (122, &json!("online")));
    assert_eq!(told["detector"]["model"], "yolox-nano");
    assert_eq!(it.health().await.0, 182);

    // Nobody hears it: nothing is said, and with the link it comes back.
    it.events.send(LinkEvent::Down).await.unwrap();
    tokio::time::sleep(Duration::from_mins(10)).await;
    it.events.send(LinkEvent::Up).await.unwrap();
    assert_eq!(it.health().await.0, 782);
}
