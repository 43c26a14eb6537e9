//! A sink without a sound: opens the content as the horn's sink would, waits for its instant, and notes
//! when the first sample would have left. For `vong sim speakers` alone: no file of a cluster can ask for
//! it, because a street that hears nothing must not be reported as played.

mod metronome;

use std::path::Path;
use std::time::Duration;

use base::{Clock as _, sleep_until};
use jiff::Timestamp;
use media::playout::{Ended, Heard, Request};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::clock::BoxClock;
use metronome::Instant;

/// The first page of an Ogg/Opus file (RFC 7845 section 3), as far as it is the same in every one.
const HEAD_BYTES: usize = 36;

pub(super) struct Stamp {
    length: Duration,
    clock: BoxClock,
    stop: CancellationToken,
    /// Of the first sample. Nobody waits for it any more when this is dropped.
    instant: oneshot::Receiver<Instant>,
    started: Option<Timestamp>,
}

impl Stamp {
    /// `duration` of the whole content.
    pub(super) async fn open(
        request: &Request,
        duration: Duration,
        clock: BoxClock,
    ) -> Result<Self, String> {
        read_head(&request.path).await?;
        let length = request.stop.unwrap_or(duration).saturating_sub(request.seek);
        if length.is_zero() {
            return Err("the content is shorter than where it is to begin".to_owned());
        }
        let instant = metronome::wait_for(request.start_at, clock.clone())
            .map_err(|err| format!("no thread for the sink: {err}"))?;
        let stop = CancellationToken::new();
        Ok(Self { length, clock, stop, instant, started: None })
    }

    pub(super) fn stop(&self) {
        self.stop.cancel();
    }

    /// Cancel-safe.
    pub(super) async fn event(&mut self) -> Heard {
        let Some(started) = self.started else {
            let Some(Ok(Instant { at, true_time })) =
                self.stop.run_until_cancelled(&mut self.instant).await
            else {
                return Heard::Ended(ended(Duration::ZERO));
            };
            self.started = Some(at);
            return Heard::Started { at, true_time: Some(true_time) };
        };
        let end = started.saturating_add(self.length).unwrap_or(Timestamp::MAX);
        // Over, or stopped before: how long it was says which.
        self.stop.run_until_cancelled(sleep_until(&self.clock, end)).await;
        let heard = self.clock.now().duration_since(started);
        Heard::Ended(ended(Duration::try_from(heard).unwrap_or_default()))
    }
}

/// What a decoder would refuse at its first page.
async fn read_head(path: &Path) -> Result<(), String> {
    let mut head = [0; HEAD_BYTES];
    let read = async { File::open(path).await?.read_exact(&mut head).await };
    read.await.map_err(|err| format!("the content cannot be opened: {err}"))?;
    let is_opus = head.starts_with(b"OggS") && head[28..].starts_with(b"OpusHead");
    if is_opus { Ok(()) } else { Err("the content is not Ogg/Opus".to_owned()) }
}

fn ended(heard: Duration) -> Ended {
    Ended { heard, n_gaps: 0, worst_error: Duration::ZERO, failed: None }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::SignedDuration;

    use super::super::SteadyClock;
    use super::*;

    fn request(path: &Path, start_at: Timestamp) -> Request {
        let (path, seek) = (path.to_owned(), Duration::from_secs(2));
        Request { path, start_at, seek, stop: None, amplitude: 1.0 }
    }

    fn opus(dir: &Path) -> std::path::PathBuf {
        let path = dir.join("a.opus");
        let mut page = [0; 64];
        page[..4].copy_from_slice(b"OggS");
        page[28..36].copy_from_slice(b"OpusHead");
        std::fs::write(&path, page).unwrap();
        path
    }

    fn box_clock() -> BoxClock {
        let steady = SteadyClock;
        let at_box = "2026-09-02T05:30:00Z".parse().unwrap();
        let error = Duration::from_millis(1);
        let fit = broadcast::discipline::Fit::from_parts(steady.now(), at_box, 0.0, 1e-6, error);
        BoxClock::new(Arc::new(steady), fit)
    }

    #[tokio::test]
    async fn it_starts_at_its_instant_and_is_over_after_what_is_left_of_the_content() {
        let dir = tempfile::tempdir().unwrap();
        let clock = box_clock();
        let start_at = clock.now() + Duration::from_millis(30);
        let request = request(&opus(dir.path()), start_at);
        let duration = Duration::from_millis(2_040);
        let mut stamp = Stamp::open(&request, duration, clock).await.unwrap();
        let Heard::Started { at, true_time } = stamp.event().await else { panic!("no start") };
        let late = at.duration_since(start_at);
        assert!(!late.is_negative() && late < SignedDuration::from_secs(1), "{late:?}");
        assert!(true_time.is_some());
        let Heard::Ended(ended) = stamp.event().await else { panic!("no end") };
        assert!(ended.failed.is_none() && ended.heard >= Duration::from_millis(39), "{ended:?}");
    }

    #[tokio::test]
    async fn a_stop_ends_it_before_its_start_as_well() {
        let dir = tempfile::tempdir().unwrap();
        let clock = box_clock();
        let request = request(&opus(dir.path()), clock.now() + Duration::from_secs(20));
        let mut stamp = Stamp::open(&request, Duration::from_secs(9), clock).await.unwrap();
        stamp.stop();
        assert_eq!(stamp.event().await, Heard::Ended(ended(Duration::ZERO)));
    }

    #[tokio::test]
    async fn what_is_not_opus_is_not_played() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.opus");
        std::fs::write(&path, [0; 64]).unwrap();
        let request = request(&path, Timestamp::UNIX_EPOCH);
        let refused = Stamp::open(&request, Duration::from_secs(9), box_clock()).await;
        assert_eq!(refused.err().unwrap(), "the content is not Ogg/Opus");
    }
}
