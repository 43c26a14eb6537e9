//! What cameras send, over both transports: codecs, B-frames, other sizes.

#![expect(clippy::unwrap_used, reason = "clippy knows #[test] functions, not what they call")]

mod bench;

use std::sync::Arc;
use std::time::Duration;

use base::Size;
use bench::{connect, cut, failure, fingerprint, fingerprints, server, settings};
use media::{
    CameraError, CameraFrame, Clip, Codec, Encoding, Fault, RtspCamera, RtspSettings, RtspTransport,
};

const WHOLE: Size = Size { width: 640, height: 360 };
/// About half. RFC 2435 counts in blocks of 8 pixels.
const HALF: Size = Size { width: 320, height: 176 };

async fn see(camera: &mut RtspCamera, n_pictures: usize) -> Vec<CameraFrame> {
    let mut seen = Vec::new();
    for _ in 0..n_pictures {
        seen.push(camera.next().await.unwrap());
    }
    seen
}

#[tokio::test]
async fn all_codecs_come_over_both_transports() {
    let dir = tempfile::tempdir().unwrap();
    let short = cut(dir.path(), "short.mp4", "3", &["-c", "copy"]);
    media::init().unwrap();
    for (codec, decoder) in
        [(Codec::H264, "avdec_h264"), (Codec::H265, "avdec_h265"), (Codec::Mjpeg, "jpegdec")]
    {
        let clip = Arc::new(Clip::load(&short, codec).unwrap());
        assert_eq!((clip.codec(), clip.size()), (codec, Some(WHOLE)));
        for transport in [RtspTransport::Tcp, RtspTransport::Udp] {
            let server = server(Arc::clone(&clip), vec![], None);
            let mut camera =
                connect(&RtspSettings { transport, ..settings(server.url("/street")) });
            assert_eq!(camera.decoder(), None);
            let seen = see(&mut camera, 6).await;
            assert!(seen.iter().all(|it| it.frame.size() == WHOLE), "{codec:?} {transport:?}");
            let used = camera.decoder().unwrap();
            // A machine with a decoder in hardware takes that one.
            assert!(used.is_hardware || used.name == decoder, "{used:?}");
            assert!(used.fell_back.is_none(), "{used:?}");
        }
    }
}

/// A file goes out and comes in to the bit, in the order in which it is to be seen.
async fn check_as_it_is(codec: Codec, how: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let file = cut(dir.path(), "b-frames.mp4", "4", how);
    let expected = fingerprints(&file);
    assert_eq!(expected.len(), 40);
    let clip = Clip::as_it_is(&file).unwrap();
    assert_eq!(clip.codec(), codec);
    let server = server(Arc::new(clip), vec![], None);
    let mut camera = connect(&RtspSettings { fps: 60, ..settings(server.url("/street")) });
    let seen = see(&mut camera, 60).await;
    let pts: Vec<u64> = seen.iter().map(|it| it.frame.pts().0).collect();
    assert!(pts.is_sorted(), "{pts:?}");
    let place = |it: &CameraFrame| {
        let mark = fingerprint(&it.frame);
        expected.iter().position(|it| *it == mark).expect("a picture of the file")
    };
    let places: Vec<usize> = seen.iter().map(place).collect();
    // A picture may be passed over for the next one, and after the last comes the first again.
    let steps = places.windows(2).map(|it| (it[1] + expected.len() - it[0]) % expected.len());
    assert!(steps.clone().all(|it| (1..=8).contains(&it)), "{places:?}");
    assert!(steps.filter(|it| *it == 1).count() > 40, "{places:?}");
}

#[tokio::test]
async fn h264_with_b_frames_keeps_its_order() {
    let how =
        ["-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-b_strategy", "0", "-g", "10"];
    check_as_it_is(Codec::H264, &how).await;
}

const H265_WITH_B_FRAMES: [&str; 6] = [
    "-c:v",
    "libx265",
    "-preset",
    "ultrafast",
    "-x265-params",
    "bframes=3:b-adapt=0:keyint=10:open-gop=0:log-level=error",
];

#[tokio::test]
async fn h265_with_b_frames_keeps_its_order() {
    check_as_it_is(Codec::H265, &H265_WITH_B_FRAMES).await;
}

/// parsebin forgets to say that a file has no other stream, one time in fifty on a busy machine.
#[test]
fn a_file_of_h265_is_told_from_h264_however_many_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let file = cut(dir.path(), "b-frames.mp4", "4", &H265_WITH_B_FRAMES);
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(Clip::as_it_is(&file).unwrap().codec(), Codec::H265);
                }
            });
        }
    });
}

#[tokio::test]
async fn another_size_within_the_stream_needs_no_new_connection() {
    let dir = tempfile::tempdir().unwrap();
    let short = cut(dir.path(), "short.mp4", "3", &["-c", "copy"]);
    media::init().unwrap();
    for codec in [Codec::H264, Codec::H265, Codec::Mjpeg] {
        let small = Encoding { codec, size: Some(HALF), n_b_frames: 0 };
        let to = Arc::new(Clip::encode(&short, small).unwrap());
        assert_eq!(to.size(), Some(HALF));
        let change = Fault::ChangeSize { after: Duration::from_secs(2), to };
        let server = server(Arc::new(Clip::load(&short, codec).unwrap()), vec![change], None);
        let mut camera = connect(&settings(server.url("/street")));
        assert_eq!(camera.next().await.unwrap().frame.size(), WHOLE);
        let mut n_pictures = 0;
        while camera.next().await.unwrap().frame.size() != HALF {
            n_pictures += 1;
            assert!(n_pictures < 50, "{codec:?}: the size does not change");
        }
        see(&mut camera, 5).await;
    }
}

/// RFC 2435 gives a side of 2040 at most; what is larger is told in the session description.
#[tokio::test]
async fn an_mjpeg_of_48_megapixels_is_refused_before_it_is_decoded() {
    let dir = tempfile::tempdir().unwrap();
    let short = cut(dir.path(), "short.mp4", "0.3", &["-c", "copy"]);
    media::init().unwrap();
    let size = Some(Size { width: 8000, height: 6000 });
    let huge = Encoding { codec: Codec::Mjpeg, size, n_b_frames: 0 };
    let server = server(Arc::new(Clip::encode(&short, huge).unwrap()), vec![], None);
    let err = failure(&settings(server.url("/street"))).await;
    assert!(matches!(err, CameraError::TooLarge { size: it } if Some(it) == size), "{err:?}");
    let expected = "the camera sends 8000x6000 pictures; at most 3840x2160 or as many pixels are \
                    decoded: set the camera to a smaller size";
    assert_eq!(err.to_string(), expected);
}

#[tokio::test]
async fn what_is_too_large_is_refused_in_every_codec_and_4k_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let short = cut(dir.path(), "short.mp4", "0.3", &["-c", "copy"]);
    media::init().unwrap();
    for codec in [Codec::H264, Codec::H265, Codec::Mjpeg] {
        for (width, height, is_refused) in [(3840, 2160, false), (4096, 2304, true)] {
            let size = Size { width, height };
            let large = Encoding { codec, size: Some(size), n_b_frames: 0 };
            let server = server(Arc::new(Clip::encode(&short, large).unwrap()), vec![], None);
            let mut camera = connect(&settings(server.url("/street")));
            match camera.next().await {
                Ok(frame) => assert!(!is_refused && frame.frame.size() == size, "{codec:?}"),
                Err(CameraError::TooLarge { size: it }) => assert!(is_refused && it == size),
                Err(err) => panic!("{codec:?} {size:?}: {err:?}"),
            }
        }
    }
}
