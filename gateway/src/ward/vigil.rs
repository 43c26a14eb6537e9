//! Says every minute how well each camera is watched: in the box's health, so that the centre knows of a
//! camera that nobody looks at.

use std::collections::HashMap;
use std::time::Duration;

use base::DeviceId;
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::camera::{CameraHandle, CameraView};
use super::detector::Watched;
use crate::report::health::Health;

const EVERY: Duration = Duration::from_mins(1);

/// Until `stop`.
pub(super) async fn run(cameras: Vec<CameraHandle>, health: Health, stop: CancellationToken) {
    let mut before: HashMap<DeviceId, Watched> = HashMap::new();
    let mut ticks = tokio::time::interval(EVERY);
    let mut last = Instant::now();
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let now = Instant::now();
        let passed = now.duration_since(std::mem::replace(&mut last, now));
        let mut all = Map::new();
        for camera in &cameras {
            let watched = camera.figures.watched(now);
            let earlier = before.insert(camera.id.clone(), watched).unwrap_or_default();
            let said = say(&camera.view.borrow(), earlier, watched, passed);
            all.insert(camera.id.to_string(), said);
        }
        health.set("cameras", Value::Object(all));
    }
}

/// Of the time that has passed; rates to a tenth.
fn say(view: &CameraView, earlier: Watched, watched: Watched, passed: Duration) -> Value {
    let each = |now: u64, before: u64| {
        let n = u32::try_from(now.saturating_sub(before)).map_or(f64::from(u32::MAX), f64::from);
        (n / passed.as_secs_f64().max(1.0) * 10.0).round() / 10.0
    };
    let complaints: Vec<&str> = view.complaints.iter().map(|(it, _)| it.as_str()).collect();
    json!({
        "state": view.state.as_str(),
        "analysed_fps": each(watched.n_analysed, earlier.n_analysed),
        "looks_fps": each(watched.n_looks, earlier.n_looks),
        "dropped_fps": each(watched.n_dropped, earlier.n_dropped),
        "blind_ms": watched.blind_ms.saturating_sub(earlier.blind_ms),
        "complaints": complaints,
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_minute_is_said_in_rates() {
        let view = CameraView::new(Timestamp::UNIX_EPOCH);
        let earlier = Watched { n_analysed: 100, n_looks: 40, n_dropped: 5, blind_ms: 3000 };
        let watched = Watched { n_analysed: 400, n_looks: 52, n_dropped: 8, blind_ms: 4500 };
        let said = say(&view, earlier, watched, Duration::from_mins(1));
        let expected = json!({
            "state": "connecting", "analysed_fps": 5.0, "looks_fps": 0.2, "dropped_fps": 0.1,
            "blind_ms": 1500, "complaints": [],
        });
        assert_eq!(said, expected);
    }
}
