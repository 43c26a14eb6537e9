//! An alert's row, and what is said of it.

use jiff::Timestamp;
use media::CaptureClock;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Value, json};

use crate::report::wire::time_text;
use crate::report::{Kind, NewEvent, Reporter};
use crate::ward::alert::{Alert, Clip, Ending, KeptFile, News, Pictures, Snapshot, Update};

pub(super) fn raise(conn: &Connection, alert: &Alert, reporter: &Reporter) -> rusqlite::Result<()> {
    let data = raised_data(alert);
    let event = NewEvent { kind: Kind::AlertRaised, occurred_at: alert.captured_at, data };
    let event_id = reporter.record_in(conn, event)?.id;
    let ages_from = reporter.trust().is_trusted().then_some(alert.raised_at);
    insert(conn, alert, &event_id.to_string(), ages_from)
}

pub(super) fn update(
    conn: &Connection,
    update: &Update,
    reporter: &Reporter,
) -> rusqlite::Result<()> {
    let id = update.alert.to_string();
    let Some((zone, rule)) = place(conn, &id)? else { return Ok(()) };
    write_news(conn, &id, &update.news)?;
    let mut data = json!({
        "alert": id, "camera": update.camera.as_str(), "zone": zone, "rule": rule,
    });
    if let (Value::Object(data), Value::Object(news)) = (&mut data, news_data(&update.news)) {
        data.extend(news);
    }
    let event = NewEvent { kind: Kind::AlertUpdated, occurred_at: update.at, data };
    reporter.record_in(conn, event).map(drop)
}

pub(super) fn clear(
    conn: &Connection,
    ending: &Ending,
    reporter: &Reporter,
) -> rusqlite::Result<()> {
    let id = ending.alert.to_string();
    let Some((zone, rule)) = place(conn, &id)? else { return Ok(()) };
    conn.prepare_cached(
        "UPDATE camera_alert SET cleared_at_ms = ?2, clear_reason = ?3 WHERE id = ?1",
    )?
    .execute(params![id, ending.at.as_millisecond(), ending.reason])?;
    let data = json!({
        "alert": id, "camera": ending.camera.as_str(), "zone": zone, "rule": rule,
        "reason": ending.reason,
    });
    let event = NewEvent { kind: Kind::AlertCleared, occurred_at: ending.at, data };
    reporter.record_in(conn, event).map(drop)
}

/// Rule and kind of an alert that is stored. One that is not was lost with its row, and said so then.
fn place(conn: &Connection, id: &str) -> rusqlite::Result<Option<(String, String)>> {
    conn.prepare_cached("SELECT zone, rule FROM camera_alert WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// `ages_from`: see the table.
fn insert(
    conn: &Connection,
    alert: &Alert,
    event_id: &str,
    ages_from: Option<Timestamp>,
) -> rusqlite::Result<()> {
    let (pictures, missing) = match &alert.snapshot {
        Snapshot::Kept(pictures) => (Some(pictures), None),
        Snapshot::Missing { why } => (None, Some(why.as_str())),
    };
    conn.prepare_cached(
        "INSERT INTO camera_alert (id, event_id, camera, zone, zone_name, rule, severity, label,
            score, track, n_objects, began_at_ms, captured_at_ms, capture_clock, raised_at_ms,
            snapshot_path, snapshot_sha256, snapshot_bytes, snapshot_missing,
            original_path, original_sha256, original_bytes, hidden, ages_from_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
            ?19, ?20, ?21, ?22, ?23, ?24)",
    )?
    .execute(params![
        alert.id.to_string(),
        event_id,
        alert.camera.as_str(),
        alert.zone.as_str(),
        alert.zone_name,
        alert.rule,
        alert.severity.as_str(),
        alert.label,
        f64::from(alert.score.get()),
        i64::try_from(alert.track).unwrap_or(i64::MAX),
        i64::try_from(alert.n_objects).unwrap_or(i64::MAX),
        alert.began_at.as_millisecond(),
        alert.captured_at.as_millisecond(),
        clock_text(alert.clock),
        alert.raised_at.as_millisecond(),
        pictures.map(|it| path(&it.boxed)),
        pictures.map(|it| it.boxed.sha256.to_string()),
        pictures.map(|it| bytes(&it.boxed)),
        missing,
        pictures.map(|it| path(&it.original)),
        pictures.map(|it| it.original.sha256.to_string()),
        pictures.map(|it| bytes(&it.original)),
        pictures.map_or_else(|| "[]".to_owned(), hidden_text),
        ages_from.map(Timestamp::as_millisecond),
    ])
    .map(drop)
}

fn write_news(conn: &Connection, id: &str, news: &News) -> rusqlite::Result<()> {
    match news {
        News::GoesOn { n_objects, .. } => conn
            .prepare_cached("UPDATE camera_alert SET n_objects = ?2 WHERE id = ?1")?
            .execute(params![id, i64::try_from(*n_objects).unwrap_or(i64::MAX)]),
        News::Picture(pictures) => better(conn, id, pictures),
        News::Clip(clip) => conn
            .prepare_cached(
                "UPDATE camera_alert SET clip_path = ?2, clip_sha256 = ?3, clip_bytes = ?4,
                    clip_ms = ?5, clip_codec = ?6, clip_began_at_ms = ?7 WHERE id = ?1",
            )?
            .execute(params![
                id,
                path(&clip.file),
                clip.file.sha256.to_string(),
                bytes(&clip.file),
                millis(clip),
                clip.codec,
                clip.began_at.as_millisecond(),
            ]),
        News::NoClip { why } => conn
            .prepare_cached("UPDATE camera_alert SET clip_missing = ?2 WHERE id = ?1")?
            .execute(params![id, why]),
    }
    .map(drop)
}

/// The picture that was named before stays on record, and on the disk for as long as the alert does.
fn better(conn: &Connection, id: &str, pictures: &Pictures) -> rusqlite::Result<usize> {
    conn.prepare_cached(
        "INSERT INTO camera_picture (alert, boxed_path, boxed_sha256, boxed_bytes,
            original_path, original_sha256, original_bytes)
         SELECT id, snapshot_path, snapshot_sha256, snapshot_bytes,
            original_path, original_sha256, original_bytes
         FROM camera_alert WHERE id = ?1 AND snapshot_path IS NOT NULL",
    )?
    .execute([id])?;
    conn.prepare_cached(
        "UPDATE camera_alert SET snapshot_path = ?2, snapshot_sha256 = ?3, snapshot_bytes = ?4,
            snapshot_missing = NULL, original_path = ?5, original_sha256 = ?6,
            original_bytes = ?7, hidden = ?8 WHERE id = ?1",
    )?
    .execute(params![
        id,
        path(&pictures.boxed),
        pictures.boxed.sha256.to_string(),
        bytes(&pictures.boxed),
        path(&pictures.original),
        pictures.original.sha256.to_string(),
        bytes(&pictures.original),
        hidden_text(pictures),
    ])
}

