//! A child process, and what the kernel counts of it.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::time::Instant;

use crate::machine;

/// `USER_HZ`, in which proc(5) counts CPU time: 100 on every architecture that we build for.
const TICK: Duration = Duration::from_millis(10);

/// Ends with the value.
pub(super) struct Process {
    child: Child,
    name: &'static str,
}

/// CPU time at an instant, or between two.
#[derive(Clone, Copy)]
pub(super) struct Usage {
    cpu: Duration,
    at: Instant,
    wall: Duration,
}

impl Process {
    /// Its log goes to `<folder>/<name>.log`.
    pub(super) fn start(
        name: &'static str,
        folder: &Path,
        command: &mut Command,
    ) -> anyhow::Result<Self> {
        let log = File::create(folder.join(format!("{name}.log")))?;
        let child = command.stdin(Stdio::null()).stderr(log).spawn();
        let child = child.with_context(|| format!("starting {name}"))?;
        Ok(Self { child, name })
    }

    pub(super) fn stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// A process that has ended spoils the figures.
    pub(super) fn check(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} ended with {status}", self.name),
        }
    }

    pub(super) fn usage(&self) -> anyhow::Result<Usage> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // Behind the name, which may hold spaces: utime and stime are fields 14 and 15 of proc(5).
        let fields = stat.rsplit_once(") ").map(|it| it.1).unwrap_or_default();
        let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<u32>);
        let ticks: u32 = ticks.sum::<Result<_, _>>().context("/proc/*/stat")?;
        Ok(Usage { cpu: TICK * ticks, at: Instant::now(), wall: Duration::ZERO })
    }

    pub(super) fn rss_mb(&self) -> anyhow::Result<f64> {
        self.megabytes("VmRSS")
    }

    pub(super) fn peak_rss_mb(&self) -> anyhow::Result<f64> {
        self.megabytes("VmHWM")
    }

    pub(super) fn n_threads(&self) -> anyhow::Result<u32> {
        self.status("Threads")?.parse().context("Threads")
    }

    fn megabytes(&self, name: &str) -> anyhow::Result<f64> {
        let kib: f64 = self.status(name)?.trim_end_matches(" kB").parse().context("a size")?;
        Ok((kib * 1.024).round() / 1e3)
    }

    fn status(&self, name: &str) -> anyhow::Result<String> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let field = machine::field(&status, name).map(str::to_owned);
        field.with_context(|| format!("/proc/*/status has no {name}"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Usage {
    pub(super) fn since(&self, earlier: &Self) -> Self {
        let cpu = self.cpu.saturating_sub(earlier.cpu);
        Self { cpu, at: self.at, wall: self.at.saturating_duration_since(earlier.at) }
    }

    /// 100 is one processor.
    pub(super) fn percent(&self) -> f64 {
        let share = self.cpu.as_secs_f64() / self.wall.as_secs_f64().max(0.001);
        (share * 1e4).round() / 1e2
    }
}
