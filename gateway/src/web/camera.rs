//! The ward's cameras: how they are, and what they see right now.

pub(super) mod wire;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use models::snapshot::SnapshotError;
use tokio::time::Instant;

use super::Console;
use super::error::ApiError;
use super::guard::Caller;
use super::view::wire::Why;
use super::view::{self, Look, ONE_LOOK, Reason, What};

/// When the camera took the picture.
const CAPTURED_AT: HeaderName = HeaderName::from_static("x-captured-at");
/// Whether people in it can be recognised.
const PICTURE: HeaderName = HeaderName::from_static("x-picture");

/// How a picture goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    AsItIs,
    Blurred,
}

pub(super) async fn list(State(console): State<Arc<Console>>) -> Json<Vec<wire::Camera>> {
    let (now, wall) = (Instant::now(), console.clock().now());
    let proofs = console.ward.proofs.borrow();
    let shown = console.ward.cameras.iter().map(|it| {
        let proof = proofs.of(&it.id, wall);
        wire::Camera::new(it, &it.view.borrow(), it.figures.watched(now), proof)
    });
    Json(shown.collect())
}

/// The picture of now, or the last one there was. The id is looked up among the cameras; it never
/// becomes a path. Whoever guards the ward and says why sees people as they are, and is written down
/// once for as long as the look lasts.
pub(super) async fn picture(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    query: Result<Query<Why>, QueryRejection>,
) -> Result<Response, ApiError> {
    let reason = view::license(&caller, Reason::read(query?.0.reason)?);
    let camera = console.ward.cameras.iter().find(|it| it.id.as_str() == id);
    let camera = camera.ok_or_else(|| ApiError::not_found("camera"))?;
    let newest = camera.desk.newest(console.clock().now()).await;
    let newest = newest.ok_or_else(no_picture)?;
    let captured_at = HeaderValue::try_from(super::wire::instant(newest.captured_at));
    let mut answer = if let Some(reason) = reason {
        let look = Look { user: caller.user, camera: id, alert: None, what: What::Live, reason };
        view::log(&console, look, Some(ONE_LOOK)).await?;
        jpeg_answer(newest.jpeg.clone(), Shown::AsItIs)
    } else {
        let blur = move || newest.blurred().map(<[u8]>::to_vec);
        jpeg_answer(unrecognisable(&console, blur).await?, Shown::Blurred)
    };
    answer.headers_mut().insert(CAPTURED_AT, captured_at.map_err(ApiError::internal)?);
    Ok(answer)
}

/// Runs `blur` where it holds nobody up, one picture at a time.
pub(super) async fn unrecognisable(
    console: &Console,
    blur: impl FnOnce() -> Result<Vec<u8>, SnapshotError> + Send + 'static,
) -> Result<Vec<u8>, ApiError> {
    let turn = Arc::clone(&console.blur_turn).acquire_owned().await.map_err(ApiError::internal)?;
    let blurred = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        blur()
    });
    blurred.await.map_err(ApiError::internal)?.map_err(ApiError::internal)
}

pub(super) fn jpeg_answer(jpeg: Vec<u8>, shown: Shown) -> Response {
    let shown = match shown {
        Shown::AsItIs => "original",
        Shown::Blurred => "blurred",
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg")),
        (PICTURE, HeaderValue::from_static(shown)),
    ];
    (headers, jpeg).into_response()
}

pub(super) fn no_picture() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "no_picture", "there is no picture yet")
}
