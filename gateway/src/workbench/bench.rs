//! `vong bench ...`: figures of this machine, one JSON object a line on stdout.

pub mod cameras;
pub mod detect;
#[cfg(feature = "sim")]
pub mod fanout;
pub mod gate;
pub mod plan;
pub mod track;
mod wire;

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use serde::Serialize;

use crate::machine;

/// Measure what this machine can do. Every benchmark prints one JSON object with its name, its
/// figures and the machine; run it alone, since others on the machine take from it.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Debug, clap::Subcommand)]
enum Bench {
    Cameras(cameras::Args),
    Detect(detect::Args),
    #[cfg(feature = "sim")]
    Fanout(fanout::Args),
    Gate(gate::Args),
    Plan(plan::Args),
    Track(track::Args),
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.bench {
        Bench::Cameras(args) => cameras::run(args),
        Bench::Detect(args) => detect::run(args),
        #[cfg(feature = "sim")]
        Bench::Fanout(args) => fanout::run(args),
        Bench::Gate(args) => gate::run(args),
        Bench::Plan(args) => plan::run(args),
        Bench::Track(args) => track::run(args),
    }
}

/// Prints the figures of one benchmark, with its name in front and the machine behind.
pub(crate) fn print(name: &str, figures: &impl Serialize) -> anyhow::Result<ExitCode> {
    let report = wire::Report { name, figures, machine: machine() };
    let mut stdout = io::stdout().lock();
    serde_json::to_writer(&mut stdout, &report).map_err(io::Error::from)?;
    writeln!(stdout)?;
    Ok(ExitCode::SUCCESS)
}

/// The largest resident memory of this process so far, in MiB.
pub(crate) fn peak_rss_mib() -> anyhow::Result<f64> {
    status_mib("VmHWM")
}

/// The resident memory of this process, in MiB.
pub(crate) fn rss_mib() -> anyhow::Result<f64> {
    status_mib("VmRSS")
}

fn status_mib(name: &'static str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status").context("/proc/self/status")?;
    let kib =
        machine::field(&status, name).and_then(|it| it.strip_suffix(" kB")?.parse::<u32>().ok());
    Ok(f64::from(kib.with_context(|| format!("/proc/self/status has no {name}"))?) / 1024.0)
}

fn machine() -> wire::Machine {
    wire::Machine {
        cpu: machine::name(),
        arch: std::env::consts::ARCH,
        n_cpus: std::thread::available_parallelism().map_or(0, usize::from),
        build: if cfg!(debug_assertions) { "debug" } else { "release" },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_takes_memory() {
        assert!(peak_rss_mib().unwrap() > 1.0);
    }
}
