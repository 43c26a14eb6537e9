//! The ONNX Runtime library: loaded once in a process, by explicit path, after its hash was checked.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use base::{Sha256, Sha256Hasher};
use ort::environment::Environment;

use super::weights::check_hash;
use super::{Engine, OpenError, What};

/// Kept for ever: unloading it is not safe.
static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

/// Does `work` with the library that `engine` names, loaded now if it is the first. One at a time.
pub(super) fn with<T>(
    engine: &Engine,
    work: impl FnOnce(&Environment) -> Result<T, OpenError>,
) -> Result<T, OpenError> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let first = match loaded.take() {
        Some(before) => before,
        None => (engine.library.clone(), load(engine)?),
    };
    let (path, environment) = loaded.insert(first);
    if *path != engine.library {
        let (loaded, wanted) = (path.clone(), engine.library.clone());
        return Err(OpenError::OtherLibrary { loaded, wanted });
    }
    work(environment)
}

/// Always by explicit path: without one, a missing library is a panic inside `ort`.
fn load(engine: &Engine) -> Result<Environment, OpenError> {
    let path = &engine.library;
    let script = "scripts/fetch-onnxruntime.sh".to_owned();
    let found = hash(path).map_err(|source| OpenError::Missing {
        what: What::Library,
        path: path.clone(),
        script: script.clone(),
        source,
    })?;
    let own = "or, if it is a build of your own, give its sha256 (detector.library_sha256)";
    let way_out = format!("{script}, {own}");
    check_hash(path, What::Library, way_out, found, engine.library_sha256)?;
    let not_a_library = |source: Box<dyn std::error::Error + Send + Sync>| OpenError::NotALibrary {
        path: path.clone(),
        source,
    };
    ort::init_from(path)
        .map_err(|err| not_a_library(Box::new(err)))?
        .with_telemetry(false)
        .build()
        .map_err(|err| not_a_library(Box::new(err)))
}

/// In pieces: the library is 25 MB, and a box has little memory.
fn hash(path: &Path) -> io::Result<Sha256> {
    let mut file = fs::File::open(path)?;
    let mut hasher = Sha256Hasher::default();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hasher.finish()),
            n_bytes => hasher.update(&piece[..n_bytes]),
        }
    }
}
