//! `vong bench cameras`: how many cameras this machine watches, and what that costs.
//!
//! A box's own cameras, detection threads and evidence run in this process, as `vong run` wires them; a
//! child process serves the streams (`vong sim camera`). What the child spends is not counted.

mod figures;
mod ward;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use base::SystemClock;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::engine::EngineArgs;
use crate::report::health::Health;
use crate::ward::camera::{self, CameraFact, CameraHandle};
use crate::ward::room::RoomCall;
use crate::ward::sight::{self, Sight};
use figures::{Meter, Scene};
use ward::Streams;

/// Cameras that this machine watches at once: pictures judged and dropped, waits, memory, CPU.
///
/// Each camera is judged five times a second, as a box does it: motion, detection where something moves,
/// tracking, one rule, evidence on the disk. The first --busy of them see --video, the others --quiet:
///
///   vong bench cameras --video street.mp4 --quiet empty.mp4 --cameras 19 --busy 6 --seconds 600
///   vong bench cameras --video street.mp4 --cameras 8 --busy 8 --seconds 120
///
/// Progress goes to stderr.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// A video in which people walk, H.264.
    #[arg(long, value_name = "FILE")]
    video: PathBuf,
    /// A video in which nothing moves, H.264 [default: --video for all cameras]
    #[arg(long, value_name = "FILE")]
    quiet: Option<PathBuf>,
    /// Cameras in all.
    #[arg(long, value_name = "N", default_value_t = 19, value_parser = clap::value_parser!(u16).range(1..=200))]
    cameras: u16,
    /// Of these, so many see --video.
    #[arg(long, value_name = "N", default_value_t = 6)]
    busy: u16,
    /// How long to measure, after the cameras have settled.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u32).range(10..=86_400))]
    seconds: u32,
    /// Detection threads.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=16))]
    threads: u16,
    /// A model of the manifest.
    #[arg(long, value_name = "ID", default_value = "yolox-nano")]
    model: String,
    #[command(flatten)]
    engine: EngineArgs,
}

/// Connecting, the first scans, and the scene's settling are over by then.
const SETTLED: Duration = Duration::from_secs(20);
const PROGRESS_EVERY: Duration = Duration::from_secs(30);
/// As a box has it.
const FACTS: usize = 64;

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    media::init()?;
    let quiet = args.quiet.as_ref().unwrap_or(&args.video);
    let busy = args.busy.min(args.cameras);
    let videos = (0..args.cameras).map(|n| if n < busy { &args.video } else { quiet });
    let streams = Streams::start(videos)?;
    let folder = tempfile::tempdir().context("a folder for the evidence")?;
    let settings = ward::Settings {
        data_dir: folder.path(),
        urls: &streams.urls,
        model: &args.model,
        engine: &args.engine,
        n_threads: args.threads,
    };
    let config = ward::config(&settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let scene = Scene { n_cameras: args.cameras, n_busy: busy, seconds: args.seconds };
    let figures = runtime.block_on(watch(&config, &scene, &args.model))?;
    super::print("cameras", &figures)
}

async fn watch<'a>(
    config: &crate::config::Ward,
    scene: &Scene,
    model: &'a str,
) -> anyhow::Result<super::wire::Cameras<'a>> {
    let clock: Arc<dyn base::Clock> = Arc::new(SystemClock);
    let (facts_tx, mut facts) = mpsc::channel(FACTS);
    let health = Health::default();
    let Sight { threads, cameras, evidence, .. } =
        sight::open(config, &clock, &facts_tx, &health, &RoomCall::default()).await?;
    drop(facts_tx);
    let stop = CancellationToken::new();
    let mut tasks = base::Tasks::default();
    let mut handles = Vec::new();
    for (parts, handle) in cameras {
        tasks.spawn(&format!("camera/{}", handle.id), camera::run(parts, stop.clone()));
        handles.push(handle);
    }
    tasks.spawn("detector", threads.ended());
    tasks.spawn("evidence", evidence);
    eprintln(&format!("{} cameras settle for {} s", scene.n_cameras, SETTLED.as_secs()));
    let mut meter = Meter::new(&handles);
    collect(&mut facts, &mut meter, &handles, Instant::now() + SETTLED).await;
    meter.begin(&handles)?;
    let end = Instant::now() + Duration::from_secs(scene.seconds.into());
    collect(&mut facts, &mut meter, &handles, end).await;
    let figures = meter.figures(&handles, scene, config.detector.n_threads, model)?;
    stop.cancel();
    drop(facts);
    tasks.join(Duration::from_secs(10)).await;
    Ok(figures)
}

/// Takes what the cameras tell until `end`, as the box's writer would.
async fn collect(
    facts: &mut mpsc::Receiver<CameraFact>,
    meter: &mut Meter,
    handles: &[CameraHandle],
    end: Instant,
) {
    let mut progress = tokio::time::interval(PROGRESS_EVERY);
    progress.reset();
    loop {
        tokio::select! {
            () = tokio::time::sleep_until(end) => return,
            fact = facts.recv() => match fact {
                Some(fact) => meter.note(&fact),
                None => return,
            },
            _ = progress.tick() => {
                let left = end.saturating_duration_since(Instant::now()).as_secs();
                eprintln(&format!("{left} s to go; {}", meter.so_far(handles)));
            }
        }
    }
}

/// Progress is for whoever waits, not for the log.
fn eprintln(text: &str) {
    use std::io::Write as _;
    // Nobody reads it: no reason to stop.
    let _ = writeln!(std::io::stderr(), "bench cameras: {text}");
}
