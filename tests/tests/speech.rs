//! A Piper voice from a text to sound, with the real model, library and espeak-ng.
//!
//! The voice is English (scripts/fetch-voice.sh): no Vietnamese one may be passed on. Where it cannot
//! be fetched, the test says so and checks nothing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use broadcast::library::{Upload, prepare};
use broadcast::normalise::{Abbreviations, Dialect, normalise};
use broadcast::speech::{Voice, say};
use gateway::config::VoiceModel;
use gateway::engine::{Choice, find_runtime};
use gateway::voice::{Piper, Voices};
use models::Manifest;

const TEXT: &str = "Good evening. The meeting of the street, with all neighbours, begins at seven. \
    Please bring your papers!";

/// `None`, said loudly, where the network does not give the voice.
fn voice() -> Option<PathBuf> {
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("scripts/fetch-voice.sh");
    let output = Command::new(script).output().unwrap();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        eprintln!("NOT TESTED: there is no Piper voice on this machine: {said}");
        return None;
    }
    Some(String::from_utf8(output.stdout).unwrap().trim().into())
}

fn start(path: PathBuf, sha256: Option<base::Sha256>) -> anyhow::Result<Piper> {
    let engine = find_runtime(&Manifest::built_in()?, Choice::default(), 1)?;
    Piper::start(&VoiceModel { path, sha256, region: Voice::North }, &engine)
}

#[tokio::test]
async fn a_piper_voice_says_a_text_that_a_horn_can_play() {
    let Some(path) = voice() else { return };
    let voices = Voices::with(Some(start(path, None).unwrap()));
    let words = normalise(TEXT, &Abbreviations::default(), Dialect::Standard);
    let spoken = say(&voices, words, Voice::North).await.unwrap();
    // Three sentences of 2 to 8 s, and two pauses.
    let range = Duration::from_secs(6)..Duration::from_secs(20);
    assert!(range.contains(&spoken.duration), "{:?}", spoken.duration);
    let prepared = prepare(Upload::Bytes(&spoken.wav), |_| Ok::<(), std::io::Error>(())).unwrap();
    assert_eq!(prepared.checked.sample_rate, 22_050);
    assert!((prepared.loudness.integrated_lufs + 18.0).abs() <= 1.0, "{}", prepared.loudness);
    assert!(prepared.loudness.true_peak_dbtp <= -2.0, "{}", prepared.loudness);
}

#[tokio::test]
async fn other_regions_are_still_spoken_by_espeak() {
    let Some(path) = voice() else { return };
    let voices = Voices::with(Some(start(path, None).unwrap()));
    let words = normalise("Kính mời bà con.", &Abbreviations::default(), Dialect::Southern);
    let spoken = say(&voices, words, Voice::South).await.unwrap();
    assert!(spoken.duration > Duration::from_millis(500), "{:?}", spoken.duration);
}

#[test]
fn another_file_than_the_voice_says_what_it_is() {
    let Some(path) = voice() else { return };
    let wrong = base::Sha256::of(b"another voice");
    let error = start(path.clone(), Some(wrong)).unwrap_err().to_string();
    assert!(error.contains("is truncated or another version"), "{error}");
    let dir = tempfile::tempdir().unwrap();
    let broken = dir.path().join("voice.onnx");
    std::fs::write(&broken, "no model").unwrap();
    std::fs::copy(path.with_extension("onnx.json"), dir.path().join("voice.onnx.json")).unwrap();
    let error = start(broken, None).unwrap_err().to_string();
    assert!(error.starts_with("onnx runtime does not take the model"), "{error}");
}
