//! What the clusters last said of themselves, as far as orders depend on it. Pure.

use std::collections::BTreeSet;

use base::DeviceId;

use crate::order::CAN_DUCK;
use crate::report::wire::Presence;
use crate::ward::clusters::{ClusterView, ClusterViews};

#[derive(Clone, Debug, Default)]
pub(super) struct Attendance {
    /// Who takes `duck`.
    pub able: BTreeSet<DeviceId>,
    pub online: BTreeSet<DeviceId>,
    /// Who is known to be gone: what is sent is lost. Who never said a word is not among them.
    pub away: BTreeSet<DeviceId>,
}

impl Attendance {
    pub(super) fn of(views: &ClusterViews) -> Self {
        let those = |is_one: &dyn Fn(&ClusterView) -> bool| -> BTreeSet<DeviceId> {
            views.iter().filter(|(_, view)| is_one(view)).map(|(id, _)| id.clone()).collect()
        };
        Self {
            able: those(&|view| view.capabilities.iter().any(|it| it == CAN_DUCK)),
            online: those(&|view| view.presence == Some(Presence::Online)),
            away: those(&is_away),
        }
    }
}

/// A last will may come late, after its cluster is back: one that speaks is there, whatever the broker says.
fn is_away(view: &ClusterView) -> bool {
    view.presence == Some(Presence::Offline) && view.last_seen_at <= view.since
}
