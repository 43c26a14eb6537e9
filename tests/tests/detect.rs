//! `vong detect` with the real ONNX Runtime and real weights, on real pictures and a real video.
//!
//! The weights are those of $VONG_MODEL_DIR or the cache (scripts/fetch-model.sh), the pictures and
//! the video those of scripts/fetch-pictures.sh and scripts/fetch-media.sh.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use e2e::reporting::Process;
use e2e::sim_camera::SimCamera;
use serde_json::Value;

const VONG: &str = env!("CARGO_BIN_EXE_vong-e2e");

const GOLDEN: &str = include_str!("../golden/detections.tsv");
/// Manifest names and files, of those that the Python reference has seen.
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
fn models() -> Vec<(&'static str, PathBuf)> {
    let own = std::env::var_os("VONG_MODEL_DIR").map(PathBuf::from);
    let folders: Vec<PathBuf> = own.into_iter().chain([cache().join("models")]).collect();
    let find = |file: &str| folders.iter().map(|it| it.join(file)).find(|it| it.exists());
    let found: Vec<_> =
        MODELS.iter().filter_map(|(name, file)| Some((*name, find(file)?))).collect();
    assert!(!found.is_empty(), "no model on this machine: scripts/fetch-model.sh --any yolox-nano");
    found
}

fn media(name: &str, script: &str) -> PathBuf {
    let folder = std::env::var_os("VONG_MEDIA_DIR").map(PathBuf::from);
    let path = folder.unwrap_or_else(|| cache().join("media")).join(name);
    assert!(path.exists(), "{} is missing: {script}", path.display());
    path
}

fn pictures() -> PathBuf {
    media("pictures", "scripts/fetch-pictures.sh")
}

fn vong(args: &[&dyn AsRef<std::ffi::OsStr>]) -> Output {
    let mut command = Command::new(VONG);
    command.arg("detect").args(args.iter().map(|it| it.as_ref()));
    command.output().unwrap()
}

