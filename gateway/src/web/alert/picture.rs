//! The picture that an alert names: as it is for those who guard the ward and say why they look,
//! unrecognisable for everybody else.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use tracing::warn;

use super::row::{self, Pictures};
use super::{below, parse, wire};
use crate::web::Console;
use crate::web::camera::{Shown, jpeg_answer, no_picture, unrecognisable};
use crate::web::error::ApiError;
use crate::web::guard::Caller;
use crate::web::view::{self, Look, Reason, What};

/// A picture of a 4K camera has about 2 MB.
const LARGEST_PICTURE_BYTES: u64 = 16 * 1024 * 1024;
const WHOLE: [f32; 4] = [0.0, 0.0, 1.0, 1.0];

pub(in crate::web) async fn picture(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    query: Result<Query<wire::Look>, QueryRejection>,
) -> Result<Response, ApiError> {
    let wire::Look { kind, reason } = query?.0;
    let reason = view::license(&caller, Reason::read(reason)?);
    let id = parse(&id)?;
    let kept = console.store().read(move |conn| row::pictures(conn, id)).await?;
    let kept = kept.ok_or_else(|| ApiError::not_found("alert"))?;
    let path = match kind {
        wire::PictureKind::Boxed => kept.boxed.as_deref(),
        wire::PictureKind::Original => kept.original.as_deref(),
    };
    let jpeg = read(&console, path.ok_or_else(no_picture)?).await?;
    let Some(reason) = reason else {
        let hidden = hidden(&kept);
        let blur = move || {
            if hidden.is_empty() { Ok(jpeg) } else { models::snapshot::blurred(&jpeg, &hidden) }
        };
        return Ok(jpeg_answer(unrecognisable(&console, blur).await?, Shown::Blurred));
    };
    let Pictures { camera, .. } = kept;
    let (user, alert) = (caller.user, Some(id.to_string()));
    let look = Look { user, camera, alert, what: What::Picture, reason };
    view::log(&console, look, None).await?;
    Ok(jpeg_answer(jpeg, Shown::AsItIs))
}

async fn read(console: &Console, path: &str) -> Result<Vec<u8>, ApiError> {
    let path = below(&console.ward.data_dir, path).ok_or_else(no_picture)?;
    let too_large = tokio::fs::metadata(&path).await.map(|it| it.len() > LARGEST_PICTURE_BYTES);
    if too_large.unwrap_or(false) {
        let message = "the picture is larger than any a camera makes";
        return Err(ApiError::new(StatusCode::NOT_FOUND, "no_picture", message));
    }
    tokio::fs::read(&path).await.map_err(|err| {
        warn!(path = %path.display(), %err, "an alert's picture is gone");
        no_picture()
    })
}

/// What nobody noted who is in it, is hidden as a whole.
fn hidden(kept: &Pictures) -> Vec<[f32; 4]> {
    if kept.original.is_none() {
        // Stored before anybody took note.
        return vec![WHOLE];
    }
    serde_json::from_str(&kept.hidden).unwrap_or_else(|err| {
        warn!(%err, "what a picture is to hide cannot be read: all of it is hidden");
        vec![WHOLE]
    })
}
