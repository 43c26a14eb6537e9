//! What the clusters last said of themselves, as far as orders depend on it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use base::DeviceId;
use uuid::Uuid;

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
    /// Of the outboxes of those who are online.
    pub epochs: BTreeMap<DeviceId, Uuid>,
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
            epochs: views
                .iter()
                .filter(|(_, view)| view.presence == Some(Presence::Online))
                .filter_map(|(id, view)| Some((id.clone(), view.epoch?)))
                .collect(),
        }
    }

    /// Who is there that was not `before`, or has another memory than then.
    pub(super) fn newcomers(&self, before: &Self) -> BTreeSet<DeviceId> {
        let is_new = |it: &&DeviceId| {
            !before.online.contains(*it) || self.epochs.get(*it) != before.epochs.get(*it)
        };
        self.online.iter().filter(is_new).cloned().collect()
    }
}

/// A last will may come late, after its cluster is back: one that speaks is there, whatever the broker says.
fn is_away(view: &ClusterView) -> bool {
    view.presence == Some(Presence::Offline) && view.last_seen_at <= view.since
}
