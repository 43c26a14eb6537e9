//! Streams that no camera of the tests sends, from files that ffmpeg makes, into a ring and out again.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gst::prelude::*;
use gstreamer_app as gst_app;
use tempfile::TempDir;

use super::*;
use crate::ring::{Ring, RingLimits, Window};

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(1_772_323_200_000 + ms).unwrap()
}

/// Makes a test picture of `seconds` with ffmpeg, 25 a second, a key every second.
fn film(dir: &TempDir, name: &str, size: &str, seconds: u32, how: &[&str]) -> PathBuf {
    let path = dir.path().join(name);
    let source = format!("testsrc2=size={size}:rate=25:duration={seconds}");
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-f", "lavfi", "-i", &source, "-pix_fmt", "yuv420p"])
        .args(how)
        .arg(&path)
        .status();
    assert!(made.unwrap().success());
    path
}

const H264: [&str; 8] =
    ["-c:v", "libx264", "-g", "25", "-sc_threshold", "0", "-preset", "veryfast"];
const H265: [&str; 6] = [
    "-c:v",
    "libx265",
    "-x265-params",
    "keyint=25:min-keyint=25:log-level=none",
    "-preset",
    "ultrafast",
];

/// Pushes a film's units as a connection does. The first is taken at `begin_ms`.
fn record(ring: &Ring, film: &Path, parser: &str, begin_ms: i64) {
    crate::init().unwrap();
    let path = film.display();
    let line =
        format!("filesrc location={path} ! parsebin ! {parser} ! appsink name=units sync=false");
    let pipeline = gst::parse::launch(&line).unwrap().downcast::<gst::Pipeline>().unwrap();
    let units = pipeline.by_name("units").unwrap().downcast::<gst_app::AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let writer = ring.writer();
    let mut first = None;
    while let Ok(sample) = units.pull_sample() {
        let buffer = sample.buffer_owned().unwrap();
        let pts = buffer.pts().unwrap();
        let first = *first.get_or_insert(pts);
        let since =
            i64::try_from(pts.mseconds()).unwrap() - i64::try_from(first.mseconds()).unwrap();
        writer.push(buffer, sample.caps_owned().unwrap(), at(begin_ms + since));
    }
    pipeline.set_state(gst::State::Null).unwrap();
}

const AS_H264: &str =
    "h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au";
const AS_H265: &str =
    "h265parse config-interval=-1 ! video/x-h265,stream-format=byte-stream,alignment=au";

fn ring() -> Ring {
    Ring::new(RingLimits { keep: Duration::from_secs(30), most_bytes: 64 << 20 })
}

fn piece(ring: &Ring, from_ms: i64, at_ms: i64, to_ms: i64) -> Piece {
    ring.piece(Window { from: at(from_ms), at: at(at_ms), to: at(to_ms) }).unwrap()
}

fn plain() -> Treatment<'static> {
    Treatment { masks: Masks::default(), painter: None }
}

fn go_on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Codec, size, duration and the times of its pictures, after ffmpeg decoded all of it without a word.
fn judged(path: &Path) -> (String, f64, Vec<f64>) {
    let run = |program: &str, args: &[&str], last: &[&str]| {
        let output = Command::new(program).args(args).arg(path).args(last).output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && complaint.is_empty(), "{complaint}");
        String::from_utf8(output.stdout).unwrap()
    };
    run("ffmpeg", &["-nostdin", "-v", "error", "-i"], &["-f", "null", "-"]);
    let ask =
        |what: &str| run("ffprobe", &["-v", "error", "-of", "csv=p=0", "-show_entries", what], &[]);
    let times = ask("packet=pts_time")
        .lines()
        .map(|it| it.trim_end_matches(',').parse().unwrap())
        .collect();
    let duration = ask("format=duration").trim().parse().unwrap();
    (ask("stream=codec_name,width,height").trim().to_owned(), duration, times)
}

fn is_near(one: f64, other: f64) -> bool {
    (one - other).abs() < 0.045
}

#[test]
fn h265_becomes_h264_with_its_own_times() {
    let dir = TempDir::new().unwrap();
    let ring = ring();
    record(&ring, &film(&dir, "film.mp4", "320x240", 4, &H265), AS_H265, 0);
    let path = dir.path().join("clip.mp4");
    let clip = cut(piece(&ring, 1500, 2000, 2960), &path, plain(), &mut go_on).unwrap();
    assert!(clip.is_transcoded);
    let (stream, duration, times) = judged(&path);
    assert_eq!(stream, "h264,320,240");
    assert!(is_near(duration, 2.0) && is_near(clip.duration.as_secs_f64(), 2.0), "{clip:?}");
    assert_eq!(times.len(), 50);
    assert!(
        times.iter().zip(0_i32..).all(|it| (it.0 - f64::from(it.1) * 0.04).abs() < 0.001),
        "{times:?}"
    );
    assert_eq!(clip.began_at, at(1000));
}

