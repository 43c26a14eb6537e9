//! `vong sim speakers`: many real loudspeaker clusters in one process, for sizing a box.

mod wire;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use futures_util::future::join_all;
use jiff::SignedDuration;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::dice::Dice;
use super::notation;
use crate::config::{self, Role, Speaker, SpeakerSink};
use crate::speaker::{self, DriftingClock};

/// Files and sockets of one cluster, counted at 11 while it fetches and plays, and some to spare.
const FILES_EACH: u64 = 16;
/// Files of the process itself.
const FILES_BESIDE: u64 = 64;

/// Run many loudspeaker clusters in one process, as `vong speaker` runs one.
///
/// Each has its own identity, data folder and connections to its box, verifies its orders, fetches its
/// content and fits its clock. The clocks are wrong on purpose: each is off by up to --clock-offset, and
/// gains or loses up to --clock-drift-ppm; --seed decides. The first --decode of them decode and resample
/// into WAV files; the others open their verified content, and note when its first sample would have
/// left. For example, a ward of 272 against a box on this machine:
///
///   vong provision dev-fleet --out fleet --speakers 272 --cameras 0
///   vong sim speakers fleet --decode 16
///
/// Prints a line of JSON for each cluster, with what is wrong with its clock and the folder of its notes
/// (one a play: when its first sample was due, and when it left by this machine's clock), then runs until
/// Ctrl-C.
///
/// A cluster takes a thread for its database, 4 MB of ballast on the disk, and its cached content.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// A folder of clusters' folders, as `vong provision dev-fleet` makes it: of each folder in it, a
    /// vong.toml of a loudspeaker is taken.
    fleet: PathBuf,
    /// Run so many of them, the first by name [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    clusters: Option<u16>,
    /// So many decode and resample; each takes its share of a processor while it plays.
    #[arg(long, value_name = "N", default_value_t = 0)]
    decode: u16,
    /// How far a clock is off at most, either way.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = notation::time)]
    clock_offset: Duration,
    /// How fast a clock drifts at most, either way.
    #[arg(long, value_name = "PPM", default_value_t = 50, value_parser = clap::value_parser!(u16).range(0..=500))]
    clock_drift_ppm: u16,
    /// Decides what is wrong with each clock.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// One cluster, and what is wrong with its clock.
struct Stand {
    config: Speaker,
    offset: SignedDuration,
    drift_ppm: f64,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let stands = stands(args)?;
    allow_files(&stands);
    let mut stdout = io::stdout().lock();
    for stand in &stands {
        writeln!(stdout, "{}", stand.to_json())?;
    }
    stdout.flush()?;
    drop(stdout);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run_all(stands))
}

/// Until Ctrl-C, or until one of them fails; then all stop in order.
async fn run_all(stands: Vec<Stand>) -> anyhow::Result<ExitCode> {
    let stop = CancellationToken::new();
    let running = stands.into_iter().map(|stand| {
        let stop = stop.clone();
        async move {
            let _ends_all = stop.clone().drop_guard();
            let device = stand.config.device.clone();
            let clock = DriftingClock::new(stand.offset, stand.drift_ppm * 1e-6);
            let stopped = async { stop.cancelled().await };
            let ended = speaker::run_with(stand.config, Arc::new(clock), stopped).await;
            ended.inspect_err(|err| error!(%device, "the cluster failed: {err:#}"))
        }
    });
    let interrupted = async {
        tokio::select! {
            () = crate::signals::interrupted() => stop.cancel(),
            () = stop.cancelled() => {}
        }
    };
    let (ended, ()) = tokio::join!(join_all(running), interrupted);
    let n_failed = ended.iter().filter(|it| it.is_err()).count();
    ensure!(n_failed == 0, "{n_failed} clusters failed: the log has their reasons");
    Ok(ExitCode::SUCCESS)
}

fn stands(args: &Args) -> anyhow::Result<Vec<Stand>> {
    let mut files = cluster_files(&args.fleet)?;
    let n_there = files.len();
    if let Some(n) = args.clusters {
        ensure!(
            n_there >= usize::from(n),
            "{} has {n_there} clusters, and {n} are asked for",
            args.fleet.display()
        );
        files.truncate(usize::from(n));
    }
    let decode = usize::from(args.decode);
    let stands = files.iter().zip(0_u64..).enumerate();
    stands.map(|(nth, (file, n))| stand(args, file, n, nth < decode)).collect()
}

