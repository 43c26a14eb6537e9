//! A box's half of a street and its loudspeaker clusters: real broker, real content and time server,
//! real signatures; only the planner is replaced by the test that orders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base::{Clock, DeviceId, Sha256, SystemClock, new_uuid};
use broadcast::{Content, Order, PlayId, Priority, Resume, Volume};
use gateway::clock_trust::ClockTrust;
use gateway::config::Speaker;
use gateway::field::provision::{DevFleet, Plan};
use gateway::order::KIND_PLAY;
use gateway::order::wire::play_to_json;
use gateway::report::health::Health;
use gateway::report::wire::{Reply, ReplyState};
use gateway::report::{Envelope, SCHEMA};
pub use gateway::speaker::DriftingClock;
use gateway::store::{Store, StoreThread};
use gateway::tls::{Door, serve};
use gateway::ward::clusters::{ClusterCommands, ClusterSettings, Receipts, clusters};
use gateway::ward::content::{ContentSettings, MAX_CONNECTIONS, router};
use gateway::ward::timekeeper::Timekeeper;
use jiff::Timestamp;
use provisioning::{CertificateTime, ClientAuth, Command, Identity};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::{TcpListener, UdpSocket};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::broker::{Broker, free_ports};

/// What the clusters said, in order of arrival.
#[derive(Default)]
pub struct Told {
    pub events: Mutex<Vec<(DeviceId, Envelope)>>,
    pub replies: Mutex<Vec<(DeviceId, Reply)>>,
}

impl Receipts for Told {
    fn received(
        &self,
        _: &rusqlite::Connection,
        cluster: &DeviceId,
        envelope: &Envelope,
    ) -> rusqlite::Result<()> {
        self.events.lock().unwrap().push((cluster.clone(), envelope.clone()));
        Ok(())
    }

    fn replied(&self, cluster: &DeviceId, reply: &Reply) {
        self.replies.lock().unwrap().push((cluster.clone(), reply.clone()));
    }
}

pub struct Street {
    dir: TempDir,
    pub plan: Plan,
    pub identity: Identity,
    pub told: Arc<Told>,
    broker: Option<Broker>,
    box_half: Option<BoxHalf>,
}

struct BoxHalf {
    runtime: Runtime,
    stop: CancellationToken,
    commands: ClusterCommands,
    _store_thread: StoreThread,
}

/// A cluster in this process, on a thread of its own.
pub struct RunningSpeaker {
    stop: CancellationToken,
    thread: Option<JoinHandle<anyhow::Result<()>>>,
}

