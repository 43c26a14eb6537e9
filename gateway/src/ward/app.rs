//! Builds the box's parts, connects them, and stops them in order.
//!
//! Sources: cameras, both links, the planner, the servers. Everything else ends when its input
//! closes: camera -> detector -> record -> store; cluster link -> receiver -> store; store last.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use models::{Manifest, Provider};
use provisioning::{ClientAuth, Identity};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::{mpsc, watch};
use tracing::{error, info, warn};

use super::broadcast::{
    self, Agenda, Atlas, Bulletins, BulletinsSettings, ContentKeeper, Dispatcher, Ingest, Ledger,
    PlaceBook, SHORTEST_LEAD, Speakers, Wake,
};
use super::camera::{self, CameraHandle};
use super::clusters::{ClusterSettings, ClusterViews, clusters};
use super::commands::CommandDesk;
use super::content::{self, ContentSettings};
use super::proof::{Proofs, Prover};
use super::record;
use super::retention::Keeper;
use super::room::RoomCall;
use super::rules::{self, RuleBook};
use super::sight::{self, Sight};
use super::timekeeper::Timekeeper;
use super::vigil;
use crate::daemon::{Daemon, Heartbeat, Progress};
use crate::engine::{self, Choice};
use crate::report::health::Health;
use crate::report::rows::Bound;
use crate::report::topics::Sender;
use crate::report::uplink::{Replies, UplinkSettings, uplink};
use crate::report::{Reporter, ReporterSettings};
use crate::store::Store;
use crate::tls::{self, Door};
use crate::voice::{Piper, Voices};
use crate::{config, report, web};

/// Facts of cameras on their way to `record`, which takes them also while the disk is full: it is never
/// waited for but for a moment, or after ten thousand alerts that no row could be written for.
const FACTS: usize = 64;

/// The tables of every part of the box, in the order of their first release: what was released is never
/// changed.
pub(crate) const STEPS: &[&str] = &[
    report::SCHEMA,
    record::SCHEMA,
    broadcast::SCHEMA,
    web::SCHEMA,
    broadcast::SCHEMA_VOLUME,
    record::SCHEMA_EVIDENCE,
    record::SCHEMA_PROOF,
    record::SCHEMA_KEEPING,
    broadcast::SCHEMA_CALENDAR,
    broadcast::SCHEMA_APPROVAL,
    broadcast::SCHEMA_TEMPLATE,
    broadcast::SCHEMA_SOUND,
    broadcast::SCHEMA_SHELF,
    broadcast::SCHEMA_PLACES,
    report::SCHEMA_AUDIT,
    broadcast::SCHEMA_POLICY,
    broadcast::SCHEMA_LOAD,
    broadcast::SCHEMA_MEMORY,
    broadcast::SCHEMA_TITLE,
];

/// What the frame and the parts below share.
struct Frame {
    daemon: Daemon,
    store: Store,
    reporter: Reporter,
    identity: Identity,
    health: Health,
    /// What the watchdog is to look at.
    progress: Vec<Progress>,
}

/// What the centre commands, and where it is answered.
struct Orders {
    commands: mpsc::Receiver<String>,
    replies: Replies,
}

/// What the console shows of cameras.
struct Watch {
    cameras: Vec<CameraHandle>,
    proofs: watch::Receiver<Proofs>,
    rules: RuleBook,
}

/// What the console shows of broadcasts.
struct Broadcasts {
    bulletins: Bulletins,
    agenda: Agenda,
    places: PlaceBook,
    clusters: watch::Receiver<ClusterViews>,
}

