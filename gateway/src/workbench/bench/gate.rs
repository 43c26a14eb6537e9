//! `vong bench gate`: what looking only where something moves saves, from the coded video on.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use base::Score;
use jiff::Timestamp;
use media::VideoFile;
use models::{Detect as _, Gate, Lookout, OnnxDetector, TrackerSettings};
use rustix::time::ClockId;

use super::detect::{cpu, round, since};
use super::wire;
use crate::engine::EngineArgs;
use crate::ward::detector::FAINTEST_SCORE;

/// CPU time of a camera and second, looking at all of every picture against looking where something
/// moves: decode, motion, detection, tracking, five pictures a second.
///
/// A camera is busy for --busy-share of its time, as --video shows, and quiet for the rest, as --quiet
/// does. Each video is watched in both ways, one after the other, --rounds times.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A video in which people walk.
    #[arg(long, value_name = "FILE")]
    video: PathBuf,
    /// A video in which nothing moves.
    #[arg(long, value_name = "FILE")]
    quiet: PathBuf,
    /// Of the time, so much is busy, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 1.0 / 3.0)]
    busy_share: f64,
    /// How often each video is watched each way.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// A model of the manifest.
    #[arg(long, value_name = "ID", default_value = "yolox-nano")]
    model: String,
    #[command(flatten)]
    engine: EngineArgs,
}

/// Five pictures a second are judged, as a box does unless it is told otherwise.
const EVERY: Duration = Duration::from_millis(200);
/// The first runs allocate the runtime's arenas.
const WARM_UP: u32 = 5;

/// What was spent on one video in one way.
#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    cpu: Duration,
    /// Of the video.
    seconds: f64,
    n_judged: u32,
    n_looks: u32,
}

/// One video both ways.
#[derive(Clone, Copy, Debug, Default)]
struct Both {
    open: Spent,
    gated: Spent,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    anyhow::ensure!((0.0..=1.0).contains(&args.busy_share), "--busy-share is a share, 0 to 1");
    let (_, mut detector) = args.engine.open(&args.model, Score::try_from(FAINTEST_SCORE)?)?;
    media::init()?;
    for _ in 0..WARM_UP {
        detector.run_bare()?;
    }
    let (mut busy, mut quiet) = (Both::default(), Both::default());
    for _ in 0..args.rounds {
        for (video, both) in [(&args.video, &mut busy), (&args.quiet, &mut quiet)] {
            both.open.watch(video, Gate::Open, &mut detector)?;
            both.gated.watch(video, Gate::Motion, &mut detector)?;
        }
    }
    let mixed = |of: fn(&Both) -> Spent| {
        let share = args.busy_share;
        share * of(&busy).ms_per_second() + (1.0 - share) * of(&quiet).ms_per_second()
    };
    let (open, gated) = (mixed(|it| it.open), mixed(|it| it.gated));
    super::print(
        "gate",
        &wire::Gate {
            model: &args.model,
            busy_share: round(args.busy_share),
            every_picture_cpu_ms_per_second: round(open),
            gated_cpu_ms_per_second: round(gated),
            times_less: round(open / gated),
            busy_every_picture_cpu_ms_per_second: round(busy.open.ms_per_second()),
            busy_gated_cpu_ms_per_second: round(busy.gated.ms_per_second()),
            quiet_every_picture_cpu_ms_per_second: round(quiet.open.ms_per_second()),
            quiet_gated_cpu_ms_per_second: round(quiet.gated.ms_per_second()),
            busy_looks_per_picture: round(busy.gated.looks_per_picture()),
            quiet_looks_per_picture: round(quiet.gated.looks_per_picture()),
        },
    )
}

impl Spent {
    /// Every frame is decoded; those between the judged ones cost nothing more.
    fn watch(
        &mut self,
        video: &Path,
        gate: Gate,
        detector: &mut OnnxDetector,
    ) -> anyhow::Result<()> {
        let mut lookout = Lookout::new(gate, detector.input(), TrackerSettings::default());
        let started = cpu(ClockId::ProcessCPUTime);
        let (mut first, mut due, mut last) = (None, Duration::ZERO, Duration::ZERO);
        for frame in VideoFile::open(video)? {
            let frame = frame?;
            let first = *first.get_or_insert(frame.pts().0);
            last = Duration::from_nanos(frame.pts().0.saturating_sub(first));
            if last < due {
                continue;
            }
            due += EVERY;
            let (picture, now) = (frame.picture(), Timestamp::UNIX_EPOCH + last);
            let looks = lookout.plan(&picture, now);
            let seen = models::look(detector, &picture, &looks)?;
            lookout.absorb(&picture, &seen, now);
            self.n_judged += 1;
            self.n_looks += u32::try_from(looks.len())?;
        }
        anyhow::ensure!(!last.is_zero(), "{}: one picture is no video", video.display());
        self.cpu += since(ClockId::ProcessCPUTime, started);
        self.seconds += last.as_secs_f64();
        Ok(())
    }

    fn ms_per_second(&self) -> f64 {
        self.cpu.as_secs_f64() * 1000.0 / self.seconds
    }

    fn looks_per_picture(&self) -> f64 {
        f64::from(self.n_looks) / f64::from(self.n_judged)
    }
}
