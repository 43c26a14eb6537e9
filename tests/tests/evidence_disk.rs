//! Evidence on a disk that is full: the oldest makes room, no alert is held up, and none is lost.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use base::{Picture, Plane, Score, Size, SystemClock, new_uuid};
use e2e::small_disk;
use gateway::clock_trust::ClockTrust;
use gateway::config::{Retention, Severity};
use gateway::report::rows::Bound;
use gateway::report::{self, Reporter, ReporterSettings};
use gateway::store::Store;
use gateway::ward::alert::{Alert, Ending, Snapshot};
use gateway::ward::camera::CameraFact;
use gateway::ward::evidence::{self, ClipDesk, EvidenceDesk, Finding, Shot};
use gateway::ward::record;
use gateway::ward::retention::Keeper;
use jiff::Timestamp;
use media::CaptureClock;
use models::Photo;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// Where the small disk is mounted; told to the process that runs on it.
const DISK: &str = "VONG_TEST_DISK";
const STEPS: &[&str] = &[
    report::SCHEMA,
    record::SCHEMA,
    record::SCHEMA_EVIDENCE,
    record::SCHEMA_PROOF,
    record::SCHEMA_KEEPING,
];
const DAY: Duration = Duration::from_hours(24);
const RETENTION: Retention =
    Retention { info: DAY, warning: DAY, critical: DAY, max_bytes: 8 << 30 };

struct NoClips;

impl ClipDesk for NoClips {
    fn cut(&self, _: &Alert) {}
}

/// Runs itself once more, in a mount namespace with a disk of 24 MiB.
#[test]
fn a_full_disk_costs_old_pictures_and_no_alert() {
    if let Ok(disk) = std::env::var(DISK) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        return runtime.block_on(on_the_disk(Path::new(&disk)));
    }
    let dir = tempfile::tempdir().unwrap();
    if !small_disk::command(dir.path(), 1, "true").status().is_ok_and(|it| it.success()) {
        eprintln!("SKIPPED: nothing can be mounted here, so nothing is known of a full disk");
        return;
    }
    let mut again: Command = small_disk::command(dir.path(), 24, std::env::current_exe().unwrap());
    again.args(["--exact", "a_full_disk_costs_old_pictures_and_no_alert", "--nocapture"]);
    assert!(again.env(DISK, dir.path()).status().unwrap().success());
}

/// The parts of a box that write what its cameras see.
struct Parts {
    store: Store,
    desk: EvidenceDesk,
    filler: PathBuf,
    shot: Photo,
    n_raised: i64,
}

impl Parts {
    /// An alert from its beginning to its end, as a detection thread leaves it.
    fn alert(&mut self) {
        self.n_raised += 1;
        let captured_at = Timestamp::now();
        let alert = alert(captured_at);
        let ending = Ending {
            alert: alert.id,
            camera: alert.camera.clone(),
            at: captured_at,
            reason: "left",
        };
        let shot = Shot { photo: self.shot.clone(), area: None, hidden: Vec::new() };
        tokio::task::block_in_place(|| {
            self.desk.leave(Finding::Raised { alert: Box::new(alert), shot: Some(shot) });
            self.desk.leave(Finding::Told(CameraFact::Cleared(ending)));
        });
    }

    /// Leaves this much to the box.
    fn fill(&self, n_free: u64) {
        small_disk::fill(&self.filler);
        let file = std::fs::File::options().write(true).open(&self.filler).unwrap();
        file.set_len(file.metadata().unwrap().len().saturating_sub(n_free)).unwrap();
    }

    async fn count(&self, query: &'static str) -> i64 {
        let asked = self.store.read(move |conn| conn.query_row(query, [], |row| row.get(0)));
        asked.await.unwrap()
    }

    async fn until(&self, what: &str, query: &'static str, wanted: i64) {
        let by = Instant::now() + Duration::from_secs(60);
        while self.count(query).await < wanted {
            assert!(Instant::now() < by, "{what}: {} of {wanted}", self.count(query).await);
            sleep(Duration::from_millis(100)).await;
        }
    }
}

const ALERTS: &str = "SELECT count(*) FROM camera_alert WHERE cleared_at_ms IS NOT NULL";
const TOLD_FULL: &str = "SELECT count(*) FROM outbox WHERE envelope LIKE '%device.storage_full%\
                         \"is_so\":true%'";
