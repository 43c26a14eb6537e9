//! Cameras that misbehave: what comes through, what it is called, and that nothing leaks.

#![expect(clippy::unwrap_used, reason = "clippy knows #[test] functions, not what they call")]

mod bench;

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base::{Clock as _, SystemClock};
use bench::{clip, connect, cut, failure, fingerprint, fingerprints, server, settings, street};
use jiff::SignedDuration;
use media::{
    CameraError, CaptureClock, Clip, Codec, Fault, Reboot, RtspServer, RtspServerSettings,
    RtspSettings, RtspTransport, Stream,
};
use tokio::time::Instant;

/// How many pictures came within some seconds, and how many of them are not in the file.
async fn watch(settings: &RtspSettings, file: &Path, for_: Duration) -> (usize, usize) {
    let whole: HashSet<u64> = fingerprints(file).into_iter().collect();
    let mut camera = connect(settings);
    let until = Instant::now() + for_;
    let (mut n_pictures, mut n_damaged) = (0, 0);
    while Instant::now() < until {
        let frame = camera.next().await.unwrap();
        n_pictures += 1;
        n_damaged += usize::from(!whole.contains(&fingerprint(&frame.frame)));
    }
    (n_pictures, n_damaged)
}

/// At the rate of a sub-stream: a keyframe is seven packets, so that two in three come whole.
#[tokio::test]
async fn lost_packets_cost_pictures_and_none_is_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let how = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "38", "-bf", "0", "-g", "10"];
    let h264 = cut(dir.path(), "h264.mp4", "10", &how);
    let options = "bframes=0:crf=36:keyint=10:log-level=error";
    let how = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", options];
    let h265 = cut(dir.path(), "h265.mp4", "10", &how);
    let check = async |file: &Path, transport| {
        let clip = Arc::new(Clip::as_it_is(file).unwrap());
        let server = server(clip, vec![Fault::Loss { share: 0.05 }], None);
        let settings = RtspSettings { transport, fps: 60, ..settings(server.url("/street")) };
        let (n_pictures, n_damaged) = watch(&settings, file, Duration::from_secs(8)).await;
        println!("5 % lost over {transport:?}: {n_pictures} pictures, {n_damaged} damaged");
        assert!(n_pictures > 5 && n_damaged == 0, "{file:?} {n_pictures} {n_damaged}");
    };
    tokio::join!(
        check(&h264, RtspTransport::Udp),
        check(&h264, RtspTransport::Tcp),
        check(&h265, RtspTransport::Udp)
    );
}

#[tokio::test]
async fn what_never_arrives_whole_is_told_with_its_reason() {
    let server = server(clip(), vec![Fault::Loss { share: 0.5 }], None);
    let settings =
        RtspSettings { transport: RtspTransport::Udp, ..settings(server.url("/street")) };
    let err = failure(&settings).await;
    assert!(err.to_string().contains("packets get lost on the way"), "{err:?}");
}

#[tokio::test]
async fn flipped_bits_cost_pictures_and_not_the_stream() {
    let server = server(clip(), vec![Fault::Corrupt { share: 0.01 }], None);
    let settings = RtspSettings { fps: 60, ..settings(server.url("/street")) };
    let (n_pictures, n_damaged) = watch(&settings, &street(), Duration::from_secs(8)).await;
    println!("1 % corrupt: {n_pictures} pictures, {n_damaged} damaged");
    assert!(n_pictures > 40 && n_damaged < n_pictures / 2, "{n_pictures} {n_damaged}");
}

#[tokio::test]
async fn a_stream_of_corrupt_mjpeg_and_h265_does_not_end_the_program() {
    for codec in [Codec::H265, Codec::Mjpeg] {
        let dir = tempfile::tempdir().unwrap();
        let short = cut(dir.path(), "short.mp4", "2", &["-c", "copy"]);
        media::init().unwrap();
        let clip = Arc::new(Clip::load(&short, codec).unwrap());
        let server = server(clip, vec![Fault::Corrupt { share: 0.5 }], None);
        let mut camera = connect(&settings(server.url("/street")));
        let until = Instant::now() + Duration::from_secs(4);
        let mut n_pictures = 0;
        while Instant::now() < until {
            // A decoder may give up: then the caller connects again.
            match camera.next().await {
                Ok(_) => n_pictures += 1,
                Err(_) => camera = connect(&settings(server.url("/street"))),
            }
        }
        assert!(n_pictures > 0, "{codec:?}");
    }
}

