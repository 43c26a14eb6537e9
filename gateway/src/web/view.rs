//! Who sees people as they are, and why: asked for, written down, and shown to those who answer for it.

pub(super) mod wire;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};
use serde_json::json;

use super::Console;
use super::error::ApiError;
use super::guard::Caller;
use super::role::Role;
use super::user::instant_in;
use crate::report::{Kind, NewEvent, Reporter};

const LONGEST_REASON: usize = 200;
/// Whoever goes on looking at the same is not written down again for this long.
pub(super) const ONE_LOOK: Duration = Duration::from_mins(15);

/// Why somebody wants to see people as they are. Invariant: 1 to 200 characters, one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reason(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Picture,
    Clip,
    Live,
}

/// Somebody is about to see people as they are.
#[derive(Clone, Debug)]
pub(super) struct Look {
    pub(super) user: String,
    pub(super) camera: String,
    pub(super) alert: Option<String>,
    pub(super) what: What,
    pub(super) reason: Reason,
}

/// A row of `camera_view`.
#[derive(Debug)]
pub(super) struct View {
    pub(super) id: i64,
    pub(super) at: Timestamp,
    pub(super) user: String,
    pub(super) camera: String,
    pub(super) alert: Option<String>,
    pub(super) what: String,
    pub(super) reason: String,
}

impl Reason {
    /// `None` where none is given: then nobody is recognised.
    pub(super) fn read(text: Option<String>) -> Result<Option<Self>, ApiError> {
        let text = text.unwrap_or_default();
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        if text.chars().count() > LONGEST_REASON || text.chars().any(char::is_control) {
            let message = format!("a reason is one line of 1 to {LONGEST_REASON} characters");
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "reason", message));
        }
        Ok(Some(Self(text.to_owned())))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl What {
    fn as_str(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Clip => "clip",
            Self::Live => "live",
        }
    }
}

/// The reason, of somebody who may see people as they are.
pub(super) fn license(caller: &Caller, reason: Option<Reason>) -> Option<Reason> {
    reason.filter(|_| caller.roles.has(Role::Security))
}

/// Writes it down, on the box and for the centre. Nothing may be shown before this has come back.
/// `once_in`: not again, if it was written down this recently.
pub(super) async fn log(
    console: &Console,
    look: Look,
    once_in: Option<Duration>,
) -> Result<(), ApiError> {
    let (reporter, now) = (console.ward.reporter.clone(), console.clock().now());
    let logged = console.store().write(move |conn| insert(conn, &reporter, &look, once_in, now));
    logged.await.map_err(ApiError::from)
}

pub(super) async fn list(
    State(console): State<Arc<Console>>,
    query: Result<Query<wire::Limit>, QueryRejection>,
) -> Result<Json<Vec<wire::View>>, ApiError> {
    let limit = query?.0.limit.clamp(1, wire::MOST_LISTED);
    let found = console.store().read(move |conn| newest(conn, limit)).await?;
    let shown = found.into_iter().map(|it| {
        let camera_name = console.camera_name(&it.camera);
        wire::View::new(it, camera_name)
    });
    Ok(Json(shown.collect()))
}

fn insert(
    conn: &Connection,
    reporter: &Reporter,
    look: &Look,
    once_in: Option<Duration>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    if let Some(once_in) = once_in
        && is_logged(conn, look, now, once_in)?
    {
        return Ok(());
    }
    let Look { user, camera, alert, what, reason } = look;
    conn.prepare_cached(
        "INSERT INTO camera_view (at_ms, user, camera, alert, what, reason)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        now.as_millisecond(),
        user,
        camera,
        alert,
        what.as_str(),
        reason.as_str()
    ])?;
    let data = json!({
        "action": "camera.viewed",
        "user": user,
        "camera": camera,
        "alert": alert,
        "what": what.as_str(),
        "reason": reason.as_str(),
    });
    reporter.record_in(conn, NewEvent { kind: Kind::AuditEntry, occurred_at: now, data }).map(drop)
}

/// A clock that was set back finds nothing, and logs once more.
fn is_logged(
    conn: &Connection,
    look: &Look,
    now: Timestamp,
    within: Duration,
) -> rusqlite::Result<bool> {
    let within = SignedDuration::try_from(within).unwrap_or(SignedDuration::ZERO);
    conn.prepare_cached(
        "SELECT 1 FROM camera_view WHERE at_ms BETWEEN ?1 AND ?2 AND user = ?3 AND camera = ?4
         AND alert IS ?5 AND what = ?6 AND reason = ?7",
    )?
    .exists(params![
        (now - within).as_millisecond(),
        now.as_millisecond(),
        look.user,
        look.camera,
        look.alert,
        look.what.as_str(),
        look.reason.as_str(),
    ])
}

fn newest(conn: &Connection, limit: u32) -> rusqlite::Result<Vec<View>> {
    let mut rows = conn.prepare_cached(
        "SELECT id, at_ms, user, camera, alert, what, reason FROM camera_view
         ORDER BY at_ms DESC, id DESC LIMIT ?1",
    )?;
    rows.query_map([limit], |row| {
        Ok(View {
            id: row.get(0)?,
            at: instant_in(row, 1)?,
            user: row.get(2)?,
            camera: row.get(3)?,
            alert: row.get(4)?,
            what: row.get(5)?,
            reason: row.get(6)?,
        })
    })?
    .collect()
}
