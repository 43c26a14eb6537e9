//! `vong bench ...`: figures of this machine, one JSON object a line on stdout.

pub mod cameras;
pub mod detect;
pub mod track;
mod wire;

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use serde::Serialize;

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
    Track(track::Args),
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.bench {
        Bench::Cameras(args) => cameras::run(args),
        Bench::Detect(args) => detect::run(args),
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
    let kib = field(&status, name).and_then(|it| it.strip_suffix(" kB")?.parse::<u32>().ok());
    Ok(f64::from(kib.with_context(|| format!("/proc/self/status has no {name}"))?) / 1024.0)
}

fn machine() -> wire::Machine {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let board = std::fs::read_to_string("/proc/device-tree/model").unwrap_or_default();
    let board = Some(board.trim_end_matches('\0').to_owned()).filter(|it| !it.is_empty());
    wire::Machine {
        cpu: board.or_else(|| field(&cpuinfo, "model name").map(str::to_owned)),
        arch: std::env::consts::ARCH,
        n_cpus: std::thread::available_parallelism().map_or(0, usize::from),
        build: if cfg!(debug_assertions) { "debug" } else { "release" },
    }
}

/// The value of the first `name : value` line.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let lines = text.lines().filter_map(|it| it.split_once(':'));
    lines.filter(|(key, _)| key.trim() == name).map(|(_, value)| value.trim()).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_named_once() {
        let cpuinfo =
            "processor\t: 0\nmodel name\t: Cortex-A76: r4\nprocessor\t: 1\nmodel name\t: B\n";
        assert_eq!(field(cpuinfo, "model name"), Some("Cortex-A76: r4"));
        assert_eq!(field(cpuinfo, "flags"), None);
    }

    #[test]
    fn a_test_takes_memory() {
        assert!(peak_rss_mib().unwrap() > 1.0);
    }
}
