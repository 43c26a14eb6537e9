//! What GStreamer's threads leave for the reader of a camera: never a queue, only the latest.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base::{Clock, Pts};
use gstreamer as gst;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::capture::{self, CaptureClock, SenderReport};
use super::error::NOT_PICTURES;
use super::{CONNECT_WITHIN, CameraError, DecoderUse, STALL_AFTER};

#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// The first thing that went wrong: what follows is its consequence.
    error: Mutex<Option<CameraError>>,
    report: Mutex<Option<SenderReport>>,
    decoder: Mutex<Option<DecoderUse>>,
    /// When the newest unit was taken that went into a ring.
    recorded: Mutex<Option<Timestamp>>,
    has_stream: AtomicBool,
    packet_at: Mutex<Option<Instant>>,
    loss_at: Mutex<Option<Instant>>,
    news: Notify,
}

impl Shared {
    pub(crate) fn put_error(&self, error: CameraError) {
        lock(&self.error).get_or_insert(error);
        self.news.notify_one();
    }

    pub(crate) fn take_error(&self) -> Option<CameraError> {
        lock(&self.error).take()
    }

    pub(crate) fn put_report(&self, report: SenderReport) {
        *lock(&self.report) = Some(report);
    }

    /// When the camera took a picture, and whose clock says so. `running_time` is the pipeline's now:
    /// its stamps and that time share the live zero.
    pub(crate) fn captured_at(
        &self,
        pts: Pts,
        running_time: Option<gst::ClockTime>,
        clock: &dyn Clock,
    ) -> (Timestamp, CaptureClock) {
        let (sent_at, arrived_at) = self.times(pts, running_time, clock);
        capture::choose(sent_at, arrived_at)
    }

    /// By the camera's clock, if it ever told the time, and by ours.
    pub(crate) fn times(
        &self,
        pts: Pts,
        running_time: Option<gst::ClockTime>,
        clock: &dyn Clock,
    ) -> (Option<Timestamp>, Timestamp) {
        let now = running_time.map_or(0, gst::ClockTime::nseconds);
        let age = Duration::from_nanos(now.saturating_sub(pts.0));
        let sent_at = lock(&self.report).and_then(|it| it.time_of(pts));
        (sent_at, clock.now() - age)
    }

    /// What is the matter with a camera of which no unit was recorded for too long.
    pub(crate) fn out_of_patience(&self) -> CameraError {
        let has_packets = self.has_packets_since(Instant::now() - STALL_AFTER / 2);
        match (self.has_stream(), has_packets) {
            (false, _) => CameraError::Unreachable {
                why: format!("no answer for {} s", CONNECT_WITHIN.as_secs()),
            },
            (true, true) => CameraError::Undecodable { why: NOT_PICTURES.to_owned() },
            (true, false) => CameraError::Stalled { after: STALL_AFTER },
        }
    }

    pub(crate) fn put_recorded(&self, captured_at: Timestamp) {
        *lock(&self.recorded) = Some(captured_at);
    }

    pub(crate) fn take_recorded(&self) -> Option<Timestamp> {
        lock(&self.recorded).take()
    }

    pub(crate) fn put_decoder(&self, chosen: DecoderUse) {
        *lock(&self.decoder) = Some(chosen);
    }

    /// `None` until the camera said what it sends.
    pub(crate) fn decoder(&self) -> Option<DecoderUse> {
        lock(&self.decoder).clone()
    }

    pub(crate) fn put_stream(&self) {
        self.has_stream.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_stream(&self) -> bool {
        self.has_stream.load(Ordering::Relaxed)
    }

    pub(crate) fn put_packet(&self) {
        *lock(&self.packet_at) = Some(Instant::now());
    }

    pub(crate) fn has_packets_since(&self, moment: Instant) -> bool {
        lock(&self.packet_at).is_some_and(|it| it >= moment)
    }

    /// Packets are missing before or inside the newest coded picture.
    pub(crate) fn put_loss(&self) {
        *lock(&self.loss_at) = Some(Instant::now());
    }

    pub(crate) fn has_losses_since(&self, moment: Instant) -> bool {
        lock(&self.loss_at).is_some_and(|it| it >= moment)
    }

    pub(crate) fn put_picture(&self) {
        self.news.notify_one();
    }

    /// Cancel-safe: news that nobody waited for is kept.
    pub(crate) async fn news(&self) {
        self.news.notified().await;
    }
}

/// A panic of another holder leaves whole values behind: they are only ever replaced.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
