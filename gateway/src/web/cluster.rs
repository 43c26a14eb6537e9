//! The ward's loudspeaker clusters ("cụm loa") and whether they are there.

pub(super) mod wire;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::Console;

pub(super) async fn list(State(console): State<Arc<Console>>) -> Json<Vec<wire::Cluster>> {
    let views = console.ward.cluster_views.borrow();
    let clusters = console.ward.clusters.iter();
    Json(clusters.map(|it| wire::Cluster::new(it, views.get(&it.id))).collect())
}
