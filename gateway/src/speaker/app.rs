//! Builds a cluster's parts, connects them, and stops them in order.
//!
//! Sources: the link, the clock and the shelf. Everything else ends when its input closes:
//! link -> uplink -> intake -> driver -> fetcher.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use base::Clock;
use broadcast::player::{Event, Player, Rules};
use provisioning::Identity;
use rustls::ClientConfig;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::cache::Cache;
use super::clock::{BoxClock, boot_id};
use super::driver::Driver;
use super::fetch::{Fetcher, Wanted};
use super::intake::Intake;
use super::journal::Journal;
use super::shelf::{Shelf, ShelfKeeper};
use super::sink::Sink;
use super::site::Site;
use super::timesync::TimeSync;
use super::{SCHEMA, SCHEMA_BARS, SCHEMA_MUTE, SCHEMA_SHELF, SCHEMA_SOUNDS, row, shelf};
use crate::clock_trust::ClockTrust;
use crate::config;
use crate::daemon::{Daemon, Heartbeat, Progress};
use crate::order::{CAN_DUCK, KIND_PLAY, KIND_STOP};
use crate::report::health::Health;
use crate::report::rows::Bound;
use crate::report::topics::Sender;
use crate::report::uplink::{Uplink, UplinkSettings, uplink};
use crate::report::{self, Reporter, ReporterSettings};
use crate::store::Store;

/// In the order of their first release: what was released is never changed.
pub(super) const STEPS: &[&str] = &[
    report::SCHEMA,
    SCHEMA,
    SCHEMA_BARS,
    SCHEMA_SOUNDS,
    SCHEMA_MUTE,
    report::SCHEMA_AUDIT,
    SCHEMA_SHELF,
];
/// Loading GStreamer, reading the file and opening the card, on the smallest board.
const OPENING: Duration = Duration::from_secs(3);
/// The least that a play needs which is late already.
const OPENING_IN_HASTE: Duration = Duration::from_secs(1);
const QUEUE: usize = 16;
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const SILENT_FOR: Duration = Duration::from_secs(20);
/// Between two files; the next round of anything is minutes away.
const IDLE_FOR: Duration = Duration::from_secs(5);

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
    let clock = BoxClock::new(steady, fit);
    let mut daemon = Daemon::on_clock(Arc::new(clock.clone()), &config.data_dir);
    let identity = Identity::load(&config.identity_dir, daemon.time.now())?;
    let host = &config.r#box.broker.server_name;
    let tls = identity.client_config(host, daemon.time.clone());
    let settings = ReporterSettings {
        device: config.device.clone(),
        site: config.site.clone(),
        clock: daemon.clock.clone(),
        trust: daemon.trust.clone(),
        bound: Bound::default(),
    };
    let reporter = Reporter::open(&store, &store_thread, settings).await?;
    let http = http_client(&tls)?;
    let cluster = Cluster { config, clock, reporter, health: Health::default(), http };
    let progress = cluster.spawn(&mut daemon, tls, &identity).await?;
    daemon.tasks.spawn("store", store_thread.ended());
    info!(device = %identity.device(), "the cluster is up");
    daemon.feed_watchdog(store, progress);
    drop(cluster);
    daemon.run_until(interrupted).await
}

/// What several parts need.
struct Cluster {
    config: config::Speaker,
    clock: BoxClock,
    reporter: Reporter,
    health: Health,
    http: reqwest::Client,
}

impl Cluster {
    async fn spawn(
        &self,
        daemon: &mut Daemon,
        tls: Arc<ClientConfig>,
        identity: &Identity,
    ) -> anyhow::Result<Vec<Progress>> {
        let uplink = self.uplink(tls, daemon.stop.clone());
        let (sync, trusted) = self.time_sync(daemon.trust.clone());
        let (player_tx, instructions) = mpsc::channel(QUEUE);
        let intake = Intake {
            me: self.config.device.clone(),
            roster: identity.roster().clone(),
            clock: daemon.clock.clone(),
            store: self.reporter.store().clone(),
            replies: uplink.replies,
            trusted: trusted.clone(),
            player: player_tx,
        };
        let (events, fetched) = mpsc::channel(QUEUE);
        let (keeper, on_shelf) = self.shelf(trusted.clone()).await?;
        let (driver, fetcher) = self.player(events, on_shelf).await?;
        let progress =
            vec![Progress::of("uplink", &uplink.task.heart), Progress::of("player", &driver.heart)];
        let tasks = &mut daemon.tasks;
        tasks.spawn("link", uplink.link.run());
        tasks.spawn("uplink", uplink.task.run());
        tasks.spawn("box-time", sync.run(daemon.stop.clone()));
        tasks.spawn("shelf", keeper.run(daemon.stop.clone()));
        tasks.spawn("intake", intake.run(uplink.commands));
        tasks.spawn("fetcher", fetcher.run());
        tasks.spawn("player", driver.run(instructions, fetched, trusted));
        Ok(progress)
    }

