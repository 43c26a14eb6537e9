//! What GStreamer's threads leave for the reader of a camera: never a queue, only the latest.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base::Pts;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::capture::SenderReport;
use super::{CameraError, DecoderUse};

#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// The first thing that went wrong: what follows is its consequence.
    error: Mutex<Option<CameraError>>,
    report: Mutex<Option<SenderReport>>,
    decoder: Mutex<Option<DecoderUse>>,
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

    /// When the camera took the picture, by its own clock, if it ever told the time.
    pub(crate) fn sender_time(&self, pts: Pts) -> Option<Timestamp> {
        (*lock(&self.report))?.time_of(pts)
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