fn printed(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// One JSON object a line.
fn objects(output: &Output) -> Vec<Value> {
    printed(output).lines().map(|it| serde_json::from_str(it).unwrap()).collect()
}

/// Fails, prints nothing, and says `expected` on stderr.
#[track_caller]
fn refuses(args: &[&dyn AsRef<std::ffi::OsStr>], expected: &[&str]) {
    let output = vong(args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(output.stdout.is_empty());
    for part in expected {
        assert!(stderr.contains(part), "{part:?} is not in {stderr:?}");
    }
}

fn iou(a: [f64; 4], b: [f64; 4]) -> f64 {
    let side = |at: usize| {
        let (end_a, end_b) = (a[at] + a[at + 2], b[at] + b[at + 2]);
        (end_a.min(end_b) - a[at].max(b[at])).max(0.0)
    };
    let shared = side(0) * side(1);
    shared / (a[2] * a[3] + b[2] * b[3] - shared)
}

fn numbers(value: &Value) -> [f64; 4] {
    [0, 1, 2, 3].map(|at| value[at].as_f64().unwrap())
}

/// Everything a model sees above 0.4, as (file, label, score, box).
fn seen_by(model: &str, file: &Path) -> Vec<(String, String, f64, [f64; 4])> {
    let folder = file.parent().unwrap();
    let output = vong(&[
        &"--images",
        &pictures(),
        &"--model",
        &model,
        &"--threshold",
        &"0.4",
        &"--model-dir",
        &folder,
    ]);
    let mut seen = Vec::new();
    for frame in objects(&output) {
        for it in frame["detections"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let score = it["score"].as_f64().unwrap();
            seen.push((text(&frame["file"]), text(&it["label"]), score, numbers(&it["bbox"])));
        }
    }
    seen
}

#[test]
fn models_see_what_the_python_reference_saw() {
    for (model, file) in models() {
        let mut seen = seen_by(model, &file);
        let golden = GOLDEN.lines().filter(|it| it.starts_with(&format!("{model}\t")));
        let mut n_golden = 0;
        for line in golden {
            n_golden += 1;
            let fields: Vec<&str> = line.split('\t').collect();
            let number = |at: usize| fields[at].parse::<f64>().unwrap();
            let area = [number(4), number(5), number(6), number(7)];
            let same = seen.iter().position(|(file, label, score, bbox)| {
                file == fields[1]
                    && label == fields[2]
                    && (score - number(3)).abs() <= 0.03
                    && iou(*bbox, area) >= 0.95
            });
            let same = same.unwrap_or_else(|| panic!("{line} is not among {seen:?}"));
            seen.swap_remove(same);
        }
        assert!(n_golden > 3, "{model} has no golden boxes");
        // Above the threshold by less than the tolerance may be on either side of it.
        seen.retain(|it| it.2 > 0.43);
        assert!(seen.is_empty(), "{model} sees what the reference did not: {seen:?}");
    }
}

#[test]
fn coco_results_are_one_array_that_names_pictures_by_their_digits() {
    let (model, _) = models()[0];
    let folder = tempfile::tempdir().unwrap();
    fs::copy(pictures().join("astronaut.png"), folder.path().join("000000000042.png")).unwrap();
    let format: &[&dyn AsRef<std::ffi::OsStr>] =
        &[&"--images", &folder.path(), &"--model", &model, &"--format", &"coco"];
    let results: Value = serde_json::from_str(&printed(&vong(format))).unwrap();
    let best = &results.as_array().unwrap()[0];
    assert_eq!((best["image_id"].as_u64(), best["category_id"].as_u64()), (Some(42), Some(1)));
    assert!(numbers(&best["bbox"])[2] > 200.0);
}

#[test]
fn a_street_is_tracked_and_frames_count_from_one() {
    let (model, _) = models()[0];
    let video = street(40);
    let all = vong(&[&"--video", &video.path(), &"--model", &model, &"--every-frame"]);
    let frames: Vec<u64> = objects(&all).iter().map(|it| it["frame"].as_u64().unwrap()).collect();
    assert_eq!(frames, (1..=40).collect::<Vec<_>>());

    let tracks = vong(&[
        &"--video",
        &video.path(),
        &"--model",
        &model,
        &"--every-frame",
        &"--format",
        &"mot",
    ]);
    let tracks = printed(&tracks);
    let mut sightings = std::collections::BTreeMap::<u64, u64>::new();
    for line in tracks.lines() {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!((fields.len(), &fields[7..]), (10, &["-1", "-1", "-1"][..]), "{line}");
        *sightings.entry(fields[1].parse().unwrap()).or_default() += 1;
    }
    let longest = sightings.values().max().copied().unwrap_or(0);
    assert!(longest >= 30, "somebody walks through all 40 frames: {sightings:?}");
}

#[test]
fn a_camera_is_watched_until_it_goes_away() {
    let (model, _) = models()[0];
    let video = media("vtest-360.mp4", "scripts/fetch-media.sh");
    let camera = ["--video", video.to_str().unwrap(), "--listen", "127.0.0.1:0"];
    let camera = SimCamera::start(VONG, &camera).unwrap();
    let watching = Command::new(VONG)
        .args(["detect", "--model", model, "--labels", "person", "--video", &camera.urls[0]])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut watching = Process(watching);
    let mut lines = BufReader::new(watching.0.stdout.take().unwrap()).lines();
    let frames: Vec<Value> =
        lines.by_ref().take(20).map(|it| serde_json::from_str(&it.unwrap()).unwrap()).collect();
    let numbers: Vec<u64> = frames.iter().map(|it| it["frame"].as_u64().unwrap()).collect();
    if numbers.len() < 20 {
        let said = std::io::read_to_string(watching.0.stderr.take().unwrap()).unwrap();
        panic!("only {} frames: {said}", numbers.len());
    }
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    let times: Vec<i64> = frames.iter().map(|it| it["time_ms"].as_i64().unwrap()).collect();
    assert!(times.is_sorted() && times[19] > times[0], "{times:?}");
    assert!(frames.iter().any(|it| it["detections"].as_array().is_some_and(|it| !it.is_empty())));
    drop(camera);
    let _ = lines.count();
    let said = std::io::read_to_string(watching.0.stderr.take().unwrap()).unwrap();
    assert_eq!(watching.0.wait().unwrap().code(), Some(1), "{said}");
    assert!(said.contains("ERROR"), "{said}");
}

#[test]
fn a_bench_is_one_json_object() {
    let (model, _) = models()[0];
    let output = Command::new(VONG)
        .args(["bench", "detect", "--frames", "16", "--model", model, "--video"])
        .arg(media("vtest.mp4", "scripts/fetch-media.sh"))
        .output()
        .unwrap();
    let [figures] = objects(&output).try_into().expect("one line");
    assert_eq!((&figures["name"], &figures["frames"]), (&Value::from("detect"), &Value::from(16)));
    for key in [
        "fps",
        "cpu_ms_per_frame",
        "bare_run_cpu_ms",
        "decode_cpu_ms",
        "ratio",
        "ratio_after_decode",
        "rss_mb",
    ] {
        assert!(figures[key].as_f64().is_some_and(|it| it >= 0.0), "{key}: {figures}");
    }
}

/// The first frames of the street video.
fn street(n_frames: u32) -> tempfile::NamedTempFile {
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

#[test]
fn a_damaged_picture_is_named_and_the_others_are_looked_at() {
    let (model, _) = models()[0];
    let folder = tempfile::tempdir().unwrap();
    fs::copy(pictures().join("astronaut.png"), folder.path().join("b.png")).unwrap();
    fs::write(folder.path().join("a.jpg"), b"\xff\xd8\xff\xe0 garbage").unwrap();
    let output = vong(&[&"--images", &folder.path(), &"--model", &model]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("a.jpg") && stderr.contains("the picture is damaged"), "{stderr}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 1);
}

#[test]
fn a_model_that_is_missing_truncated_or_another_is_named_with_the_way_out() {
    let (model, file) = models().swap_remove(0);
    let script = format!("scripts/fetch-model.sh {model}");
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join(file.file_name().unwrap());
    let args: &[&dyn AsRef<std::ffi::OsStr>] =
        &[&"--images", &pictures(), &"--model", &model, &"--model-dir", &folder.path()];
    refuses(args, &["the model", "is not readable", &script]);

    let mut bytes = fs::read(&file).unwrap();
    let beside = PathBuf::from(format!("{}.sha256", file.display()));
    if beside.exists() {
        fs::copy(beside, format!("{}.sha256", copy.display())).unwrap();
    }
    fs::write(&copy, &bytes[..bytes.len() / 2]).unwrap();
    refuses(args, &["is truncated or another version", &script]);
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&copy, &bytes).unwrap();
    refuses(args, &["is truncated or another version", &script]);
}

#[test]
fn a_library_that_is_missing_or_another_is_named_with_the_way_out() {
    let (model, _) = models()[0];
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("libonnxruntime.so");
    let args: &[&dyn AsRef<std::ffi::OsStr>] =
        &[&"--images", &pictures(), &"--model", &model, &"--library", &library];
    refuses(args, &["the onnx runtime library", "is not readable", "scripts/fetch-onnxruntime.sh"]);
    fs::write(&library, b"\x7fELF").unwrap();
    refuses(args, &["is truncated or another version", "scripts/fetch-onnxruntime.sh"]);
}

#[test]
fn a_manifest_that_promises_another_head_is_refused_before_a_picture_is_lost() {
    let (model, file) = models().swap_remove(0);
    let built_in = include_str!("../../models/manifest.toml");
    let manifest = tempfile::NamedTempFile::new().unwrap();
    fs::write(
        manifest.path(),
        built_in.replace("labels = \"coco\"", "labels = [\"one\", \"two\"]"),
    )
    .unwrap();
    let folder = file.parent().unwrap();
    let args: &[&dyn AsRef<std::ffi::OsStr>] = &[
        &"--images",
        &pictures(),
        &"--model",
        &model,
        &"--model-dir",
        &folder,
        &"--manifest",
        &manifest.path(),
    ];
    if model == "coco-ssd-300" {
        // Its head has COCO's 90 columns whatever the labels; those without a label are left out.
        let pictures = objects(&vong(args));
        assert!(!pictures.is_empty());
        let seen = pictures.iter().flat_map(|it| it["detections"].as_array().unwrap());
        assert!(seen.into_iter().all(|it| it["label"] == "one" || it["label"] == "two"));
    } else {
        refuses(args, &["does not fit its head", "is needed"]);
    }
}

#[test]
fn a_provider_that_the_library_lacks_is_refused_and_not_replaced_by_the_processor() {
    let (model, _) = models()[0];
    for provider in models::Provider::ALL {
        let args: &[&dyn AsRef<std::ffi::OsStr>] =
            &[&"--images", &pictures(), &"--model", &model, &"--provider", &provider.as_str()];
        if provider == models::Provider::Cpu {
            assert_eq!(objects(&vong(args)).len(), 5);
        } else {
            let expected = format!("was built without the execution provider {provider}");
            refuses(args, &["libonnxruntime.so", &expected, "it has cpu:"]);
        }
    }
}

#[test]
fn a_library_of_ones_own_is_believed_by_its_own_hash() {
    let (model, _) = models()[0];
    let hash = "0".repeat(64);
    let args: &[&dyn AsRef<std::ffi::OsStr>] =
        &[&"--images", &pictures(), &"--model", &model, &"--library-sha256", &hash];
    refuses(args, &["the onnx runtime library", &hash, "detector.library_sha256"]);
}

#[test]
fn a_model_whose_shapes_are_known_only_at_its_first_run_is_refused_there() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = e2e::tiny_model::mean_of_channels();
    fs::write(folder.path().join("yolox_nano.onnx"), &bytes).unwrap();
    let built_in = include_str!("../../models/manifest.toml");
    let hash = "695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14";
    let manifest = built_in.replace(hash, &base::Sha256::of(&bytes).to_string());
    assert_ne!(manifest, built_in);
    let refuses = |manifest: &str, expected: &[&str]| {
        let file = folder.path().join("manifest.toml");
        fs::write(&file, manifest).unwrap();
        let model_dir = folder.path();
        refuses(
            &[&"--images", &pictures(), &"--model-dir", &model_dir, &"--manifest", &file],
            expected,
        );
    };
    refuses(&manifest, &["output \"output\" is [1, 416, 416], its head needs [1, 3549, 85]"]);
    let first = |from: &str, to: &str| manifest.replacen(from, to, 1);
    refuses(&first("name = \"images\"", "name = \"picture\""), &["there is no input \"picture\""]);
    refuses(
        &first("[\"output\"]", "[\"boxes\"]"),
        &["there is no output \"boxes\"", "[\"output\"]"],
    );
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let (model, _) = models()[0];
    refuses(&[&"--video", &"/nowhere.mp4", &"--model", &model], &["/nowhere.mp4: no such file"]);
    refuses(
        &[&"--images", &"/nowhere", &"--model", &model],
        &["/nowhere is not a readable folder"],
    );
    refuses(
        &[&"--images", &pictures(), &"--model", &"yolov8n"],
        &["there is no model \"yolov8n\""],
    );
    refuses(
        &[&"--images", &pictures(), &"--model", &model, &"--labels", &"persn"],
        &["knows no \"persn\""],
    );
}