pub(super) async fn run(
    mut config: config::Ward,
    interrupted: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    media::init()?;
    let mut daemon = Daemon::new(&config.data_dir, Some(config.clock));
    let (store, store_thread) = Store::open(&config.data_dir.join("vong.db"), STEPS)?;
    let identity = Identity::load(&config.identity_dir, daemon.time.now())?;
    anyhow::ensure!(
        *identity.device() == config.device,
        "the certificate in {} is for {}, but `device` says {}: correct one of them",
        config.identity_dir.display(),
        identity.device(),
        config.device,
    );
    let settings = ReporterSettings {
        device: config.device.clone(),
        site: config.site.clone(),
        clock: daemon.clock.clone(),
        trust: daemon.trust.clone(),
        bound: Bound::default(),
    };
    let reporter = Reporter::open(&store, &store_thread, settings).await?;
    reporter.on_evicted(record::proof::evicted);
    let set_aside = store_thread.set_aside().map(Path::to_owned);
    daemon.tasks.spawn("store", store_thread.ended());
    let (health, progress) = (Health::default(), Vec::new());
    let mut frame = Frame { daemon, store, reporter, identity, health, progress };

    record::close_the_past(&frame.store, &frame.reporter).await?;
    let from_file = rules::take_up_edits(&mut config, &frame.store).await?;
    let orders = report_up(&mut frame, &config);
    let room = keep_evidence(&mut frame, &config, set_aside.as_deref()).await?;
    let now = frame.daemon.clock.now();
    let (proven, proofs) = watch::channel(Proofs::new(config.proof_every, now));
    let cameras = watch_street(&mut frame, &config, room, proven).await?;
    let (reporter, zone) = (frame.reporter.clone(), config.timezone.clone());
    let rules = RuleBook::new(reporter, rules::model(&config)?, zone, from_file, &cameras);
    obey(&mut frame, &config, orders, rules.clone());
    let broadcasts = broadcast_to_clusters(&mut frame, &config).await?;
    open_console(&mut frame, &config, Watch { cameras, proofs, rules }, broadcasts).await?;

    let Frame { mut daemon, store, reporter, progress, .. } = frame;
    // Each handle keeps the store's thread alive, and that thread ends last.
    drop(reporter);
    daemon.feed_watchdog(store, progress);
    info!(device = %config.device, "the box is running");
    daemon.run_until(interrupted).await
}

/// What is recorded goes to the centre's broker; answers with what comes the other way.
fn report_up(frame: &mut Frame, config: &config::Ward) -> Orders {
    let Daemon { tasks, stop, time, .. } = &mut frame.daemon;
    let settings = UplinkSettings {
        topics: Sender::of_box(config.device.clone()),
        host: config.uplink.host.clone(),
        port: config.uplink.port,
        tls: frame.identity.client_config(&config.uplink.server_name, time.clone()),
        capabilities: vec!["cameras".to_owned(), "broadcast".to_owned()],
        data_dir: config.data_dir.clone(),
    };
    let link = uplink(settings, frame.reporter.clone(), frame.health.clone(), stop.clone());
    frame.progress.push(Progress::of("uplink", &link.task.heart));
    tasks.spawn("uplink-link", link.link.run());
    tasks.spawn("uplink", link.task.run());
    Orders { commands: link.commands, replies: link.replies }
}

/// The centre's commands, once there is somebody to carry them out.
fn obey(frame: &mut Frame, config: &config::Ward, orders: Orders, rules: RuleBook) {
    let Daemon { tasks, clock, trust, .. } = &mut frame.daemon;
    let desk = CommandDesk {
        me: config.device.clone(),
        roster: frame.identity.roster().clone(),
        clock: clock.clone(),
        trust: trust.clone(),
        rules,
        replies: orders.replies,
    };
    tasks.spawn("commands", desk.run(orders.commands));
}

/// Deletes what is old, also on a box whose cameras were taken away.
async fn keep_evidence(
    frame: &mut Frame,
    config: &config::Ward,
    set_aside: Option<&Path>,
) -> anyhow::Result<RoomCall> {
    let Daemon { tasks, stop, .. } = &mut frame.daemon;
    let keeper = Keeper::new(config.data_dir.clone(), config.retention, frame.reporter.clone());
    if let Some(database) = set_aside {
        keeper.set_aside(database).context("evidence of a damaged database")?;
    }
    keeper.clear_leftovers().await;
    let room = keeper.room_call();
    tasks.spawn("retention", keeper.run(stop.clone()));
    Ok(room)
}

