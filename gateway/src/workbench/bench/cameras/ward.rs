//! The cameras of the benchmark: a child that serves them, and a box's configuration that watches them.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;

use crate::config;
use crate::engine::EngineArgs;

/// `vong sim camera` in a process of its own, until dropped.
pub(super) struct Streams {
    child: Child,
    pub(super) urls: Vec<String>,
}

impl Streams {
    /// One stream for each of `videos`. Returns when all are there.
    pub(super) fn start<'a>(videos: impl Iterator<Item = &'a PathBuf>) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("the path of this program")?;
        let mut command = Command::new(program);
        command.args(["sim", "camera", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut n_streams = 0;
        for (n, video) in videos.enumerate() {
            command.arg("--camera").arg(format!("/cam-{n}={}", video.display()));
            n_streams += 1;
        }
        let mut child = command.spawn().context("vong sim camera")?;
        let stdout = child.stdout.take().context("its output is piped")?;
        let urls = BufReader::new(stdout).lines().take(n_streams).collect::<Result<Vec<_>, _>>();
        let streams = Self { child, urls: urls? };
        anyhow::ensure!(streams.urls.len() == n_streams, "vong sim camera did not start");
        Ok(streams)
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) struct Settings<'a> {
    pub(super) data_dir: &'a Path,
    pub(super) urls: &'a [String],
    pub(super) model: &'a str,
    pub(super) engine: &'a EngineArgs,
    pub(super) n_threads: u16,
}

/// As a technician would write it, so that the box believes it in its own way.
pub(super) fn config(settings: &Settings<'_>) -> anyhow::Result<config::Ward> {
    let Settings { data_dir, urls, model, engine, n_threads } = settings;
    let mut text = format!(
        "device = \"bench\"\ndata_dir = \".\"\n[identity]\ndir = \"identity\"\n\
         [uplink]\nhost = \"localhost\"\n[local_broker]\nhost = \"localhost\"\n\
         [detector]\nmodel = {model:?}\nthreads = {n_threads}\n"
    );
    writeln!(text, "provider = \"{}\"", engine.provider)?;
    if let Some(hash) = engine.library_sha256 {
        writeln!(text, "library_sha256 = \"{hash}\"")?;
    }
    for (key, path) in [("library", &engine.library), ("model_dir", &engine.model_dir)] {
        if let Some(path) = path {
            let path = std::path::absolute(path)?;
            let path = path.to_str().with_context(|| format!("--{key}: the path is not UTF-8"))?;
            writeln!(text, "{key} = {path:?}")?;
        }
    }
    for (n, url) in urls.iter().enumerate() {
        writeln!(
            text,
            "[[camera]]\nid = \"cam-{n}\"\nurl = \"{url}\"\n[[camera.rule]]\nid = \"half\"\n\
             area = [[0.5, 0.0], [1.0, 0.0], [1.0, 1.0], [0.5, 1.0]]"
        )?;
    }
    let file = data_dir.join("vong.toml");
    std::fs::write(&file, text)?;
    config::Ward::read(&file)
}
