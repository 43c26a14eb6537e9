//! Bad links in processes of their own.

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::Value;

/// `vong sim link` with one link, until the value is dropped.
pub struct SimLink {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    name: String,
}

impl SimLink {
    /// `arguments` are those after `vong sim link`. Returns when it is open.
    pub fn start(vong: &str, arguments: &str) -> anyhow::Result<Self> {
        let mut child = Command::new(vong)
            .args(["sim", "link"])
            .args(arguments.split_whitespace())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().context("stdout is piped")?;
        let mut link = Self { child, lines: BufReader::new(stdout).lines(), name: String::new() };
        link.name = link.line()?["open"].as_str().context("no name")?.to_owned();
        Ok(link)
    }

    /// Where a proxy listens.
    pub fn address(&self) -> &str {
        let route = self.name.split(' ').nth(1).unwrap_or_default();
        route.split('=').next().unwrap_or_default()
    }

    /// Asks it to stop. Returns what it has counted.
    pub fn end(mut self) -> anyhow::Result<Value> {
        let id = self.child.id().to_string();
        ensure!(Command::new("kill").args(["-TERM", &id]).status()?.success(), "no such process");
        let counters = self.line()?;
        ensure!(self.child.wait()?.success(), "it did not end well");
        Ok(counters)
    }

    fn line(&mut self) -> anyhow::Result<Value> {
        let line = self.lines.next().context("vong sim link has ended")??;
        serde_json::from_str(&line).context(line)
    }
}

impl Drop for SimLink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