#[test]
fn mjpeg_becomes_h264_and_odd_sides_even() {
    let dir = TempDir::new().unwrap();
    let ring = ring();
    record(
        &ring,
        &film(&dir, "film.avi", "320x240", 2, &["-vf", "scale=321:241", "-c:v", "mjpeg"]),
        "identity",
        0,
    );
    let path = dir.path().join("clip.mp4");
    let n_painted = Arc::new(AtomicU64::new(0));
    let own = Arc::clone(&n_painted);
    let mut painter = move |frame: &mut FrameMut<'_>, _: Timestamp| {
        assert_eq!(frame.size, Size { width: 321, height: 241 });
        own.fetch_add(1, Ordering::Relaxed);
    };
    let treatment = Treatment { masks: Masks::default(), painter: Some(&mut painter) };
    let clip = cut(piece(&ring, 500, 900, 1500), &path, treatment, &mut go_on).unwrap();
    let (stream, duration, times) = judged(&path);
    assert_eq!(stream, "h264,320,240");
    assert!(is_near(duration, 1.04), "{duration}");
    assert_eq!(u64::try_from(times.len()).unwrap(), n_painted.load(Ordering::Relaxed));
    assert_eq!(clip.size, Size { width: 320, height: 240 });
}

#[test]
fn pictures_sent_in_another_order_stay_in_theirs() {
    let dir = TempDir::new().unwrap();
    let ring = ring();
    let how: Vec<&str> = H264.into_iter().chain(["-bf", "3", "-b_strategy", "0"]).collect();
    record(&ring, &film(&dir, "film.mp4", "320x240", 4, &how), AS_H264, 0);
    for (name, masks) in
        [("through.mp4", Masks::default()), ("anew.mp4", Masks::new(&[vec![[0.1, 0.1]; 3]]))]
    {
        let path = dir.path().join(name);
        let treatment = Treatment { masks, painter: None };
        let clip = cut(piece(&ring, 1500, 2000, 3500), &path, treatment, &mut go_on).unwrap();
        let (_, duration, mut times) = judged(&path);
        // The last pictures before the end may wait for one behind it.
        assert!((2.4..=2.6).contains(&duration), "{duration} {clip:?}");
        times.sort_by(f64::total_cmp);
        let steps = times.windows(2).filter(|it| (it[1] - it[0] - 0.04).abs() < 0.001).count();
        assert!(steps >= times.len() - 3, "{times:?}");
        // ffmpeg moves a track with negative offsets up until its times of decoding can lead.
        assert!((0.0..0.13).contains(&times[0]), "{name} {times:?}");
    }
}

#[test]
fn a_clip_never_mixes_two_sizes() {
    let dir = TempDir::new().unwrap();
    let ring = ring();
    record(&ring, &film(&dir, "small.mp4", "320x240", 3, &H264), AS_H264, 0);
    record(&ring, &film(&dir, "large.mp4", "640x480", 3, &H264), AS_H264, 3000);
    let path = dir.path().join("clip.mp4");
    let before = cut(piece(&ring, 1000, 2500, 5000), &path, plain(), &mut go_on).unwrap();
    assert_eq!((before.begins, before.ends), (Edge::Asked, Edge::StreamChanged));
    assert_eq!(judged(&path).0, "h264,320,240");
    let after = cut(piece(&ring, 1000, 3500, 5000), &path, plain(), &mut go_on).unwrap();
    assert_eq!((after.begins, after.ends), (Edge::StreamChanged, Edge::Asked));
    let (stream, duration, _) = judged(&path);
    assert_eq!((stream.as_str(), after.began_at), ("h264,640,480", at(3000)));
    assert!(is_near(duration, 2.04), "{duration}");
}

#[test]
fn pictures_that_are_too_large_to_be_decoded_are_refused_by_their_size() {
    crate::init().unwrap();
    let dir = TempDir::new().unwrap();
    let ring = ring();
    let writer = ring.writer();
    let caps: gst::Caps = "image/jpeg,width=8000,height=6000".parse().unwrap();
    for ms in [0, 500, 1000] {
        let mut buffer = gst::Buffer::with_size(64).unwrap();
        buffer.get_mut().unwrap().set_pts(gst::ClockTime::from_mseconds(ms));
        writer.push(buffer, caps.clone(), at(i64::try_from(ms).unwrap()));
    }
    let path = dir.path().join("clip.mp4");
    let made = cut(piece(&ring, 0, 500, 1000), &path, plain(), &mut |_| ControlFlow::Continue(()));
    let told = made.unwrap_err().to_string();
    assert!(told.starts_with("the camera sends 8000x6000 pictures; at most"), "{told}");
    assert!(!path.exists());
}

