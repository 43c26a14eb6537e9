//! What lies beside a Piper voice, in `.onnx.json`: the keys that are needed of it.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct Config {
    pub audio: Audio,
    pub espeak: Espeak,
    pub inference: Inference,
    pub phoneme_id_map: BTreeMap<String, Vec<i64>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Audio {
    /// In Hz.
    pub sample_rate: u32,
}

#[derive(Debug, Deserialize)]
pub(super) struct Espeak {
    /// espeak-ng's name of the voice whose phonemes the model was trained on.
    pub voice: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Inference {
    pub noise_scale: f32,
    pub length_scale: f32,
    pub noise_w: f32,
}
