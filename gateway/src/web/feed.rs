//! Watches the parts of the box on behalf of open pages, and says what changed.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::cluster::wire::{clock_trusted, is_playing};
use super::{Console, Topic};
use crate::report::Recorded;
use crate::report::wire::Presence;
use crate::ward::camera::{CameraComplaint, CameraHandle, CameraState};
use crate::ward::proof::ProofView;

/// Camera and cluster figures move all the time; only their states are news, and those keep a second.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the pages were last told.
#[derive(Debug, PartialEq)]
struct Told {
    recorded: Recorded,
    cameras: Vec<(CameraState, Complaints, ProofView)>,
    clusters: Vec<(Option<Presence>, Option<bool>, bool)>,
}

type Complaints = Vec<(CameraComplaint, Timestamp)>;

/// Never ends by itself: raced against the server.
pub(super) async fn run(console: &Console) {
    let mut recorded = console.ward.reporter.recorded();
    let mut told = Told::now(console, *recorded.borrow());
    loop {
        // A reporter that is gone is a box that stops: what is left to do is to wait for that.
        let waiting = tokio::time::timeout(LOOK_EVERY, recorded.changed());
        if let Ok(Err(_)) = waiting.await {
            return std::future::pending().await;
        }
        let n_recorded = *recorded.borrow_and_update();
        if n_recorded != told.recorded {
            // A read waits for the commit that carries the event, so what is told can be seen. What
            // it answers is no matter: a database that is gone is told of elsewhere.
            let _ = console.store().read(|_| Ok(())).await;
        }
        let now = Told::now(console, n_recorded);
        now.tell(&told, console);
        told = now;
    }
}

impl Told {
    fn now(console: &Console, recorded: Recorded) -> Self {
        let (proofs, wall) = (console.ward.proofs.borrow(), console.clock().now());
        let camera = |it: &CameraHandle| {
            let view = it.view.borrow();
            (view.state.clone(), view.complaints.clone(), proofs.of(&it.id, wall))
        };
        let views = console.ward.cluster_views.borrow();
        Self {
            recorded,
            cameras: console.ward.cameras.iter().map(camera).collect(),
            clusters: views
                .values()
                .map(|it| (it.presence, clock_trusted(it), is_playing(it)))
                .collect(),
        }
    }

    fn tell(&self, before: &Self, console: &Console) {
        let tell = |topic| console.ward_changed(topic, &json!({}));
        if self.cameras != before.cameras {
            tell(Topic::Camera);
        }
        if self.clusters != before.clusters {
            tell(Topic::Cluster);
        }
        // Raised, updated, cleared or seen to.
        if self.recorded.n_alert != before.recorded.n_alert {
            tell(Topic::Alert);
        }
        if self.recorded.n_of_plays() != before.recorded.n_of_plays() {
            tell(Topic::Play);
        }
    }
}
