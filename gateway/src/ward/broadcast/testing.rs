//! A box without a network for the tests beside this file: a real store on disk, a clock that tests
//! move, and a courier that keeps what it is given.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::{Clock as _, DeviceId, Sha256, SimClock, new_uuid};
use broadcast::bulletin::{ApprovalRules, NormalHours, UserId, Validity};
use broadcast::loudness::Loudness;
use broadcast::quiet::QuietHours;
use broadcast::{Content, PlayId, Priority};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use provisioning::{Authority, Command, Reach, Roster, RosterKey};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::row::{self, Kept};
use super::*;
use crate::clock_trust::ClockTrust;
use crate::config;
use crate::daemon::Heartbeat;
use crate::report::wire::time_text;
use crate::report::{self, Envelope, Kind, Reporter, ReporterSettings, Stream};
use crate::store::{Store, StoreThread};
use crate::ward::SCHEMA_STEPS;
use crate::ward::clusters::Receipts as _;

/// A Monday, eight in the morning in Hanoi.
pub(super) const MORNING: &str = "2026-01-05T08:00:00+07:00";

/// Keeps what it is given; `is_up` is the link.
#[derive(Clone, Default)]
pub(super) struct Postbag {
    sent: Arc<Mutex<Vec<(DeviceId, String)>>>,
    is_down: Arc<AtomicBool>,
}

impl Courier for Postbag {
    fn send(&self, to: &DeviceId, jws: &str) -> bool {
        if self.is_down.load(Ordering::Relaxed) {
            return false;
        }
        self.sent.lock().unwrap().push((to.clone(), jws.to_owned()));
        true
    }
}

pub(super) struct World {
    pub store: Store,
    pub reporter: Reporter,
    pub clock: SimClock,
    pub trust: ClockTrust,
    pub bulletins: Bulletins,
    pub agenda: Agenda,
    pub dispatcher: Dispatcher<Postbag>,
    pub ledger: Ledger,
    pub refusals: mpsc::Receiver<Refusal>,
    pub places: PlaceBook,
    ward: Ward,
    postbag: Postbag,
    signer: provisioning::CommandSigner,
    roster: Roster,
    content_dir: PathBuf,
    _thread: StoreThread,
    dir: TempDir,
}

pub(super) fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// One approval is enough from six to nine, for 30 days, or for a year of a rule.
fn rules() -> ApprovalRules {
    let hours = NormalHours::day(TimeZone::get("Asia/Ho_Chi_Minh").unwrap());
    ApprovalRules { hours, validity: Validity::default() }
}

fn cluster(id: &str, percent: u8) -> Cluster {
    Cluster { id: id.parse().unwrap(), volume: percent.try_into().unwrap(), can_duck: false }
}

fn two_clusters(places: Atlas) -> Ward {
    Ward {
        clusters: vec![cluster("loa-1", 100), cluster("loa-2", 60)],
        quiet: Some(QuietHours::night(TimeZone::get("Asia/Ho_Chi_Minh").unwrap())),
        quotas: Vec::new(),
        ties: vec![Tie::Earlier],
        zone: "Asia/Ho_Chi_Minh".to_owned(),
        approval: rules(),
        lead: SHORTEST_LEAD,
        places,
    }
}

pub(super) fn configured(id: &str) -> config::Cluster {
    let Cluster { id, volume, .. } = cluster(id, 100);
    config::Cluster { name: id.to_string(), id, n_horns: 2, volume, place: None }
}

async fn places(reporter: &Reporter, zone: TimeZone, wake: &Wake) -> PlaceBook {
    let configured = [configured("loa-1"), configured("loa-2")];
    PlaceBook::open(reporter.clone(), &configured, zone, wake.clone()).await.unwrap()
}

