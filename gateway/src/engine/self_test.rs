//! Tries the detector in a child process before the box relies on it.
//!
//! A library that does not suit the processor ends the process that loads it, in the middle of an
//! instruction. In a child that costs nothing, and can be told in words.

mod verdict;
mod wire;

use std::io::{self, Write as _};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use base::{Picture, Plane, Score, Size};
use models::{Detect as _, Device, Engine, Manifest, Provider};
use rustix::process::{Signal, set_parent_process_death_signal};
use tokio::process::Command;
use tokio::time::{Instant, timeout};
use tracing::info;

use super::{Choice, EngineArgs};
use crate::{config, machine};
use verdict::{Ended, judge};
use wire::Answer;

/// Loading takes half a second on a server, and some on a board; a network, or a driver that compiles
/// the model for its device, longer. Beyond this it hangs.
const LIMIT: Duration = Duration::from_secs(30);
/// The first runs allocate the runtime's arenas.
const WARM_UP: usize = 2;
/// As many as fit into `MEASURED_FOR`, and no more than this.
const MOST_RUNS: usize = 10;
const MEASURED_FOR: Duration = Duration::from_secs(1);
/// What cameras' sub-streams send.
const PICTURE: Size = Size { width: 640, height: 360 };

/// Try the detector on a grey picture and print one line: what it ran on, and how long a picture took.
///
/// `vong run` runs this as its child before it opens its own sessions. For example:
///
///   vong self-test-detector --model yolox-nano --provider xnnpack --library libonnxruntime.so
///
/// Prints {"device":…,"provider":…,"ms":…}, or {"error":…} and ends with 1.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// A model of the manifest.
    #[arg(long, value_name = "ID", default_value = "yolox-nano")]
    model: String,
    #[command(flatten)]
    engine: EngineArgs,
}

/// A detector that works.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitness {
    /// The part of the machine that does the work, for people.
    pub device: String,
    pub provider: String,
    /// Of a whole detection, the median of some, in tenths.
    pub ms: f64,
}

/// The child's half.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    // A daemon that is killed while it waits leaves no child behind.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let tried = fitness(args);
    let code = if tried.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    let answer = tried.map_or_else(|err| Answer::failed(&err), Answer::from);
    let mut stdout = io::stdout().lock();
    serde_json::to_writer(&mut stdout, &answer).map_err(io::Error::from)?;
    writeln!(stdout)?;
    Ok(code)
}

fn fitness(args: &Args) -> anyhow::Result<Fitness> {
    let (_, mut detector) = args.engine.open(&args.model, Score::try_from(0.5)?)?;
    let grey = vec![128; usize::try_from(PICTURE.width * PICTURE.height)?];
    let plane = |stride: u32| -> anyhow::Result<Plane<'_>> {
        Ok(Plane { data: &grey, stride: usize::try_from(stride)? })
    };
    let (luma, colour) = (plane(PICTURE.width)?, plane(PICTURE.width / 2)?);
    let picture = Picture::I420 { size: PICTURE, y: luma, u: colour, v: colour };
    for _ in 0..WARM_UP {
        detector.detect(&picture)?;
    }
    let began = Instant::now();
    let mut runs = Vec::new();
    while runs.len() < MOST_RUNS && (runs.is_empty() || began.elapsed() < MEASURED_FOR) {
        let before = Instant::now();
        detector.detect(&picture)?;
        runs.push(before.elapsed());
    }
    let provider = args.engine.provider;
    Ok(Fitness { device: device(provider), provider: provider.to_string(), ms: median_ms(runs) })
}

fn median_ms(mut runs: Vec<Duration>) -> f64 {
    runs.sort_unstable();
    let median = runs.get(runs.len() / 2).copied().unwrap_or_default();
    (median.as_secs_f64() * 10_000.0).round() / 10.0
}

fn device(provider: Provider) -> String {
    let part = match provider.device() {
        Device::Processor => "cpu",
        Device::Graphics => "gpu",
        Device::Neural => "npu",
        Device::Chosen => "cpu, gpu or npu",
    };
    machine::name().map_or_else(|| part.to_owned(), |machine| format!("{part} ({machine})"))
}

/// The parent's half. Cancel-safe: the child ends with the wait for it.
///
/// # Errors
/// Why the detector does not work, and what to do about it.
pub async fn passed(detector: &config::Detector) -> anyhow::Result<Fitness> {
    let manifest = Manifest::built_in()?;
    let entry = manifest.entry(&detector.model)?;
    let engine = super::find(&manifest, entry, Choice::from(detector), 1)?;
    let ended = try_in_child(&entry.name, &engine).await.context("the detector's self-test")?;
    let fitness = judge(&ended, &engine.library)?;
    let Fitness { device, provider, ms } = &fitness;
    info!(model = entry.name, device, provider, ms, "the detector works");
    Ok(fitness)
}

/// The child gets what was found, so that it tries what the box will use.
async fn try_in_child(model: &str, engine: &Engine) -> anyhow::Result<Ended> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["self-test-detector", "--model", model]);
    command.args(["--provider", engine.provider.as_str()]);
    command.arg("--library").arg(&engine.library);
    command.args(["--library-sha256", &engine.library_sha256.to_string()]);
    command.arg("--model-dir").arg(&engine.model_dir);
    // What it logs is for the same reader as our own lines.
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let child = command.spawn()?;
    match timeout(LIMIT, child.wait_with_output()).await {
        Ok(output) => {
            let output = output?;
            Ok(Ended::Exited { status: output.status, stdout: output.stdout })
        }
        Err(_) => Ok(Ended::Hung { after: LIMIT }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_said_in_tenths() {
        let runs = [90_000, 15_249, 14_000].map(Duration::from_micros);
        assert!((median_ms(runs.to_vec()) - 15.2).abs() < 1e-9);
    }
}
