//! The ward's cameras: how they are, and what they see right now.

pub(super) mod wire;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tracing::debug;

use super::Console;
use super::error::ApiError;
use super::guard::Caller;

/// When the camera took the picture.
const CAPTURED_AT: HeaderName = HeaderName::from_static("x-captured-at");

pub(super) async fn list(State(console): State<Arc<Console>>) -> Json<Vec<wire::Camera>> {
    let cameras = console.ward.cameras.iter();
    Json(cameras.map(|it| wire::Camera::new(it, &it.view.borrow())).collect())
}

/// The picture of now, or the last one there was. The id is looked up among the cameras; it never
/// becomes a path.
pub(super) async fn picture(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let camera = console.ward.cameras.iter().find(|it| it.id.as_str() == id);
    let camera = camera.ok_or_else(|| ApiError::not_found("camera"))?;
    debug!(user = caller.user, camera = id, "camera picture viewed");
    let newest = camera.desk.newest(console.clock().now()).await;
    let newest = newest.ok_or_else(no_picture)?;
    let captured_at = HeaderValue::try_from(super::wire::instant(newest.captured_at));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg")),
        (CAPTURED_AT, captured_at.map_err(ApiError::internal)?),
    ];
    Ok((headers, newest.jpeg.clone()).into_response())
}

pub(super) fn no_picture() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "no_picture", "there is no picture yet")
}
