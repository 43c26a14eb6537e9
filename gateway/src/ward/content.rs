//! The content server: audio by hash, in ranges, and time keys, to the clusters of this box alone.
//! Files are streamed from the disk at a pace that leaves the port to cameras, each cluster in its turn;
//! nothing is held in memory.

mod pace;
mod turns;

pub mod shelf;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use base::{BitRate, DeviceId, Sha256};
use tokio::fs::File;
use tracing::{debug, error};

use self::turns::Turns;
use super::timekeeper::Timekeeper;
use crate::ranges::{self, Range};
use crate::tls::Peer;

/// A cluster fetches one file at a time; the rest is for reconnects that overlap.
pub const MAX_CONNECTIONS: usize = 600;

/// Whom and what to serve.
#[derive(Clone, Debug)]
pub struct ContentSettings {
    /// Holds `<sha256>.opus`.
    pub dir: PathBuf,
    /// Who may ask; others get 403 whatever their certificate says.
    pub clusters: BTreeSet<DeviceId>,
    /// Of all content together; `None` is as fast as the link takes it.
    pub rate_limit: Option<BitRate>,
}

#[derive(Clone)]
struct Shelf {
    settings: Arc<ContentSettings>,
    turns: Turns,
    timekeeper: Timekeeper,
}

/// To be served by [`crate::tls::serve`] behind `ClientAuth::Required`.
pub fn router(settings: ContentSettings, timekeeper: Timekeeper) -> Router {
    let turns = Turns::new(settings.rate_limit, &settings.clusters);
    let shelf = Shelf { settings: Arc::new(settings), turns, timekeeper };
    Router::new()
        .route("/v1/content/{sha256}", get(content))
        .route("/v1/time-key", post(time_key))
        .with_state(shelf)
}

impl Shelf {
    fn admit(&self, peer: Option<&Peer>) -> Result<DeviceId, StatusCode> {
        let device = peer.map(|it| &it.0).ok_or(StatusCode::UNAUTHORIZED)?;
        if self.settings.clusters.contains(device) {
            return Ok(device.clone());
        }
        debug!(%device, "content was asked for by a device that is no cluster of this box");
        Err(StatusCode::FORBIDDEN)
    }
}

async fn time_key(
    State(shelf): State<Shelf>,
    peer: Option<Extension<Peer>>,
) -> Result<Response<Body>, StatusCode> {
    let device = shelf.admit(peer.as_deref())?;
    let key = shelf.timekeeper.hand_out(&device).ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, key.to_json()).into_response())
}

async fn content(
    State(shelf): State<Shelf>,
    Path(sha256): Path<String>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Result<Response<Body>, StatusCode> {
    let device = shelf.admit(peer.as_deref())?;
    // Parsed, so that no path but a hash's is ever opened.
    let sha256: Sha256 = sha256.parse().map_err(|_| StatusCode::NOT_FOUND)?;
    let path = shelf.settings.dir.join(format!("{sha256}.opus"));
    let file = File::open(&path).await.map_err(|err| {
        if err.kind() == std::io::ErrorKind::NotFound {
            return StatusCode::NOT_FOUND;
        }
        error!(path = %path.display(), error = %err, "content cannot be read");
        StatusCode::INTERNAL_SERVER_ERROR
    })?;
    let broken = |_| StatusCode::INTERNAL_SERVER_ERROR;
    let n_bytes = file.metadata().await.map_err(broken)?.len();
    let Some(range) = Range::asked(&headers, n_bytes) else {
        return Ok(ranges::not_satisfiable(n_bytes));
    };
    debug!(%device, %sha256, ?range, "content");
    let etag = HeaderValue::try_from(format!("\"{sha256}\""));
    let etag = etag.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let body = |file| shelf.turns.body(device, file);
    let answered = ranges::respond_in(file, n_bytes, range, "audio/ogg", body).await;
    let mut response = answered.map_err(broken)?;
    response.headers_mut().insert(header::ETAG, etag);
    Ok(response)
}

#[cfg(test)]
mod tests;
