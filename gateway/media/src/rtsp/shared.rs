//! What GStreamer's threads leave for the reader of a camera: never a queue, only the latest.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use std::time::Duration;

use base::{Clock, Pts};
use gstreamer as gst;
use jiff::Timestamp;
use tokio::sync::Notify;

use super::capture::{self, CaptureClock, SenderReport};
use super::error::NOT_PICTURES;
use super::{CONNECT_WITHIN, CameraError, STALL_AFTER};

#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// The first thing that went wrong: what follows is its consequence.
    error: Mutex<Option<CameraError>>,
    report: Mutex<Option<SenderReport>>,
    /// When the newest unit was taken that went into a ring.
    recorded: Mutex<Option<Timestamp>>,
    has_stream: AtomicBool,
    packets_since_picture: AtomicBool,
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
        let now = running_time.map_or(0, gst::ClockTime::nseconds);
        let age = Duration::from_nanos(now.saturating_sub(pts.0));
        let sent_at = lock(&self.report).and_then(|it| it.time_of(pts));
        capture::choose(sent_at, clock.now() - age)
    }

    /// What is the matter with a camera from which nothing came for too long.
    pub(crate) fn out_of_patience(&self) -> CameraError {
        match (self.has_stream(), self.packets_since_picture()) {
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

    pub(crate) fn put_stream(&self) {
        self.has_stream.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_stream(&self) -> bool {
        self.has_stream.load(Ordering::Relaxed)
    }

    pub(crate) fn put_packet(&self) {
        self.packets_since_picture.store(true, Ordering::Relaxed);
    }

    pub(crate) fn put_picture(&self) {
        self.packets_since_picture.store(false, Ordering::Relaxed);
        self.news.notify_one();
    }

    fn packets_since_picture(&self) -> bool {
        self.packets_since_picture.load(Ordering::Relaxed)
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
