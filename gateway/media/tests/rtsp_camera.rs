//! A real RTSP server and a real client of it, over loopback. Ports are found, not fixed.

#![expect(clippy::unwrap_used, reason = "clippy knows #[test] functions, not what they call")]

mod bench;

use std::sync::Arc;
use std::time::Duration;

use base::{Clock as _, Secret, SystemClock};
use bench::{clip, connect, failure, server, settings, street};
use media::{
    CameraError, CaptureClock, Clip, Codec, Fault, Login, LoginScheme, RtspCamera, RtspServer,
    RtspServerSettings, RtspSettings, RtspTransport, Stream,
};

#[tokio::test]
async fn a_stream_becomes_pictures_at_the_asked_rate_timed_by_the_camera() {
    for transport in [RtspTransport::Tcp, RtspTransport::Udp] {
        let server = server(clip(), vec![], None);
        let mut camera = connect(&RtspSettings { transport, ..settings(server.url("/street")) });
        camera.next().await.unwrap();
        let started_at = SystemClock.now();
        let mut n_by_camera = 0;
        for _ in 0..40 {
            let frame = camera.next().await.unwrap();
            assert_eq!(frame.frame.size(), base::Size { width: 640, height: 360 });
            let age = SystemClock.now().duration_since(frame.captured_at);
            assert!(age.as_millis() < 1500 && age.as_millis() > -50, "{age:?} {:?}", frame.clock);
            n_by_camera += usize::from(frame.clock == CaptureClock::Camera);
        }
        let took = SystemClock.now().duration_since(started_at);
        assert!((7..10).contains(&took.as_secs()), "40 pictures at 5 a second took {took:?}");
        assert!(n_by_camera >= 15, "{n_by_camera} of 40 by the camera's clock");
    }
}

#[tokio::test]
async fn many_clients_share_a_stream_and_a_round_ends_without_a_seam() {
    let dir = tempfile::tempdir().unwrap();
    let short = dir.path().join("short.mp4");
    let cut = std::process::Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-t", "2", "-i"])
        .args([street().as_os_str(), "-c".as_ref(), "copy".as_ref(), short.as_os_str()])
        .status();
    assert!(cut.unwrap().success());
    media::init().unwrap();
    let server = server(Arc::new(Clip::load(&short, Codec::H264).unwrap()), vec![], None);
    let mut cameras: Vec<RtspCamera> =
        (0..3).map(|_| connect(&settings(server.url("/street")))).collect();
    for camera in &mut cameras {
        let mut last = None;
        for _ in 0..30 {
            let pts = camera.next().await.unwrap().frame.pts();
            let gap = last.map_or(0, |last: u64| pts.0 - last);
            assert!(gap < 2_500_000_000, "a gap of {gap} ns");
            last = Some(pts.0);
        }
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_from_a_right_one() {
    for scheme in [LoginScheme::Basic, LoginScheme::Digest] {
        let login =
            Login { user: "an".to_owned(), password: Secret::new("mot hai".to_owned()), scheme };
        let server = server(clip(), vec![], Some(login));
        let url = server.url("/street");
        let with = |password: &str| RtspSettings {
            username: Some("an".to_owned()),
            password: Some(Secret::new(password.to_owned())),
            ..settings(url.clone())
        };
        let err = failure(&with("ba bon")).await;
        assert!(matches!(err, CameraError::Unauthorised), "{scheme:?}: {err:?}");
        let err = failure(&settings(url.clone())).await;
        assert!(matches!(err, CameraError::Unauthorised), "{scheme:?}: {err:?}");
        connect(&with("mot hai")).next().await.unwrap();
        let inside = url.replace("rtsp://", "rtsp://an:mot hai@");
        connect(&settings(inside)).next().await.unwrap();
    }
}

#[tokio::test]
async fn no_server_and_no_such_path_are_told_apart() {
    let server = server(clip(), vec![], None);
    let err = failure(&settings(server.url("/none"))).await;
    assert!(matches!(err, CameraError::NoSuchStream), "{err:?}");
    let url = server.url("/street");
    drop(server);
    let err = failure(&settings(url)).await;
    assert!(matches!(err, CameraError::Unreachable { .. }), "{err:?}");
}

#[tokio::test]
async fn a_server_that_goes_away_ends_the_stream_and_a_new_one_is_seen_again() {
    let first = server(clip(), vec![], None);
    let address = first.address();
    let settings = settings(first.url("/street"));
    let mut camera = connect(&settings);
    camera.next().await.unwrap();
    drop(first);
    let err = loop {
        if let Err(err) = camera.next().await {
            break err;
        }
    };
    assert!(matches!(err, CameraError::Ended { .. }), "{err:?}");
    drop(camera);
    let streams = vec![Stream { path: "/street".to_owned(), clip: clip(), faults: vec![] }];
    let again = RtspServerSettings { listen: address, login: None, streams, reboot: None };
    let _second = RtspServer::start(again).unwrap();
    connect(&settings).next().await.unwrap();
}

#[tokio::test]
async fn a_frozen_stream_is_stalled() {
    let server = server(clip(), vec![Fault::Freeze { after: Duration::from_secs(2) }], None);
    let err = failure(&settings(server.url("/street"))).await;
    assert!(matches!(err, CameraError::Stalled { .. }), "{err:?}");
}

#[tokio::test]
async fn a_stream_of_garbage_is_no_picture() {
    let server = server(clip(), vec![Fault::Garbage { after: Duration::ZERO }], None);
    let err = failure(&settings(server.url("/street"))).await;
    // On a busy machine the stall is seen before the fifteenth unit that cannot be decoded.
    assert!(
        matches!(err, CameraError::Undecodable { .. } | CameraError::Stalled { .. }),
        "{err:?}"
    );
}

#[tokio::test]
async fn another_codec_is_named() {
    media::init().unwrap();
    let server = server(Arc::new(Clip::load(&street(), Codec::Vp8).unwrap()), vec![], None);
    let err = failure(&settings(server.url("/street"))).await;
    let CameraError::UnsupportedCodec { codec } = &err else { panic!("{err:?}") };
    assert_eq!(codec, "VP8");
}
