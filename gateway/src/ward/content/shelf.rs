//! `GET /v1/shelf`: which stored sounds every cluster keeps ahead of time, in the order to fetch them.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::routing::get;
use base::DeviceId;
use serde_json::{Value, json};
use tracing::error;

use crate::store::Store;
use crate::tls::Peer;
use crate::ward::broadcast::ahead;

#[derive(Clone)]
struct List {
    store: Store,
    clusters: Arc<BTreeSet<DeviceId>>,
}

/// To be merged into the content server's routes: the same clusters may ask.
pub fn router(store: Store, clusters: BTreeSet<DeviceId>) -> Router {
    let list = List { store, clusters: Arc::new(clusters) };
    Router::new().route("/v1/shelf", get(shelf)).with_state(list)
}

async fn shelf(
    State(list): State<List>,
    peer: Option<Extension<Peer>>,
) -> Result<Json<Value>, StatusCode> {
    let Extension(Peer(device)) = peer.ok_or(StatusCode::UNAUTHORIZED)?;
    if !list.clusters.contains(&device) {
        return Err(StatusCode::FORBIDDEN);
    }
    let items = ahead(&list.store).await.map_err(|err| {
        error!(%err, "the shelf cannot be read");
        StatusCode::INTERNAL_SERVER_ERROR
    })?;
    let shown = items.iter().map(|it| {
        json!({
            "id": it.id,
            "kind": it.kind.as_str(),
            "sha256": it.content.sha256.to_string(),
            "bytes": it.content.bytes,
            "duration_ms": u64::try_from(it.content.duration.as_millis()).unwrap_or(u64::MAX),
        })
    });
    Ok(Json(json!({ "sounds": shown.collect::<Vec<_>>() })))
}
