//! A camera's latest picture, encoded only while somebody looks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use models::snapshot::SnapshotError;
use tokio::sync::watch;
use tokio::time::timeout;

/// A picture this young is shown again.
const FRESH: Duration = Duration::from_secs(1);
/// How long a viewer waits for a new one before he gets the old one.
const PATIENCE: Duration = Duration::from_secs(2);

/// A whole picture with a frame around each object that is followed.
#[derive(Debug)]
pub struct LatestPicture {
    pub jpeg: Vec<u8>,
    pub captured_at: Timestamp,
    /// People and vehicles in it, in parts of the picture.
    hidden: Vec<[f32; 4]>,
    /// Made for the first who may not see people, and shown to all of them.
    blurred: OnceLock<Vec<u8>>,
}

impl LatestPicture {
    pub fn new(jpeg: Vec<u8>, hidden: Vec<[f32; 4]>, captured_at: Timestamp) -> Self {
        Self { jpeg, captured_at, hidden, blurred: OnceLock::new() }
    }

    /// With people and vehicles made unrecognisable. Takes some milliseconds the first time.
    pub fn blurred(&self) -> Result<&[u8], SnapshotError> {
        if self.hidden.is_empty() {
            return Ok(&self.jpeg);
        }
        if let Some(known) = self.blurred.get() {
            return Ok(known);
        }
        let made = models::snapshot::blurred(&self.jpeg, &self.hidden)?;
        Ok(self.blurred.get_or_init(|| made))
    }
}

/// Where viewers ask, and the detection thread answers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PictureDesk {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    is_asked: AtomicBool,
    latest: watch::Sender<Option<Arc<LatestPicture>>>,
}

impl Default for PictureDesk {
    fn default() -> Self {
        let inner = Inner { is_asked: AtomicBool::new(false), latest: watch::Sender::new(None) };
        Self { inner: Arc::new(inner) }
    }
}

impl PictureDesk {
    /// The picture of now, or the last one there was; `None` where there never was one. Any number
    /// of viewers cost one JPEG a second. Cancel-safe.
    pub async fn newest(&self, now: Timestamp) -> Option<Arc<LatestPicture>> {
        let mut latest = self.inner.latest.subscribe();
        let known = latest.borrow_and_update().clone();
        let age = known.as_ref().map(|it| now.duration_since(it.captured_at).unsigned_abs());
        if age.is_some_and(|age| age <= FRESH) {
            return known;
        }
        self.inner.is_asked.store(true, Ordering::Relaxed);
        // A camera that is offline answers nobody: then the last picture has to do.
        let _ = timeout(PATIENCE, latest.changed()).await;
        latest.borrow().clone()
    }

    /// Whether somebody waits for a picture.
    pub(in crate::ward) fn is_asked(&self) -> bool {
        self.inner.is_asked.load(Ordering::Relaxed)
    }

    /// Whether somebody waits for a picture: true once for all who do.
    pub(in crate::ward) fn take_request(&self) -> bool {
        self.inner.is_asked.swap(false, Ordering::Relaxed)
    }

    pub(crate) fn put(&self, picture: LatestPicture) {
        self.inner.latest.send_replace(Some(Arc::new(picture)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(second: i64) -> LatestPicture {
        let captured_at = Timestamp::from_second(second).unwrap();
        LatestPicture::new(Vec::new(), Vec::new(), captured_at)
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_asked_for_while_nobody_looks_or_the_picture_is_fresh() {
        let desk = PictureDesk::default();
        assert!(!desk.take_request());
        desk.put(picture(10));
        let seen = desk.newest(Timestamp::from_second(11).unwrap()).await.unwrap();
        assert_eq!(seen.captured_at.as_second(), 10);
        assert!(!desk.take_request());
    }

    #[tokio::test(start_paused = true)]
    async fn a_viewer_of_a_dead_camera_gets_the_last_picture() {
        let desk = PictureDesk::default();
        assert!(desk.newest(Timestamp::UNIX_EPOCH).await.is_none());
        desk.put(picture(10));
        let seen = desk.newest(Timestamp::from_second(100).unwrap()).await.unwrap();
        assert_eq!(seen.captured_at.as_second(), 10);
        assert!(desk.take_request() && !desk.take_request());
    }

    #[tokio::test(start_paused = true)]
    async fn a_viewer_who_waits_gets_the_picture_that_comes() {
        let desk = PictureDesk::default();
        let answer = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            assert!(desk.take_request());
            desk.put(picture(100));
        };
        let (seen, ()) = tokio::join!(desk.newest(Timestamp::from_second(100).unwrap()), answer);
        assert_eq!(seen.unwrap().captured_at.as_second(), 100);
    }
}
