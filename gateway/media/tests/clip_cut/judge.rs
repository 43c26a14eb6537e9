//! What ffmpeg makes of a clip.

use std::path::Path;
use std::process::Command;

use base::{Sha256, Size};
use media::CutClip;

pub(crate) const SIZE: Size = Size { width: 640, height: 360 };

/// A clip as ffprobe sees it.
#[derive(Debug)]
pub(crate) struct Probed {
    pub(crate) codec: String,
    pub(crate) pixels: String,
    pub(crate) size: Size,
    pub(crate) duration_s: f64,
    /// When each picture is shown, in the order of the file.
    pub(crate) shown_s: Vec<f64>,
    pub(crate) begins_with_key: bool,
}

pub(crate) fn probe(path: &Path) -> Probed {
    let ask = |what: &[&str]| {
        let output = Command::new("ffprobe")
            .args(["-v", "error", "-select_streams", "v:0", "-of", "csv=p=0"])
            .args(what)
            .arg(path)
            .output()
            .unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && complaint.is_empty(), "{complaint}");
        String::from_utf8(output.stdout).unwrap()
    };
    let stream = ask(&["-show_entries", "stream=codec_name,width,height,pix_fmt"]);
    let stream: Vec<&str> = stream.trim().split(',').collect();
    let packets = ask(&["-show_entries", "packet=pts_time,flags"]);
    let packets: Vec<(f64, bool)> = packets
        .lines()
        .map(|line| line.split_once(',').unwrap())
        .map(|(at, flags)| (at.parse().unwrap(), flags.starts_with('K')))
        .collect();
    let duration = ask(&["-show_entries", "format=duration"]);
    Probed {
        codec: stream[0].to_owned(),
        size: Size { width: stream[1].parse().unwrap(), height: stream[2].parse().unwrap() },
        pixels: stream[3].to_owned(),
        duration_s: duration.trim().parse().unwrap(),
        shown_s: packets.iter().map(|it| it.0).collect(),
        begins_with_key: packets[0].1,
    }
}

/// Decodes the whole clip: luma of every picture, rows without padding. Any complaint is an error.
pub(crate) fn luma(path: &Path) -> Vec<Vec<u8>> {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(path)
        .args(["-vsync", "passthrough", "-pix_fmt", "gray", "-f", "rawvideo", "-"])
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let n_pixels = usize::try_from(SIZE.width * SIZE.height).unwrap();
    output.stdout.chunks(n_pixels).map(<[u8]>::to_vec).collect()
}

pub(crate) fn check(path: &Path, clip: &CutClip, seconds: std::ops::RangeInclusive<f64>) -> Probed {
    let probed = probe(path);
    assert_eq!((probed.codec.as_str(), probed.pixels.as_str()), ("h264", "yuv420p"));
    assert_eq!((probed.size, clip.size), (SIZE, SIZE));
    assert!(seconds.contains(&probed.duration_s), "{probed:?}");
    assert!((clip.duration.as_secs_f64() - probed.duration_s).abs() < 0.001, "{clip:?} {probed:?}");
    assert!(probed.begins_with_key && probed.shown_s[0].abs() < 0.001, "{probed:?}");
    assert!(probed.shown_s.windows(2).all(|it| it[0] < it[1]), "{probed:?}");
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(
        (Sha256::of(&bytes), u64::try_from(bytes.len()).unwrap()),
        (clip.sha256, clip.n_bytes)
    );
    assert_eq!(u64::try_from(luma(path).len()).unwrap(), clip.n_frames);
    assert!(clip.codec.starts_with("avc1.") && clip.codec.len() == 11, "{}", clip.codec);
    probed
}

pub(crate) fn pixels(picture: &[u8], which: fn(u32, u32) -> bool) -> Vec<u8> {
    let places = (0..SIZE.height).flat_map(|row| (0..SIZE.width).map(move |column| (row, column)));
    places.zip(picture).filter(|it| which(it.0.0, it.0.1)).map(|it| *it.1).collect()
}

pub(crate) fn mean_difference(one: &[u8], other: &[u8]) -> f64 {
    let sum: u64 = one.iter().zip(other).map(|it| u64::from(it.0.abs_diff(*it.1))).sum();
    f64::from(u32::try_from(sum).unwrap()) / f64::from(u32::try_from(one.len()).unwrap())
}
