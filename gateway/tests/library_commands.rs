//! `vong library check` and `vong say`, as a ward officer runs them.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests; the allowance reaches only #[test] functions"
)]

use std::path::Path;
use std::process::{Command, Output};

fn vong(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vong")).current_dir(folder).args(args).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn one_refused_file_fails_the_check_and_every_file_has_its_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thu.mp3"), "Kính gửi bà con\n").unwrap();
    std::fs::write(folder.path().join("trong.wav"), "").unwrap();
    let output = vong(folder.path(), &["library", "check", "thu.mp3", "trong.wav", "khong-co.mp3"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stdout(&output),
        "refused  thu.mp3: this is a text file, not a recording: choose an MP3, M4A, FLAC, Ogg or WAV file\n\
         refused  trong.wav: the file is empty: record or export it again\n\
         refused  khong-co.mp3: the recording cannot be opened: check its name and that you may read it \
         (No such file or directory (os error 2))\n"
    );
}

#[test]
fn a_text_becomes_words_and_what_is_not_known_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tu.txt"), "NVH = nhà văn hóa khu phố\n").unwrap();
    let text = "UBND phường họp 7h00-8h30 tại NVH, mã ABXZ";
    let args = ["say", text, "--normalise-only", "--abbreviations", "tu.txt"];
    let output = vong(folder.path(), &args);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(
        stdout(&output),
        "ủy ban nhân dân phường họp bảy giờ đến tám giờ ba mươi phút tại nhà văn hóa khu phố, \
         mã a bê ích dét.\n"
    );
    assert_eq!(stderr(&output), "not known, listen to it: ABXZ\n");
}

#[test]
fn a_spoken_text_passes_the_check_at_the_house_loudness() {
    let folder = tempfile::tempdir().unwrap();
    for voice in ["north", "central", "south"] {
        let file = format!("{voice}.wav");
        let text = "Kính mời bà con khu phố III họp lúc 19h30 ngày 02/09/2026.";
        let output = vong(folder.path(), &["say", text, "--voice", voice, "-o", &file]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(stdout(&output).starts_with(&format!("wrote {file}: ")), "{}", stdout(&output));
        let output = vong(folder.path(), &["library", "check", "--json", &file]);
        assert!(output.status.success(), "{}", stdout(&output));
        let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(line["ok"], true);
        assert_eq!(line["sample_rate_hz"], 48_000);
        let (loudness, peak) = (&line["loudness_lufs"], &line["true_peak_dbtp"]);
        assert!((loudness.as_f64().unwrap() + 18.0).abs() <= 1.0, "{loudness}");
        assert!(peak.as_f64().unwrap() <= -2.0, "{peak}");
        assert!((3_000..15_000).contains(&line["duration_ms"].as_u64().unwrap()));
    }
}

#[test]
fn a_voice_that_does_not_exist_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let output = vong(folder.path(), &["say", "xin chào", "--voice", "hanoi"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("use north, central or south"), "{}", stderr(&output));
}

#[test]
fn without_espeak_the_message_names_the_package() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_vong"))
        .current_dir(folder.path())
        .args(["say", "xin chào", "-o", "x.wav"])
        .env("PATH", folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("install the Debian package espeak-ng"),
        "{}",
        stderr(&output)
    );
    assert!(!folder.path().join("x.wav").exists());
}