/// The cameras, the threads that look at their pictures, and the writer of what they find.
async fn watch_street(
    frame: &mut Frame,
    config: &config::Ward,
    room: RoomCall,
    proofs: watch::Sender<Proofs>,
) -> anyhow::Result<Vec<CameraHandle>> {
    if config.cameras.is_empty() {
        // Without cameras the parts below would end at once, which the frame takes for a fault.
        return Ok(Vec::new());
    }
    let Daemon { tasks, stop, clock, .. } = &mut frame.daemon;
    let (facts_tx, facts) = mpsc::channel(FACTS);
    tasks.spawn(
        "record",
        record::run(facts, frame.store.clone(), frame.reporter.clone(), room.clone()),
    );
    let Sight { threads, progress, evidence, main_streams, cameras } =
        sight::open(config, clock, &facts_tx, &frame.health, &room).await?;
    tasks.spawn("evidence", evidence);
    frame.progress.push(progress);
    tasks.spawn("detector", threads.ended());
    for stream in main_streams {
        let name = format!("main-stream/{}", stream.camera);
        tasks.spawn(&name, camera::run_main_stream(stream, stop.clone()));
    }
    let mut handles = Vec::new();
    for (parts, handle) in cameras {
        tasks.spawn(&format!("camera/{}", handle.id), camera::run(parts, stop.clone()));
        handles.push(handle);
    }
    if let Some(every) = config.proof_every {
        let (cameras, reporter) = (handles.clone(), frame.reporter.clone());
        let prover = Prover { cameras, every, proofs, reporter, health: frame.health.clone() };
        tasks.spawn("proof-of-life", prover.run(stop.clone()));
    }
    tasks.spawn("vigil", vigil::run(handles.clone(), frame.health.clone(), stop.clone()));
    Ok(handles)
}

/// Bulletins, the planner, the clusters on our own broker, and what they fetch from us.
async fn broadcast_to_clusters(
    frame: &mut Frame,
    config: &config::Ward,
) -> anyhow::Result<Broadcasts> {
    let Daemon { tasks, stop, time, clock, .. } = &mut frame.daemon;
    let wake = Wake::default();
    let (reporter, zone) = (frame.reporter.clone(), config.timezone.clone());
    let places = PlaceBook::open(reporter, &config.clusters, zone, wake.clone()).await?;
    let ward = planning(config, places.atlas());
    broadcast::clear_spool(&config.data_dir.join("spool")).context("the folder of uploads")?;
    let ingest = Ingest::start(config.data_dir.join("content"), speakers(config))?;
    let settings = BulletinsSettings { data_dir: config.data_dir.clone(), ward: ward.clone() };
    let bulletins = Bulletins::new(settings, frame.reporter.clone(), ingest, wake.clone());
    let agenda = Agenda::new(ward.clone(), frame.reporter.clone(), wake.clone());
    let vault = bulletins.vault();
    let (ledger, refused) = Ledger::new(frame.reporter.clone(), wake.clone());

    let broker = &config.local_broker;
    let settings = ClusterSettings {
        station: config.device.clone(),
        host: broker.host.clone(),
        port: broker.port,
        tls: frame.identity.client_config(&broker.server_name, time.clone()),
        adopted: config.clusters.iter().map(|it| it.id.clone()).collect(),
    };
    let (store, health) = (frame.store.clone(), frame.health.clone());
    let own = clusters(settings, store, clock.clone(), Arc::new(ledger), health, stop.clone());
    let signer = frame.identity.signer()?.clone();
    let (reporter, heart) = (frame.reporter.clone(), Heartbeat::default());
    frame.progress.push(Progress::of("dispatcher", &heart));
    frame.progress.push(Progress::of("receiver", &own.heart));
    let dispatcher = Dispatcher::new(ward, reporter, signer, own.commands, wake, heart, vault);
    tasks.spawn("cluster-link", own.link.run());
    tasks.spawn("receiver", own.receiver.run());
    let dir = config.data_dir.join("content");
    let keeper = ContentKeeper { dir, keep: config.content.keep, reporter: frame.reporter.clone() };
    tasks.spawn("content-keeper", keeper.run(stop.clone()));
    tasks.spawn("dispatcher", dispatcher.run(own.views.clone(), refused, stop.clone()));
    serve_clusters(frame, config).await?;
    Ok(Broadcasts { bulletins, agenda, places, clusters: own.views })
}

