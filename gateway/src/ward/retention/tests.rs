//! Retention on a real database and a real folder.

use std::sync::{Arc, Mutex};

use base::Clock;
use jiff::Timestamp;
use rusqlite::params;

use super::*;
use crate::clock_trust::ClockTrust;
use crate::report::rows::Bound;
use crate::report::{self, ReporterSettings};
use crate::store::StoreThread;
use crate::ward::record;

const STEPS: &[&str] = &[
    report::SCHEMA,
    record::SCHEMA,
    record::SCHEMA_EVIDENCE,
    record::SCHEMA_PROOF,
    record::SCHEMA_KEEPING,
];
const ADD: &str = "INSERT INTO camera_alert (id, event_id, camera, zone, zone_name, severity, label, score,
        track, captured_at_ms, capture_clock, raised_at_ms, cleared_at_ms, held_at_ms,
        snapshot_path, snapshot_sha256, snapshot_bytes, original_path, original_sha256, original_bytes,
        clip_path, clip_sha256, clip_bytes, ages_from_ms)
     VALUES (?1, 'e', 'cam-1', 'z', 'Cổng', ?2, 'person', 0.9, 1, ?3, 'camera', ?3, ?3, ?4,
        'pictures/d/' || ?1 || '.jpg', 'aa', 3, 'pictures/d/' || ?1 || '-o.jpg', 'bb', 3,
        'clips/d/' || ?1 || '.mp4', 'cc', 94, ?5)";

const DAY: Duration = Duration::from_hours(24);
const RETENTION: config::Retention =
    config::Retention { info: WEEK, warning: WEEK, critical: WEEK, max_bytes: 1000 };
const WEEK: Duration = Duration::from_hours(24 * 7);

/// One that somebody sets.
struct WallClock(Mutex<Timestamp>);

impl WallClock {
    fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap() = now;
    }
}

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A box's folder and its keeper.
struct House {
    dir: tempfile::TempDir,
    store: Store,
    thread: StoreThread,
    clock: Arc<WallClock>,
    trust: ClockTrust,
    keeper: Keeper,
}

impl House {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (store, thread) = Store::open(&dir.path().join("vong.db"), STEPS).unwrap();
        let clock = Arc::new(WallClock(Mutex::new(Timestamp::from_second(1_800_000_000).unwrap())));
        let trust = ClockTrust::new(true);
        let settings = ReporterSettings {
            device: "box-1".parse().unwrap(),
            site: String::new(),
            clock: Arc::<WallClock>::clone(&clock),
            trust: trust.clone(),
            bound: Bound::default(),
        };
        let reporter = Reporter::open(&store, &thread, settings).await.unwrap();
        let keeper = Keeper::new(dir.path().to_owned(), RETENTION, reporter);
        Self { dir, store, thread, clock, trust, keeper }
    }

    /// An alert that is over, with its three files of 100 bytes in the books.
    async fn add(&self, id: &'static str, age: Duration, is_held: bool) {
        let now = self.clock.now();
        let at_ms = (now - age).as_millisecond();
        for path in [
            format!("pictures/d/{id}.jpg"),
            format!("pictures/d/{id}-o.jpg"),
            format!("clips/d/{id}.mp4"),
        ] {
            self.put(&path);
        }
        let ages_from_ms = self.trust.is_trusted().then_some(at_ms);
        let held_at_ms = is_held.then_some(now.as_millisecond());
        let add = move |conn: &Connection| {
            conn.execute(ADD, params![id, "info", at_ms, held_at_ms, ages_from_ms])
        };
        self.store.write(add).await.unwrap();
    }

    fn put(&self, path: &str) {
        let full = self.dir.path().join(path);
        std::fs::create_dir_all(full.parent().unwrap()).unwrap();
        std::fs::write(full, "evidence").unwrap();
    }

    fn has(&self, path: &str) -> bool {
        self.dir.path().join(path).exists()
    }

    async fn ask<T: rusqlite::types::FromSql + Send + 'static>(&self, query: &'static str) -> T {
        let asked = self.store.read(move |conn| conn.query_row(query, [], |row| row.get(0)));
        asked.await.unwrap()
    }

    async fn close(self) {
        let Self { dir: _dir, store, thread, keeper, .. } = self;
        drop((store, keeper));
        thread.ended().await;
    }
}

#[tokio::test]
async fn old_files_go_with_a_word_and_what_is_held_stays() {
    let mut house = House::open().await;
    house.add("old", 10 * DAY, false).await;
    house.add("held", 10 * DAY, true).await;
    house.add("new", Duration::ZERO, false).await;
    assert_eq!(house.keeper.keep_house().await.unwrap(), 3);
    assert_eq!(house.keeper.keep_house().await.unwrap(), 0, "once");
    assert!(!house.has("pictures/d/old.jpg") && !house.has("clips/d/old.mp4"));
    assert!(house.has("pictures/d/held.jpg") && house.has("clips/d/new.mp4"));
    let logged = "SELECT count(*) FROM camera_deletion
                  WHERE reason = 'age' AND is_done = 1 AND sha256 <> ''";
    assert_eq!(house.ask::<i64>(logged).await, 3);
    for query in [
        "SELECT snapshot_missing FROM camera_alert WHERE id = 'old'",
        "SELECT clip_missing FROM camera_alert WHERE id = 'old'",
    ] {
        assert_eq!(house.ask::<String>(query).await, Reason::Age.in_words());
    }
    house.close().await;
}

