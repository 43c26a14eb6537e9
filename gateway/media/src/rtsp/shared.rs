//! What GStreamer's threads leave for the reader of a camera: never a queue, only the latest.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base::Pts;
use jiff::Timestamp;
use tokio::sync::Notify;

use super::CameraError;
use super::capture::SenderReport;

#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// The first thing that went wrong: what follows is its consequence.
    error: Mutex<Option<CameraError>>,
    report: Mutex<Option<SenderReport>>,
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

    /// When the camera took the picture, by its own clock, if it ever told the time.
    pub(crate) fn sender_time(&self, pts: Pts) -> Option<Timestamp> {
        (*lock(&self.report))?.time_of(pts)
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

    pub(crate) fn packets_since_picture(&self) -> bool {
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
