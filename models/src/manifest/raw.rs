//! models/manifest.toml as it is written. No logic: `Manifest` believes it, or says why not.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) runtime: Option<Runtime>,
    #[serde(default, rename = "model")]
    pub(super) models: Vec<Model>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Runtime {
    pub(super) version: String,
    #[serde(flatten)]
    pub(super) builds: BTreeMap<String, Build>,
}

/// `wheel_*` are for scripts/fetch-onnxruntime.sh.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Build {
    #[serde(rename = "wheel_platform")]
    pub(super) _wheel_platform: String,
    #[serde(rename = "wheel_sha256")]
    pub(super) _wheel_sha256: String,
    pub(super) library_sha256: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Model {
    pub(super) name: String,
    pub(super) file: String,
    pub(super) sha256: Option<String>,
    pub(super) licence: String,
    #[serde(default)]
    pub(super) sources: Vec<String>,
    #[serde(default, rename = "converted")]
    pub(super) _converted: Option<Converted>,
    #[serde(default, rename = "quantised")]
    pub(super) _quantised: Option<Quantised>,
    pub(super) labels: Labels,
    pub(super) input: Input,
    pub(super) head: Head,
}

/// For scripts/fetch-model.sh.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Converted {
    #[serde(rename = "npm")]
    _npm: String,
    #[serde(rename = "sha256")]
    _sha256: String,
    #[serde(rename = "path")]
    _path: String,
}

/// For scripts/quantise-model.sh.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Quantised {
    #[serde(rename = "from")]
    _from: String,
    #[serde(rename = "n_first_float")]
    _n_first_float: usize,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Labels {
    Named(String),
    Own(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    pub(super) name: String,
    pub(super) width_px: u16,
    pub(super) height_px: u16,
    pub(super) channels: Channels,
    pub(super) fit: Fit,
    #[serde(default)]
    pub(super) pad: u8,
    #[serde(default)]
    pub(super) mean: [f32; 3],
    #[serde(default = "ones")]
    pub(super) std: [f32; 3],
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Channels {
    Bgr,
    Rgb,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Fit {
    Letterbox,
    Stretch,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    pub(super) kind: HeadKind,
    pub(super) outputs: Vec<String>,
    #[serde(default)]
    pub(super) strides: Vec<u16>,
    #[serde(default)]
    pub(super) n_anchors: usize,
    pub(super) nms_iou: f32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum HeadKind {
    Yolox,
    Picodet,
    Ssd,
}

fn ones() -> [f32; 3] {
    [1.0; 3]
}