#[test]
fn what_cannot_be_decoded_ends_a_clip_or_spoils_it() {
    let dir = TempDir::new().unwrap();
    let (good, bad) = (ring(), ring());
    record(&good, &film(&dir, "film.mp4", "320x240", 2, &H264), AS_H264, 0);
    crate::init().unwrap();
    let caps = "video/x-h264,stream-format=byte-stream,alignment=au".parse::<gst::Caps>().unwrap();
    let writer = bad.writer();
    for tick in 0..50_u64 {
        let mut unit = gst::Buffer::from_slice([0, 0, 0, 1, 0x65, 1, 2, 3, 4, 5, 6, 7]);
        unit.make_mut().set_pts(gst::ClockTime::from_mseconds(tick * 40));
        writer.push(unit, caps.clone(), at(i64::try_from(tick * 40).unwrap()));
    }
    let path = dir.path().join("clip.mp4");
    for masks in [Masks::default(), Masks::new(&[vec![[0.1, 0.1]; 3]])] {
        let treatment = Treatment { masks, painter: None };
        let err = cut(piece(&bad, 0, 500, 1500), &path, treatment, &mut go_on).unwrap_err();
        assert!(matches!(err, CutError::Broken { .. }), "{err:?}");
        assert!(!path.exists());
    }
    assert!(cut(piece(&good, 0, 500, 1500), &path, plain(), &mut go_on).is_ok());
}

/// Runs itself again in a mount namespace of its own, where the folder of clips has 1 MiB.
#[test]
fn a_full_disk_is_told_and_keeps_no_half_clip() {
    const SMALL: &str = "VONG_TEST_SMALL_DISK";
    let Some(small) = std::env::var_os(SMALL) else {
        let dir = TempDir::new().unwrap();
        let is_root = rustix::process::geteuid().is_root();
        let output = Command::new("unshare")
            .args(if is_root { ["-m", "--"] } else { ["-rm", "--"] })
            .args(["sh", "-c", "mount -t tmpfs -o size=1m tmpfs \"$0\" && exec \"$@\""])
            .args([dir.path(), &std::env::current_exe().unwrap()])
            .args(["--exact", "cut::tests::a_full_disk_is_told_and_keeps_no_half_clip"])
            .env(SMALL, dir.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
        return;
    };
    let (dir, path) = (TempDir::new().unwrap(), Path::new(&small).join("clip.mp4"));
    let ring = ring();
    let how: Vec<&str> = H264.into_iter().chain(["-crf", "4"]).collect();
    record(&ring, &film(&dir, "film.mp4", "640x480", 4, &how), AS_H264, 0);
    let is_empty = || std::fs::read_dir(&small).unwrap().next().is_none();
    let err = cut(piece(&ring, 0, 1000, 3900), &path, plain(), &mut go_on).unwrap_err();
    assert!(matches!(&err, CutError::StorageFull { path: told } if *told == path), "{err:?}");
    assert!(is_empty(), "a half clip is left");
    let masks = Masks::new(&[vec![[0.0, 0.0], [0.1, 0.0], [0.0, 0.1]]]);
    let ballast = vec![0; 1000 << 10];
    std::fs::write(path.with_extension("ballast"), ballast).unwrap();
    let treatment = Treatment { masks, painter: None };
    let err = cut(piece(&ring, 0, 1000, 3900), &path, treatment, &mut go_on).unwrap_err();
    assert!(matches!(err, CutError::StorageFull { .. }), "{err:?}");
    std::fs::remove_file(path.with_extension("ballast")).unwrap();
    assert!(is_empty(), "a half clip is left");
    let clip = cut(piece(&ring, 0, 100, 300), &path, plain(), &mut go_on).unwrap();
    assert!(clip.n_bytes < 1 << 20 && path.exists());
}

#[test]
fn a_piece_waits_for_its_end_and_goes_on_without_the_ring() {
    let dir = TempDir::new().unwrap();
    let (first, second) =
        (film(&dir, "1.mp4", "320x240", 2, &H264), film(&dir, "2.mp4", "320x240", 2, &H264));
    let small = Ring::new(RingLimits { keep: Duration::from_millis(500), most_bytes: 64 << 20 });
    record(&small, &first, AS_H264, 0);
    let growing = piece(&small, 1000, 1500, 3500);
    record(&small, &second, AS_H264, 2000);
    assert!(small.length() < Duration::from_millis(1500), "{:?}", small.length());
    let path = dir.path().join("clip.mp4");
    let clip = cut(growing, &path, plain(), &mut go_on).unwrap();
    assert_eq!((clip.begins, clip.ends, clip.began_at), (Edge::Asked, Edge::Asked, at(1000)));
    assert!(is_near(judged(&path).1, 2.54), "{clip:?}");
}

#[test]
fn an_older_connection_that_still_runs_is_not_listened_to() {
    crate::init().unwrap();
    let ring = ring();
    let (older, newer) = (ring.writer(), ring.writer());
    let caps = gst::Caps::new_empty_simple("image/jpeg");
    let unit = |ms: u64| {
        let mut unit = gst::Buffer::from_slice([0; 8]);
        unit.make_mut().set_pts(gst::ClockTime::from_mseconds(ms));
        unit
    };
    newer.push(unit(0), caps.clone(), at(0));
    older.push(unit(40), caps.clone(), at(40));
    newer.push(unit(80), caps, at(80));
    assert_eq!(ring.captured_at(), [at(0), at(80)]);
    assert_eq!(ring.n_bytes(), 16);
}
