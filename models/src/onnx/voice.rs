//! A speaking model (VITS, as Piper exports it): numbers of phonemes in, sound out. Nothing here
//! knows what a phoneme is; it is in this crate because one room loads ONNX Runtime for the process.

use std::path::Path;

use base::Sha256;
use ort::session::Session;
use ort::value::TensorRef;

use super::weights::check_hash;
use super::{Engine, OpenError, What, session};

/// What a voice gives at most for one sentence: two minutes at 48 kHz.
const MOST_SAMPLES: usize = 120 * 48_000;

/// How a voice speaks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delivery {
    /// How much its tone varies; 0.667 is what voices are trained for.
    pub noise: f32,
    /// How long its sounds are; over 1 is slower.
    pub length: f32,
    /// How much their lengths vary; 0.8 is what voices are trained for.
    pub noise_of_length: f32,
}

/// One voice in one session, for one thread.
pub struct OnnxVoice {
    session: Session,
    has_speakers: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum VoiceError {
    #[error("the voice model failed")]
    Run(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the voice model gave {n_samples} samples for one sentence, {MOST_SAMPLES} are taken")]
    TooLong { n_samples: usize },
}

/// Loads the library (once a process) and the voice. `sha256`: what the file must hash to, if that
/// is known.
pub fn open_voice(
    path: &Path,
    sha256: Option<Sha256>,
    engine: &Engine,
) -> Result<OnnxVoice, OpenError> {
    let script = "scripts/fetch-voice.sh, or name another file".to_owned();
    let bytes = std::fs::read(path).map_err(|source| OpenError::Missing {
        what: What::Model,
        path: path.to_owned(),
        script: script.clone(),
        source,
    })?;
    if let Some(expected) = sha256 {
        check_hash(path, What::Model, script, Sha256::of(&bytes), expected)?;
    }
    let session = session::open_bytes(&path.display().to_string(), engine, &bytes)?;
    let wanted = ["input", "input_lengths", "scales"];
    let has = |name: &str| session.inputs().iter().any(|it| it.name() == name);
    if let Some(missing) = wanted.into_iter().find(|it| !has(it)) {
        let problem = format!("it has no input {missing:?}, so it is no Piper voice");
        return Err(OpenError::Head { model: path.display().to_string(), problem });
    }
    let has_speakers = has("sid");
    Ok(OnnxVoice { session, has_speakers })
}

impl OnnxVoice {
    /// Samples in about `-1.0..=1.0`, at the rate that the voice was trained at. A model with several
    /// speakers speaks as its first.
    pub fn speak(&mut self, phonemes: &[i64], delivery: Delivery) -> Result<Vec<f32>, VoiceError> {
        let n = phonemes.len();
        let lengths = [i64::try_from(n).unwrap_or(i64::MAX)];
        let Delivery { noise, length, noise_of_length } = delivery;
        let scales = [noise, length, noise_of_length];
        let mut inputs = ort::inputs![
            "input" => TensorRef::from_array_view(([1, n], phonemes)).map_err(failed)?,
            "input_lengths" => TensorRef::from_array_view(([1], &lengths[..])).map_err(failed)?,
            "scales" => TensorRef::from_array_view(([3], &scales[..])).map_err(failed)?,
        ];
        let first_speaker = [0_i64];
        if self.has_speakers {
            let speaker = TensorRef::from_array_view(([1], &first_speaker[..])).map_err(failed)?;
            inputs.push(("sid".into(), speaker.into()));
        }
        let outputs = self.session.run(inputs).map_err(failed)?;
        let (_, samples) = outputs[0].try_extract_tensor::<f32>().map_err(failed)?;
        match samples.len() {
            n_samples if n_samples > MOST_SAMPLES => Err(VoiceError::TooLong { n_samples }),
            _ => Ok(samples.to_vec()),
        }
    }
}

fn failed(error: ort::Error) -> VoiceError {
    VoiceError::Run(Box::new(error))
}