#[tokio::test]
async fn a_flood_is_thinned_to_the_asked_rate() {
    let server = server(clip(), vec![Fault::Pace { fps: 120 }], None);
    let mut camera = connect(&settings(server.url("/street")));
    let first = camera.next().await.unwrap().frame.pts().0;
    let mut last = first;
    for _ in 0..25 {
        last = camera.next().await.unwrap().frame.pts().0;
    }
    let took_ms = (last - first) / 1_000_000;
    assert!((4_500..8_000).contains(&took_ms), "25 pictures at 5 a second took {took_ms} ms");
}

#[tokio::test]
async fn a_clock_ten_years_off_is_measured_and_not_believed() {
    let ten_years = SignedDuration::from_hours(10 * 365 * 24);
    for by in [ten_years, -ten_years] {
        let server = server(clip(), vec![Fault::ClockOffset { by }], None);
        let mut camera = connect(&settings(server.url("/street")));
        let mut skew = None;
        for _ in 0..60 {
            let frame = camera.next().await.unwrap();
            let age = SystemClock.now().duration_since(frame.captured_at);
            assert_eq!(frame.clock, CaptureClock::Arrival);
            assert!(age.abs() < SignedDuration::from_secs(3), "{age:?}");
            skew = camera.clock_skew();
            if skew.is_some() {
                break;
            }
        }
        let error = skew.expect("a sender report within 60 pictures") - by;
        assert!(error.abs() < SignedDuration::from_secs(2), "{error:?}");
    }
}

#[tokio::test]
async fn a_still_goes_on_in_time_with_one_picture() {
    let server = server(clip(), vec![Fault::Still { after: Duration::ZERO }], None);
    let mut camera = connect(&settings(server.url("/street")));
    let (mut marks, mut last) = (HashSet::new(), 0);
    for _ in 0..10 {
        let frame = camera.next().await.unwrap().frame;
        assert!(frame.pts().0 >= last);
        last = frame.pts().0;
        marks.insert(fingerprint(&frame));
    }
    assert_eq!(marks.len(), 1);
    assert!(last > 1_000_000_000);
}

#[tokio::test]
async fn a_camera_that_reboots_ends_the_stream_and_is_there_again() {
    media::init().unwrap();
    tokio::join!(check_reboots(RtspTransport::Tcp), check_reboots(RtspTransport::Udp));
}

async fn check_reboots(transport: RtspTransport) {
    let streams = vec![Stream { path: "/street".to_owned(), clip: clip(), faults: vec![] }];
    let (every, takes) = (Duration::from_secs(3), Duration::from_secs(2));
    let reboot = Some(Reboot { every, takes });
    let listen = "127.0.0.1:0".parse().unwrap();
    let server = RtspServer::start(RtspServerSettings { listen, login: None, streams, reboot });
    let server = server.unwrap();
    let settings = RtspSettings { transport, ..settings(server.url("/street")) };
    let (mut n_ends, mut n_refusals) = (0, 0);
    let begun_at = Instant::now();
    while n_ends < 2 || n_refusals == 0 {
        assert!(begun_at.elapsed() < Duration::from_mins(1), "{n_ends} {n_refusals}");
        let mut camera = connect(&settings);
        let mut n_pictures = 0;
        let err = loop {
            match camera.next().await {
                Ok(_) => n_pictures += 1,
                Err(err) => break err,
            }
        };
        let is_ended = matches!(err, CameraError::Ended { .. });
        let is_refused = matches!(err, CameraError::Unreachable { .. }) && n_pictures == 0;
        assert!(is_ended || is_refused, "{transport:?} after {n_pictures} pictures: {err:?}");
        // It may also be cut off before its first picture.
        n_ends += usize::from(is_ended && n_pictures > 0);
        n_refusals += usize::from(is_refused);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