/// `data` of `alert.raised`. Pictures travel by reference: they are fetched when somebody looks.
pub(super) fn raised_data(alert: &Alert) -> Value {
    let mut data = json!({
        "alert": alert.id.to_string(),
        "camera": alert.camera.as_str(),
        "zone": alert.zone.as_str(),
        "zone_name": alert.zone_name,
        "rule": alert.rule,
        "severity": alert.severity.as_str(),
        "label": alert.label,
        "score": thousandths(alert.score.get()),
        "track": alert.track,
        "n_objects": alert.n_objects,
        "box": alert.area.map(thousandths),
        "began_at": time_text(alert.began_at),
        "capture_clock": clock_text(alert.clock),
        "raised_at": time_text(alert.raised_at),
    });
    match &alert.snapshot {
        Snapshot::Kept(pictures) => {
            data["snapshot"] = file_data(&pictures.boxed);
            data["original"] = file_data(&pictures.original);
        }
        Snapshot::Missing { why } => data["snapshot_missing"] = json!(why),
    }
    data
}

fn news_data(news: &News) -> Value {
    match news {
        News::GoesOn { score, area, n_objects } => json!({
            "score": thousandths(score.get()), "box": area.map(thousandths), "n_objects": n_objects,
        }),
        News::Picture(pictures) => json!({
            "snapshot": file_data(&pictures.boxed), "original": file_data(&pictures.original),
        }),
        News::Clip(clip) => {
            let mut data = file_data(&clip.file);
            data["duration_ms"] = json!(millis(clip));
            data["codec"] = json!(clip.codec);
            data["began_at"] = json!(time_text(clip.began_at));
            json!({ "clip": data })
        }
        News::NoClip { why } => json!({ "clip_missing": why }),
    }
}

fn file_data(file: &KeptFile) -> Value {
    json!({ "sha256": file.sha256.to_string(), "bytes": file.n_bytes })
}

fn path(file: &KeptFile) -> String {
    file.path.to_string_lossy().into_owned()
}

fn bytes(file: &KeptFile) -> i64 {
    i64::try_from(file.n_bytes).unwrap_or(i64::MAX)
}

fn millis(clip: &Clip) -> i64 {
    i64::try_from(clip.duration.as_millis()).unwrap_or(i64::MAX)
}

fn hidden_text(pictures: &Pictures) -> String {
    let areas: Vec<[f64; 4]> = pictures.hidden.iter().map(|it| it.map(thousandths)).collect();
    json!(areas).to_string()
}

/// Three decimals are finer than any detector, and shorter than an `f32` widened to `f64`.
fn thousandths(value: f32) -> f64 {
    (f64::from(value) * 1000.0).round() / 1000.0
}

fn clock_text(clock: CaptureClock) -> &'static str {
    match clock {
        CaptureClock::Camera => "camera",
        CaptureClock::Arrival => "arrival",
    }
}
