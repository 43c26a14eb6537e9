//! The calendar over HTTP: what plays and what does not, and the layers of days. The rules are
//! `ward::broadcast`.

pub(super) mod wire;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use broadcast::bulletin::UserId;
use jiff::Timestamp;
use serde_json::json;

use super::error::ApiError;
use super::guard::Caller;
use super::{Console, Topic};
use crate::ward::broadcast::AgendaError;

const A_WEEK: Duration = Duration::from_hours(7 * 24);

/// What plays in a window, a week from now unless given.
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    query: Result<Query<wire::Window>, QueryRejection>,
) -> Result<Json<wire::Calendar>, ApiError> {
    let wire::Window { from, to } = query?.0;
    let from = from.unwrap_or_else(|| console.clock().now());
    let to = to.unwrap_or_else(|| from.checked_add(A_WEEK).unwrap_or(Timestamp::MAX));
    let agenda = &console.ward.agenda;
    let entries = agenda.show(from, to).await?;
    let days = agenda.days(from, to).await?;
    Ok(Json(wire::Calendar::new(from, to, &entries, &days)))
}

pub(super) async fn export(State(console): State<Arc<Console>>) -> Result<Response, ApiError> {
    Ok(ics("lich-phat.ics", console.ward.agenda.export().await?))
}

pub(super) async fn layers(
    State(console): State<Arc<Console>>,
) -> Result<Json<Vec<wire::Layer>>, ApiError> {
    let layers = console.ward.agenda.layers().await?;
    Ok(Json(layers.iter().map(wire::Layer::from).collect()))
}

pub(super) async fn layer(
    State(console): State<Arc<Console>>,
    Path(name): Path<String>,
) -> Result<Json<wire::LayerDays>, ApiError> {
    Ok(Json((&console.ward.agenda.layer(&name).await?).into()))
}

pub(super) async fn layer_ics(
    State(console): State<Arc<Console>>,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    let text = console.ward.agenda.layer_ics(&name).await?;
    // Its name is of a-z, 0-9, - and _, or there is no such layer.
    Ok(ics(&format!("{name}.ics"), text))
}

pub(super) async fn put_layer(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    body: Result<Json<wire::PutLayer>, JsonRejection>,
) -> Result<Json<wire::LayerDays>, ApiError> {
    let new = body?.0.believe().map_err(|err| super::login::invalid("invalid", &err))?;
    let view = console.ward.agenda.put_layer(&user(&caller)?, &name, new).await?;
    console.ward_changed(Topic::Calendar, &json!({ "layer": name }));
    Ok(Json((&view).into()))
}

pub(super) async fn remove_layer(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    console.ward.agenda.remove_layer(&user(&caller)?, &name).await?;
    console.ward_changed(Topic::Calendar, &json!({ "layer": name }));
    Ok(StatusCode::NO_CONTENT)
}

fn ics(file_name: &str, text: String) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8"));
    if let Ok(name) = HeaderValue::try_from(format!("attachment; filename=\"{file_name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

fn user(caller: &Caller) -> Result<UserId, ApiError> {
    caller.user.parse().map_err(ApiError::internal)
}

impl From<AgendaError> for ApiError {
    fn from(err: AgendaError) -> Self {
        let (status, code) = match err {
            AgendaError::Store(err) => return err.into(),
            AgendaError::Broken(err) => return Self::internal(err),
            AgendaError::NoSuchLayer { .. } => (StatusCode::NOT_FOUND, "not_found"),
            AgendaError::InUse { .. } => (StatusCode::CONFLICT, "layer_in_use"),
            AgendaError::TooManyLayers { .. } => (StatusCode::CONFLICT, "layer"),
            AgendaError::Ics(_) => (StatusCode::UNPROCESSABLE_ENTITY, "ics_refused"),
            AgendaError::Window | AgendaError::Computed(_) | AgendaError::Layer(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "layer")
            }
        };
        Self::new(status, code, err.to_string())
    }
}
