//! What a box itself will do: its configuration, and its database, which is only read.

use std::path::Path;

use anyhow::{Context as _, ensure};
use base::{Clock as _, SystemClock};
use broadcast::plan::Cause;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

use super::line::local;
use super::window::Window;
use crate::config;
use crate::ward::broadcast::{AgendaEntry, Atlas, explain_box};
use crate::ward::{SCHEMA_STEPS, planning};

/// A line of JSON for each start in the window.
pub(super) fn explain(
    config: &config::Ward,
    Window { from, to }: Window,
) -> anyhow::Result<Vec<Value>> {
    let path = config.data_dir.join("vong.db");
    let conn = open(&path).with_context(|| format!("the database {}", path.display()))?;
    let places =
        Atlas::read(&conn, config).with_context(|| format!("the places in {}", path.display()))?;
    let ward = planning(config, places);
    let entries = explain_box(&conn, &ward, from, to, SystemClock.now())
        .with_context(|| format!("reading {}", path.display()))?;
    Ok(entries.iter().map(|it| line(it, &config.timezone)).collect())
}

/// Beside a box that runs, and writes.
fn open(path: &Path) -> anyhow::Result<Connection> {
    ensure!(path.exists(), "is not there: has the box been started?");
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .context("cannot be opened: run this as the user of the box")?;
    let found: usize = conn
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .context("cannot be read: run this as the user of the box")?;
    let known = SCHEMA_STEPS.len();
    ensure!(
        found == known,
        "was written by another version of vong (schema {found}, this one knows {known})"
    );
    Ok(conn)
}

fn line(it: &AgendaEntry, zone: &TimeZone) -> Value {
    let cause = |it: &Cause<String>| json!({ "cause": it.as_str(), "why": it.to_string() });
    let mut line = json!({
        "id": it.bulletin.to_string(),
        "title": it.title,
        "occurrence": it.occurrence.to_string(),
        "at": it.at.to_string(),
        "local": local(it.at, zone),
        "ends_at": it.ends_at.to_string(),
        "priority": it.priority.as_str(),
        "plays": it.plays,
        "causes": it.causes.iter().map(cause).collect::<Vec<_>>(),
        "stage": it.play.as_ref().map(|play| play.stage.as_str()),
    });
    if !it.plays {
        line["reason"] = it.reason.into();
        line["why"] = it.why.clone().into();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::super::window;
    use super::*;
    use crate::store::Store;

    const CONFIG: &str = "device = 'box-1'\ndata_dir = 'data'\nidentity.dir = 'identity'\n\
        uplink.host = 'centre.example'\nlocal_broker.host = '127.0.0.1'\n\
        approval.second_approver = false\n";
    /// Each morning at 05:30 and at 17:00, but not on public holidays; approved in the year that is asked for.
    const BULLETINS: &str = "INSERT INTO bulletin (id, title, created_by, created_at_ms, priority, \
        targets, stage, file_name, audio_sha256, audio_bytes, duration_ms, loudness_lufs, \
        true_peak_dbtp, approved_by, approved_at_ms, approved_sha256, schedule_rule, scheduled_at_ms, \
        scheduled_by) \
        SELECT id, title, 'lan', 0, 'normal', 'all', 'scheduled', 'a.mp3', sha, 9, 60000, -18, -2, \
        'minh', 4039372800000, sha, \
        'DTSTART;TZID=Asia/Ho_Chi_Minh:' || start || char(10) || 'RRULE:FREQ=DAILY', 0, 'lan' \
        FROM (SELECT '0198d7a0-0000-7000-8000-000000000001' AS id, 'Tin sớm' AS title, \
              '20260105T053000' AS start, printf('%064d', 1) AS sha \
              UNION ALL SELECT '0198d7a0-0000-7000-8000-000000000002', 'Tin chiều', \
              '20260105T170000', printf('%064d', 2)); \
        INSERT INTO bulletin_approval SELECT id, approved_by, approved_at_ms, approved_sha256, NULL \
        FROM bulletin; \
        INSERT INTO bulletin_day VALUES \
            ('0198d7a0-0000-7000-8000-000000000002', 'public-holidays', 'not');";

    #[tokio::test]
    async fn why_it_will_not_play_at_05_30_on_2_september() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vong.toml");
        std::fs::write(&path, CONFIG).unwrap();
        let config = config::Ward::read(&path).unwrap();
        // As beside a box that runs.
        let (store, _thread) = Store::open(&config.data_dir.join("vong.db"), SCHEMA_STEPS).unwrap();
        store.write(|conn| conn.execute_batch(BULLETINS)).await.unwrap();
        let window =
            window::Args::of("2098-09-02", "2098-09-04").believe(&config.timezone).unwrap();
        let told = explain(&config, window).unwrap();
        let short = |it: &Value| json!([it["title"], it["local"], it["reason"]]);
        assert_eq!(
            json!(told.iter().map(short).collect::<Vec<_>>()),
            json!([
                ["Tin sớm", "2098-09-02T05:30:00+07:00", "quiet_hours"],
                ["Tin chiều", "2098-09-02T17:00:00+07:00", "day_off"],
                ["Tin sớm", "2098-09-03T05:30:00+07:00", "quiet_hours"],
                ["Tin chiều", "2098-09-03T17:00:00+07:00", null],
            ])
        );
        let old = |conn: &Connection| conn.pragma_update(None, "user_version", 3);
        store.write(old).await.unwrap();
        let refused = format!("{:#}", explain(&config, window).unwrap_err());
        assert!(refused.contains("another version of vong (schema 3"), "{refused}");
    }
}