/// What the planner is bound by.
pub(crate) fn planning(config: &config::Ward, places: Atlas) -> broadcast::Ward {
    broadcast::Ward {
        clusters: config.clusters.iter().map(ordered).collect(),
        quiet: config.quiet_hours.clone(),
        quotas: config.broadcast.quotas.clone(),
        ties: config.broadcast.ties.clone(),
        zone: config.timezone.iana_name().unwrap_or("UTC").to_owned(),
        approval: config.approval.clone(),
        lead: SHORTEST_LEAD,
        places,
    }
}

/// A ward whose voice is broken still speaks, by espeak-ng: cameras and alarms must not wait for it.
fn speakers(config: &config::Ward) -> Speakers {
    let start = |model| {
        let choice = Choice { provider: Provider::default(), ..Choice::from(&config.detector) };
        let engine = engine::find_runtime(&Manifest::built_in()?, choice, 1)?;
        Piper::start(model, &engine)
    };
    let piper = config.speech.voice.as_ref().and_then(|model| match start(model) {
        Ok(piper) => {
            info!(voice = %model.path.display(), "voice loaded");
            Some(piper)
        }
        Err(err) => {
            error!(voice = %model.path.display(), error = format!("{err:#}"), "espeak-ng speaks instead of the voice");
            None
        }
    });
    let abbreviations = config.speech.abbreviations.clone();
    Speakers { abbreviations, voices: Voices::with(piper) }
}

fn ordered(cluster: &config::Cluster) -> broadcast::Cluster {
    broadcast::Cluster { id: cluster.id.clone(), volume: cluster.volume, can_duck: false }
}

/// The content server (HTTPS, certificates on both sides) and the time server (UDP).
async fn serve_clusters(frame: &mut Frame, config: &config::Ward) -> anyhow::Result<()> {
    let Daemon { tasks, stop, time, clock, trust } = &mut frame.daemon;
    let timekeeper = Timekeeper::default();
    let address = config.content.time_listen;
    let socket = UdpSocket::bind(address)
        .await
        .with_context(|| format!("the time server cannot listen on {address}"))?;
    let serving = timekeeper.clone().serve(socket, clock.clone(), trust.clone(), stop.clone());
    tasks.spawn("time-server", serving);

    let settings = ContentSettings {
        dir: config.data_dir.join("content"),
        clusters: config.clusters.iter().map(|it| it.id.clone()).collect::<BTreeSet<_>>(),
        rate_limit: config.content.rate_limit,
    };
    let address = config.content.listen;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("the content server cannot listen on {address}"))?;
    let tls = frame.identity.server_config(ClientAuth::Required, time.clone());
    let door = Door { listener, tls, max_connections: content::MAX_CONNECTIONS };
    let shelf = content::shelf::router(frame.store.clone(), settings.clusters.clone());
    let router = content::router(settings, timekeeper).merge(shelf);
    let serving = tls::serve(door, router, stop.clone());
    tasks.spawn("content-server", async move {
        if let Err(err) = serving.await {
            error!(%err, "the content server ended");
        }
    });
    Ok(())
}

/// The console: HTTPS, no client certificate, a login.
async fn open_console(
    frame: &mut Frame,
    config: &config::Ward,
    watch: Watch,
    broadcasts: Broadcasts,
) -> anyhow::Result<()> {
    let Daemon { tasks, stop, time, clock, .. } = &mut frame.daemon;
    let address = config.console.listen;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("the console cannot listen on {address}"))?;
    let address = listener.local_addr()?;
    if let Some(path) = web::setup::link(&frame.store, &**clock).await? {
        // Not a secret of a running box: it works once, for a day, while there is no user.
        warn!("make the console's first user: https://{address}{path}");
    }
    let ward = web::Ward {
        reporter: frame.reporter.clone(),
        data_dir: config.data_dir.clone(),
        timezone: config.timezone.iana_name().unwrap_or("UTC").to_owned(),
        cameras: watch.cameras,
        proofs: watch.proofs,
        rules: watch.rules,
        clusters: config.clusters.clone(),
        cluster_views: broadcasts.clusters,
        bulletins: broadcasts.bulletins,
        agenda: broadcasts.agenda,
        places: broadcasts.places,
    };
    let tls = frame.identity.server_config(ClientAuth::None, time.clone());
    let serving = web::serve(listener, tls, ward, stop.clone());
    tasks.spawn("console", async move {
        if let Err(err) = serving.await {
            error!("the console ended: {err:#}");
        }
    });
    Ok(())
}
