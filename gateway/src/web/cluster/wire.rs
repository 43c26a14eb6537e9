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
    /// `online`, `offline`, or `unknown` before its first word since the box started.
    state: &'static str,
    since: Option<String>,
    last_seen_at: Option<String>,
    version: Option<String>,
    /// How wrong its clock may be against the box's, in milliseconds; null while not in step.
    clock_error_ms: Option<f64>,
}

impl Cluster {
    pub(crate) fn new(cluster: &config::Cluster, view: Option<&ClusterView>) -> Self {
        let presence = view.and_then(|it| it.presence);
        Self {
            id: cluster.id.to_string(),
            name: cluster.name.clone(),
            n_horns: cluster.n_horns,
            state: match presence {
                Some(Presence::Online) => "online",
                Some(Presence::Offline) => "offline",
                None => "unknown",
            },
            since: view.and_then(|it| it.since).map(instant),
            last_seen_at: view.and_then(|it| it.last_seen_at).map(instant),
            version: view.map(|it| it.version.clone()).filter(|it| !it.is_empty()),
            clock_error_ms: view.and_then(|it| it.health["clock"]["error_bound_ms"].as_f64()),
        }
    }
}
