//! When `vong run` does not start, it says why, and ends with 1: nobody must take the silence of a
//! box that cannot see for peace.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base::Sha256;
use e2e::broker::free_ports;
use e2e::reporting::{Process, wait_for};
use e2e::sim_camera::here;
use e2e::tiny_model::mean_of_channels;
use gateway::field::provision::DevFleet;
use models::{FileCheck, Manifest};
use tempfile::TempDir;

const VONG: &str = env!("CARGO_BIN_EXE_vong-e2e");

/// Copies of the model and the library that a test may spoil, in front of one box.
struct Bench {
    _dir: TempDir,
    model: PathBuf,
    library: PathBuf,
    config: PathBuf,
    model_script: String,
}

const LIBRARY_SCRIPT: &str = "scripts/fetch-onnxruntime.sh";

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let manifest = Manifest::built_in().unwrap();
        let (entry, engine) = here(&manifest).unwrap();
        let models = dir.path().join("models");
        fs::create_dir(&models).unwrap();
        for name in [entry.file.clone(), format!("{}.sha256", entry.file)] {
            let from = engine.model_dir.join(&name);
            // Only a converted model has its hash beside it.
            if from.exists() {
                fs::copy(from, models.join(&name)).unwrap();
            }
        }
        let model = models.join(&entry.file);
        let library = dir.path().join("libonnxruntime.so");
        fs::copy(&engine.library, &library).unwrap();
        let wanted = DevFleet {
            detector_library: Some(library.clone()),
            model_dir: Some(models),
            ..small(dir.path())
        };
        let config = config_of(&wanted);
        let text = fs::read_to_string(&config).unwrap();
        let text = text.replace("\"yolox-nano\"", &format!("{:?}", entry.name));
        fs::write(&config, text).unwrap();
        let model_script = format!("scripts/fetch-model.sh {}", entry.name);
        Self { _dir: dir, model, library, config, model_script }
    }
}

impl Bench {
    /// Adds lines to the section `[detector]`.
    fn choose(&self, lines: &str) {
        let text = fs::read_to_string(&self.config).unwrap();
        let text = text.replacen("[detector]\n", &format!("[detector]\n{lines}\n"), 1);
        fs::write(&self.config, text).unwrap();
    }

    /// Puts `bytes` in the place of the model `name`, with their own hash beside them.
    fn put(&self, name: &str, bytes: &[u8]) {
        let manifest = Manifest::built_in().unwrap();
        let entry = manifest.entry(name).unwrap();
        assert_eq!(entry.check, FileCheck::Beside, "another model's hash is fixed");
        let path = self.model.with_file_name(&entry.file);
        fs::write(&path, bytes).unwrap();
        fs::write(format!("{}.sha256", path.display()), Sha256::of(bytes).to_string()).unwrap();
        let text = fs::read_to_string(&self.config).unwrap();
        let (before, after) = text.split_once("model = \"").unwrap();
        let (_, after) = after.split_once('"').unwrap();
        fs::write(&self.config, format!("{before}model = \"{name}\"{after}")).unwrap();
    }
}

fn small(dir: &Path) -> DevFleet {
    DevFleet::small(&dir.join("fleet"), free_ports(21_800..21_900, 6).unwrap())
}

fn config_of(wanted: &DevFleet) -> PathBuf {
    let plan = wanted.make().unwrap();
    plan.folder.join(plan.the_box.as_str()).join("vong.toml")
}

fn run(config: &Path) -> Command {
    let mut command = Command::new(VONG);
    command.args(["run", "--config"]).arg(config);
    command
}

/// Ends with 1, prints nothing, and says all of `expected` in its last line.
#[track_caller]
fn refuses(config: &Path, expected: &[&str]) {
    let output = run(config).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty(), "log lines on stdout");
    let last = said.lines().last().unwrap();
    for part in expected.iter().chain(&["ERROR"]) {
        assert!(last.contains(part), "{part:?} is not in {said}");
    }
}

fn truncate(path: &Path) {
    let length = fs::metadata(path).unwrap().len();
    File::options().write(true).open(path).unwrap().set_len(length / 2).unwrap();
}

#[test]
fn a_box_whose_model_is_missing_truncated_or_another_does_not_start() {
    let bench = Bench::new();
    let bytes = fs::read(&bench.model).unwrap();
    let path = bench.model.to_str().unwrap();
    let spoilt = ["the model", path, "is truncated or another version", &bench.model_script];
    truncate(&bench.model);
    refuses(&bench.config, &spoilt);

    let mut other = bytes;
    let last = other.len() - 1;
    other[last] ^= 1;
    fs::write(&bench.model, other).unwrap();
    refuses(&bench.config, &spoilt);

    fs::remove_file(&bench.model).unwrap();
    refuses(
        &bench.config,
        &["the model", path, "is not readable: fetch it with", &bench.model_script],
    );
}

#[test]
fn a_box_whose_onnx_runtime_is_missing_or_truncated_does_not_start() {
    let bench = Bench::new();
    let path = bench.library.to_str().unwrap();
    let what = "the onnx runtime library";
    truncate(&bench.library);
    refuses(&bench.config, &[what, path, "is truncated or another version", LIBRARY_SCRIPT]);
    fs::remove_file(&bench.library).unwrap();
    refuses(&bench.config, &[what, path, "is not readable: fetch it with", LIBRARY_SCRIPT]);
}

