//! What plays next and what has played, with the receipt of every cluster.

pub(super) mod wire;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;

use super::Console;
use super::error::ApiError;
use crate::ward::broadcast::PlayView;

/// What people look for. The box orders a week ahead; that is in the bulletins' schedules.
const AHEAD: Duration = Duration::from_hours(25);
const BACK: Duration = Duration::from_hours(3 * 24);
const MOST_LAST: usize = 20;

pub(super) async fn list(
    State(console): State<Arc<Console>>,
) -> Result<Json<wire::Plays>, ApiError> {
    let now = console.clock().now();
    let from = now.checked_sub(BACK).unwrap_or(Timestamp::MIN);
    let to = now.checked_add(AHEAD).unwrap_or(Timestamp::MAX);
    let bulletins = &console.ward.bulletins;
    let (last, next) = (bulletins.plays(from, now).await?, bulletins.plays(now, to).await?);
    let show = |it: &PlayView| wire::Play::new(it, |id| console.cluster_name(id));
    let last = last.iter().rev().take(MOST_LAST).map(show).collect();
    Ok(Json(wire::Plays { next: next.iter().map(show).collect(), last }))
}