    fn uplink(&self, tls: Arc<ClientConfig>, stop: CancellationToken) -> Uplink {
        let station = &self.config.r#box;
        let settings = UplinkSettings {
            topics: Sender::of_cluster(station.device.clone(), self.config.device.clone()),
            host: station.broker.host.clone(),
            port: station.broker.port,
            tls,
            capabilities: [KIND_PLAY, KIND_STOP, "opus", CAN_DUCK].map(str::to_owned).to_vec(),
            data_dir: self.config.data_dir.clone(),
        };
        uplink(settings, self.reporter.clone(), self.health.clone(), stop)
    }

    fn time_sync(&self, trust: ClockTrust) -> (TimeSync, watch::Receiver<bool>) {
        let (trusted_tx, trusted) = watch::channel(false);
        let sync = TimeSync {
            client: self.http.clone(),
            content: self.config.r#box.content.clone(),
            server: self.config.r#box.time,
            clock: self.clock.clone(),
            trust,
            trusted_tx,
            store: self.reporter.store().clone(),
            health: self.health.clone(),
        };
        (sync, trusted)
    }

    /// As the box last listed it, and who asks it for news.
    async fn shelf(
        &self,
        trusted: watch::Receiver<bool>,
    ) -> anyhow::Result<(ShelfKeeper, watch::Receiver<Shelf>)> {
        let store = self.reporter.store().clone();
        let sounds = store.read(shelf::row::shelf).await?;
        let (shelf, on_shelf) = watch::channel(Shelf::new(sounds, self.config.cache_max_bytes));
        let client = self.http.clone();
        let content = self.config.r#box.content.clone();
        let place = self.config.prefetch.place;
        Ok((ShelfKeeper { client, content, place, trusted, store, shelf }, on_shelf))
    }

    /// The player as it was left, and the fetcher that works for it.
    async fn player(
        &self,
        events: mpsc::Sender<Event>,
        shelf: watch::Receiver<Shelf>,
    ) -> anyhow::Result<(Driver, Fetcher)> {
        let store = self.reporter.store().clone();
        let plays = store.read(row::plays).await?;
        let bars = store.read(row::bars).await?;
        let heard = store.read(row::stretches).await?;
        let was_muted = store.read(row::was_muted).await?;
        let dir = self.config.data_dir.join("cache");
        let cache = Cache::open(dir, self.config.cache_max_bytes).await;
        let cache = cache.context("the folder of the cache")?;
        let (wanted_tx, wanted) = watch::channel(Wanted::default());
        let fetcher = Fetcher {
            client: self.http.clone(),
            content: self.config.r#box.content.clone(),
            cache: cache.clone(),
            clock: self.clock.clone(),
            prefetch: self.config.prefetch.clone(),
            wanted,
            shelf,
            health: self.health.clone(),
            events,
        };
        let driver = Driver {
            player: Player::restore(rules(&self.config), plays, bars).having_heard(heard),
            clock: self.clock.clone(),
            store,
            journal: Journal::new(self.reporter.clone(), self.clock.clone()),
            sink: Sink::new(self.config.sound.clone(), cache),
            site: Site::new(
                self.config.mute.clone(),
                was_muted,
                self.config.sound.relay.clone(),
                self.clock.steady(),
            ),
            wanted: wanted_tx,
            health: self.health.clone(),
            measured: HashMap::new(),
            heart: Heartbeat::default(),
        };
        Ok((driver, fetcher))
    }
}

fn rules(config: &config::Speaker) -> Rules {
    let quiet = config.quiet_hours.clone();
    let warm_up = config.sound.amplifier_warm_up;
    Rules {
        quiet,
        lead: warm_up + OPENING,
        shortest_lead: warm_up + OPENING_IN_HASTE,
        daily: config.daily_limit.clone(),
        volume: Some(config.sound.volume.clone()),
        mutes_emergency: config.mute.as_ref().is_some_and(|it| it.mutes_emergency),
    }
}

fn http_client(tls: &Arc<ClientConfig>) -> anyhow::Result<reqwest::Client> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(ClientConfig::clone(tls))
        .http1_only()
        .connect_timeout(CONNECT_WITHIN)
        // A box that accepts and stays silent must not hold up the next fetch, or the time key.
        .read_timeout(SILENT_FOR)
        // One host, and one file at a time.
        .pool_max_idle_per_host(1)
        // The box holds 24 KB for each connection, used or not, and there are 272 of us.
        .pool_idle_timeout(IDLE_FOR)
        .no_proxy()
        .build()
        .context("the HTTPS client")
}

/// A cluster's client, for a server without TLS.
#[cfg(test)]
pub(super) fn plain_client() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    http_client(&Arc::new(tls)).unwrap()
}
