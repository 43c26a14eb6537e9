//! A camera and its client in two namespaces, and a bad link between them: the stream stays up, nothing
//! damaged is shown, and no memory is taken by what never came.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use e2e::namespace::{self, Namespace};
use e2e::sim_camera::{self, SimCamera};
use e2e::sim_link::SimLink;
use serde_json::Value;

const VONG: &str = env!("CARGO_BIN_EXE_vong-e2e");
const SECONDS: u64 = 20;
/// Of the clip, and so of the camera.
const FPS: u64 = 10;

/// Ten seconds of the street as a sub-stream is: a keyframe a second, of a handful of packets.
fn sub_stream(dir: &Path) -> PathBuf {
    let file = dir.join("street.mp4");
    let status = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-t", "10", "-i"])
        .arg(sim_camera::media("vtest-360.mp4"))
        .args(["-c:v", "libx264", "-preset", "veryfast", "-crf", "38", "-bf", "0", "-g", "10"])
        .arg(&file)
        .status();
    assert!(status.unwrap().success());
    file
}

struct Watched {
    seen: Value,
    link: Value,
}

impl Watched {
    fn number(&self, name: &str) -> u64 {
        self.seen[name].as_u64().unwrap()
    }
}

/// What a client saw of the camera over `transport` and a link with `impairments`. Both namespaces hold no
/// device but the link's.
fn watch(ends: [&Namespace; 2], net: u8, transport: &str, impairments: &str) -> Watched {
    let [street, ward] = ends;
    let dir = tempfile::tempdir().unwrap();
    let file = sub_stream(dir.path());
    let path = file.to_str().unwrap();
    let (near, far) = (format!("10.77.{net}.1"), format!("10.77.{net}.2"));
    let tun = format!("--tun {}={near}/30,{}={far}/30 {impairments}", street.name, ward.name);
    let link = SimLink::start(VONG, &tun).unwrap();
    let listen = format!("{near}:8554");
    let arguments = ["--video", path, "--listen", &listen];
    let camera = SimCamera::start_as(street.command(VONG), &arguments).unwrap();
    let client = ward
        .command(env!("CARGO_BIN_EXE_camera-client"))
        .args([&camera.urls[0], transport, path, &SECONDS.to_string()])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(client.status.success());
    let seen: Value = serde_json::from_slice(&client.stdout).unwrap();
    drop(camera);
    let link = link.end().unwrap();
    println!("{transport} with {impairments}:\n  {seen}\n  {link}");
    Watched { seen, link }
}

fn check(test: &str, transport: &str, impairments: &str, least_pictures: u64) {
    let Some([street, ward]) = namespace::pair(test) else { return };
    let watched = watch([&street, &ward], 0, transport, impairments);
    let n_pictures = watched.number("n_pictures");
    assert_eq!(watched.seen["ends"], serde_json::json!([]), "the stream stays up");
    assert_eq!(watched.number("n_damaged"), 0);
    assert!((least_pictures..=SECONDS * FPS + FPS).contains(&n_pictures), "{n_pictures}");
    let grown_kib = watched.number("peak_rss_kib").saturating_sub(watched.number("warm_rss_kib"));
    assert!(grown_kib < 32 * 1024, "{grown_kib} KiB");
    let lost = watched.link["up"]["n_dropped_loss"].as_u64().unwrap();
    assert!(lost > 0, "{}", watched.link);
}

/// What is lost is sent again, 200 ms later at the least. All pictures arrive, many of them at once; of
/// those the newest is looked at.
#[test]
fn over_tcp_lost_packets_cost_time() {
    let test = "over_tcp_lost_packets_cost_time";
    check(test, "tcp", "--loss 5% --delay 10ms --jitter 5ms --seed 2", SECONDS * FPS / 2);
}

/// Those that come whole are shown, up to the first that does not: then nothing before a keyframe.
#[test]
fn over_udp_lost_packets_cost_pictures() {
    let test = "over_udp_lost_packets_cost_pictures";
    check(test, "udp", "--loss 5% --delay 10ms --jitter 5ms --seed 2", SECONDS * FPS / 10);
}

/// As many packets, but of fewer pictures.
#[test]
fn over_udp_bursts_of_losses_cost_fewer_pictures() {
    let test = "over_udp_bursts_of_losses_cost_fewer_pictures";
    check(test, "udp", "--loss 5% --loss-burst 8 --delay 10ms --seed 2", SECONDS * FPS / 4);
}
