//! Builds a cluster's parts, connects them, and stops them in order.
//!
//! Sources: the link and the clock. Everything else ends when its input closes:
//! link -> uplink -> intake -> driver -> fetcher.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use base::Clock;
use broadcast::player::{Player, Rules};
use provisioning::Identity;
use rustls::ClientConfig;
use tokio::sync::{mpsc, watch};
use tracing::info;

use super::cache::Cache;
use super::clock::{BoxClock, boot_id};
use super::driver::Driver;
use super::fetch::{Fetcher, Wanted};
use super::intake::Intake;
use super::sink::Sink;
use super::timesync::TimeSync;
use super::{SCHEMA, row};
use crate::config;
use crate::daemon::Daemon;
use crate::report::health::Health;
use crate::report::rows::Bound;
use crate::report::topics::Sender;
use crate::report::uplink::{UplinkSettings, uplink};
use crate::report::{self, Reporter, ReporterSettings};
use crate::store::Store;

const STEPS: &[&str] = &[report::SCHEMA, SCHEMA];
/// Loading GStreamer, reading the file and opening the card, on the smallest board.
const OPENING: Duration = Duration::from_secs(3);
/// The least that a play needs which is late already.
const OPENING_IN_HASTE: Duration = Duration::from_secs(1);
const QUEUE: usize = 16;
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// Runs a cluster until `interrupted`. `steady` is its oscillator: [`super::SteadyClock`], unless a
/// test wants a worse one; it MUST never step.
pub async fn run_with(
    config: config::Speaker,
    steady: Arc<dyn Clock>,
    interrupted: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let (store, store_thread) = Store::open(&config.data_dir.join("vong.db"), STEPS)?;
    let boot = boot_id();
    let fit = store.read(move |conn| row::fit(conn, &boot)).await?;
    let plays = store.read(row::plays).await?;
    let clock = BoxClock::new(steady, fit);
    let box_time: Arc<dyn Clock> = Arc::new(clock.clone());
    let mut daemon = Daemon::on_clock(box_time.clone(), &config.data_dir);
    let identity = Identity::load(&config.identity_dir, daemon.time.now())?;
    let host = &config.r#box.broker.server_name;
    let tls = identity.client_config(host, daemon.time.clone());
    let cache = Cache::open(config.data_dir.join("cache"), config.cache_max_bytes).await;
    let cache = cache.context("the folder of the cache")?;

    let (trust, stop, health) = (daemon.trust.clone(), daemon.stop.clone(), Health::default());
    let (trusted_tx, trusted) = watch::channel(false);
    let settings = ReporterSettings {
        device: config.device.clone(),
        site: config.site.clone(),
        clock: box_time.clone(),
        trust: trust.clone(),
        bound: Bound::default(),
    };
    let reporter = Reporter::open(&store, &store_thread, settings).await?;
    let client = http_client(&tls)?;

    let settings = UplinkSettings {
        topics: Sender::of_cluster(config.r#box.device.clone(), config.device.clone()),
        host: config.r#box.broker.host.clone(),
        port: config.r#box.broker.port,
        tls,
        capabilities: vec!["order.play".to_owned(), "order.stop".to_owned(), "opus".to_owned()],
        data_dir: config.data_dir.clone(),
    };
    let uplink = uplink(settings, reporter.clone(), health.clone(), stop.clone());
    let tasks = &mut daemon.tasks;
    tasks.spawn("link", uplink.link.run());
    tasks.spawn("uplink", uplink.task.run());

    let sync = TimeSync {
        client: client.clone(),
        content: config.r#box.content.clone(),
        server: config.r#box.time,
        clock: clock.clone(),
        trust,
        trusted_tx,
        store: store.clone(),
        health: health.clone(),
    };
    tasks.spawn("clock", sync.run(stop));

    let (player_tx, instructions) = mpsc::channel(QUEUE);
    let intake = Intake {
        me: config.device.clone(),
        roster: identity.roster().clone(),
        clock: box_time,
        store: store.clone(),
        replies: uplink.replies,
        trusted: trusted.clone(),
        player: player_tx,
    };
    tasks.spawn("intake", intake.run(uplink.commands));

    let (events, fetched) = mpsc::channel(QUEUE);
    let (wanted_tx, wanted) = watch::channel(Wanted { fetch: Vec::new(), keep: BTreeSet::new() });
    let content = config.r#box.content.clone();
    let fetcher = Fetcher { client, content, cache: cache.clone(), wanted, events };
    tasks.spawn("fetcher", fetcher.run());
    let driver = Driver {
        player: Player::restore(rules(&config), plays),
        clock,
        reporter,
        sink: Sink::new(config.sound, cache),
        wanted: wanted_tx,
        health,
        measured: HashMap::new(),
    };
    tasks.spawn("player", driver.run(instructions, fetched, trusted));
    tasks.spawn("store", store_thread.ended());
    info!(device = %config.device, r#box = %config.r#box.device, "the cluster is up");
    daemon.feed_watchdog(store, Vec::new());
    daemon.run_until(interrupted).await
}

fn rules(config: &config::Speaker) -> Rules {
    let quiet = config.quiet_hours.clone();
    let warm_up = config.sound.amplifier_warm_up;
    Rules { quiet, lead: warm_up + OPENING, shortest_lead: warm_up + OPENING_IN_HASTE }
}

fn http_client(tls: &Arc<ClientConfig>) -> anyhow::Result<reqwest::Client> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(ClientConfig::clone(tls))
        .http1_only()
        .connect_timeout(CONNECT_WITHIN)
        // One host, and one file at a time.
        .pool_max_idle_per_host(1)
        .no_proxy()
        .build()
        .context("the HTTPS client")
}