impl Street {
    /// A fleet of `n` clusters with broker and box up.
    pub fn new(n: u16) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = free_ports(21_400..21_500, 6).unwrap();
        let wanted = DevFleet { speakers: n, ..DevFleet::small(&dir.path().join("fleet"), port) };
        let plan = wanted.make().unwrap();
        let folder = plan.folder.join(plan.the_box.as_str());
        std::fs::create_dir_all(folder.join("data/content")).unwrap();
        let identity = Identity::load(&folder.join("identity"), SystemClock.now()).unwrap();
        let told = Arc::new(Told::default());
        let mut street = Self { dir, plan, identity, told, broker: None, box_half: None };
        street.connect();
        street
    }

    /// Starts the broker and the box.
    pub fn connect(&mut self) {
        let name = format!("mosquitto-{}/mosquitto.conf", self.plan.the_box);
        let configuration = self.plan.folder.join(name);
        self.broker = Some(Broker::start(&configuration, self.plan.ports.box_broker).unwrap());
        self.box_half = Some(BoxHalf::start(self));
    }

    /// Every link of the clusters is dead.
    pub fn cut(&mut self) {
        self.broker = None;
        if let Some(it) = self.box_half.take() {
            it.stop.cancel();
            it.runtime.shutdown_timeout(Duration::from_secs(5));
        }
    }

    fn box_dir(&self) -> PathBuf {
        self.plan.folder.join(self.plan.the_box.as_str())
    }

    /// A file name in a folder that goes with the test.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Puts a tone of `seconds` on the box's shelf.
    pub fn content(&self, seconds: usize) -> Content {
        let period = [0.0, 0.3, 0.42, 0.3, 0.0, -0.3, -0.42, -0.3];
        let tone: Vec<f32> = period.iter().copied().cycle().take(48_000 * seconds).collect();
        let ogg = media::encode_opus(&tone, media::STORED_BITRATE_BPS).unwrap();
        let sha256 = Sha256::of(&ogg);
        std::fs::write(self.shelf(sha256), &ogg).unwrap();
        let bytes = u64::try_from(ogg.len()).unwrap();
        Content { sha256, bytes, duration: Duration::from_secs(seconds.try_into().unwrap()) }
    }

    pub fn shelf(&self, sha256: Sha256) -> PathBuf {
        self.box_dir().join(format!("data/content/{sha256}.opus"))
    }

    pub fn config(&self, cluster: &DeviceId) -> Speaker {
        Speaker::read(&self.plan.folder.join(cluster.as_str()).join("vong.toml")).unwrap()
    }

    pub fn command(&self, to: &DeviceId, data: Value) -> Command {
        let now = SystemClock.now();
        Command {
            id: new_uuid(now),
            to: to.clone(),
            issuer: self.plan.the_box.clone(),
            kind: KIND_PLAY.to_owned(),
            issued_at: now,
            not_after: now + Duration::from_secs(600),
            data,
        }
    }

    /// Signs an order and sends it.
    pub fn order(&self, to: &DeviceId, order: &Order) -> Uuid {
        let command = self.command(to, play_to_json(order));
        self.send(to, &self.identity.signer().unwrap().sign(&command));
        command.id
    }

    pub fn send(&self, to: &DeviceId, token: &str) {
        let box_half = self.box_half.as_ref().unwrap();
        wait_until("the box is on its broker", || box_half.commands.is_up());
        assert!(box_half.commands.send(to, token));
    }

    /// Waits until each cluster says that it is online and knows the time.
    pub fn wait_for_clusters(&self, n: usize) {
        wait_until("the clusters' clocks are fitted", || {
            let folder = &self.plan.folder;
            let is_fitted = |it: &&DeviceId| knows_time(&folder.join(it.as_str()));
            self.plan.clusters.iter().filter(is_fitted).count() >= n
        });
    }

    pub fn wait_for_event(&self, cluster: &DeviceId, kinds: &[&str]) -> Envelope {
        let find = || {
            let events = self.told.events.lock().unwrap();
            let found = events
                .iter()
                .find(|(from, it)| from == cluster && kinds.contains(&it.kind.as_str()));
            found.map(|(_, it)| it.clone())
        };
        wait_until(&format!("{cluster} says one of {kinds:?}"), || find().is_some());
        find().unwrap()
    }

    pub fn wait_for_reply(&self, id: Uuid, state: ReplyState) -> Reply {
        let find = || {
            let replies = self.told.replies.lock().unwrap();
            let is_it = |it: &&Reply| it.command_id == id && it.state == state;
            replies.iter().map(|(_, it)| it).find(is_it).cloned()
        };
        wait_until(&format!("a reply {state:?} to {id}"), || find().is_some());
        find().unwrap()
    }

    /// The notes beside the WAV files of a cluster, by the second of their start.
    pub fn notes(&self, cluster: &DeviceId) -> BTreeMap<String, Value> {
        let dir = self.plan.folder.join(cluster.as_str()).join("heard");
        let Ok(entries) = std::fs::read_dir(dir) else { return BTreeMap::new() };
        entries
            .map(|it| it.unwrap().path())
            .filter(|it| it.extension().is_some_and(|it| it == "json"))
            .map(|it| {
                let note = std::fs::read(&it).unwrap();
                (it.display().to_string(), serde_json::from_slice(&note).unwrap())
            })
            .collect()
    }
}

