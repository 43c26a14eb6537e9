//! A loudspeaker cluster as the console's API shows it.

use serde::Serialize;

use crate::config;
use crate::report::wire::Presence;
use crate::ward::clusters::ClusterView;
use crate::web::wire::instant;

#[derive(Debug, Serialize)]
pub(crate) struct Cluster {
    id: String,
    name: String,
    n_horns: u16,
    /// `online`, `playing`, `offline`, or `unknown` before its first word since the box started.
    state: &'static str,
    since: Option<String>,
    last_seen_at: Option<String>,
    version: Option<String>,
    /// Whether its clock is in step with the box's; null before it has said so.
    clock_trusted: Option<bool>,
}

impl Cluster {
    pub(crate) fn new(cluster: &config::Cluster, view: Option<&ClusterView>) -> Self {
        let presence = view.and_then(|it| it.presence);
        Self {
            id: cluster.id.to_string(),
            name: cluster.name.clone(),
            n_horns: cluster.n_horns,
            state: match presence {
                Some(Presence::Online) if view.is_some_and(is_playing) => "playing",
                Some(Presence::Online) => "online",
                Some(Presence::Offline) => "offline",
                None => "unknown",
            },
            since: view.and_then(|it| it.since).map(instant),
            last_seen_at: view.and_then(|it| it.last_seen_at).map(instant),
            version: view.map(|it| it.version.clone()).filter(|it| !it.is_empty()),
            clock_trusted: view.and_then(clock_trusted),
        }
    }
}

pub(crate) fn is_playing(view: &ClusterView) -> bool {
    view.health["plays"]["playing"].as_u64().is_some_and(|n| n > 0)
}

/// As a cluster reports it in its health.
pub(crate) fn clock_trusted(view: &ClusterView) -> Option<bool> {
    view.health["box_time"]["trusted"].as_bool()
}
