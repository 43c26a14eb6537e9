//! The one file that loads and runs ONNX Runtime.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use base::{Picture, Score, Sha256, Sha256Error, Sha256Hasher, Size};
use ort::environment::Environment;
use ort::session::Session;
use ort::value::TensorRef;

use crate::detection::{Detect, DetectError, Detection};
use crate::head::{Candidate, Head, suppress};
use crate::letterbox::Letterbox;
use crate::manifest::{Entry, FileCheck};

/// Where the library and the weights are, and how they may be used.
#[derive(Clone, Debug)]
pub struct Engine {
    /// `libonnxruntime.so.<version>`.
    pub library: PathBuf,
    /// What the library must hash to.
    pub library_sha256: Sha256,
    /// The folder of the model files.
    pub model_dir: PathBuf,
    /// Threads of one session. One is cheapest a frame: several sessions use several cores better.
    pub n_threads: usize,
}

/// One model in one session: for one thread, and one picture at a time.
pub struct OnnxDetector {
    session: Session,
    labels: Vec<String>,
    outputs: Vec<Output>,
    letterbox: Letterbox,
    input_name: String,
    input_shape: [i64; 4],
    head: Head,
    nms_iou: f32,
    min_score: Score,
    candidates: Vec<Candidate>,
}

struct Output {
    name: String,
    n_values: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{what} {} is not readable: fetch it with {script}", path.display())]
    Missing { what: What, path: PathBuf, script: String, source: io::Error },
    #[error(
        "{what} {} is truncated or another version: its sha256 is {found}, {expected} is needed; remove it and fetch it with {script}",
        path.display()
    )]
    WrongHash { what: What, path: PathBuf, script: String, found: Sha256, expected: Sha256 },
    #[error("the hash beside {} is not readable: convert the model again with {script}", path.display())]
    HashBeside { path: PathBuf, script: String, source: Sha256Error },
    #[error("{} is not an onnx runtime library", path.display())]
    NotALibrary { path: PathBuf, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("onnx runtime {} is in use, {} cannot be loaded beside it", loaded.display(), wanted.display())]
    OtherLibrary { loaded: PathBuf, wanted: PathBuf },
    #[error("onnx runtime does not take the model {model}")]
    Model { model: String, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("the model {model} does not fit its head: {problem}")]
    Head { model: String, problem: String },
}

/// The two things that are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Library,
    Model,
}

/// The library can be loaded once in a process. Kept for ever: unloading it is not safe.
static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

/// Checks the hashes, loads the library (once a process) and the model, and checks the model's
/// outputs against its head. Boxes below `min_score` are never reported.
pub fn open_detector(
    entry: &Entry,
    engine: &Engine,
    min_score: Score,
) -> Result<OnnxDetector, OpenError> {
    let bytes = read_model(entry, &engine.model_dir)?;
    let session = open_session(entry, engine, &bytes)?;
    let head = Head::new(entry);
    let outputs = match_outputs(entry, &head, &session)?;
    let input = &entry.input;
    Ok(OnnxDetector {
        session,
        labels: entry.labels.names().to_vec(),
        outputs,
        letterbox: Letterbox::new(input),
        input_name: input.name.clone(),
        input_shape: [1, 3, input.height.into(), input.width.into()],
        head,
        nms_iou: entry.head.nms_iou,
        min_score,
        candidates: Vec::new(),
    })
}

impl OnnxDetector {
    /// The model alone, on the input of the last picture: what nothing around it can be faster than.
    pub fn run_bare(&mut self) -> Result<(), DetectError> {
        let shape = self.input_shape;
        let tensor =
            TensorRef::from_array_view((shape, self.letterbox.tensor())).map_err(run_error)?;
        self.session.run(ort::inputs![self.input_name.as_str() => tensor]).map_err(run_error)?;
        Ok(())
    }
}

impl Detect for OnnxDetector {
    fn detect(&mut self, picture: &Picture<'_>) -> Result<Vec<Detection>, DetectError> {
        let scale = self.letterbox.fill(picture)?;
        let tensor = TensorRef::from_array_view((self.input_shape, self.letterbox.tensor()))
            .map_err(run_error)?;
        let results = self
            .session
            .run(ort::inputs![self.input_name.as_str() => tensor])
            .map_err(run_error)?;
        let mut values: [&[f32]; MAX_OUTPUTS] = [&[]; MAX_OUTPUTS];
        for (values, output) in values.iter_mut().zip(&self.outputs) {
            let wrong = || DetectError::Output { name: output.name.clone() };
            let value = results.get(&output.name).ok_or_else(wrong)?;
            let (_, floats) = value.try_extract_tensor::<f32>().map_err(|_| wrong())?;
            if floats.len() != output.n_values {
                return Err(wrong());
            }
            *values = floats;
        }
        self.candidates.clear();
        let least = self.min_score.get();
        self.head.decode(&values[..self.outputs.len()], least, scale, &mut self.candidates);
        suppress(&mut self.candidates, self.nms_iou);
        Ok(self.candidates.iter().filter_map(detection).collect())
    }

