//! The clip of an alert: people as they are, moving. For those who guard the ward, and each play with
//! its reason in the log.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use tokio::fs::File;
use tracing::warn;

use super::row::{self, ClipPlace};
use super::{below, parse};
use crate::ranges::{self, Range};
use crate::web::Console;
use crate::web::error::ApiError;
use crate::web::guard::Caller;
use crate::web::view::wire::Why;
use crate::web::view::{self, Look, ONE_LOOK, Reason, What};

pub(in crate::web) async fn clip(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    query: Result<Query<Why>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let reason = view::license(&caller, Reason::read(query?.0.reason)?).ok_or_else(|| {
        let message =
            "a clip shows people as they are: say why you look, in `reason`; it is logged";
        ApiError::forbidden("reason", message)
    })?;
    let id = parse(&id)?;
    let place = console.store().read(move |conn| row::clip(conn, id)).await?;
    let ClipPlace { camera, path, missing } = place.ok_or_else(|| ApiError::not_found("alert"))?;
    let path = path.ok_or_else(|| no_clip(missing))?;
    let gone = || no_clip(Some("its file is gone".to_owned()));
    let path = below(&console.ward.data_dir, &path).ok_or_else(gone)?;
    let file = File::open(&path).await.map_err(|err| {
        warn!(path = %path.display(), %err, "an alert's clip is gone");
        gone()
    })?;
    let n_bytes = file.metadata().await.map_err(ApiError::internal)?.len();
    let Some(range) = Range::asked(&headers, n_bytes) else {
        return Ok(ranges::not_satisfiable(n_bytes));
    };
    let (user, alert) = (caller.user, Some(id.to_string()));
    let look = Look { user, camera, alert, what: What::Clip, reason };
    // A player begins at the start, and asks for further pieces of the same play.
    let once_in = (!range.begins_at_start()).then_some(ONE_LOOK);
    view::log(&console, look, once_in).await?;
    ranges::respond(file, n_bytes, range, "video/mp4").await.map_err(ApiError::internal)
}

fn no_clip(missing: Option<String>) -> ApiError {
    let message = match missing {
        Some(why) => format!("there is no clip: {why}"),
        None => "the clip is still being cut: try again in some seconds".to_owned(),
    };
    ApiError::new(StatusCode::NOT_FOUND, "no_clip", message)
}
