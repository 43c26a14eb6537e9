//! Cameras that misbehave, as a box sees them: each is told in words or goes on, and its neighbour does
//! not notice.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base::{Clock as _, SystemClock};
use e2e::sim_camera::{self, SimCamera};
use e2e::watched::{Blind, Ward, camera_at, is_online};
use gateway::ward::camera::{
    self, CameraComplaint, CameraFact, CameraState, CameraView, MainStream, Trouble, TroubleKind,
};
use media::{Ring, RingLimits};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

fn sim(arguments: &[&str]) -> SimCamera {
    SimCamera::start(env!("CARGO_BIN_EXE_vong-e2e"), arguments).unwrap()
}

fn street() -> String {
    sim_camera::media("vtest-360.mp4").to_string_lossy().into_owned()
}

fn sim_good() -> SimCamera {
    sim(&["--video", &street(), "--listen", "127.0.0.1:0"])
}

/// What a camera is called when it is one kind of bad, and that the box goes on.
async fn check_trouble(arguments: &[&str], password: Option<&str>, kind: TroubleKind, text: &str) {
    let ward = Ward::new(|| Box::new(Blind));
    let sim = sim(arguments);
    let good = sim_good();
    let mut bad = ward.watch(camera_at("bad", &sim.urls[0], password));
    let mut neighbour = ward.watch(camera_at("good", &good.urls[0], None));
    assert_eq!(bad.until_trouble(30, kind).await, text);
    neighbour.until(10, |it| is_online(it) && it.fps > 3.0).await;
    ward.close(vec![bad, neighbour]).await;
}

#[tokio::test]
async fn a_wrong_password_is_told_in_words() {
    let arguments = [
        "--video",
        &street(),
        "--listen",
        "127.0.0.1:0",
        "--user",
        "an",
        "--password-env",
        "VONG_TEST_PASSWORD",
    ];
    let text = "the camera refuses the user name or the password";
    check_trouble(&arguments, Some("ba bon"), TroubleKind::WrongPassword, text).await;
}

#[tokio::test]
async fn a_camera_that_hangs_is_told_in_words() {
    let arguments = ["--video", &street(), "--listen", "127.0.0.1:0", "--freeze-after", "2s"];
    check_trouble(&arguments, None, TroubleKind::Stalled, "no picture came for 5 s").await;
}

#[tokio::test]
async fn a_camera_that_sends_garbage_is_told_in_words() {
    let arguments = ["--video", &street(), "--listen", "127.0.0.1:0", "--garbage-after", "3s"];
    let text = "the stream cannot be decoded: packets come, but no picture can be made of them";
    check_trouble(&arguments, None, TroubleKind::Undecodable, text).await;
}

#[tokio::test]
async fn a_camera_with_another_codec_is_told_in_words() {
    let arguments = ["--video", &street(), "--listen", "127.0.0.1:0", "--codec", "vp8"];
    let text = "the camera sends VP8, which is not supported: set it to H.264, H.265 or MJPEG";
    check_trouble(&arguments, None, TroubleKind::UnsupportedCodec, text).await;
}

/// What `vong sim camera` is told for a camera that is bad and is watched all the same.
async fn check_goes_on(arguments: &[&str]) {
    let ward = Ward::new(|| Box::new(Blind));
    let sim = sim(&[&["--listen", "127.0.0.1:0"], arguments].concat());
    let good = sim_good();
    let mut bad = ward.watch(camera_at("bad", &sim.urls[0], None));
    let mut neighbour = ward.watch(camera_at("good", &good.urls[0], None));
    bad.until(30, |it| is_online(it) && it.fps > 0.5).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(is_online(&bad.view.borrow()), "{arguments:?}: {:?}", *bad.view.borrow());
    neighbour.until(10, |it| is_online(it) && it.fps > 3.0).await;
    ward.close(vec![bad, neighbour]).await;
}

#[tokio::test]
async fn a_camera_that_floods_does_not_disturb_its_neighbour() {
    check_goes_on(&["--video", &street(), "--flood", "120"]).await;
}

#[tokio::test]
async fn a_camera_with_a_clock_years_off_and_one_picture_goes_on() {
    check_goes_on(&["--video", &street(), "--clock-offset", "10y", "--still"]).await;
}

