//! `vong detect` with the real ONNX Runtime and real weights, on real pictures and a real video.
//!
//! The weights are those of $VONG_MODEL_DIR or the cache (scripts/fetch-model.sh), the pictures and
//! the video those of scripts/fetch-pictures.sh and scripts/fetch-media.sh.

mod rules;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use e2e::footage::{iou, media, models, numbers, objects, printed};
use e2e::reporting::Process;
use e2e::sim_camera::SimCamera;
use serde_json::Value;

const VONG: &str = env!("CARGO_BIN_EXE_vong-e2e");

const GOLDEN: &str = include_str!("../../golden/detections.tsv");

fn pictures() -> PathBuf {
    media("pictures", "scripts/fetch-pictures.sh")
}

fn vong(args: &[&dyn AsRef<std::ffi::OsStr>]) -> Output {
    let mut command = Command::new(VONG);
    command.arg("detect").args(args.iter().map(|it| it.as_ref()));
    command.output().unwrap()
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
