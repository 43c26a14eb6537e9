//! A camera's main stream, kept in memory for clips and never decoded.

use std::sync::Arc;
use std::time::Duration;

use base::{Backoff, Clock, DeviceId};
use media::{CameraError, Ring, RtspRecorder, RtspSettings};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// As for the stream that is looked at.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Cameras lock an account after a few wrong passwords.
const LOGIN_WAIT: Duration = Duration::from_mins(5);

/// What one main stream needs.
pub struct MainStream {
    pub camera: DeviceId,
    pub settings: RtspSettings,
    pub ring: Ring,
    pub clock: Arc<dyn Clock>,
}

/// Runs until `stop`. Without the main stream alerts go out as ever, and say that they have no clip.
pub async fn run(stream: MainStream, stop: CancellationToken) {
    stop.run_until_cancelled(keep(stream)).await;
}

async fn keep(stream: MainStream) {
    let MainStream { camera, settings, ring, clock } = stream;
    let mut backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
    let mut told = None;
    loop {
        let ended = record(&settings, &ring, &clock, || {
            if told.take().is_some() {
                info!(%camera, "the main stream is recorded again");
            }
        });
        let (err, has_recorded) = ended.await;
        if has_recorded {
            backoff.reset();
        }
        let text = err.to_string();
        if told.as_ref() != Some(&text) {
            warn!(%camera, reason = text, "the main stream is not recorded: alerts have no clip");
            told = Some(text);
        }
        let is_refused = matches!(err, CameraError::Unauthorised);
        let wait = if is_refused { LOGIN_WAIT } else { backoff.next_wait() };
        tokio::time::sleep(wait).await;
    }
}

/// One connection, and whether it ever gave a picture.
async fn record(
    settings: &RtspSettings,
    ring: &Ring,
    clock: &Arc<dyn Clock>,
    mut began: impl FnMut(),
) -> (CameraError, bool) {
    let mut recorder = match RtspRecorder::connect(settings, ring, clock) {
        Ok(recorder) => recorder,
        Err(err) => return (err, false),
    };
    let mut has_recorded = false;
    loop {
        match recorder.next().await {
            Ok(_) if !has_recorded => {
                has_recorded = true;
                began();
            }
            Ok(_) => {}
            Err(err) => return (err, has_recorded),
        }
    }
}
