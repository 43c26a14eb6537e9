//! Clips cut out of a real camera's stream and judged by ffmpeg, which had no part in making them.

#![expect(clippy::unwrap_used, reason = "clippy knows #[test] functions, not what they call")]

mod judge;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base::{Clock as _, Size, SystemClock};
use jiff::Timestamp;
use media::{
    Clip, Codec, CutClip, CutError, DecoderMemory, Edge, FrameMut, Masks, Piece, Ring, RingLimits,
    RtspCamera, RtspRecorder, RtspServer, RtspServerSettings, RtspSettings, RtspTransport, Stream,
    Treatment, Window,
};

use judge::{SIZE, check, luma, mean_difference, pixels, probe};

/// The right half, from a quarter of the height to three quarters.
const HIDDEN: [[f32; 2]; 4] = [[0.5, 0.25], [1.0, 0.25], [1.0, 0.75], [0.5, 0.75]];

fn street() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"),
        PathBuf::from,
    );
    let dir =
        std::env::var_os("VONG_MEDIA_DIR").map_or_else(|| cache.join("vong/media"), PathBuf::from);
    let path = dir.join("vtest-360.mp4");
    assert!(path.exists(), "{} is missing: run scripts/fetch-media.sh", path.display());
    path
}

fn camera() -> (RtspServer, RtspSettings) {
    static CLIP: OnceLock<Arc<Clip>> = OnceLock::new();
    let clip = CLIP.get_or_init(|| {
        media::init().unwrap();
        Arc::new(Clip::load(&street(), Codec::H264).unwrap())
    });
    let streams =
        vec![Stream { path: "/street".to_owned(), clip: Arc::clone(clip), faults: Vec::new() }];
    let listen = "127.0.0.1:0".parse().unwrap();
    let settings = RtspServerSettings { listen, login: None, streams, reboot: None };
    let server = RtspServer::start(settings).unwrap();
    let settings = RtspSettings {
        url: server.url("/street"),
        username: None,
        password: None,
        transport: RtspTransport::Tcp,
        fps: 5,
        decoders: DecoderMemory::default(),
        masks: Masks::default(),
    };
    (server, settings)
}

fn ring() -> Ring {
    Ring::new(RingLimits { keep: Duration::from_secs(8), most_bytes: 8 << 20 })
}

/// Looks on until the ring holds `length`.
async fn watch(camera: &mut RtspCamera, ring: &Ring, length: Duration) {
    while ring.length() < length {
        camera.next().await.unwrap();
    }
}

async fn watch_for(camera: &mut RtspCamera, length: Duration) {
    let until = tokio::time::Instant::now() + length;
    while tokio::time::Instant::now() < until {
        camera.next().await.unwrap();
    }
}

fn around(at: Timestamp, before: Duration, after: Duration) -> Window {
    Window { from: at - before, at, to: at + after }
}

fn nothing() -> Treatment<'static> {
    Treatment { masks: Masks::default(), painter: None }
}

