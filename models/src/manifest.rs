//! Which weights there are, what they eat, and what they say: models/manifest.toml, believed.

mod raw;

use std::collections::BTreeMap;

use base::{Sha256, Sha256Error};

use crate::label::Labels;

/// What is built into the program.
const BUILT_IN: &str = include_str!("../manifest.toml");

#[derive(Clone, Debug)]
pub struct Manifest {
    /// Version of ONNX Runtime that the hashes below belong to.
    runtime_version: String,
    library_sha256: BTreeMap<String, Sha256>,
    entries: Vec<Entry>,
}

/// One model. Invariant: the head fits the input and the labels.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: String,
    /// File name inside the model folder.
    pub file: String,
    pub check: FileCheck,
    pub licence: String,
    pub sources: Vec<String>,
    pub labels: Labels,
    pub input: Input,
    pub head: HeadSpec,
}

/// How a model file proves that it is whole and the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileCheck {
    Sha256(Sha256),
    /// The hash lies beside the file, in `<file>.sha256`: a file made on this machine.
    Beside,
}

/// What the model wants to see: planar f32, `(value - mean) / std` for each channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    pub name: String,
    pub width: u16,
    pub height: u16,
    pub channels: Channels,
    pub fit: Fit,
    /// In the order of `channels`, on samples of `0.0..=255.0`.
    pub mean: [f32; 3],
    pub std: [f32; 3],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channels {
    Bgr,
    Rgb,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Aspect kept, picture at the top left, the rest filled with `pad`.
    Letterbox { pad: u8 },
    /// Aspect given up, the whole input filled.
    Stretch,
}

/// How the outputs are read. See `head`.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadSpec {
    pub kind: HeadKind,
    pub outputs: Vec<String>,
    /// Boxes of one class that overlap by more than this are one object.
    pub nms_iou: f32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeadKind {
    Yolox { strides: Vec<u16> },
    PicoDet { strides: Vec<u16> },
    Ssd { n_anchors: usize },
}

#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("the model manifest is not readable")]
    Toml(#[from] toml::de::Error),
    #[error("model {model:?}: {problem}")]
    Model { model: String, problem: String },
    #[error("onnx runtime for {arch}")]
    Library { arch: String, source: Sha256Error },
    #[error("there is no model {wanted:?}; known are {known}")]
    Unknown { wanted: String, known: String },
}

impl Manifest {
    /// The manifest of this build. It cannot be wrong in the field: a test reads it.
    pub fn built_in() -> Result<Self, ManifestError> {
        Self::parse(BUILT_IN)
    }

    /// A manifest of one's own, in the same format; `[runtime]` may be left out.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let raw: raw::Manifest = toml::from_str(text)?;
        let (runtime_version, builds) =
            raw.runtime.map(|it| (it.version, it.builds)).unwrap_or_default();
        let library_sha256 = builds
            .into_iter()
            .map(|(arch, build)| match build.library_sha256.parse() {
                Ok(hash) => Ok((arch, hash)),
                Err(source) => Err(ManifestError::Library { arch, source }),
            })
            .collect::<Result<_, _>>()?;
        let entries = raw.models.into_iter().map(Entry::try_from).collect::<Result<_, _>>()?;
        Ok(Self { runtime_version, library_sha256, entries })
    }

    pub fn entry(&self, name: &str) -> Result<&Entry, ManifestError> {
        self.entries.iter().find(|it| it.name == name).ok_or_else(|| ManifestError::Unknown {
            wanted: name.to_owned(),
            known: self.entries.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", "),
        })
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn runtime_version(&self) -> &str {
        &self.runtime_version
    }

    /// The hash that the ONNX Runtime library of this machine's architecture must have.
    pub fn library_sha256(&self) -> Option<Sha256> {
        self.library_sha256.get(std::env::consts::ARCH).copied()
    }
}

impl TryFrom<raw::Model> for Entry {
    type Error = ManifestError;

