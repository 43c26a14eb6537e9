//! The arguments of every command that detects: which library, which weights, on what.

use std::path::PathBuf;

use anyhow::Context as _;
use base::{Score, Sha256};
use models::{Entry, Manifest, OnnxDetector, Provider};

use super::Choice;

/// Where the library and the weights are, and what they run on.
#[derive(Clone, Debug, clap::Args)]
pub struct EngineArgs {
    /// The ONNX Runtime library [default: `VONG_ONNXRUNTIME`, the cache, the system]
    #[arg(long, value_name = "PATH")]
    pub library: Option<PathBuf>,
    /// What the library must hash to, if it is one of your own.
    #[arg(long, value_name = "HASH")]
    pub library_sha256: Option<Sha256>,
    /// The folder of the weights [default: `VONG_MODEL_DIR`, the cache, the system]
    #[arg(long, value_name = "DIR")]
    pub model_dir: Option<PathBuf>,
    /// A manifest of your own models instead of the built-in one (same format as models/manifest.toml).
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// What the model runs on: cpu, xnnpack, acl, cuda, openvino, qnn or rknpu; all but cpu need a
    /// library that was built with it.
    #[arg(long, value_name = "PROVIDER", default_value_t)]
    pub provider: Provider,
}

impl EngineArgs {
    /// One thread: that of the caller.
    pub fn open(&self, model: &str, least: Score) -> anyhow::Result<(Entry, OnnxDetector)> {
        let built_in = Manifest::built_in()?;
        let manifest = match &self.manifest {
            None => built_in.clone(),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("{} is not readable", path.display()))?;
                Manifest::parse(&text).with_context(|| path.display().to_string())?
            }
        };
        let entry = manifest.entry(model)?.clone();
        // The library is that of this program, whoever wrote the manifest.
        let engine = super::find(&built_in, &entry, self.choice(), 1)?;
        let detector = models::open_detector(&entry, &engine, least)?;
        Ok((entry, detector))
    }

    fn choice(&self) -> Choice {
        Choice {
            library: self.library.clone(),
            library_sha256: self.library_sha256,
            model_dir: self.model_dir.clone(),
            provider: self.provider,
        }
    }
}
