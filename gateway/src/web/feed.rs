//! Watches the parts of the box on behalf of open pages, and says what changed.

use std::time::Duration;

use serde_json::json;

use super::cluster::wire::{clock_trusted, is_playing};
use super::{Console, Topic, alert};
use crate::report::Recorded;
use crate::report::wire::Presence;
use crate::ward::camera::CameraState;

/// Camera and cluster figures move all the time; only their states are news, and those keep a second.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the pages were last told.
#[derive(Debug, PartialEq)]
struct Told {
    recorded: Recorded,
    n_alerts: u64,
    cameras: Vec<CameraState>,
    clusters: Vec<(Option<Presence>, Option<bool>, bool)>,
}

/// Never ends by itself: raced against the server.
pub(super) async fn run(console: &Console) {
    let mut recorded = console.ward.reporter.recorded();
    let mut told = Told::now(console, 0, *recorded.borrow());
    told.n_alerts = console.store().read(alert::count).await.unwrap_or(0);
    loop {
        // A reporter that is gone is a box that stops: what is left to do is to wait for that.
        let waiting = tokio::time::timeout(LOOK_EVERY, recorded.changed());
        if let Ok(Err(_)) = waiting.await {
            return std::future::pending().await;
        }
        let n_recorded = *recorded.borrow_and_update();
        let n_alerts = if n_recorded == told.recorded {
            told.n_alerts
        } else {
            // A read waits for the commit that carries the event, so what is told can be seen.
            console.store().read(alert::count).await.unwrap_or(told.n_alerts)
        };
        let now = Told::now(console, n_alerts, n_recorded);
        now.tell(&told, console);
        told = now;
    }
}

impl Told {
    fn now(console: &Console, n_alerts: u64, recorded: Recorded) -> Self {
        let cameras = console.ward.cameras.iter();
        let views = console.ward.cluster_views.borrow();
        Self {
            recorded,
            n_alerts,
            cameras: cameras.map(|it| it.view.borrow().state.clone()).collect(),
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
        let n_alerts = self.n_alerts.saturating_sub(before.n_alerts);
        if n_alerts > 0 {
            tell(Topic::Alert);
        }
        if self.recorded.n_all.saturating_sub(before.recorded.n_all) > n_alerts {
            tell(Topic::Play);
        }
    }
}
