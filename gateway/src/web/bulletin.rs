//! Bulletins over HTTP: the rules are `ward::broadcast`, here is only who asks and how it is said.

pub(super) mod form;
pub(super) mod wire;

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::multipart::MultipartRejection;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, Multipart, Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use broadcast::bulletin::{Refused, UserId};
use broadcast::template::FillError;
use serde_json::json;
use tokio_util::io::ReaderStream;
use uuid::Uuid;

use super::error::ApiError;
use super::guard::Caller;
use super::wire::Problem;
use super::{Console, Topic};
use crate::ward::broadcast::{BulletinError, BulletinView, Fault};

type Answer = Result<Json<wire::Bulletin>, ApiError>;

pub(super) async fn list(
    State(console): State<Arc<Console>>,
) -> Result<Json<Vec<wire::Bulletin>>, ApiError> {
    let views = console.ward.bulletins.list().await?;
    Ok(Json(views.iter().map(wire::Bulletin::from).collect()))
}

pub(super) async fn show(State(console): State<Arc<Console>>, Path(id): Path<String>) -> Answer {
    let view = console.ward.bulletins.show(parse(&id)?).await?;
    Ok(Json((&view).into()))
}

pub(super) async fn add(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    parts: Result<Multipart, MultipartRejection>,
) -> Result<(StatusCode, Json<wire::Bulletin>), ApiError> {
    // The disk of a box is small: a few uploads at once, not one per connection.
    let _turn = console.upload_turn.try_acquire().map_err(|_| ApiError::busy())?;
    let new = form::read(&console.ward.bulletins, parts?).await?;
    let view = console.ward.bulletins.add(&user(&caller)?, new).await?;
    Ok((StatusCode::CREATED, changed(&console, &view)))
}

/// The sound, to listen to before approving.
pub(super) async fn audio(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    send_sound(&console.ward.bulletins.audio(parse(&id)?).await?).await
}

pub(super) async fn send_sound(path: &std::path::Path) -> Result<Response, ApiError> {
    let file = tokio::fs::File::open(path).await.map_err(ApiError::internal)?;
    let n_bytes = file.metadata().await.map_err(ApiError::internal)?.len();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("audio/ogg")),
        (header::CONTENT_LENGTH, HeaderValue::from(n_bytes)),
    ];
    Ok((headers, Body::from_stream(ReaderStream::new(file))).into_response())
}

/// The outline of the sound, to be drawn beside its player.
pub(super) async fn waveform(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
) -> Result<Json<wire::Waveform>, ApiError> {
    let waveform = console.ward.bulletins.waveform(parse(&id)?).await?;
    waveform.map(|it| Json(it.into())).ok_or_else(|| ApiError::not_found("waveform"))
}

/// Another title, another place, another answer to an interruption: what it was approved for is gone.
pub(super) async fn edit(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Result<Json<wire::Edit>, JsonRejection>,
) -> Answer {
    let changes = form::changes(body?.0)?;
    let view = console.ward.bulletins.edit(&user(&caller)?, parse(&id)?, changes).await?;
    Ok(changed(&console, &view))
}