impl World {
    /// A ward of two clusters, at eight in the morning.
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// As [`World::new`], for a ward that `change` makes different.
    pub(super) async fn with(change: impl FnOnce(&mut Ward)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = SimClock::new(at(MORNING));
        let (store, thread) = Store::open(&dir.path().join("vong.db"), SCHEMA_STEPS).unwrap();
        let trust = ClockTrust::new(true);
        let settings = ReporterSettings {
            device: "box-demo-1".parse().unwrap(),
            site: "da-nang".to_owned(),
            clock: Arc::new(clock),
            trust: trust.clone(),
            bound: report::rows::Bound::default(),
        };
        let reporter = Reporter::open(&store, &thread, settings).await.unwrap();
        let authority = Authority::create(&dir.path().join("ca"), clock.now()).unwrap();
        let (signer, _) = authority.new_command_key().unwrap();
        let owner = reporter.device().clone();
        let may_command = Reach::EveryDevice;
        let keys = [RosterKey { owner, public: signer.public_key(), may_command }];
        let list = authority.sign_roster(&keys, clock.now());
        let roster = Roster::open(&list, authority.certificate()).unwrap();
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        let (wake, postbag) = (Wake::default(), Postbag::default());
        let places = places(&reporter, zone, &wake).await;
        let mut ward = two_clusters(places.atlas());
        change(&mut ward);
        let ingest = Ingest::start(dir.path().join("content"), Speakers::default()).unwrap();
        let settings = BulletinsSettings { data_dir: dir.path().to_owned(), ward: ward.clone() };
        let bulletins = Bulletins::new(settings, reporter.clone(), ingest, wake.clone());
        let agenda = Agenda::new(ward.clone(), reporter.clone(), wake.clone());
        let (ledger, refusals) = Ledger::new(reporter.clone(), wake.clone());
        let dispatcher = Dispatcher::new(
            ward.clone(),
            reporter.clone(),
            signer.clone(),
            postbag.clone(),
            wake,
            Heartbeat::default(),
            bulletins.vault(),
        );
        Self {
            store,
            reporter,
            clock,
            trust,
            bulletins,
            agenda,
            dispatcher,
            ledger,
            refusals,
            places,
            ward,
            postbag,
            signer,
            roster,
            content_dir: dir.path().join("content"),
            _thread: thread,
            dir,
        }
    }

    /// As after a crash: everything in memory is new, the rows are the same.
    pub(super) fn restart(&mut self) {
        self.dispatcher = Dispatcher::new(
            self.ward.clone(),
            self.reporter.clone(),
            self.signer.clone(),
            self.postbag.clone(),
            Wake::default(),
            Heartbeat::default(),
            self.bulletins.vault(),
        );
    }

    /// As configured from the next start on.
    pub(super) fn set_volume(&mut self, id: &str, percent: u8) {
        for it in self.ward.clusters.iter_mut().filter(|it| it.id.as_str() == id) {
            it.volume = percent.try_into().unwrap();
        }
    }

    /// One more, as configured from the next start on.
    pub(super) fn add_cluster(&mut self, id: &str) {
        self.ward.clusters.push(cluster(id, 100));
    }

    pub(super) fn set_link(&self, is_up: bool) {
        self.postbag.is_down.store(!is_up, Ordering::Relaxed);
    }

    /// What was sent since the last call, as each cluster understands it.
    pub(super) fn sent(&self) -> Vec<Command> {
        let sent = std::mem::take(&mut *self.postbag.sent.lock().unwrap());
        let read = |(to, jws): (DeviceId, String)| {
            self.roster.verify(&jws, &to, self.clock.now()).unwrap()
        };
        sent.into_iter().map(read).collect()
    }

    /// "cluster kind" of what was sent since the last call.
    pub(super) fn sent_kinds(&self) -> Vec<String> {
        self.sent().iter().map(|it| format!("{} {}", it.to, it.kind)).collect()
    }

