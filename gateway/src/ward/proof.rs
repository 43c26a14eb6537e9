//! Proof of life: now and then each camera raises an alarm about nothing, which takes every step that a
//! real one takes, to the centre's disk and back. So silence is known to be peace.

mod standing;

use std::time::Duration;

use base::DeviceId;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::camera::CameraHandle;
use super::record::proof;
use crate::report::Reporter;
use crate::report::health::Health;
use crate::report::wire::time_text;
use crate::store::StoreError;

pub use standing::{Proof, ProofView, Proofs, RoundTrip, Standing};

/// How often it is looked whether one is due, or back.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Asks the cameras, one after the other, and says who did not answer.
pub(super) struct Prover {
    pub(super) cameras: Vec<CameraHandle>,
    /// Each camera, once in this time.
    pub(super) every: Duration,
    /// For the console.
    pub(super) proofs: watch::Sender<Proofs>,
    pub(super) reporter: Reporter,
    pub(super) health: Health,
}

impl Prover {
    /// Until `stop`.
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        let mut told: Vec<Option<Standing>> = vec![None; self.cameras.len()];
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            if let Err(err) = self.round(&mut told).await {
                warn!(%err, "the proof of life waits for the database");
            }
        }
    }

    async fn round(&self, told: &mut [Option<Standing>]) -> Result<(), StoreError> {
        let now = self.reporter.clock().now();
        let mut said = Map::new();
        for (index, (camera, told)) in self.cameras.iter().zip(told).enumerate() {
            let mut last = self.last(camera, now).await?;
            if is_due(last, self.every, self.offset(index), now) {
                last = self.ask(camera, now).await?;
            }
            let Some(last) = last else { continue };
            self.proofs.send_modify(|it| it.note(camera.id.clone(), last));
            let standing = last.standing(self.every, now);
            if *told != Some(standing) {
                tell(&camera.id, standing);
                *told = Some(standing);
            }
            said.insert(camera.id.to_string(), say(last, standing));
        }
        self.health.set("proof_of_life", Value::Object(said));
        Ok(())
    }

    /// Writes only where there may be news: cards wear out.
    async fn last(
        &self,
        camera: &CameraHandle,
        now: Timestamp,
    ) -> Result<Option<Proof>, StoreError> {
        let id = camera.id.clone();
        let last = self.reporter.store().read(move |conn| proof::last(conn, &id)).await?;
        if !last.is_some_and(|it| it.is_under_way()) {
            return Ok(last);
        }
        let id = camera.id.clone();
        self.reporter.store().write(move |conn| proof::look(conn, &id, now)).await
    }

    async fn ask(
        &self,
        camera: &CameraHandle,
        now: Timestamp,
    ) -> Result<Option<Proof>, StoreError> {
        let id = camera.id.clone();
        let asked = self.reporter.store().write(move |conn| proof::ask(conn, &id, now)).await?;
        camera.orders.test();
        Ok(asked)
    }

    /// A ward's cameras take turns over the period.
    fn offset(&self, index: usize) -> Duration {
        let n = u32::try_from(self.cameras.len()).unwrap_or(u32::MAX).max(1);
        self.every / n * u32::try_from(index).unwrap_or(0)
    }
}

/// At its own moment of the period, and at once where there never was one. A clock that was set back
/// makes it due too.
fn is_due(last: Option<Proof>, every: Duration, offset: Duration, now: Timestamp) -> bool {
    let Some(last) = last else { return true };
    let (Ok(every), Ok(offset)) =
        (i64::try_from(every.as_millis()), i64::try_from(offset.as_millis()))
    else {
        return false;
    };
    let period = |at: Timestamp| (at.as_millisecond() - offset).div_euclid(every.max(1));
    period(last.asked_at) != period(now)
}

fn tell(camera: &DeviceId, standing: Standing) {
    match standing {
        Standing::Off | Standing::Open => {}
        Standing::Proven { after } => info!(%camera, seconds = after.as_secs(), "proof of life"),
        Standing::Unseen => {
            warn!(%camera, "no proof of life: none of its pictures was looked at for two minutes");
        }
        Standing::Unheard => {
            warn!(%camera, "no proof of life: the centre did not confirm a test alarm in two minutes");
        }
        Standing::Overdue => warn!(%camera, "no proof of life: a test alarm is overdue"),
    }
}

fn say(proof: Proof, standing: Standing) -> Value {
    let mut said = json!({ "asked_at": time_text(proof.asked_at), "state": standing.as_str() });
    if let Standing::Proven { after } = standing {
        said["after_ms"] = json!(after.as_millis());
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn each_camera_has_its_own_moment_of_the_period() {
        let hour = Duration::from_hours(1);
        let due = |asked: i64, offset: u64, now: i64| {
            let last = Proof { asked_at: at(asked), raised_at: None, proven_at: None, good: None };
            is_due(Some(last), hour, Duration::from_secs(offset), at(now))
        };
        assert!(is_due(None, hour, Duration::ZERO, at(5)));
        assert!(!due(7200, 0, 10_799) && due(7200, 0, 10_800));
        assert!(!due(7200, 600, 7799) && due(7200, 600, 7800) && !due(7800, 600, 11_399));
        assert!(due(7200, 0, 100), "the clock was set back");
    }
}