#[tokio::test]
async fn cameras_of_other_codecs_go_on_through_another_size() {
    let dir = tempfile::tempdir().unwrap();
    let short = dir.path().join("short.mp4");
    cut(&["-t", "3", "-i", &street(), "-c", "copy"], &short);
    let short = short.to_str().unwrap();
    for codec in ["h265", "mjpeg"] {
        check_goes_on(&["--video", short, "--codec", codec, "--change-size-after", "3s"]).await;
    }
    check_goes_on(&["--video", short, "--b-frames", "2", "--corrupt", "1%"]).await;
}

fn cut(how: &[&str], to: &Path) {
    let made = std::process::Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error"])
        .args(how)
        .arg(to)
        .status();
    assert!(made.unwrap().success());
}

#[tokio::test]
async fn a_camera_with_pictures_that_are_too_large_is_told_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let large = dir.path().join("large.mp4");
    let encode = ["-vf", "scale=4096:2304", "-c:v", "libx264", "-preset", "ultrafast"];
    cut(&[&["-t", "1", "-i", &street()][..], &encode].concat(), &large);
    let arguments = ["--video", large.to_str().unwrap(), "--listen", "127.0.0.1:0"];
    let text = "the camera sends 4096x2304 pictures; at most 3840x2160 or as many pixels are decoded: \
                set the camera to a smaller size";
    check_trouble(&arguments, None, TroubleKind::TooLarge, text).await;
}

/// Tries that a main stream makes at a door behind which nobody speaks.
async fn count_tries(listener: &TcpListener, seconds: u64) -> usize {
    let mut n = 0;
    let counting = async {
        loop {
            drop(listener.accept().await.unwrap());
            n += 1;
        }
    };
    let _ = timeout(Duration::from_secs(seconds), counting).await;
    n
}

#[tokio::test]
async fn a_main_stream_is_tried_while_the_other_runs_and_its_loss_is_told() {
    media::init().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("rtsp://{}/main", listener.local_addr().unwrap());
    let config = camera_at("cam", &url, Some("ba bon"));
    let (facts, mut received) = mpsc::channel(8);
    let view = watch::Sender::new(CameraView::new(SystemClock.now()));
    let stream = MainStream {
        camera: config.id.clone(),
        settings: camera::rtsp_settings(&config, &url, 5),
        ring: Ring::new(RingLimits { keep: Duration::from_secs(12), most_bytes: 1 << 20 }),
        facts,
        view: view.clone(),
        clock: Arc::new(SystemClock),
    };
    let stop = CancellationToken::new();
    let running = tokio::spawn(camera::run_main_stream(stream, stop.clone()));
    let text = "the camera refuses the user name or the password".to_owned();
    let refused = CameraState::Offline(Trouble { kind: TroubleKind::WrongPassword, text });
    for state in [CameraState::Connecting, refused] {
        view.send_modify(|it| it.state = state);
        assert_eq!(count_tries(&listener, 2).await, 0, "{:?}", view.borrow().state);
    }
    view.send_modify(|it| it.state = CameraState::Online);
    // One after 0.5 to 1 s, 1 to 2 s, 2 to 4 s: some tries are two connections.
    let n_tries = count_tries(&listener, 5).await;
    assert!((2..=12).contains(&n_tries), "{n_tries}");
    let told = timeout(Duration::from_secs(60), received.recv()).await.unwrap().unwrap();
    let CameraFact::Complaint(change) = told else { panic!("{told:?}") };
    assert_eq!((change.complaint, change.begins), (CameraComplaint::MainStreamLost, true));
    assert_eq!(view.borrow().complaints.len(), 1);
    stop.cancel();
    timeout(Duration::from_secs(5), running).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_camera_that_reboots_is_found_again_each_time() {
    let ward = Ward::new(|| Box::new(Blind));
    let reboots = ["--reboot-every", "6s", "--reboot-takes", "1s"];
    let sim = sim(&[&["--video", &street(), "--listen", "127.0.0.1:0"][..], &reboots].concat());
    let mut camera = ward.watch(camera_at("cam", &sim.urls[0], None));
    for _ in 0..2 {
        camera.until(30, is_online).await;
        camera.until(30, |it| matches!(it.state, CameraState::Offline(_))).await;
    }
    camera.until(30, is_online).await;
    ward.close(vec![camera]).await;
}