const TOLD_OVER: &str = "SELECT count(*) FROM outbox WHERE envelope LIKE '%device.storage_full%\
                         \"is_so\":false%'";

async fn on_the_disk(disk: &Path) {
    let (store, thread) = Store::open(&disk.join("vong.db"), STEPS).unwrap();
    let settings = ReporterSettings {
        device: "box-1".parse().unwrap(),
        site: String::new(),
        clock: Arc::new(SystemClock),
        trust: ClockTrust::new(true),
        bound: Bound::default(),
    };
    let reporter = Reporter::open(&store, &thread, settings).await.unwrap();
    let keeper = Keeper::new(disk.to_owned(), RETENTION, reporter.clone());
    let (room, stop) = (keeper.room_call(), CancellationToken::new());
    let keeping = tokio::spawn(keeper.run(stop.clone()));
    let (facts_tx, facts) = mpsc::channel(4);
    let recording = tokio::spawn(record::run(facts, store.clone(), reporter, room.clone()));
    let (desk, written) =
        evidence::start(disk.to_owned(), facts_tx, Box::new(NoClips), room).unwrap();
    let filler = disk.join("filler");
    let mut parts = Parts { store, desk, filler, shot: noise(), n_raised: 0 };

    evidence_goes_round(&mut parts).await;
    nothing_is_left(&mut parts).await;

    let Parts { store, desk, .. } = parts;
    drop(desk);
    written.await;
    recording.await.unwrap();
    stop.cancel();
    keeping.await.unwrap();
    drop(store);
    thread.ended().await;
}

/// Others took most of the disk: `max_bytes` is out of reach, and pictures come all the same.
async fn evidence_goes_round(parts: &mut Parts) {
    parts.fill(8 << 20);
    for _ in 0..100 {
        parts.alert();
        sleep(Duration::from_millis(100)).await;
    }
    parts.until("each alert has its row", ALERTS, parts.n_raised).await;
    let newest = "SELECT count(snapshot_path) FROM
                  (SELECT snapshot_path FROM camera_alert ORDER BY rowid DESC LIMIT 20)";
    // A few may find none while room is being made on a busy machine.
    assert!(parts.count(newest).await >= 15, "the newest are kept");
    let gone = "SELECT count(*) FROM camera_deletion WHERE reason = 'budget' AND is_done = 1";
    assert!(parts.count(gone).await > 0, "the oldest made room");
    assert_eq!(parts.count(TOLD_FULL).await, 0, "nobody has to act");
}

/// Others take all of it: the centre is told, alerts wait, and come when there is room.
async fn nothing_is_left(parts: &mut Parts) {
    let by = Instant::now() + Duration::from_secs(60);
    while parts.count(TOLD_FULL).await == 0 {
        assert!(Instant::now() < by, "the centre is not told");
        parts.fill(1 << 20);
        sleep(Duration::from_millis(500)).await;
    }
    let began = Instant::now();
    for n in 0..200 {
        if n % 20 == 0 {
            parts.fill(0);
        }
        parts.alert();
    }
    assert!(began.elapsed() < Duration::from_secs(10), "a detection thread was held up");
    std::fs::remove_file(&parts.filler).unwrap();
    parts.until("no alert is lost", ALERTS, parts.n_raised).await;
    parts.until("the centre hears that it is over", TOLD_OVER, 1).await;
    assert_eq!(parts.count(TOLD_FULL).await, 1, "once");
}

fn alert(captured_at: Timestamp) -> Alert {
    Alert {
        id: new_uuid(captured_at),
        camera: "cam-1".parse().unwrap(),
        zone: "gate".parse().unwrap(),
        zone_name: "Cổng".to_owned(),
        rule: "enter",
        severity: Severity::Critical,
        label: "person".to_owned(),
        score: Score::try_from(0.9).unwrap(),
        track: 1,
        n_objects: 1,
        area: [0.1, 0.1, 0.4, 0.9],
        began_at: captured_at,
        captured_at,
        clock: CaptureClock::Camera,
        raised_at: captured_at,
        snapshot: Snapshot::Missing { why: String::new() },
    }
}

/// A picture that no encoder makes small.
fn noise() -> Photo {
    let mut state = 1_u32;
    let pixels: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(320 * 240 * 3)
    .collect();
    let size = Size { width: 320, height: 240 };
    Photo::of(&Picture::Rgb { size, data: Plane { data: &pixels, stride: 320 * 3 } }).unwrap()
}