/// Cuts as the gateway does: beside what else runs.
async fn cut(
    piece: Piece,
    path: &Path,
    treatment: Treatment<'static>,
) -> Result<CutClip, CutError> {
    let path = path.to_owned();
    let work = move || media::cut(piece, &path, treatment, &mut |_| ControlFlow::Continue(()));
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clip_whose_stream_is_over_shows_what_there_is() {
    let (_server, settings) = camera();
    let (dir, ring) = (tempfile::tempdir().unwrap(), ring());
    let path = dir.path().join("clip.mp4");
    let mut camera =
        RtspCamera::connect_recording(&settings, &ring, Arc::new(SystemClock)).unwrap();
    watch(&mut camera, &ring, Duration::from_secs(4)).await;
    let at = camera.next().await.unwrap().captured_at;
    let piece = ring.piece(around(at, Duration::from_secs(2), Duration::from_mins(1))).unwrap();
    watch_for(&mut camera, Duration::from_secs(1)).await;
    assert!(!piece.is_whole());
    ring.end_pieces();
    assert!(piece.is_whole());
    let clip = cut(piece, &path, nothing()).await.unwrap();
    assert_eq!((clip.begins, clip.ends), (Edge::Asked, Edge::NotRecorded));
    check(&path, &clip, 2.9..=4.5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clip_of_the_running_stream_shows_before_and_after() {
    let (_server, settings) = camera();
    let (dir, ring) = (tempfile::tempdir().unwrap(), ring());
    let path = dir.path().join("clip.mp4");
    let mut camera =
        RtspCamera::connect_recording(&settings, &ring, Arc::new(SystemClock)).unwrap();
    watch(&mut camera, &ring, Duration::from_secs(5)).await;
    let at = camera.next().await.unwrap().captured_at;
    let window = around(at, Duration::from_secs(3), Duration::from_secs(4));
    let cutting = cut(ring.piece(window).unwrap(), &path, nothing());
    let looking = async { while camera.next().await.is_ok() {} };
    let clip = tokio::select! {
        clip = cutting => clip.unwrap(),
        () = looking => panic!("the camera is gone"),
    };
    assert_eq!((clip.begins, clip.ends, clip.is_transcoded), (Edge::Asked, Edge::Asked, false));
    // The street's keys are a second apart, its pictures 100 ms.
    check(&path, &clip, 6.9..=8.2);
    let early = window.from.duration_since(clip.began_at).as_secs_f64();
    assert!((-0.05..=1.05).contains(&early), "{early}");
    assert!(clip.longest_gap <= Duration::from_millis(350), "{clip:?}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_keeps_the_main_stream_without_looking_at_it() {
    for transport in [RtspTransport::Tcp, RtspTransport::Udp] {
        let (_server, settings) = camera();
        let settings = RtspSettings { transport, ..settings };
        let (dir, ring) = (tempfile::tempdir().unwrap(), ring());
        let clock: Arc<dyn base::Clock> = Arc::new(SystemClock);
        let mut recorder = RtspRecorder::connect(&settings, &ring, &clock).unwrap();
        let mut newest = recorder.next().await.unwrap();
        while ring.length() < Duration::from_secs(4) {
            newest = recorder.next().await.unwrap();
        }
        let age = SystemClock.now().duration_since(newest);
        assert!(age.as_millis() < 1500 && age.as_millis() > -50, "{age:?}");
        let path = dir.path().join("clip.mp4");
        let window = around(newest, Duration::from_secs(2), Duration::ZERO);
        let clip = cut(ring.piece(window).unwrap(), &path, nothing()).await.unwrap();
        check(&path, &clip, 1.9..=3.2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_fails_as_a_camera_does() {
    let (server, settings) = camera();
    let clock: Arc<dyn base::Clock> = Arc::new(SystemClock);
    let none = RtspSettings { url: server.url("/none"), ..settings.clone() };
    let err = RtspRecorder::connect(&none, &ring(), &clock).unwrap().next().await.unwrap_err();
    assert!(matches!(err, media::CameraError::NoSuchStream), "{err:?}");
    let mut recorder = RtspRecorder::connect(&settings, &ring(), &clock).unwrap();
    recorder.next().await.unwrap();
    drop(server);
    let err = loop {
        if let Err(err) = recorder.next().await {
            break err;
        }
    };
    assert!(matches!(err, media::CameraError::Ended { .. }), "{err:?}");
}

/// The rows and columns that [`HIDDEN`] surely covers, and those that it surely leaves.
fn is_hidden(row: u32, column: u32) -> bool {
    (90..270).contains(&row) && column >= 320
}

/// More than a macroblock from the border.
fn is_deep(row: u32, column: u32) -> bool {
    (106..254).contains(&row) && column >= 336
}

fn is_clear(row: u32, column: u32) -> bool {
    !(80..280).contains(&row) || column < 310
}

#[tokio::test(flavor = "multi_thread")]
async fn masks_are_burned_in_and_the_rest_is_the_picture() {
    let (_server, settings) = camera();
    let (dir, ring) = (tempfile::tempdir().unwrap(), ring());
    let mut camera =
        RtspCamera::connect_recording(&settings, &ring, Arc::new(SystemClock)).unwrap();
    watch(&mut camera, &ring, Duration::from_secs(4)).await;
    let window = around(ring.newest_at().unwrap(), Duration::from_secs(2), Duration::ZERO);
    let (plain, masked) = (dir.path().join("plain.mp4"), dir.path().join("masked.mp4"));
    let original = cut(ring.piece(window).unwrap(), &plain, nothing()).await.unwrap();
    let captured_at = ring.captured_at();
    let (painted_tx, painted) = std::sync::mpsc::sync_channel(1000);
    let mut dot = move |frame: &mut FrameMut<'_>, at: Timestamp| {
        painted_tx.send((frame.size, at)).unwrap();
        // A white square in the upper left.
        for row in 0..16 {
            frame.y.data[row * frame.y.stride..][..16].fill(235);
        }
    };
    let piece = ring.piece(window).unwrap();
    let clip = tokio::task::block_in_place(|| {
        let treatment =
            Treatment { masks: Masks::new(&[HIDDEN.to_vec()]), painter: Some(&mut dot) };
        media::cut(piece, &masked, treatment, &mut |_| ControlFlow::Continue(())).unwrap()
    });
    assert!(clip.is_transcoded && !original.is_transcoded);
    assert_eq!(clip.began_at, original.began_at);
    let (before, after) = (check(&plain, &original, 1.9..=3.2), check(&masked, &clip, 1.9..=3.2));
    // Original timestamps kept.
    assert_eq!(before.shown_s, after.shown_s);
    let told: Vec<(Size, Timestamp)> = painted.try_iter().collect();
    assert_eq!(u64::try_from(told.len()).unwrap(), clip.n_frames);
    assert!(told.iter().all(|it| it.0 == SIZE && captured_at.contains(&it.1)), "{told:?}");
    for (picture, original) in luma(&masked).iter().zip(luma(&plain)) {
        // ffmpeg spreads 16..=235 to 0..=255: 126 becomes 128. Blocks that the border runs through are
        // coded together with what lies beside them, and ring.
        let off = |which| pixels(picture, which).iter().map(|it| it.abs_diff(128)).max().unwrap();
        let (deep, near) = (off(is_deep), off(is_hidden));
        assert!(deep <= 2 && near <= 24, "the masked part is not flat: {deep} {near}");
        let corner = picture.chunks(640).take(12).all(|row| row[..12].iter().all(|it| *it > 225));
        assert!(corner, "the painter's square is not there");
        let is_rest = |row, column| is_clear(row, column) && (row > 32 || column > 32);
        let apart = mean_difference(&pixels(picture, is_rest), &pixels(&original, is_rest));
        assert!(apart < 4.0, "the rest differs by {apart}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_masked_camera_hands_out_nothing_that_was_hidden() {
    let (_server, settings) = camera();
    let ring = ring();
    let masked = RtspSettings { masks: Masks::new(&[HIDDEN.to_vec()]), fps: 10, ..settings };
    let mut camera = RtspCamera::connect_recording(&masked, &ring, Arc::new(SystemClock)).unwrap();
    let mut frames = Vec::new();
    while frames.len() < 30 {
        let seen = camera.next().await.unwrap();
        let base::Picture::I420 { y, u, v, .. } = seen.frame.picture() else { panic!("not I420") };
        let rows = |plane: base::Plane<'_>, width: usize, height: usize| -> Vec<u8> {
            plane
                .data
                .chunks(plane.stride)
                .take(height)
                .flat_map(|it| it[..width].to_vec())
                .collect()
        };
        let luma = rows(y, 640, 360);
        assert!(pixels(&luma, is_hidden).iter().all(|it| *it == 126));
        for chroma in [rows(u, 320, 180), rows(v, 320, 180)] {
            assert!(
                chroma
                    .chunks(320)
                    .take(135)
                    .skip(45)
                    .all(|it| it[160..].iter().all(|it| *it == 128))
            );
        }
        frames.push((seen.captured_at, luma));
    }
    // What the decoder goes on from is not painted: the rest is the very picture of the stream.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("clip.mp4");
    let at = ring.newest_at().unwrap();
    let clip = cut(
        ring.piece(around(at, Duration::from_secs(2), Duration::ZERO)).unwrap(),
        &path,
        nothing(),
    );
    let clip = clip.await.unwrap();
    let gray_from_yuv =
        |it: u8| -> u8 { u8::try_from((i32::from(it.max(16)) - 16).min(219) * 255 / 219).unwrap() };
    let probed = probe(&path);
    let mut n_compared = 0;
    for (captured_at, luma_here) in &frames {
        let at_s = captured_at.duration_since(clip.began_at).as_secs_f64();
        let Some(index) = probed.shown_s.iter().position(|it| (it - at_s).abs() < 0.04) else {
            continue;
        };
        let there = &luma(&path)[index];
        let here: Vec<u8> = pixels(luma_here, is_clear).into_iter().map(gray_from_yuv).collect();
        let apart = mean_difference(&here, &pixels(there, is_clear));
        assert!(apart < 1.0, "{apart} at {at_s}");
        n_compared += 1;
    }
    assert!(n_compared >= 10, "{n_compared} pictures compared");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_is_away_for_a_while_leaves_a_gap_of_that_length() {
    let (server, settings) = camera();
    let (dir, ring) = (tempfile::tempdir().unwrap(), ring());
    let clock: Arc<dyn base::Clock> = Arc::new(SystemClock);
    let mut recorder = RtspRecorder::connect(&settings, &ring, &clock).unwrap();
    while ring.length() < Duration::from_secs(3) {
        recorder.next().await.unwrap();
    }
    let began_at = ring.captured_at()[0];
    let lost_at = ring.newest_at().unwrap();
    drop(recorder);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut recorder = RtspRecorder::connect(&settings, &ring, &clock).unwrap();
    while ring.newest_at().unwrap() < lost_at + Duration::from_secs(5) {
        recorder.next().await.unwrap();
    }
    drop(server);
    let newest = ring.newest_at().unwrap();
    let path = dir.path().join("clip.mp4");
    let window = Window { from: began_at, at: lost_at, to: newest };
    let clip = cut(ring.piece(window).unwrap(), &path, nothing()).await.unwrap();
    let whole = newest.duration_since(began_at).as_secs_f64();
    check(&path, &clip, whole - 0.2..=whole + 0.3);
    assert!(clip.longest_gap > Duration::from_millis(1800), "{clip:?}");
    assert!(clip.longest_gap < Duration::from_millis(4500), "{clip:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_can_be_broken_off_and_a_folder_that_is_not_there_is_told() {
    let (_server, settings) = camera();
    let (dir, ring) = (tempfile::tempdir().unwrap(), ring());
    let mut camera =
        RtspCamera::connect_recording(&settings, &ring, Arc::new(SystemClock)).unwrap();
    watch(&mut camera, &ring, Duration::from_secs(2)).await;
    let at = ring.newest_at().unwrap();
    let window = around(at, Duration::from_secs(1), Duration::from_mins(1));
    let path = dir.path().join("clip.mp4");
    let mut told = Vec::new();
    let piece = ring.piece(window).unwrap();
    let err = media::cut(piece, &path, nothing(), &mut |progress| {
        told.push(progress);
        if told.len() > 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(err, Err(CutError::Cancelled)), "{err:?}");
    assert!(told[4].done > told[0].done && told[4].wanted > Duration::from_mins(1), "{told:?}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    drop(camera);
    // The rest of a window never comes when the camera is gone: the clip is what there is.
    let ahead = around(at, Duration::from_secs(1), Duration::from_secs(1));
    let clip = cut(ring.piece(ahead).unwrap(), &path, nothing()).await.unwrap();
    assert_eq!(clip.ends, Edge::NotRecorded);
    check(&path, &clip, 0.9..=2.2);
    let nowhere = dir.path().join("none").join("clip.mp4");
    let now = around(at, Duration::from_secs(1), Duration::ZERO);
    let err = cut(ring.piece(now).unwrap(), &nowhere, nothing()).await;
    assert!(matches!(err, Err(CutError::Unwritable { .. })), "{err:?}");
    let long_ago =
        around(at - Duration::from_mins(10), Duration::from_secs(5), Duration::from_secs(10));
    assert!(ring.piece(long_ago).is_none());
}