    fn try_from(raw: raw::Model) -> Result<Self, ManifestError> {
        let model = raw.name.clone();
        let refused = |problem: String| ManifestError::Model { model: model.clone(), problem };
        let check = match raw.sha256 {
            Some(text) => FileCheck::Sha256(
                text.parse().map_err(|err: Sha256Error| refused(err.to_string()))?,
            ),
            None => FileCheck::Beside,
        };
        let labels = match raw.labels {
            raw::Labels::Named(name) if name == "coco" => Labels::coco(),
            raw::Labels::Named(name) => {
                return Err(refused(format!("labels {name:?} are unknown: \"coco\", or a list")));
            }
            raw::Labels::Own(names) => Labels::own(names),
        };
        let input = Input::from(raw.input);
        let head = head_spec(raw.head, &input).map_err(refused)?;
        Ok(Self {
            name: raw.name,
            file: raw.file,
            check,
            licence: raw.licence,
            sources: raw.sources,
            labels,
            input,
            head,
        })
    }
}

impl From<raw::Input> for Input {
    fn from(raw: raw::Input) -> Self {
        Self {
            name: raw.name,
            width: raw.width_px,
            height: raw.height_px,
            channels: match raw.channels {
                raw::Channels::Bgr => Channels::Bgr,
                raw::Channels::Rgb => Channels::Rgb,
            },
            fit: match raw.fit {
                raw::Fit::Letterbox => Fit::Letterbox { pad: raw.pad },
                raw::Fit::Stretch => Fit::Stretch,
            },
            mean: raw.mean,
            std: raw.std,
        }
    }
}

fn head_spec(raw: raw::Head, input: &Input) -> Result<HeadSpec, String> {
    if input.width == 0 || input.height == 0 {
        return Err("input: width_px and height_px must be above 0".to_owned());
    }
    if input.std.iter().any(|it| *it <= 0.0) {
        return Err("input.std: must be above 0".to_owned());
    }
    if !(0.0..=1.0).contains(&raw.nms_iou) {
        return Err("head.nms_iou: must be in 0..=1".to_owned());
    }
    let has_strides = !raw.strides.is_empty() && !raw.strides.contains(&0);
    let (kind, n_outputs) = match raw.kind {
        raw::HeadKind::Yolox if has_strides => (HeadKind::Yolox { strides: raw.strides }, 1),
        raw::HeadKind::Picodet if has_strides => {
            let n_outputs = 2 * raw.strides.len();
            (HeadKind::PicoDet { strides: raw.strides }, n_outputs)
        }
        raw::HeadKind::Yolox | raw::HeadKind::Picodet => {
            return Err("head.strides: needed, each above 0".to_owned());
        }
        raw::HeadKind::Ssd if raw.n_anchors > 0 => (HeadKind::Ssd { n_anchors: raw.n_anchors }, 2),
        raw::HeadKind::Ssd => return Err("head.n_anchors: needed, above 0".to_owned()),
    };
    if raw.outputs.len() != n_outputs {
        return Err(format!("head.outputs: {n_outputs} names are needed"));
    }
    Ok(HeadSpec { kind, outputs: raw.outputs, nms_iou: raw.nms_iou })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_manifest_is_sound() {
        let manifest = Manifest::built_in().unwrap();
        let names: Vec<_> = manifest.entries().iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["yolox-nano", "picodet-s", "coco-ssd-300", "yolox-nano-int8"]);
        assert!(manifest.entries().iter().all(|it| !it.licence.contains("GPL")));
        assert_eq!(manifest.library_sha256.len(), 2);
    }

    #[test]
    fn an_unknown_model_is_answered_with_the_known_ones() {
        let error = Manifest::built_in().unwrap().entry("yolov8n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no model \"yolov8n\"; known are yolox-nano, picodet-s, coco-ssd-300, yolox-nano-int8"
        );
    }

    #[test]
    fn a_head_without_strides_is_refused_by_name() {
        let text = BUILT_IN.replacen("strides = [8, 16, 32]\n", "", 1);
        let error = Manifest::parse(&text).unwrap_err();
        assert_eq!(error.to_string(), "model \"yolox-nano\": head.strides: needed, each above 0");
    }
}
