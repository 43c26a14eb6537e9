//! What tests of `vong detect` look at and with, and how they read its answers.
//!
//! The weights are those of $VONG_MODEL_DIR or the cache (scripts/fetch-model.sh), the video that of
//! scripts/fetch-media.sh.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

/// Manifest names and files.
const MODELS: [(&str, &str); 3] = [
    ("yolox-nano", "yolox_nano.onnx"),
    ("picodet-s", "picodet_s_416.onnx"),
    ("coco-ssd-300", "coco_ssd_300.onnx"),
];

fn cache() -> PathBuf {
    let own = std::env::var_os("XDG_CACHE_HOME").filter(|it| !it.is_empty()).map(PathBuf::from);
    own.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"))
        .join("vong")
}

/// The models that are on this machine, with their files.
pub fn models() -> Vec<(&'static str, PathBuf)> {
    let own = std::env::var_os("VONG_MODEL_DIR").map(PathBuf::from);
    let folders: Vec<PathBuf> = own.into_iter().chain([cache().join("models")]).collect();
    let find = |file: &str| folders.iter().map(|it| it.join(file)).find(|it| it.exists());
    let found: Vec<_> =
        MODELS.iter().filter_map(|(name, file)| Some((*name, find(file)?))).collect();
    assert!(!found.is_empty(), "no model on this machine: scripts/fetch-model.sh --any yolox-nano");
    found
}

pub fn media(name: &str, script: &str) -> PathBuf {
    let folder = std::env::var_os("VONG_MEDIA_DIR").map(PathBuf::from);
    let path = folder.unwrap_or_else(|| cache().join("media")).join(name);
    assert!(path.exists(), "{} is missing: {script}", path.display());
    path
}

/// The first frames of the street video.
pub fn street(n_frames: u32) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".mp4").tempfile().unwrap();
    let cut = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-y", "-i"])
        .arg(media("vtest.mp4", "scripts/fetch-media.sh"))
        .args(["-c", "copy", "-frames:v", &n_frames.to_string()])
        .arg(file.path())
        .status();
    assert!(cut.unwrap().success());
    file
}

pub fn printed(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// One JSON object a line.
pub fn objects(output: &Output) -> Vec<Value> {
    printed(output).lines().map(|it| serde_json::from_str(it).unwrap()).collect()
}

pub fn iou(a: [f64; 4], b: [f64; 4]) -> f64 {
    let side = |at: usize| {
        let (end_a, end_b) = (a[at] + a[at + 2], b[at] + b[at + 2]);
        (end_a.min(end_b) - a[at].max(b[at])).max(0.0)
    };
    let shared = side(0) * side(1);
    shared / (a[2] * a[3] + b[2] * b[3] - shared)
}

pub fn numbers(value: &Value) -> [f64; 4] {
    [0, 1, 2, 3].map(|at| value[at].as_f64().unwrap())
}