#[tokio::test]
async fn a_hold_that_comes_after_the_plan_was_made_is_obeyed() {
    let house = House::open().await;
    house.add("old", 10 * DAY, false).await;
    house.add("open", 10 * DAY, false).await;
    let between = |conn: &Connection| {
        conn.execute("UPDATE camera_alert SET held_at_ms = 1 WHERE id = 'old'", [])?;
        conn.execute("UPDATE camera_alert SET cleared_at_ms = NULL WHERE id = 'open'", [])
    };
    house.store.write(between).await.unwrap();
    let now = house.clock.now();
    for alert in ["old", "open"] {
        let forget = move |conn: &Connection| rows::forget(conn, alert, Reason::Age, now);
        assert!(!house.store.free_space(forget).await.unwrap());
    }
    assert_eq!(house.keeper.delete_due(&house.store).await.unwrap(), 0);
    assert!(house.has("pictures/d/old.jpg") && house.has("clips/d/open.mp4"));
    house.close().await;
}

#[tokio::test]
async fn live_evidence_is_not_swept() {
    let house = House::open().await;
    house.add("kept", Duration::ZERO, false).await;
    house.put("pictures/d/of-nobody.jpg");
    house.keeper.clear_leftovers().await;
    assert!(house.has("pictures/d/kept.jpg") && !house.has("pictures/d/of-nobody.jpg"));
    // What comes after it is live: named in a moment, or a clip that is being cut.
    house.put("pictures/d/soon.jpg");
    house.put("clips/e/soon.mp4.new");
    house.add("old", 10 * DAY, false).await;
    let stop = CancellationToken::new();
    let keeper = Keeper::new(house.dir.path().to_owned(), RETENTION, house.keeper.reporter.clone());
    let old_is_gone = async {
        let n_deleted = "SELECT count(*) FROM camera_deletion WHERE is_done = 1";
        while house.ask::<i64>(n_deleted).await < 3 {
            tokio::task::yield_now().await;
        }
        stop.cancel();
    };
    tokio::join!(keeper.run(stop.clone()), old_is_gone);
    assert!(house.has("pictures/d/soon.jpg") && house.has("clips/e/soon.mp4.new"));
    house.close().await;
}

#[tokio::test]
async fn a_clock_that_is_ahead_at_boot_costs_nothing() {
    let mut house = House::open().await;
    house.add("kept", DAY, false).await;
    house.trust.set(false);
    house.clock.set(house.clock.now() + 5000 * DAY);
    assert_eq!(house.keeper.keep_house().await.unwrap(), 0);
    house.close().await;
}

#[tokio::test]
async fn what_came_before_the_clock_was_set_is_young_when_it_is() {
    let mut house = House::open().await;
    let now = house.clock.now();
    house.trust.set(false);
    house.clock.set(Timestamp::UNIX_EPOCH + DAY);
    house.add("of-1970", Duration::ZERO, false).await;
    assert_eq!(house.keeper.keep_house().await.unwrap(), 0);
    house.trust.set(true);
    house.clock.set(now);
    assert_eq!(house.keeper.keep_house().await.unwrap(), 0);
    house.clock.set(now + 8 * DAY);
    assert_eq!(house.keeper.keep_house().await.unwrap(), 3);
    house.close().await;
}

#[tokio::test]
async fn records_go_after_400_days_and_those_of_a_hold_never() {
    let mut house = House::open().await;
    house.add("old", 401 * DAY, false).await;
    house.add("held", 401 * DAY, true).await;
    house.add("young", 399 * DAY, false).await;
    let (old, young) = (house.clock.now() - 401 * DAY, house.clock.now() - 399 * DAY);
    let views = move |conn: &Connection| {
        for (at, alert) in [(old, Some("old")), (old, Some("held")), (old, None), (young, None)] {
            conn.execute(
                "INSERT INTO camera_view (at_ms, user, camera, alert, what, reason)
                 VALUES (?1, 'an', 'cam-1', ?2, 'live', 'theft')",
                params![at.as_millisecond(), alert],
            )?;
        }
        Ok(())
    };
    house.store.write(views).await.unwrap();
    // The files go first, then, in the next round, what was said of them.
    for _ in 0..2 {
        house.keeper.keep_house().await.unwrap();
    }
    let alerts = "SELECT group_concat(id) FROM (SELECT id FROM camera_alert ORDER BY id)";
    assert_eq!(house.ask::<String>(alerts).await, "held,young");
    assert_eq!(house.ask::<i64>("SELECT count(*) FROM camera_view").await, 2);
    house.clock.set(house.clock.now() + 401 * DAY);
    house.keeper.keep_house().await.unwrap();
    assert_eq!(house.ask::<i64>("SELECT count(*) FROM camera_deletion").await, 0);
    house.close().await;
}
