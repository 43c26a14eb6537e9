//! What is read off the cameras while they are watched.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::time::Instant;

use crate::ward::camera::{CameraFact, CameraHandle};
use crate::ward::detector::Watched;
use crate::workbench::bench::{rss_mib, wire};

/// Pictures a second that each camera is judged.
const FPS: f64 = 5.0;
/// Of the steps of `Figures::waits`.
const WAIT_STEP_MS: u32 = 10;

pub(super) struct Scene {
    pub(super) n_cameras: u16,
    pub(super) n_busy: u16,
    pub(super) seconds: u32,
}

/// Counts from [`Meter::begin`] on.
pub(super) struct Meter {
    began: Instant,
    cpu: Duration,
    rss_mib: f64,
    before: Vec<Watched>,
    waits: Vec<u64>,
    /// From capture to the alert, and to the alert with its evidence on the disk, in milliseconds.
    raised_ms: Vec<f64>,
    told_ms: Vec<f64>,
    n_clips: u32,
}

impl Meter {
    pub(super) fn new(handles: &[CameraHandle]) -> Self {
        Self {
            began: Instant::now(),
            cpu: cpu(),
            rss_mib: 0.0,
            before: watched(handles),
            waits: waits(handles),
            raised_ms: Vec::new(),
            told_ms: Vec::new(),
            n_clips: 0,
        }
    }

    pub(super) fn begin(&mut self, handles: &[CameraHandle]) -> anyhow::Result<()> {
        *self = Self { rss_mib: rss_mib()?, ..Self::new(handles) };
        Ok(())
    }

    pub(super) fn note(&mut self, fact: &CameraFact) {
        match fact {
            CameraFact::Raised(alert) => {
                let now = base::Clock::now(&base::SystemClock);
                let since = |at: jiff::Timestamp| {
                    at.duration_since(alert.captured_at).as_secs_f64() * 1000.0
                };
                self.raised_ms.push(since(alert.raised_at));
                self.told_ms.push(since(now));
            }
            CameraFact::Updated(update) => {
                let is_clip = matches!(update.news, crate::ward::alert::News::Clip(_));
                self.n_clips += u32::from(is_clip);
            }
            CameraFact::Cleared(_)
            | CameraFact::Tested(_)
            | CameraFact::State(_)
            | CameraFact::Complaint(_) => {}
        }
    }

    /// A line for whoever waits.
    pub(super) fn so_far(&self, handles: &[CameraHandle]) -> String {
        let (analysed, dropped) = self.pictures(handles);
        let rss = rss_mib().unwrap_or_default();
        format!("{analysed} pictures judged, {dropped} dropped, {rss:.0} MiB")
    }

    fn pictures(&self, handles: &[CameraHandle]) -> (u64, u64) {
        let now = watched(handles);
        let sum = |of: fn(&Watched) -> u64| {
            let pairs = now.iter().zip(&self.before);
            pairs.map(|(now, before)| of(now) - of(before)).sum::<u64>()
        };
        (sum(|it| it.n_analysed), sum(|it| it.n_dropped))
    }

    pub(super) fn figures<'a>(
        &self,
        handles: &[CameraHandle],
        scene: &Scene,
        n_threads: usize,
        model: &'a str,
    ) -> anyhow::Result<wire::Cameras<'a>> {
        let seconds = self.began.elapsed().as_secs_f64();
        let spent = (cpu().saturating_sub(self.cpu)).as_secs_f64();
        let now = watched(handles);
        let pairs = || now.iter().zip(&self.before);
        let (analysed, dropped) = self.pictures(handles);
        let n_looks: u64 = pairs().map(|(now, before)| now.n_looks - before.n_looks).sum();
        let blind = pairs().map(|(now, before)| now.blind_ms - before.blind_ms).max();
        let least = pairs().map(|(now, before)| now.n_analysed - before.n_analysed).min();
        let waits: Vec<u64> =
            waits(handles).iter().zip(&self.waits).map(|(now, before)| now - before).collect();
        let n_cameras = f64::from(scene.n_cameras);
        let expected = FPS * seconds * n_cameras;
        Ok(wire::Cameras {
            model,
            cameras: scene.n_cameras,
            busy: scene.n_busy,
            seconds: round(seconds),
            threads: n_threads,
            analysed_fps_per_camera: round(float(analysed) / seconds / n_cameras),
            least_analysed_fps: round(float(least.unwrap_or(0)) / seconds),
            dropped_percent: round(100.0 * float(dropped) / float(analysed + dropped).max(1.0)),
            missing_percent: round(100.0 * (1.0 - float(analysed) / expected)),
            looks_per_second: round(float(n_looks) / seconds),
            blind_ms_worst_camera: blind.unwrap_or(0),
            wait_p50_ms: at_most(&waits, 0.5),
            wait_p99_ms: at_most(&waits, 0.99),
            alerts: self.raised_ms.len(),
            clips: self.n_clips,
            capture_to_alert_p50_ms: percentile(&self.raised_ms, 0.5),
            capture_to_alert_p95_ms: percentile(&self.raised_ms, 0.95),
            capture_to_evidence_p95_ms: percentile(&self.told_ms, 0.95),
            cpu_cores: round(spent / seconds),
            cpu_ms_per_camera_second: round(1000.0 * spent / seconds / n_cameras),
            rss_mib_at_start: round(self.rss_mib),
            rss_mib_at_end: round(rss_mib()?),
            rss_mb_at_end: round(rss_mib()? * 1.048_576),
        })
    }
}

fn watched(handles: &[CameraHandle]) -> Vec<Watched> {
    handles.iter().map(|it| it.figures.watched(Instant::now())).collect()
}

/// Of all cameras together, by steps.
fn waits(handles: &[CameraHandle]) -> Vec<u64> {
    let mut sum: Vec<u64> = Vec::new();
    for handle in handles {
        let waits = handle.figures.waits();
        sum.resize(waits.len(), 0);
        sum.iter_mut().zip(waits).for_each(|(sum, n)| *sum += n);
    }
    sum
}

/// The upper end of the step in which the share of all waits is reached.
fn at_most(waits: &[u64], share: f64) -> u32 {
    let all: u64 = waits.iter().sum();
    let mut n_left = float(all) * share;
    let step = waits.iter().position(|n| {
        n_left -= float(*n);
        n_left <= 0.0
    });
    let step = u32::try_from(step.unwrap_or(0)).unwrap_or(u32::MAX);
    (step + 1).saturating_mul(WAIT_STEP_MS)
}

fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let wanted = float(u64::try_from(sorted.len()).unwrap_or(0)) * share;
    let at = (1..=sorted.len()).find(|n| float(u64::try_from(*n).unwrap_or(0)) >= wanted)?;
    sorted.get(at - 1).map(|it| round(*it))
}

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    // CPU clocks start at 0 and run forwards.
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// Counts of a benchmark are far below the digits that an `f64` has.
fn float(n: u64) -> f64 {
    u32::try_from(n).map_or(f64::from(u32::MAX), f64::from)
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_by_the_end_of_its_step() {
        assert_eq!(at_most(&[98, 1, 0, 1], 0.5), 10);
        assert_eq!(at_most(&[98, 1, 0, 1], 0.99), 20);
        assert_eq!(at_most(&[98, 1, 0, 1], 1.0), 40);
    }

    #[test]
    fn the_percentile_is_a_value_that_was_measured() {
        let values: Vec<f64> = (1..=20).map(f64::from).rev().collect();
        assert_eq!(percentile(&values, 0.95), Some(19.0));
        assert_eq!(percentile(&[], 0.95), None);
    }
}
