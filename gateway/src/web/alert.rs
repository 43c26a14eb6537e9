//! Alerts as they were stored: listed, seen to, and held for a court. What proves them is in `picture`
//! and `clip`.

mod clip;
mod picture;
mod row;
pub(super) mod wire;

use std::path::{Component, Path as FilePath, PathBuf};
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::Console;
use super::error::ApiError;
use super::guard::Caller;
use super::live::Topic;
use super::view::Reason;
use row::Said;

pub(super) use clip::clip;
pub(super) use picture::picture;

const MOST_LISTED: u32 = 200;

/// A row of `camera_alert`, as far as people see it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Alert {
    pub(super) id: String,
    pub(super) camera: String,
    pub(super) zone: String,
    pub(super) zone_name: String,
    /// The rule's kind.
    pub(super) rule: String,
    pub(super) label: String,
    pub(super) score: f64,
    pub(super) n_objects: i64,
    pub(super) severity: String,
    /// Unknown for what was stored before it was asked for.
    pub(super) began_at: Option<Timestamp>,
    pub(super) captured_at: Timestamp,
    pub(super) raised_at: Timestamp,
    /// `None` while it goes on.
    pub(super) cleared: Option<Cleared>,
    pub(super) has_picture: bool,
    pub(super) clip: Clip,
    pub(super) acknowledged: Option<Word>,
    pub(super) held: Option<Word>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cleared {
    pub(super) at: Timestamp,
    pub(super) reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Clip {
    /// Its seconds are not over, or it is being written.
    Awaited,
    Kept {
        ms: i64,
    },
    Missing {
        why: String,
    },
}

/// Who said so, and when.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Word {
    pub(super) by: String,
    pub(super) at: Timestamp,
    /// Empty where none is asked for.
    pub(super) reason: String,
}

type Answer = Result<Json<wire::Alert>, ApiError>;

pub(super) async fn list(
    State(console): State<Arc<Console>>,
    query: Result<Query<wire::Wanted>, QueryRejection>,
) -> Result<Json<Vec<wire::Alert>>, ApiError> {
    let wire::Wanted { limit, camera, open } = query?.0;
    let limit = limit.clamp(1, MOST_LISTED);
    let found =
        console.store().read(move |conn| row::newest(conn, limit, camera.as_deref(), open)).await?;
    Ok(Json(found.into_iter().map(|it| shown(&console, it)).collect()))
}

/// Somebody has seen to it. Once: who comes later changes nothing.
pub(super) async fn acknowledge(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer {
    let (said, reporter) = (said(&console, &id, caller)?, console.ward.reporter.clone());
    let write = console.store().write(move |conn| row::acknowledge(conn, &reporter, &said));
    changed(&console, write.await?)
}

/// From now on nothing of it is deleted.
pub(super) async fn hold(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Result<Json<wire::Hold>, JsonRejection>,
) -> Answer {
    let said = said(&console, &id, caller)?;
    let reason = Reason::read(Some(body?.0.reason))?.ok_or_else(|| {
        ApiError::new(StatusCode::BAD_REQUEST, "reason", "say why it is to be kept")
    })?;
    let reporter = console.ward.reporter.clone();
    let write =
        console.store().write(move |conn| row::hold(conn, &reporter, &said, reason.as_str()));
    let found = write.await?;
    if let Some((alert, false)) = &found {
        let by = alert.held.as_ref().map_or("somebody", |it| it.by.as_str());
        let message = format!("it is on hold already, for {by}: release it first");
        return Err(ApiError::conflict("held", message));
    }
    changed(&console, found.map(|(alert, _)| alert))
}

pub(super) async fn release(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer {
    let (said, reporter) = (said(&console, &id, caller)?, console.ward.reporter.clone());
    let write = console.store().write(move |conn| row::release(conn, &reporter, &said));
    changed(&console, write.await?)
}

fn said(console: &Console, id: &str, caller: Caller) -> Result<Said, ApiError> {
    Ok(Said { alert: parse(id)?, by: caller.user, at: console.clock().now() })
}

fn changed(console: &Console, alert: Option<Alert>) -> Answer {
    let alert = alert.ok_or_else(|| ApiError::not_found("alert"))?;
    console.ward_changed(Topic::Alert, &json!({}));
    Ok(Json(shown(console, alert)))
}

fn shown(console: &Console, alert: Alert) -> wire::Alert {
    let camera_name = console.camera_name(&alert.camera);
    wire::Alert::new(alert, camera_name)
}

fn parse(id: &str) -> Result<Uuid, ApiError> {
    id.parse().map_err(|_| ApiError::not_found("alert"))
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
