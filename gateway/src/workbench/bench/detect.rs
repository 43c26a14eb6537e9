//! `vong bench detect`: what a frame costs from the coded video to its boxes, and how much of that
//! is the model itself.
//!
//! The bare model runs between the frames of the same video, in short turns, so that a noisy machine
//! slows both alike. Both run on this thread, so a thread's clock tells them apart; what the process
//! spends beside this thread is the video decoder.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use base::{Score, Size};
use media::VideoFile;
use models::{Detect as _, OnnxDetector};
use rustix::time::{ClockId, clock_gettime};
use tokio::time::Instant;

use super::wire;
use crate::engine::EngineArgs;

/// CPU time of a frame: decode, letterbox, run, read boxes, suppress; one thread, every frame.
///
/// `ratio` is the CPU of the bare model over the CPU of everything: 1 would mean that nothing is
/// spent around the model. `ratio_after_decode` leaves the video decoder out.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A video file.
    #[arg(long, value_name = "FILE")]
    video: PathBuf,
    /// A model of the manifest.
    #[arg(long, value_name = "ID", default_value = "yolox-nano")]
    model: String,
    /// Boxes must score more than this, 0 to 1.
    #[arg(long, value_name = "SCORE", default_value_t = 0.3)]
    threshold: f32,
    /// Stop after this many frames.
    #[arg(long, value_name = "N", default_value_t = u32::MAX, hide_default_value = true)]
    frames: u32,
    #[command(flatten)]
    engine: EngineArgs,
}

/// Frames, and then as many bare runs, before the turn changes.
const TURN: u32 = 8;
/// The first runs allocate the runtime's arenas.
const WARM_UP: u32 = 5;

/// What was spent, summed up.
#[derive(Debug, Default)]
struct Spent {
    n_frames: u32,
    n_detections: u64,
    size: Option<Size>,
    /// This thread, on frames.
    path: Duration,
    n_bare: u32,
    /// This thread, on bare runs.
    bare: Duration,
    /// Wall time on frames.
    wall: Duration,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let least = Score::try_from(args.threshold).context("--threshold")?;
    let (_, mut detector) = args.engine.open(&args.model, least)?;
    media::init()?;
    let mut video = VideoFile::open(&args.video)?;
    for _ in 0..WARM_UP {
        detector.run_bare()?;
    }
    let (process, thread) = (cpu(ClockId::ProcessCPUTime), cpu(ClockId::ThreadCPUTime));
    let mut spent = Spent::default();
    while spent.frames_turn(&mut video, &mut detector, args.frames)? {
        spent.bare_turn(&mut detector)?;
    }
    let beside = since(ClockId::ProcessCPUTime, process)
        .saturating_sub(since(ClockId::ThreadCPUTime, thread));
    anyhow::ensure!(
        spent.n_bare > 0,
        "{} is too short: {TURN} frames are needed",
        args.video.display()
    );
    super::print("detect", &spent.figures(args, beside)?)
}

impl Spent {
    /// False where the video has ended, or enough frames are seen.
    fn frames_turn(
        &mut self,
        video: &mut VideoFile,
        detector: &mut OnnxDetector,
        most: u32,
    ) -> anyhow::Result<bool> {
        let (started, thread) = (Instant::now(), cpu(ClockId::ThreadCPUTime));
        let mut n_frames = 0;
        for frame in video.take(usize::try_from(TURN.min(most - self.n_frames))?) {
            let frame = frame?;
            self.size = Some(frame.size());
            self.n_detections += u64::try_from(detector.detect(&frame.picture())?.len())?;
            n_frames += 1;
        }
        self.path += since(ClockId::ThreadCPUTime, thread);
        self.wall += started.elapsed();
        self.n_frames += n_frames;
        Ok(n_frames == TURN)
    }

    fn bare_turn(&mut self, detector: &mut OnnxDetector) -> anyhow::Result<()> {
        let thread = cpu(ClockId::ThreadCPUTime);
        for _ in 0..TURN {
            detector.run_bare()?;
        }
        self.bare += since(ClockId::ThreadCPUTime, thread);
        self.n_bare += TURN;
        Ok(())
    }

    /// `beside` is what other threads of the process spent meanwhile.
    fn figures<'a>(&self, args: &'a Args, beside: Duration) -> anyhow::Result<wire::Detect<'a>> {
        let each = |spent: Duration, n: u32| round(spent.as_secs_f64() * 1000.0 / f64::from(n));
        let bare = self.bare.as_secs_f64() / f64::from(self.n_bare);
        let path = self.path.as_secs_f64() / f64::from(self.n_frames);
        let decode = beside.as_secs_f64() / f64::from(self.n_frames);
        let size = self.size.unwrap_or(Size { width: 0, height: 0 });
        Ok(wire::Detect {
            model: &args.model,
            video: args.video.to_str().context("--video: the path is not UTF-8")?,
            width_px: size.width,
            height_px: size.height,
            frames: self.n_frames,
            detections: self.n_detections,
            fps: round(f64::from(self.n_frames) / self.wall.as_secs_f64()),
            cpu_ms_per_frame: each(self.path + beside, self.n_frames),
            bare_run_cpu_ms: each(self.bare, self.n_bare),
            decode_cpu_ms: each(beside, self.n_frames),
            ratio: round(bare / (path + decode)),
            ratio_after_decode: round(bare / path),
            rss_mb: round(super::peak_rss_mib()?),
        })
    }
}

/// Three digits behind the point: what is below is noise.
pub(super) fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

pub(super) fn cpu(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    // CPU clocks start at 0 and run forwards.
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

pub(super) fn since(clock: ClockId, start: Duration) -> Duration {
    cpu(clock).saturating_sub(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_works_spends_and_the_process_spends_no_less() {
        let (process, thread) = (cpu(ClockId::ProcessCPUTime), cpu(ClockId::ThreadCPUTime));
        let mut sum = 0_u64;
        while since(ClockId::ThreadCPUTime, thread) < Duration::from_millis(5) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(since(ClockId::ProcessCPUTime, process) >= Duration::from_millis(5));
    }
}
