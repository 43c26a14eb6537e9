//! Chimes and alarm clips over HTTP: the rules are `ward::broadcast`, here is only who asks.

mod wire;

use std::sync::Arc;

use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;

use super::Console;
use super::bulletin::{form, send_sound, user};
use super::error::ApiError;
use super::guard::Caller;

pub(super) async fn list(
    State(console): State<Arc<Console>>,
) -> Result<Json<Vec<wire::Sound>>, ApiError> {
    let views = console.ward.bulletins.sounds().await?;
    Ok(Json(views.iter().map(wire::Sound::from).collect()))
}

pub(super) async fn put(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    parts: Result<Multipart, MultipartRejection>,
) -> Result<(StatusCode, Json<wire::Sound>), ApiError> {
    // The disk of a box is small: a few uploads at once, not one per connection.
    let _turn = console.upload_turn.try_acquire().map_err(|_| ApiError::busy())?;
    let new = form::read_sound(&console.ward.bulletins, parts?).await?;
    let view = console.ward.bulletins.put_sound(&user(&caller)?, new).await?;
    Ok((StatusCode::CREATED, Json((&view).into())))
}

pub(super) async fn approve(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Result<Json<wire::Approve>, JsonRejection>,
) -> Result<Json<wire::Sound>, ApiError> {
    let heard = body?.0.heard.map(|it| it.parse()).transpose();
    let heard = heard.map_err(|err| super::login::invalid("invalid", &err))?;
    let view = console.ward.bulletins.approve_sound(&user(&caller)?, parse(&id)?, heard).await?;
    Ok(Json((&view).into()))
}

pub(super) async fn remove(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    console.ward.bulletins.remove_sound(&user(&caller)?, parse(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn audio(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    send_sound(&console.ward.bulletins.sound_file(parse(&id)?).await?).await
}

fn parse(id: &str) -> Result<Uuid, ApiError> {
    id.parse().map_err(|_| ApiError::not_found("stored sound"))
}
