//! The one room that loads and runs ONNX Runtime.

mod library;
mod provider;
mod session;
mod voice;
mod weights;

use std::io;
use std::path::PathBuf;

use base::{Picture, Score, Sha256, Sha256Error, Size};
use ort::session::Session;
use ort::value::TensorRef;

use crate::detection::{Detect, DetectError, Detection};
use crate::head::{Candidate, Head, suppress};
use crate::letterbox::Letterbox;
use crate::manifest::Entry;
use crate::provider::Provider;

pub use voice::{Delivery, OnnxVoice, VoiceError, open_voice};

/// Where the library and the weights are, and how they may be used.
#[derive(Clone, Debug)]
pub struct Engine {
    /// `libonnxruntime.so.<version>`.
    pub library: PathBuf,
    /// What the library must hash to.
    pub library_sha256: Sha256,
    /// The folder of the model files.
    pub model_dir: PathBuf,
    /// What the model runs on. The library must have it.
    pub provider: Provider,
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
    shape: Vec<i64>,
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{what} {} is not readable: fetch it with {script}, or name where it is (`--help` says how)", path.display())]
    Missing { what: What, path: PathBuf, script: String, source: io::Error },
    #[error(
        "{what} {} is truncated or another version: its sha256 is {found}, {expected} is needed; remove it and fetch it with {script}",
        path.display()
    )]
    WrongHash { what: What, path: PathBuf, script: String, found: Sha256, expected: Sha256 },
    #[error("the hash beside {} is not readable: make the model again with {script}", path.display())]
    HashBeside { path: PathBuf, script: String, source: Sha256Error },
    #[error("{} is not an onnx runtime library", path.display())]
    NotALibrary { path: PathBuf, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("onnx runtime {} is in use, {} cannot be loaded beside it", loaded.display(), wanted.display())]
    OtherLibrary { loaded: PathBuf, wanted: PathBuf },
    #[error(
        "onnx runtime {} was built without the execution provider {wanted}; it has {has}: choose one of these, or name a library that was built with {wanted}, and its sha256",
        path.display()
    )]
    NoProvider { path: PathBuf, wanted: Provider, has: String },
    #[error(
        "the execution provider {wanted} of onnx runtime {} does not work on this machine: its driver or its device is missing",
        path.display()
    )]
    Provider { path: PathBuf, wanted: Provider, source: Box<dyn std::error::Error + Send + Sync> },
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

/// Checks the hashes, loads the library (once a process) and the model, and checks the model's input
/// and outputs against its manifest. Boxes below `min_score` are never reported.
pub fn open_detector(
    entry: &Entry,
    engine: &Engine,
    min_score: Score,
) -> Result<OnnxDetector, OpenError> {
    let bytes = weights::read(entry, &engine.model_dir)?;
    let session = session::open(entry, engine, &bytes)?;
    let head = Head::new(entry);
    let outputs = session::match_outputs(entry, &head, &session)?;
    let input = &entry.input;
    Ok(OnnxDetector {
        session,
        labels: entry.labels.names().to_vec(),
        outputs,
        letterbox: Letterbox::new(input),
        input_name: input.name.clone(),
        input_shape: session::input_shape(input),
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
            let value = results.get(&output.name).ok_or_else(|| output.refused("missing"))?;
            let (shape, floats) =
                value.try_extract_tensor::<f32>().map_err(|_| output.refused("not of f32"))?;
            // What the session did not know of its shape when it was opened is known now.
            if shape[..] != output.shape[..] {
                return Err(output.refused(&format!("{:?}", &shape[..])));
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

impl Output {
    fn refused(&self, found: &str) -> DetectError {
        let Self { name, shape } = self;
        let (name, found) = (name.clone(), found.to_owned());
        DetectError::Output { name, found, wanted: format!("{shape:?}") }
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

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Library => "the onnx runtime library",
            Self::Model => "the model",
        })
    }
}
