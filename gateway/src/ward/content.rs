//! The content server: audio by hash, in ranges, and time keys, to the clusters of this box alone.
//! Files are streamed from the disk; nothing is held in memory.

mod range;

use std::collections::BTreeSet;
use std::io::SeekFrom;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use base::{DeviceId, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;
use tracing::{debug, error};

use super::timekeeper::Timekeeper;
use crate::tls::Peer;
use range::Range;

/// A cluster fetches one file at a time; the rest is for reconnects that overlap.
pub const MAX_CONNECTIONS: usize = 600;
/// Read and sent at a time, a connection.
const CHUNK_BYTES: usize = 32 << 10;

/// Whom and what to serve.
#[derive(Clone, Debug)]
pub struct ContentSettings {
    /// Holds `<sha256>.opus`.
    pub dir: PathBuf,
    /// Who may ask; others get 403 whatever their certificate says.
    pub clusters: BTreeSet<DeviceId>,
}

#[derive(Clone)]
struct Shelf {
    settings: Arc<ContentSettings>,
    timekeeper: Timekeeper,
}

/// To be served by [`crate::tls::serve`] behind `ClientAuth::Required`.
pub fn router(settings: ContentSettings, timekeeper: Timekeeper) -> Router {
    let shelf = Shelf { settings: Arc::new(settings), timekeeper };
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
    let mut file = File::open(&path).await.map_err(|err| {
        if err.kind() == std::io::ErrorKind::NotFound {
            return StatusCode::NOT_FOUND;
        }
        error!(path = %path.display(), error = %err, "content cannot be read");
        StatusCode::INTERNAL_SERVER_ERROR
    })?;
    let broken = |_| StatusCode::INTERNAL_SERVER_ERROR;
    let n_bytes = file.metadata().await.map_err(broken)?.len();
    let asked = headers.get(header::RANGE).and_then(|it| it.to_str().ok());
    let Some(range) = asked.map_or(Some(Range::Whole), |text| Range::parse(text, n_bytes)) else {
        let of = format!("bytes */{n_bytes}");
        let refused = [(header::CONTENT_RANGE, of)];
        return Ok((StatusCode::RANGE_NOT_SATISFIABLE, refused).into_response());
    };
    debug!(%device, %sha256, ?range, "content");
    let response = Response::builder()
        .header(header::CONTENT_TYPE, "audio/ogg")
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::ETAG, format!("\"{sha256}\""));
    let (response, from, length) = match range {
        Range::Whole => (response, 0, n_bytes),
        Range::Part { from, to } => {
            let part = format!("bytes {from}-{to}/{n_bytes}");
            let response = response.status(StatusCode::PARTIAL_CONTENT);
            (response.header(header::CONTENT_RANGE, part), from, to - from + 1)
        }
    };
    file.seek(SeekFrom::Start(from)).await.map_err(broken)?;
    let body = ReaderStream::with_capacity(file.take(length), CHUNK_BYTES);
    response
        .header(header::CONTENT_LENGTH, length)
        .body(Body::from_stream(body))
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

#[cfg(test)]
mod tests;
