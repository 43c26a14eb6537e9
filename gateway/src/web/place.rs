//! The ward's table of places: shown for a day, taken from a spreadsheet, given back as one.

pub(super) mod wire;

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use broadcast::place::{self, Problem};
use serde_json::json;
use tracing::info;

use super::Console;
use super::error::ApiError;
use super::guard::Caller;
use super::live::Topic;
use crate::ward::broadcast::PlaceError;

/// What the table's own bound refuses in better words is let through to it.
pub(super) const MAX_TABLE_BYTES: usize = place::MOST_BYTES + 64 * 1024;

pub(super) async fn list(
    State(console): State<Arc<Console>>,
    query: Result<Query<wire::On>, QueryRejection>,
) -> Result<Json<wire::Places>, ApiError> {
    let places = &console.ward.places;
    let today = || places.zone().to_datetime(console.clock().now()).date();
    let day = query?.0.on.unwrap_or_else(today);
    let own = console.ward.clusters.iter().map(|it| it.id.as_str());
    Ok(Json(wire::Places::new(&places.page(), day, own)))
}

pub(super) async fn import(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    table: Result<Bytes, BytesRejection>,
) -> Result<Json<wire::Places>, ApiError> {
    let table = table.map_err(|err| ApiError::new(err.status(), "invalid", err.body_text()))?;
    let places = &console.ward.places;
    let page = places.import(&caller.user, table.to_vec()).await?;
    info!(revision = page.revision, by = caller.user, "the table of places was imported");
    // Names of places are shown with clusters and bulletins.
    console.ward_changed(Topic::Cluster, &json!({}));
    let today = places.zone().to_datetime(console.clock().now()).date();
    let own = console.ward.clusters.iter().map(|it| it.id.as_str());
    Ok(Json(wire::Places::new(&page, today, own)))
}

pub(super) async fn export(
    State(console): State<Arc<Console>>,
    query: Result<Query<wire::Export>, QueryRejection>,
) -> Result<Response, ApiError> {
    let delimiter = query?.0.delimiter;
    let table = place::write(&console.ward.places.page().tree, delimiter.into());
    Ok(csv("places.csv", table))
}

/// A table for a spreadsheet, which the browser saves instead of showing.
pub(super) fn csv(name: &'static str, table: String) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let disposition = HeaderValue::try_from(disposition).expect("a name of ours");
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], table)
        .into_response()
}

impl From<PlaceError> for ApiError {
    fn from(err: PlaceError) -> Self {
        match err {
            PlaceError::Store(err) => err.into(),
            PlaceError::Broken(err) => Self::internal(err),
            PlaceError::Wrong(ref problems) => {
                let problem = |it: &Problem| super::wire::Problem {
                    // Its first line is 0, as everywhere in the API.
                    at: usize::try_from(it.line.saturating_sub(1)).unwrap_or(usize::MAX),
                    key: it.column.to_owned(),
                    message: it.text.clone(),
                };
                let problems = problems.iter().map(problem).collect();
                let error = Self::new(StatusCode::BAD_REQUEST, "places", err.to_string());
                error.with_problems(problems)
            }
        }
    }
}
