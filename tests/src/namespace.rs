//! Network namespaces of a test's own, which go with the value, and whether this machine lets us.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, ensure};

/// With nothing in it but loopback, which is up.
pub struct Namespace {
    pub name: String,
}

impl Namespace {
    pub fn new() -> anyhow::Result<Self> {
        static N_MADE: AtomicU32 = AtomicU32::new(0);
        let nth = N_MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("vong-test-{}-{nth}", std::process::id());
        ip(&["netns", "add", &name])?;
        let namespace = Self { name };
        ip(&["-n", &namespace.name, "link", "set", "lo", "up"])?;
        Ok(namespace)
    }

    /// Runs `program` in it, as the very process that is started. Arguments are the caller's.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program);
        command
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        if let Err(err) = ip(&["netns", "delete", &self.name]) {
            eprintln!("the namespace {} stays behind: {err:#}", self.name);
        }
    }
}

/// Two of them, or nothing where this machine has no way to join them; then it says why, and past the
/// test's captured output, so that nobody takes the test for run.
pub fn pair(test: &str) -> Option<[Namespace; 2]> {
    let made = || {
        let node = Path::new("/dev/net/tun");
        ensure!(node.exists(), "there is no {}", node.display());
        Ok([Namespace::new()?, Namespace::new()?])
    };
    match made() {
        Ok(pair) => Some(pair),
        Err(err) => {
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED {test}: it needs root, iproute2 and /dev/net/tun: {err:#}"
            );
            None
        }
    }
}

fn ip(arguments: &[&str]) -> anyhow::Result<()> {
    let output = Command::new("ip").args(arguments).output().context("running ip")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "ip {}: {}", arguments.join(" "), said.trim());
    Ok(())
}