    fn labels(&self) -> &[String] {
        &self.labels
    }

    fn input(&self) -> Size {
        let [.., height, width] = self.input_shape;
        let side = |length: i64| u32::try_from(length).unwrap_or(0);
        Size { width: side(width), height: side(height) }
    }
}

/// PicoDet has eight outputs; no head has more.
const MAX_OUTPUTS: usize = 8;

/// A model may overshoot 1 by rounding; one that says "not a number" says nothing.
fn detection(candidate: &Candidate) -> Option<Detection> {
    let score = Score::try_from(candidate.score.clamp(0.0, 1.0)).ok()?;
    Some(Detection { class: candidate.class, score, area: candidate.area })
}

fn run_error(source: ort::Error) -> DetectError {
    DetectError::Run(Box::new(source))
}

fn read_model(entry: &Entry, folder: &Path) -> Result<Vec<u8>, OpenError> {
    let path = folder.join(&entry.file);
    let script = format!("scripts/fetch-model.sh {}", entry.name);
    let bytes = read(&path, What::Model, &script)?;
    let expected = match entry.check {
        FileCheck::Sha256(hash) => hash,
        FileCheck::Beside => {
            let beside = folder.join(format!("{}.sha256", entry.file));
            let text = read(&beside, What::Model, &script)?;
            String::from_utf8_lossy(&text).trim().parse().map_err(|source| {
                OpenError::HashBeside { path: path.clone(), script: script.clone(), source }
            })?
        }
    };
    check_hash(&path, What::Model, script, Sha256::of(&bytes), expected)?;
    Ok(bytes)
}

fn read(path: &Path, what: What, script: &str) -> Result<Vec<u8>, OpenError> {
    fs::read(path).map_err(|source| OpenError::Missing {
        what,
        path: path.to_owned(),
        script: script.to_owned(),
        source,
    })
}

fn check_hash(
    path: &Path,
    what: What,
    script: String,
    found: Sha256,
    expected: Sha256,
) -> Result<(), OpenError> {
    if found == expected {
        return Ok(());
    }
    Err(OpenError::WrongHash { what, path: path.to_owned(), script, found, expected })
}

/// The bytes go to the runtime as they were hashed: a file swapped meanwhile changes nothing.
fn open_session(entry: &Entry, engine: &Engine, bytes: &[u8]) -> Result<Session, OpenError> {
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
    build_session(environment, engine.n_threads, bytes)
        .map_err(|source| OpenError::Model { model: entry.name.clone(), source: Box::new(source) })
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
    check_hash(path, What::Library, script, found, engine.library_sha256)?;
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

fn build_session(
    environment: &Environment,
    n_threads: usize,
    bytes: &[u8],
) -> ort::Result<Session> {
    // Spinning threads doubled the CPU of a frame under load; see docs/performance.md.
    let mut builder = Session::builder(environment)?
        .with_intra_threads(n_threads)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        // A plan of all tensors in one block costs 4 MB more, and no time is gained by it.
        .with_memory_pattern(false)?
        .with_log_level(ort::logging::LogLevel::Error)?;
    builder.commit_from_memory(bytes)
}

/// Refuses a model whose outputs are not those of the manifest, before a picture is lost on it.
fn match_outputs(entry: &Entry, head: &Head, session: &Session) -> Result<Vec<Output>, OpenError> {
    let refused = |problem: String| OpenError::Head { model: entry.name.clone(), problem };
    let names = &entry.head.outputs;
    names
        .iter()
        .zip(head.shapes())
        .map(|(name, shape)| {
            let outlet = session
                .outputs()
                .iter()
                .find(|it| it.name() == name)
                .ok_or_else(|| refused(format!("there is no output {name:?}")))?;
            let found = outlet.dtype().tensor_shape();
            // A dimension of -1 is not known before the first run, which checks it again.
            let fits = found.is_some_and(|found| {
                found.len() == shape.len()
                    && found.iter().zip(&shape).all(|(&found, &wanted)| {
                        found < 0 || usize::try_from(found).is_ok_and(|it| it == wanted)
                    })
            });
            if !fits {
                return Err(refused(format!("output {name:?} is {found:?}, {shape:?} is needed")));
            }
            Ok(Output { name: name.clone(), n_values: shape.iter().product() })
        })
        .collect()
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Library => "the onnx runtime library",
            Self::Model => "the model",
        })
    }
}
