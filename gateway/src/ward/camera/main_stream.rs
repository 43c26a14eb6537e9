//! A camera's main stream, kept in memory for clips and never decoded. It is tried only while the stream that
//! is looked at runs: without that no alert wants a clip, and a wrong password is tried once, not twice.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use base::{Clock, DeviceId};
use media::{CameraError, Ring, RtspRecorder, RtspSettings};
use models::Latch;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::connection::{Connection, Event, Step};
use super::{CameraComplaint, CameraFact, CameraState, CameraView, ComplaintChange, Trouble, dice};

/// A connection that is lost and found again costs a clip its middle, and nobody his sleep.
const LOST_AFTER: Duration = Duration::from_secs(30);
const OVER_AFTER: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What one main stream needs.
pub struct MainStream {
    pub camera: DeviceId,
    pub settings: RtspSettings,
    pub ring: Ring,
    pub facts: mpsc::Sender<CameraFact>,
    /// Of the stream that is looked at.
    pub view: watch::Sender<CameraView>,
    pub clock: Arc<dyn Clock>,
}

/// Runs until `stop`. Without the main stream alerts go out as ever, and say that they have no clip.
pub async fn run(stream: MainStream, stop: CancellationToken) {
    let trouble = watch::Sender::new(None);
    let both = async { tokio::join!(stream.keep(&trouble), stream.tell(&trouble)) };
    stop.run_until_cancelled(both).await;
}

/// Why it is not recorded.
type Lost = watch::Sender<Option<String>>;

impl MainStream {
    async fn keep(&self, lost: &Lost) -> Infallible {
        let mut connection = Connection::new(self.clock.now());
        let mut view = self.view.subscribe();
        loop {
            // Never refused: we hold a sender.
            let _ = view.wait_for(|it| it.state == CameraState::Online).await;
            let trouble = Trouble::from(self.record(&mut connection, lost).await);
            let text = trouble.text.clone();
            let Step { is_changed, reconnect_in } =
                connection.step(Event::Failed(trouble), self.clock.now(), dice());
            if is_changed {
                let camera = &self.camera;
                warn!(%camera, reason = text, "the main stream is not recorded: alerts have no clip");
            }
            lost.send_replace(Some(text));
            tokio::time::sleep(reconnect_in.unwrap_or(LOOK_EVERY)).await;
        }
    }

    /// One connection, to its end.
    async fn record(&self, connection: &mut Connection, lost: &Lost) -> CameraError {
        let mut recorder = match RtspRecorder::connect(&self.settings, &self.ring, &self.clock) {
            Ok(recorder) => recorder,
            Err(err) => return err,
        };
        loop {
            if let Err(err) = recorder.next().await {
                return err;
            }
            if connection.step(Event::PictureCame, self.clock.now(), 0.0).is_changed {
                info!(camera = %self.camera, "the main stream is recorded");
                lost.send_replace(None);
            }
        }
    }

    async fn tell(&self, lost: &Lost) -> Infallible {
        let mut latch = Latch::new(LOST_AFTER, OVER_AFTER);
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            if self.view.borrow().state != CameraState::Online {
                // That is told already, and says more.
                continue;
            }
            let (why, at) = (lost.borrow().clone(), self.clock.now());
            let Some(begins) = latch.observe(why.is_some(), at) else { continue };
            let (camera, complaint) = (self.camera.clone(), CameraComplaint::MainStreamLost);
            let detail = why.or_else(|| Some("the main stream is recorded again".to_owned()));
            let change = ComplaintChange { camera, complaint, begins, at, detail };
            self.view.send_modify(|view| view.note(&change));
            // Refused only when the program stops.
            let _ = self.facts.send(CameraFact::Complaint(change)).await;
        }
    }
}