impl Drop for Street {
    fn drop(&mut self) {
        self.cut();
    }
}

impl BoxHalf {
    fn start(street: &Street) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let stop = CancellationToken::new();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let dir = street.box_dir();
        let time = Arc::new(CertificateTime::new(clock.clone(), dir.join("last-good-time")));
        let (store, store_thread) = Store::open(&street.path("box.db"), &[SCHEMA]).unwrap();
        let (plan, ports) = (&street.plan, &street.plan.ports);
        let adopted = plan.clusters.clone();
        let settings = ClusterSettings {
            station: plan.the_box.clone(),
            host: "127.0.0.1".to_owned(),
            port: ports.box_broker,
            tls: street.identity.client_config(&plan.the_box, time.clone()),
            adopted: adopted.clone(),
        };
        let content = ContentSettings {
            dir: dir.join("data/content"),
            clusters: adopted.into_iter().collect(),
            rate_limit: None,
        };
        let tls = street.identity.server_config(ClientAuth::Required, time);
        let (told, own_stop) = (street.told.clone(), stop.clone());
        let (content_port, time_port) = (ports.content, ports.time);
        let commands = runtime.block_on(async move {
            let health = Health::default();
            let parts = clusters(settings, store, clock.clone(), told, health, own_stop.clone());
            let keeper = Timekeeper::default();
            let listener = TcpListener::bind(("127.0.0.1", content_port)).await.unwrap();
            let socket = UdpSocket::bind(("127.0.0.1", time_port)).await.unwrap();
            let door = Door { listener, tls, max_connections: MAX_CONNECTIONS };
            let trust = ClockTrust::new(true);
            tokio::spawn(parts.link.run());
            tokio::spawn(parts.receiver.run());
            tokio::spawn(keeper.clone().serve(socket, clock, trust, own_stop.clone()));
            tokio::spawn(serve(door, router(content, keeper), own_stop));
            parts.commands
        });
        Self { runtime, stop, commands, _store_thread: store_thread }
    }
}

impl RunningSpeaker {
    pub fn start(config: Speaker, steady: impl Clock + 'static) -> Self {
        let stop = CancellationToken::new();
        let interrupted = stop.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let steady = Arc::new(steady);
            runtime.block_on(gateway::speaker::run_with(config, steady, async move {
                interrupted.cancelled().await;
            }))
        });
        Self { stop, thread: Some(thread) }
    }

    /// Stops it in order and shows what it ended with.
    pub fn end(mut self) {
        self.stop.cancel();
        self.thread.take().unwrap().join().unwrap().unwrap();
    }
}

impl Drop for RunningSpeaker {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A play of `content` at `start_at`, with a minute to spare.
pub fn order(content: Content, start_at: Timestamp) -> Order {
    Order {
        play: PlayId { bulletin: new_uuid(start_at), occurrence: start_at },
        content,
        start_at,
        play_until: start_at + content.duration + Duration::from_secs(60),
        priority: Priority::Normal,
        volume: Volume::FULL,
        owner_level: 0,
        approved_by: "minh".to_owned(),
        resume: Resume::Skip,
        catch_up: content.duration,
    }
}

/// In so many seconds, on a whole millisecond.
pub fn in_seconds(seconds: u64) -> Timestamp {
    let at = SystemClock.now() + Duration::from_secs(seconds);
    Timestamp::from_millisecond(at.as_millisecond()).unwrap()
}

/// Polls for at most a minute.
pub fn wait_until(what: &str, mut is_done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_done() {
        assert!(Instant::now() < deadline, "not within a minute: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The cluster stored a fit: its clock was trusted.
fn knows_time(folder: &Path) -> bool {
    let Ok(conn) = rusqlite::Connection::open_with_flags(
        folder.join("data/vong.db"),
        rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY,
    ) else {
        return false;
    };
    conn.query_row("SELECT count(*) FROM cluster_clock", [], |it| it.get::<_, i64>(0)) == Ok(1)
}