pub(super) async fn submit(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer {
    let view = console.ward.bulletins.submit(&user(&caller)?, parse(&id)?).await?;
    Ok(changed(&console, &view))
}

pub(super) async fn approve(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Result<Json<wire::Approve>, JsonRejection>,
) -> Answer {
    let seen = body?.0.believe().map_err(|err| super::login::invalid("invalid", &err))?;
    let view = console.ward.bulletins.approve(&user(&caller)?, parse(&id)?, seen).await?;
    Ok(changed(&console, &view))
}

pub(super) async fn reject(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Result<Json<wire::Reject>, JsonRejection>,
) -> Answer {
    let reason = body?.0.reason;
    let view = console.ward.bulletins.reject(&user(&caller)?, parse(&id)?, reason).await?;
    Ok(changed(&console, &view))
}

pub(super) async fn schedule(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Result<Json<wire::Schedule>, JsonRejection>,
) -> Result<Json<wire::Scheduled>, ApiError> {
    let request = body?.0.believe().map_err(|err| super::login::invalid("invalid", &err))?;
    let made = console.ward.bulletins.schedule(&user(&caller)?, parse(&id)?, request).await?;
    console.ward_changed(Topic::Bulletin, &json!({ "id": made.bulletin.id }));
    Ok(Json((&made).into()))
}

/// Whoever may plan may stop.
pub(super) async fn unschedule(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer {
    let view = console.ward.bulletins.unschedule(&user(&caller)?, parse(&id)?).await?;
    Ok(changed(&console, &view))
}

fn changed(console: &Console, view: &BulletinView) -> Json<wire::Bulletin> {
    console.ward_changed(Topic::Bulletin, &json!({ "id": view.id }));
    Json(view.into())
}

fn parse(id: &str) -> Result<Uuid, ApiError> {
    id.parse().map_err(|_| ApiError::not_found("bulletin"))
}

pub(super) fn user(caller: &Caller) -> Result<UserId, ApiError> {
    caller.user.parse().map_err(ApiError::internal)
}

impl From<BulletinError> for ApiError {
    fn from(err: BulletinError) -> Self {
        let problems = problems(&err);
        let status = match err.fault() {
            Fault::NotFound => StatusCode::NOT_FOUND,
            Fault::Forbidden => StatusCode::FORBIDDEN,
            Fault::Conflict => StatusCode::CONFLICT,
            Fault::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Fault::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
            Fault::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Fault::Full => return Self::disk_full(format!("{:#}", anyhow::Error::new(err))),
            Fault::Internal => return Self::internal(format!("{:#}", anyhow::Error::new(err))),
        };
        Self::new(status, code(&err), err.to_string()).with_problems(problems)
    }
}

/// Each place of a template by its name.
fn problems(err: &BulletinError) -> Vec<Problem> {
    let BulletinError::Fill(FillError { missing, unknown }) = err else { return Vec::new() };
    let missing = missing.iter().map(|it| (it, "give it a value"));
    let unknown = unknown.iter().map(|it| (it, "the text has no such place"));
    let all = missing.chain(unknown).enumerate();
    all.map(|(at, (key, message))| Problem { at, key: key.clone(), message: message.to_owned() })
        .collect()
}

/// What the console translates; the rest is said in the service's own words.
fn code(err: &BulletinError) -> &'static str {
    match (err, err.fault()) {
        (BulletinError::TooSoon { .. }, _) => "too_soon",
        (BulletinError::NeverPlays, _) => "never_plays",
        (BulletinError::ClockUntrusted, _) => "clock_untrusted",
        (BulletinError::SoundChanged { .. }, _) => "sound_changed",
        (BulletinError::Refused(refused), _) => step_code(refused),
        (BulletinError::Shelf(_), _) => "shelf",
        (BulletinError::TemplateExists { .. }, _) => "template_exists",
        (BulletinError::Fill(_), _) => "template_values",
        (_, Fault::NotFound) => "not_found",
        (_, Fault::Forbidden | Fault::Conflict) => "wrong_state",
        (_, Fault::TooLarge) => "too_large",
        (_, Fault::Busy) => "busy",
        (BulletinError::Ingest(_), _) => "audio_refused",
        (_, Fault::Unprocessable | Fault::Full | Fault::Internal) => "invalid",
    }
}

fn step_code(refused: &Refused) -> &'static str {
    match refused {
        Refused::OwnWork { .. } => "same_person",
        Refused::SameApprover { .. } => "same_approver",
        Refused::OwnSchedule { .. } => "own_schedule",
        Refused::WrongState { .. } => "wrong_state",
        Refused::AudioChanged { .. } | Refused::ScheduleChanged => "changed_meanwhile",
        Refused::NoReason => "invalid",
    }
}