#[test]
fn a_box_whose_onnx_runtime_lacks_the_provider_does_not_start() {
    let bench = Bench::new();
    let library = bench.library.to_str().unwrap();
    bench.choose("provider = \"xnnpack\"");
    refuses(
        &bench.config,
        &[library, "was built without the execution provider xnnpack", "it has cpu"],
    );
}

#[test]
fn a_model_that_says_another_thing_than_its_manifest_is_refused_before_a_camera_is_opened() {
    let bench = Bench::new();
    let manifest = Manifest::built_in().unwrap();
    let (here, _) = here(&manifest).unwrap();
    // Weights of one family under the name of another.
    let other = if here.name == "coco-ssd-300" { "yolox-nano-int8" } else { "coco-ssd-300" };
    bench.put(other, &fs::read(&bench.model).unwrap());
    refuses(&bench.config, &["the model", other, "does not fit its head", "is needed"]);
    // Shapes that nobody knows before a picture runs through.
    bench.put("yolox-nano-int8", &mean_of_channels());
    refuses(&bench.config, &["output \"output\" is [1, 416, 416]", "needs [1, 3549, 85]"]);
    bench.put("yolox-nano-int8", b"no model at all");
    refuses(&bench.config, &["onnx runtime does not take the model yolox-nano-int8"]);
}

#[test]
fn a_box_tries_its_detector_in_a_child_and_says_on_what_and_how_fast() {
    let bench = Bench::new();
    let log = bench.config.with_file_name("log");
    let mut running =
        Process(run(&bench.config).stderr(File::create(&log).unwrap()).spawn().unwrap());
    let says = || fs::read_to_string(&log).unwrap_or_default();
    wait_for("the box runs", 30, || says().contains("the box is running"));
    let said = says();
    let line = said.lines().find(|it| it.contains("the detector works")).unwrap();
    assert!(line.contains("device=\"cpu (") || line.contains("device=\"cpu\""), "{line}");
    assert!(line.contains("provider=\"cpu\"") && line.contains(" ms="), "{line}");
    let of = |text: &str| said.find(text).unwrap_or_else(|| panic!("{text} is not in {said}"));
    assert!(of("the detector works") < of("the detector is ready"), "{said}");
    // The child is gone: a process that ended but is not waited for would still be listed.
    let id = running.0.id();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    assert_eq!(children.trim(), "");
    assert!(running.0.try_wait().unwrap().is_none());
}

/// A box whose self-test reads from a pipe what is to be the library, and waits for the first byte.
struct Hanging {
    running: Process,
    child: u32,
    _pipe: File,
}

impl Hanging {
    fn new(bench: &Bench) -> Self {
        fs::remove_file(&bench.library).unwrap();
        assert!(Command::new("mkfifo").arg(&bench.library).status().unwrap().success());
        let running = Process(run(&bench.config).stderr(Stdio::piped()).spawn().unwrap());
        // Opened once somebody reads.
        let path = bench.library.clone();
        let writer = std::thread::spawn(move || File::options().write(true).open(path).unwrap());
        wait_for("the self-test reads the library", 30, || writer.is_finished());
        let id = running.0.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        let child = children.trim().parse().unwrap();
        let command = fs::read_to_string(format!("/proc/{child}/cmdline")).unwrap();
        assert!(command.contains("self-test-detector"), "{command}");
        Self { running, child, _pipe: writer.join().unwrap() }
    }
}

fn kill(signal: &str, process: u32) {
    let asked = Command::new("kill").args([signal, &process.to_string()]).status();
    assert!(asked.unwrap().success());
}

#[test]
fn a_self_test_that_dies_of_an_unknown_instruction_is_explained() {
    let bench = Bench::new();
    let mut hanging = Hanging::new(&bench);
    kill("-ILL", hanging.child);
    let running = &mut hanging.running.0;
    let said = std::io::read_to_string(running.stderr.take().unwrap()).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(1), "{said}");
    let last = said.lines().last().unwrap();
    for part in ["ERROR", bench.library.to_str().unwrap(), "SIGILL", "detector.library"] {
        assert!(last.contains(part), "{part:?} is not in {said}");
    }
}

#[test]
fn a_box_that_is_killed_over_its_self_test_leaves_no_child_behind() {
    let bench = Bench::new();
    let mut hanging = Hanging::new(&bench);
    hanging.running.0.kill().unwrap();
    hanging.running.0.wait().unwrap();
    let stat = format!("/proc/{}/stat", hanging.child);
    // Whoever inherits it may be slow to take note of its end.
    let is_gone = || fs::read_to_string(&stat).map_or(true, |it| it.contains(") Z "));
    wait_for("the child is gone", 10, is_gone);
}

#[test]
fn a_second_box_on_one_data_folder_does_not_start() {
    let dir = tempfile::tempdir().unwrap();
    let config = config_of(&DevFleet { cameras: 0, ..small(dir.path()) });
    let log = dir.path().join("log");
    let mut first = Process(run(&config).stderr(File::create(&log).unwrap()).spawn().unwrap());
    let says = || fs::read_to_string(&log).unwrap_or_default();
    wait_for("the first box runs", 30, || says().contains("the box is running"));
    let owner = format!("is in use by another vong (process {})", first.0.id());
    refuses(&config, &["data folder", &owner, "give this one a data_dir of its own"]);
    assert!(first.0.try_wait().unwrap().is_none(), "the first goes on: {}", says());
}