    /// A bulletin of `lan`'s for all clusters that sounds for a minute, by its row alone.
    pub(super) async fn draft(&self, priority: Priority) -> Uuid {
        let now = self.clock.now();
        let content =
            Content { sha256: Sha256::of(b"tin"), bytes: 1_000, duration: Duration::from_mins(1) };
        std::fs::write(self.sound(), "tin").unwrap();
        let origin = Origin::Upload { file_name: "tin.mp3".to_owned() };
        let loudness = Loudness { integrated_lufs: -18.0, true_peak_dbtp: -2.0 };
        let draft = BulletinView::draft(user("lan"), now, "Bản tin", origin, content, loudness);
        let view = BulletinView { priority, ..draft };
        let id = view.id;
        let mut kept = Kept::new(view, None);
        kept.authors = BTreeSet::from([user("lan")]);
        self.store.write(move |conn| row::insert(conn, &kept)).await.unwrap();
        let file = self.content_dir().join(format!("{}.opus", content.sha256));
        std::fs::write(&file, b"tin").unwrap();
        let written = std::fs::File::open(&file).unwrap();
        written.set_modified(now.into()).unwrap();
        id
    }

    /// Where the sound of every draft lies.
    pub(super) fn sound(&self) -> PathBuf {
        self.dir.path().join(format!("content/{}.opus", Sha256::of(b"tin")))
    }

    /// Where the box keeps its sound.
    pub(super) fn content_dir(&self) -> PathBuf {
        self.content_dir.clone()
    }

    /// A draft that `lan` submitted and `minh` approved.
    pub(super) async fn approved(&self, priority: Priority) -> Uuid {
        let id = self.draft(priority).await;
        self.bulletins.submit(&user("lan"), id).await.unwrap();
        self.bulletins.approve(&user("minh"), id, Seen::default()).await.unwrap();
        id
    }

    /// An approved bulletin in the calendar.
    pub(super) async fn scheduled(&self, priority: Priority, start_at: &str) -> PlayId {
        let bulletin = self.approved(priority).await;
        self.schedule(bulletin, start_at).await;
        PlayId { bulletin, occurrence: at(start_at) }
    }

    pub(super) async fn schedule(&self, id: Uuid, start_at: &str) -> Scheduled {
        let request = ScheduleRequest::At(at(start_at));
        self.bulletins.schedule(&user("minh"), id, request).await.unwrap()
    }

    pub(super) async fn advance(&self, seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    /// One round of the dispatcher.
    pub(super) async fn round(&self) {
        self.dispatcher.round().await.unwrap();
    }

    /// `cluster` reports on `play`, with `more` fields.
    pub(super) async fn report(&self, cluster: &str, play: PlayId, kind: Kind, more: Value) {
        let mut data = json!({
            "bulletin_id": play.bulletin,
            "occurrence": time_text(play.occurrence),
        });
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (ledger, now) = (self.ledger.clone(), self.clock.now());
        let envelope = Envelope {
            id: new_uuid(now),
            device: cluster.parse().unwrap(),
            epoch: Uuid::nil(),
            stream: Stream::Broadcast,
            seq: 1,
            kind: kind.to_string(),
            occurred_at: now,
            recorded_at: now,
            clock_trusted: true,
            site: String::new(),
            data,
        };
        let receive = move |conn: &rusqlite::Connection| {
            ledger.received(conn, &envelope.device.clone(), &envelope)
        };
        self.store.write(receive).await.unwrap();
    }

    /// Every event that waits for the centre, as (kind, data), oldest first.
    pub(super) async fn events(&self) -> Vec<(String, Value)> {
        let read = |conn: &rusqlite::Connection| {
            let mut query = conn.prepare("SELECT envelope FROM outbox ORDER BY id")?;
            let rows = query.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let rows = self.store.read(read).await.unwrap();
        let parse = |it: &Vec<u8>| {
            let envelope: Value = serde_json::from_slice(it).unwrap();
            (envelope["kind"].as_str().unwrap().to_owned(), envelope["data"].clone())
        };
        rows.iter().map(parse).collect()
    }

    /// The plays of that day, with their targets.
    pub(super) async fn plays(&self) -> Vec<PlayView> {
        let day = Duration::from_hours(48);
        self.bulletins.plays(at(MORNING) - day, at(MORNING) + day).await.unwrap()
    }
}
