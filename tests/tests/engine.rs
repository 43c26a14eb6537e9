//! What `vong detect` says of a model, a library or a provider that is missing, damaged, or another than
//! the manifest promises.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use base::Sha256;
use e2e::footage::{media, models, objects};
use e2e::tiny_model::mean_of_channels;
use models::Provider;

const VONG: &str = env!("CARGO_BIN_EXE_vong-e2e");

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
fn a_library_of_ones_own_is_believed_by_its_own_hash() {
    let (model, _) = models()[0];
    let hash = "0".repeat(64);
    let args: &[&dyn AsRef<std::ffi::OsStr>] =
        &[&"--images", &pictures(), &"--model", &model, &"--library-sha256", &hash];
    refuses(args, &["the onnx runtime library", &hash, "detector.library_sha256"]);
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
fn a_model_whose_shapes_are_known_only_at_its_first_run_is_refused_there() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = mean_of_channels();
    fs::write(folder.path().join("yolox_nano.onnx"), &bytes).unwrap();
    let built_in = include_str!("../../models/manifest.toml");
    let hash = "695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14";
    let manifest = built_in.replace(hash, &Sha256::of(&bytes).to_string());
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
fn a_provider_that_the_library_lacks_is_refused_and_not_replaced_by_the_processor() {
    let (model, _) = models()[0];
    for provider in Provider::ALL {
        let args: &[&dyn AsRef<std::ffi::OsStr>] =
            &[&"--images", &pictures(), &"--model", &model, &"--provider", &provider.as_str()];
        if provider == Provider::Cpu {
            assert_eq!(objects(&vong(args)).len(), 5);
        } else {
            let expected = format!("was built without the execution provider {provider}");
            refuses(args, &["libonnxruntime.so", &expected, "it has cpu:"]);
        }
    }
}
