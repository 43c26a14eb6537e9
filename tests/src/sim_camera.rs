//! Simulated cameras in processes of their own, and what is needed to look at them.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail};
use base::Score;
use gateway::engine::{self, Choice};
use models::{Detect, Engine, Entry, Manifest};

/// `vong sim camera`, until the value is dropped.
pub struct SimCamera {
    child: Child,
    pub urls: Vec<String>,
}

impl SimCamera {
    /// `arguments` are those after `vong sim camera`. Returns when it listens.
    pub fn start(vong: &str, arguments: &[&str]) -> anyhow::Result<Self> {
        Self::start_as(Command::new(vong), arguments)
    }

    /// `vong` is a command that runs it, perhaps somewhere else.
    pub fn start_as(mut vong: Command, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut child = vong
            .args(["sim", "camera"])
            .args(arguments)
            .env("VONG_TEST_PASSWORD", "mot hai")
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().context("stdout is piped")?;
        let n_streams = arguments.iter().filter(|it| ["--video", "--camera"].contains(it)).count();
        let lines = BufReader::new(stdout).lines().take(n_streams);
        let urls = lines.collect::<Result<Vec<String>, _>>()?;
        let sim = Self { child, urls };
        if sim.urls.len() != n_streams {
            bail!("vong sim camera {arguments:?} does not listen");
        }
        Ok(sim)
    }

    pub fn address(&self) -> &str {
        let rest = self.urls[0].trim_start_matches("rtsp://");
        rest.split('/').next().unwrap_or_default()
    }
}

impl Drop for SimCamera {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn cache() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache");
    std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from).join("vong")
}

/// A file of `scripts/fetch-media.sh`.
pub fn media(name: &str) -> PathBuf {
    let dir =
        std::env::var_os("VONG_MEDIA_DIR").map_or_else(|| cache().join("media"), PathBuf::from);
    let path = dir.join(name);
    assert!(path.exists(), "{} is missing: run scripts/fetch-media.sh", path.display());
    path
}

/// The first model of the manifest that this machine has, found as `vong run` finds it.
pub fn detector(min_score: Score) -> anyhow::Result<Box<dyn Detect>> {
    let manifest = Manifest::built_in()?;
    let (entry, engine) = here(&manifest)?;
    Ok(Box::new(models::open_detector(entry, &engine, min_score)?))
}

/// Its name, for a configuration file.
pub fn model_id() -> anyhow::Result<String> {
    let manifest = Manifest::built_in()?;
    Ok(here(&manifest)?.0.name.clone())
}

/// That model, and where its file and the library are.
pub fn here(manifest: &Manifest) -> anyhow::Result<(&Entry, Engine)> {
    for entry in manifest.entries() {
        let engine = engine::find(manifest, entry, Choice::default(), 1)?;
        if engine.model_dir.join(&entry.file).exists() {
            return Ok((entry, engine));
        }
    }
    bail!("no model is here: run scripts/fetch-model.sh and scripts/fetch-onnxruntime.sh")
}