/// Two dice a cluster, so that a cluster more or less changes no other one's clock.
fn stand(args: &Args, file: &Path, n: u64, decodes: bool) -> anyhow::Result<Stand> {
    let mut config = Speaker::read(file)?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let dir = match config.sound.sink {
        SpeakerSink::Wav { dir } | SpeakerSink::Timestamp { dir } => dir,
        // A card of this machine is not what a simulation is to play on.
        SpeakerSink::Alsa { .. } => folder.join("heard"),
    };
    config.sound.sink =
        if decodes { SpeakerSink::Wav { dir } } else { SpeakerSink::Timestamp { dir } };
    let either_way = |purpose| Dice::new(args.seed, purpose).roll() * 2.0 - 1.0;
    let most_offset = args.clock_offset.as_secs_f64();
    let offset = SignedDuration::from_secs_f64(either_way(2 * n) * most_offset);
    let drift_ppm = either_way(2 * n + 1) * f64::from(args.clock_drift_ppm);
    Ok(Stand { config, offset, drift_ppm })
}

/// In the order of their names.
fn cluster_files(fleet: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(fleet).with_context(|| format!("the fleet {}", fleet.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let file = entry?.path().join("vong.toml");
        if file.is_file() && config::role(&file)? == Role::Speaker {
            files.push(file);
        }
    }
    if files.is_empty() {
        bail!(
            "{} holds no folder with the vong.toml of a loudspeaker: make one with `vong provision dev-fleet`",
            fleet.display()
        );
    }
    files.sort();
    Ok(files)
}

/// A shell's usual 1024 files are enough for sixty clusters.
fn allow_files(stands: &[Stand]) {
    let n_stands = u64::try_from(stands.len()).unwrap_or(u64::MAX);
    let wanted = n_stands.saturating_mul(FILES_EACH).saturating_add(FILES_BESIDE);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|it| it >= wanted) {
        return;
    }
    let raised = Rlimit { current: Some(wanted.min(maximum.unwrap_or(wanted))), maximum };
    if setrlimit(Resource::Nofile, raised).is_err() || raised.current < Some(wanted) {
        warn!(wanted, "too few files may be open for so many clusters: raise `ulimit -n`");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::provision::DevFleet;

    fn args(fleet: PathBuf, decode: u16) -> Args {
        Args {
            fleet,
            clusters: None,
            decode,
            clock_offset: Duration::from_secs(5),
            clock_drift_ppm: 50,
            seed: 7,
        }
    }

    #[test]
    fn a_seed_gives_each_cluster_the_same_wrong_clock_however_many_there_are() {
        let dir = tempfile::tempdir().unwrap();
        let fleet = dir.path().join("fleet");
        DevFleet { speakers: 5, ..DevFleet::small(&fleet, 28_500) }.make().unwrap();
        let all = stands(&args(fleet.clone(), 2)).unwrap();
        let some = stands(&Args { clusters: Some(3), ..args(fleet.clone(), 0) }).unwrap();
        assert_eq!((all.len(), some.len()), (5, 3));
        for (one, other) in all.iter().zip(&some) {
            assert_eq!(one.config.device, other.config.device);
            assert_eq!(one.offset, other.offset);
            assert!((one.drift_ppm - other.drift_ppm).abs() < 1e-12);
        }
        assert!(all.iter().all(|it| it.offset.abs() <= SignedDuration::from_secs(5)));
        assert!(all.iter().all(|it| it.drift_ppm.abs() <= 50.0));
        assert_ne!(all[0].offset, all[1].offset);
        let decodes = |it: &Stand| matches!(it.config.sound.sink, SpeakerSink::Wav { .. });
        assert_eq!(all.iter().map(decodes).collect::<Vec<_>>(), [true, true, false, false, false]);
        assert!(!some.iter().any(decodes));
        let too_many = Args { clusters: Some(6), ..args(fleet, 0) };
        assert!(stands(&too_many).err().unwrap().to_string().contains("has 5 clusters"));
    }
}
