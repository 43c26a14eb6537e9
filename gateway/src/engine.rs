//! Where ONNX Runtime and the weights lie on this machine: one rule for `vong run` and the workbench.

mod args;
#[cfg(feature = "gst")]
pub mod self_test;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use base::Sha256;
use models::{Engine, Entry, Manifest, Provider};

use crate::config;

pub use args::EngineArgs;

/// What the operator chose; `None` leaves it to the rule.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    pub library: Option<PathBuf>,
    /// Of a library of one's own; `None`: the one that this program was tested with.
    pub library_sha256: Option<Sha256>,
    pub model_dir: Option<PathBuf>,
    pub provider: Provider,
}

/// The environment, read once: names and folders that the rule looks at.
#[derive(Clone, Debug, Default)]
struct Surroundings {
    library: Option<PathBuf>,
    model_dir: Option<PathBuf>,
    cache: Option<PathBuf>,
}

/// Where packages put the library.
const LIBRARY_DIRS: [&str; 3] = ["/usr/lib/vong", "/usr/local/lib", "/usr/lib"];
/// Where packages and operators put weights.
const MODEL_DIRS: [&str; 2] = ["/var/lib/vong/models", "/usr/share/vong/models"];

/// The library: as chosen, else `$VONG_ONNXRUNTIME`, else what scripts/fetch-onnxruntime.sh left in
/// the user's cache, else the system's. The weights: as chosen, else the first of `$VONG_MODEL_DIR`,
/// the cache and the system's folders that has the file.
///
/// What is nowhere is looked for in the cache, so that the error names the place to put it.
pub fn find(
    manifest: &Manifest,
    entry: &Entry,
    choice: Choice,
    n_threads: usize,
) -> anyhow::Result<Engine> {
    let model_dir = choice.model_dir.clone();
    let model_dir = model_dir.unwrap_or_else(|| Surroundings::read().model_dir_with(&entry.file));
    Ok(Engine { model_dir, ..find_runtime(manifest, choice, n_threads)? })
}

/// As [`find`], for a model that is named by its own path: the library alone.
pub fn find_runtime(
    manifest: &Manifest,
    choice: Choice,
    n_threads: usize,
) -> anyhow::Result<Engine> {
    let around = Surroundings::read();
    let pinned = || {
        manifest.library_sha256().with_context(|| {
            format!(
                "onnx runtime is not built for {}: cameras need x86_64 or aarch64",
                std::env::consts::ARCH
            )
        })
    };
    let library_sha256 = choice.library_sha256.map_or_else(pinned, Ok)?;
    let file = format!("libonnxruntime.so.{}", manifest.runtime_version());
    let library =
        choice.library.or(around.library.clone()).unwrap_or_else(|| around.library_file(&file));
    let model_dir = choice.model_dir.unwrap_or_default();
    Ok(Engine { library, library_sha256, model_dir, provider: choice.provider, n_threads })
}

impl From<&config::Detector> for Choice {
    fn from(detector: &config::Detector) -> Self {
        Self {
            library: detector.library.clone(),
            library_sha256: detector.library_sha256,
            model_dir: detector.model_dir.clone(),
            provider: detector.provider,
        }
    }
}

impl Surroundings {
    fn read() -> Self {
        let path =
            |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
        let home = || path("HOME").map(|it| it.join(".cache"));
        Self {
            library: path("VONG_ONNXRUNTIME"),
            model_dir: path("VONG_MODEL_DIR"),
            cache: path("XDG_CACHE_HOME").or_else(home).map(|it| it.join("vong")),
        }
    }

    fn library_file(&self, file: &str) -> PathBuf {
        let cached = self.cache.iter().map(|it| it.join("onnxruntime").join(file));
        let installed = LIBRARY_DIRS.iter().map(|it| Path::new(it).join(file));
        first_that_exists(&cached.chain(installed).collect::<Vec<_>>(), Path::to_owned)
    }

    fn model_dir_with(&self, file: &str) -> PathBuf {
        let cached = self.cache.iter().map(|it| it.join("models"));
        let installed = MODEL_DIRS.iter().map(PathBuf::from);
        let all = self.model_dir.iter().cloned().chain(cached).chain(installed);
        first_that_exists(&all.collect::<Vec<_>>(), |it| it.join(file))
    }
}

/// The first whose file exists, else the first.
fn first_that_exists(all: &[PathBuf], file: impl Fn(&Path) -> PathBuf) -> PathBuf {
    let found = all.iter().find(|it| file(it).exists());
    found.or(all.first()).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_lacks_the_file_gives_way_to_one_that_has_it() {
        let (own, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let models = cache.path().join("models");
        std::fs::create_dir(&models).unwrap();
        let around = Surroundings {
            library: None,
            model_dir: Some(own.path().to_owned()),
            cache: Some(cache.path().to_owned()),
        };
        assert_eq!(around.model_dir_with("m.onnx"), own.path(), "nowhere: the first is named");
        std::fs::write(models.join("m.onnx"), "").unwrap();
        assert_eq!(around.model_dir_with("m.onnx"), models);
        std::fs::write(own.path().join("m.onnx"), "").unwrap();
        assert_eq!(around.model_dir_with("m.onnx"), own.path());
    }

    #[test]
    fn a_library_that_is_nowhere_is_missed_in_the_cache() {
        let cache = tempfile::tempdir().unwrap();
        let around = Surroundings { cache: Some(cache.path().to_owned()), ..Default::default() };
        let expected = cache.path().join("onnxruntime/libonnxruntime.so.0.0");
        assert_eq!(around.library_file("libonnxruntime.so.0.0"), expected);
    }
}
