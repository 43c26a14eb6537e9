//! Templates over HTTP: the rules are `ward::broadcast`, here is only who asks and how it is said.

mod wire;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use uuid::Uuid;

use super::Console;
use super::bulletin::user;
use super::error::ApiError;
use super::guard::Caller;

pub(super) async fn list(
    State(console): State<Arc<Console>>,
) -> Result<Json<Vec<wire::Template>>, ApiError> {
    let views = console.ward.bulletins.templates().await?;
    Ok(Json(views.into_iter().map(wire::Template::from).collect()))
}

pub(super) async fn add(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    body: Result<Json<wire::NewTemplate>, JsonRejection>,
) -> Result<(StatusCode, Json<wire::Template>), ApiError> {
    let new = body?.0.into();
    let view = console.ward.bulletins.keep_template(&user(&caller)?, None, new).await?;
    Ok((StatusCode::CREATED, Json(view.into())))
}

pub(super) async fn change(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Result<Json<wire::NewTemplate>, JsonRejection>,
) -> Result<Json<wire::Template>, ApiError> {
    let (id, new) = (parse(&id)?, body?.0.into());
    let view = console.ward.bulletins.keep_template(&user(&caller)?, Some(id), new).await?;
    Ok(Json(view.into()))
}

pub(super) async fn remove(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    console.ward.bulletins.remove_template(&user(&caller)?, parse(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn parse(id: &str) -> Result<Uuid, ApiError> {
    id.parse().map_err(|_| ApiError::not_found("template"))
}
