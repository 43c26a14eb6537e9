//! Real files through the real decoder. `scripts/fetch-media.sh` fetches the street video.

#![expect(clippy::unwrap_used, reason = "clippy knows #[test] functions, not what they call")]

use std::path::{Path, PathBuf};

use base::Picture;
use media::{VideoError, VideoFile};

fn street() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"),
        PathBuf::from,
    );
    let dir =
        std::env::var_os("VONG_MEDIA_DIR").map_or_else(|| cache.join("vong/media"), PathBuf::from);
    let path = dir.join("vtest.mp4");
    assert!(path.exists(), "{} is missing: run scripts/fetch-media.sh", path.display());
    path
}

/// The mean of a plane, over the pixels alone: whatever pads the rows is left out.
fn mean(plane: &base::Plane<'_>, width: usize, height: usize) -> u64 {
    let rows = (0..height).map(|row| &plane.data[row * plane.stride..][..width]);
    let sum: u64 = rows.flatten().map(|it| u64::from(*it)).sum();
    sum / u64::try_from(width * height).unwrap()
}

fn refused(path: &Path) -> VideoError {
    media::init().unwrap();
    VideoFile::open(path).err().unwrap()
}

#[test]
fn every_picture_of_the_street_is_read_in_order() {
    media::init().unwrap();
    let mut n_frames = 0;
    let mut last = None;
    for frame in VideoFile::open(&street()).unwrap() {
        let frame = frame.unwrap();
        assert!(last < Some(frame.pts()), "{last:?} before {:?}", frame.pts());
        last = Some(frame.pts());
        n_frames += 1;
    }
    assert_eq!(n_frames, 795);
}

#[test]
fn a_lent_picture_shows_the_street() {
    media::init().unwrap();
    let frame = VideoFile::open(&street()).unwrap().nth(10).unwrap().unwrap();
    let Picture::I420 { size, y, u, v } = frame.picture() else { panic!("not I420") };
    assert_eq!((size.width, size.height), (768, 576));
    assert!(y.stride >= 768 && u.stride >= 384, "{} {}", y.stride, u.stride);
    // A grey English street in daylight: mid luma, hardly any colour.
    let means = (mean(&y, 768, 576), mean(&u, 384, 288), mean(&v, 384, 288));
    assert!((80..160).contains(&means.0), "{means:?}");
    assert!((108..148).contains(&means.1) && (108..148).contains(&means.2), "{means:?}");
}

#[test]
fn what_is_no_video_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(refused(&dir.path().join("none.mp4")), VideoError::NotFound { .. }));
    assert!(matches!(refused(dir.path()), VideoError::NotAVideo { .. }));
    let empty = dir.path().join("empty.mp4");
    std::fs::write(&empty, b"").unwrap();
    assert!(refused(&empty).to_string().ends_with("not a video (it is empty)"));
    let text = dir.path().join("text.mp4");
    std::fs::write(&text, "camera,zone\n".repeat(400)).unwrap();
    assert!(matches!(refused(&text), VideoError::NotAVideo { .. }), "{}", refused(&text));
}

#[test]
fn a_truncated_video_ends_and_does_not_hang() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("half.mp4");
    let whole = std::fs::read(street()).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    media::init().unwrap();
    let frames: Vec<bool> = VideoFile::open(&path).unwrap().map(|it| it.is_ok()).collect();
    let n_good = frames.iter().filter(|it| **it).count();
    assert!((200..700).contains(&n_good), "{n_good}");
    assert!(frames.iter().rev().skip(1).all(|it| *it), "an error ends the iteration");
}
