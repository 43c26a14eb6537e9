//! Whoever hands in a bulletin while the disk of the box is full is told so, and what to do.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use base::SystemClock;
use e2e::broker::free_ports;
use e2e::reporting::{Process, wait_for};
use e2e::small_disk;
use gateway::field::provision::DevFleet;
use provisioning::{CertificateTime, console_client_config};
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tempfile::TempDir;

const VONG: &str = env!("CARGO_BIN_EXE_vong-e2e");
const USER: &str = "quan-tri";
const PASSWORD: &str = "cầu tre sáng sớm";
const SAID: &str = "the disk of the box is full and nothing was stored: ask its technician to make \
                    room, then try again";

/// A box whose data folder is a disk of 24 MiB, and somebody who is logged in.
struct Console {
    dir: TempDir,
    ca: PathBuf,
    /// The data folder as the box sees it.
    disk: PathBuf,
    url: String,
    http: reqwest::Client,
    csrf: String,
    _box: Process,
}

impl Console {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ports = free_ports(21_900..22_000, 6).unwrap();
        let wanted = DevFleet { cameras: 0, ..DevFleet::small(&dir.path().join("fleet"), ports) };
        let plan = wanted.make().unwrap();
        let folder = plan.folder.join(plan.the_box.as_str());
        let data = folder.join("data");
        fs::create_dir_all(&data).unwrap();
        let mut command = small_disk::command(&data, 24, VONG);
        command.args(["run", "--config"]).arg(folder.join("vong.toml"));
        let log = dir.path().join("log");
        let the_box = Process(command.stderr(File::create(&log).unwrap()).spawn().unwrap());
        let says = || fs::read_to_string(&log).unwrap_or_default();
        wait_for("the box runs", 30, || says().contains("the box is running"));
        let disk = small_disk::inside(&the_box.0, &data);
        let ca = plan.folder.join("ca.pem");
        let time = Arc::new(CertificateTime::new(Arc::new(SystemClock), PathBuf::new()));
        let tls = console_client_config(&ca, time).unwrap();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .cookie_store(true)
            .build()
            .unwrap();
        let url = format!("https://127.0.0.1:{}", plan.ports.console);
        let said = says();
        let (_, rest) = said.split_once("/setup#").expect("the link for the first user");
        let token = rest.split_whitespace().next().unwrap();
        let body = json!({ "token": token, "user": USER, "password": PASSWORD });
        let made = http.post(format!("{url}/api/v1/setup")).json(&body).send().await.unwrap();
        assert!(made.status().is_success(), "{}", made.text().await.unwrap());
        let body = json!({ "user": USER, "password": PASSWORD });
        let session = http.post(format!("{url}/api/v1/session")).json(&body).send().await.unwrap();
        let session: Value = session.json().await.unwrap();
        let csrf = session["csrf"].as_str().unwrap().to_owned();
        Self { dir, ca, disk, url, http, csrf, _box: the_box }
    }

    /// The status, and the body.
    async fn add(&self, form: Form) -> (StatusCode, Value) {
        let form = form.text("title", "Bản tin");
        let request = self.http.post(format!("{}/api/v1/bulletins", self.url));
        let request = request.header("X-CSRF-Token", &self.csrf).multipart(form);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    async fn is_refused(&self, form: Form) {
        let (status, body) = self.add(form).await;
        assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE, "{body}");
        assert_eq!(body, json!({ "error": { "code": "disk_full", "message": SAID } }));
    }

    /// Fills the disk but for about `n_free` bytes.
    fn fill(&self, n_free: u64) {
        let filler = self.disk.join("filler");
        small_disk::fill(&filler);
        let file = File::options().write(true).open(filler).unwrap();
        file.set_len(file.metadata().unwrap().len().saturating_sub(n_free)).unwrap();
    }

    /// The files in a folder of the disk.
    fn n_files(&self, folder: &str) -> usize {
        fs::read_dir(self.disk.join(folder)).map_or(0, Iterator::count)
    }
}

fn text() -> Form {
    Form::new().text("text", "Kính mời bà con khu phố ba họp lúc mười chín giờ ba mươi.")
}

/// A minute of noise, as a 16-bit WAV file.
fn recording() -> Vec<u8> {
    let mut state = 1_u32;
    let noise: Vec<i16> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i16::try_from(state >> 19).unwrap() - 4096
    })
    .take(48_000 * 60)
    .collect();
    let mut wav = Vec::new();
    broadcast::library::write_wav(&mut wav, &noise, 48_000).unwrap();
    wav
}

fn upload(bytes: Vec<u8>) -> Form {
    Form::new().part("file", Part::bytes(bytes).file_name("tin.wav"))
}

/// `vong bulletin add`: the exit code, and what it says.
fn at_the_command_line(console: &Console, file: &Path) -> (Option<i32>, String) {
    let output = Command::new(VONG)
        .args(["bulletin", "--console", &console.url, "--user", USER, "--ca"])
        .arg(&console.ca)
        .args(["add", "--title", "Bản tin", "--to", "all"])
        .arg(file)
        .env("VONG_PASSWORD", PASSWORD)
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[tokio::test]
async fn a_bulletin_that_does_not_fit_is_refused_in_words_until_there_is_room() {
    let console = Console::open().await;
    let (status, body) = console.add(text()).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    let n_kept = console.n_files("content");

    // Neither the upload nor what is made of a text: the spool, and the encoder.
    console.fill(1 << 20);
    let bytes = recording();
    console.is_refused(upload(bytes.clone())).await;
    let file = console.dir.path().join("tin.wav");
    fs::write(&file, &bytes).unwrap();
    let (code, said) = at_the_command_line(&console, &file);
    assert!(code == Some(1) && said.contains(SAID), "{code:?}: {said}");
    console.fill(0);
    console.is_refused(text()).await;
    assert_eq!((console.n_files("spool"), console.n_files("content")), (0, n_kept), "left behind");

    fs::remove_file(console.disk.join("filler")).unwrap();
    let (status, body) = console.add(upload(bytes)).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
}
