//! Alerts as they were stored, with the picture that each names.

pub(super) mod wire;

use std::path::{Component, Path as FilePath, PathBuf};
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};
use tracing::{info, warn};
use uuid::Uuid;

use super::Console;
use super::camera::no_picture;
use super::error::ApiError;
use super::guard::Caller;
use super::user::instant_in;

/// A picture of a 4K camera has about 2 MB.
const LARGEST_PICTURE_BYTES: u64 = 16 * 1024 * 1024;
const MOST_LISTED: u32 = 200;

/// A row of `camera_alert`, as far as people see it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Alert {
    pub(super) id: String,
    pub(super) camera: String,
    pub(super) zone: String,
    pub(super) zone_name: String,
    pub(super) label: String,
    pub(super) score: f64,
    pub(super) severity: String,
    pub(super) captured_at: Timestamp,
    pub(super) raised_at: Timestamp,
    pub(super) has_picture: bool,
}

/// Where an alert's picture lies below the data folder, if it has one.
struct Picture(Option<String>);

pub(super) async fn list(
    State(console): State<Arc<Console>>,
    query: Result<Query<wire::Limit>, QueryRejection>,
) -> Result<Json<Vec<wire::Alert>>, ApiError> {
    let limit = query?.0.limit.clamp(1, MOST_LISTED);
    let found = console.store().read(move |conn| newest(conn, limit)).await?;
    let name_of = |id: &str| {
        let camera = console.ward.cameras.iter().find(|it| it.id.as_str() == id);
        camera.map_or_else(|| id.to_owned(), |it| it.name.clone())
    };
    let shown = found.into_iter().map(|it| {
        let camera_name = name_of(&it.camera);
        wire::Alert::new(it, camera_name)
    });
    Ok(Json(shown.collect()))
}

/// Who looks at a picture of people is written down.
pub(super) async fn picture(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id: Uuid = id.parse().map_err(|_| ApiError::not_found("alert"))?;
    let kept = console.store().read(move |conn| picture_path(conn, id)).await?;
    let Picture(path) = kept.ok_or_else(|| ApiError::not_found("alert"))?;
    let path = path.ok_or_else(no_picture)?;
    let path = below(&console.ward.data_dir, &path).ok_or_else(no_picture)?;
    let too_large = tokio::fs::metadata(&path).await.map(|it| it.len() > LARGEST_PICTURE_BYTES);
    if too_large.unwrap_or(false) {
        let message = "the picture is larger than any a camera makes";
        return Err(ApiError::new(StatusCode::NOT_FOUND, "no_picture", message));
    }
    let jpeg = tokio::fs::read(&path).await.map_err(|err| {
        warn!(alert = %id, path = %path.display(), %err, "an alert's picture is gone");
        no_picture()
    })?;
    info!(user = caller.user, alert = %id, "alert picture viewed");
    Ok(([(header::CONTENT_TYPE, "image/jpeg")], jpeg).into_response())
}

/// The rowid of the newest alert, which only rises; 0 before the first.
pub(super) fn count(conn: &Connection) -> rusqlite::Result<u64> {
    conn.query_row("SELECT coalesce(max(rowid), 0) FROM camera_alert", [], |row| row.get(0))
}

fn newest(conn: &Connection, limit: u32) -> rusqlite::Result<Vec<Alert>> {
    let mut rows = conn.prepare_cached(
        "SELECT id, camera, zone, zone_name, label, score, severity, captured_at_ms, raised_at_ms, \
         snapshot_path IS NOT NULL FROM camera_alert ORDER BY captured_at_ms DESC LIMIT ?1",
    )?;
    rows.query_map([limit], |row| {
        Ok(Alert {
            id: row.get(0)?,
            camera: row.get(1)?,
            zone: row.get(2)?,
            zone_name: row.get(3)?,
            label: row.get(4)?,
            score: row.get(5)?,
            severity: row.get(6)?,
            captured_at: instant_in(row, 7)?,
            raised_at: instant_in(row, 8)?,
            has_picture: row.get(9)?,
        })
    })?
    .collect()
}

fn picture_path(conn: &Connection, id: Uuid) -> rusqlite::Result<Option<Picture>> {
    let query = "SELECT snapshot_path FROM camera_alert WHERE id = ?1";
    conn.query_row(query, [id.to_string()], |row| row.get(0).map(Picture)).optional()
}

/// The path comes from our own database, and is still not trusted to stay inside the folder.
fn below(folder: &FilePath, path: &str) -> Option<PathBuf> {
    let path = FilePath::new(path);
    let stays = path.components().all(|it| matches!(it, Component::Normal(_)));
    stays.then(|| folder.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_path_stays_below_the_data_folder() {
        let folder = FilePath::new("/data");
        assert_eq!(below(folder, "alerts/a.jpg"), Some("/data/alerts/a.jpg".into()));
        for outside in ["/etc/passwd", "../identity/device.key", "alerts/../../x"] {
            assert_eq!(below(folder, outside), None, "{outside}");
        }
    }
}
