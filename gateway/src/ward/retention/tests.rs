//! Retention on a real database and a real folder.

use std::sync::Arc;

use base::{Clock as _, SimClock};

use super::*;
use crate::clock_trust::ClockTrust;
use crate::report::rows::Bound;
use crate::report::{self, ReporterSettings};
use crate::ward::record;

const STEPS: &[&str] = &[report::SCHEMA, record::SCHEMA, record::SCHEMA_EVIDENCE];
const ADD: &str = "INSERT INTO camera_alert (id, event_id, camera, zone, zone_name, severity, label, score,
        track, captured_at_ms, capture_clock, raised_at_ms, cleared_at_ms, held_at_ms,
        snapshot_path, snapshot_sha256, snapshot_bytes, original_path, original_sha256, original_bytes,
        clip_path, clip_sha256, clip_bytes)
     VALUES (?1, 'e', 'cam-1', 'z', 'Cổng', ?2, 'person', 0.9, 1, ?3, 'camera', ?3, ?3, ?4,
        'pictures/d/' || ?1 || '.jpg', 'aa', 3, 'pictures/d/' || ?1 || '-o.jpg', 'bb', 3,
        'clips/d/' || ?1 || '.mp4', 'cc', 94)";

#[tokio::test]
async fn old_files_go_with_a_word_and_what_is_held_stays() {
    let dir = tempfile::tempdir().unwrap();
    let (store, thread) = Store::open(&dir.path().join("vong.db"), STEPS).unwrap();
    let clock = Arc::new(SimClock::new(jiff::Timestamp::from_second(1_800_000_000).unwrap()));
    let settings = ReporterSettings {
        device: "box-1".parse().unwrap(),
        site: String::new(),
        clock: Arc::<SimClock>::clone(&clock),
        trust: ClockTrust::new(true),
        bound: Bound::default(),
    };
    let reporter = Reporter::open(&store, &thread, settings).await.unwrap();
    let day = Duration::from_hours(24);
    let now_ms = clock.now().as_millisecond();
    let old_ms = now_ms - 10 * 86_400_000;
    let alerts = [("old", old_ms, None), ("held", old_ms, Some(now_ms)), ("new", now_ms, None)];
    for (id, at_ms, held_at_ms) in alerts {
        for path in [
            format!("pictures/d/{id}.jpg"),
            format!("pictures/d/{id}-o.jpg"),
            format!("clips/d/{id}.mp4"),
        ] {
            let full = dir.path().join(path);
            std::fs::create_dir_all(full.parent().unwrap()).unwrap();
            std::fs::write(full, "evidence").unwrap();
        }
        let add =
            move |conn: &Connection| conn.execute(ADD, params![id, "info", at_ms, held_at_ms]);
        store.write(add).await.unwrap();
    }
    let retention =
        config::Retention { info: 7 * day, warning: 30 * day, critical: 90 * day, max_bytes: 1000 };
    let keeper = Keeper { data_dir: dir.path().to_owned(), retention, reporter: reporter.clone() };
    assert_eq!(keeper.keep_house().await.unwrap(), 3);
    assert_eq!(keeper.keep_house().await.unwrap(), 0, "once");
    let exists = |path: &str| dir.path().join(path).exists();
    assert!(!exists("pictures/d/old.jpg") && !exists("clips/d/old.mp4"));
    assert!(exists("pictures/d/held.jpg") && exists("clips/d/new.mp4"));
    let said = store.read(|conn| {
        let log: i64 = conn.query_row(
            "SELECT count(*) FROM camera_deletion WHERE reason = 'age' AND is_done = 1 AND sha256 <> ''",
            [],
            |row| row.get(0),
        )?;
        let query = "SELECT snapshot_missing, clip_missing FROM camera_alert WHERE id = 'old'";
        let row = conn.query_row(query, [], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        Ok((log, row))
    });
    let why = Reason::Age.in_words().to_owned();
    assert_eq!(said.await.unwrap(), (3, (why.clone(), why)));
    drop((store, reporter, keeper));
    thread.ended().await;
}
