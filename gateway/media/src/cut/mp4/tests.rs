//! The boxes of a file as a player reads them.

use std::io::Cursor;

use super::*;

fn track() -> Track {
    let size = Size { width: 640, height: 360 };
    Track {
        size,
        config: vec![1, 0x64, 0, 0x1f, 0xff],
        began_at: "2026-03-01T00:00:00Z".parse().unwrap(),
    }
}

fn written(samples: &[(i64, bool)]) -> (Vec<u8>, Written) {
    let mut writer = Mp4Writer::new(Cursor::new(Vec::new()), &track()).unwrap();
    for (at_ms, is_key) in samples {
        writer.put(Sample { at_ns: at_ms * 1_000_000, is_key: *is_key, bytes: [7; 5] }).unwrap();
    }
    let (file, written) = writer.finish().unwrap();
    (file.into_inner(), written)
}

/// The boxes of a file, each as its name and its content.
fn boxes(mut bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap() - 8;
        let name = String::from_utf8(rest[..4].to_vec()).unwrap();
        found.push((name, rest[4..][..length].to_vec()));
        bytes = &rest[4 + length..];
    }
    found
}

fn inside(bytes: &[u8], path: &[&str]) -> Vec<u8> {
    path.iter().fold(bytes.to_vec(), |bytes, name| {
        boxes(&bytes).into_iter().find(|it| it.0 == *name).unwrap().1
    })
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks(4).map(|it| u32::from_be_bytes(it.try_into().unwrap())).collect()
}

#[test]
fn the_header_comes_first_and_each_group_is_a_fragment() {
    let (file, written) = written(&[(0, true), (100, false), (200, true), (300, false)]);
    let names: Vec<String> = boxes(&file).into_iter().map(|it| it.0).collect();
    assert_eq!(names, ["ftyp", "moov", "moof", "mdat", "moof", "mdat"]);
    assert_eq!(written, Written { duration: Duration::from_millis(400), n_samples: 4 });
    let mehd = inside(&file, &["moov", "mvex", "mehd"]);
    assert_eq!(words(&mehd), [0x0100_0000, 0, 36_000]);
    assert_eq!(inside(&file, &["mdat"]), [7; 10]);
}

#[test]
fn a_fragment_says_how_long_each_picture_stays() {
    let (file, _) = written(&[(0, true), (100, false), (250, true), (300, false)]);
    let trun = words(&inside(&file, &["moof", "traf", "trun"]));
    assert_eq!(trun[1], 2);
    assert_eq!(trun[3..], [9000, 5, KEY, 0, 13_500, 5, DELTA, 0]);
    let moof = u32::try_from(inside(&file, &["moof"]).len()).unwrap();
    assert_eq!(trun[2], moof + 8 + 8, "the data lies behind the head of mdat");
}

const KEY: u32 = 0x0200_0000;
const DELTA: u32 = 0x0101_0000;

#[test]
fn pictures_shown_in_another_order_are_decoded_in_theirs() {
    // I P B B: shown 0 1 2 3 as I B B P.
    let (file, written) = written(&[(0, true), (300, false), (100, false), (200, false)]);
    let trun = words(&inside(&file, &["moof", "traf", "trun"]));
    let offsets: Vec<i32> = trun[3..].chunks(4).map(|it| it[3].cast_signed()).collect();
    assert_eq!(offsets, [0, 18_000, -9000, -9000]);
    assert_eq!(written.duration, Duration::from_millis(400));
}

#[test]
fn times_rise_whatever_the_camera_stamps() {
    let (file, _) = written(&[(0, true), (0, false), (50, false), (20, true), (20, false)]);
    let first = words(&inside(&file, &["moof", "traf", "trun"]));
    assert_eq!([first[3], first[7]], [1, 4499], "two at once are a tick apart");
    let second = boxes(&file).into_iter().filter(|it| it.0 == "moof").nth(1).unwrap().1;
    let begin = words(&inside(&second, &["traf", "tfdt"]));
    assert_eq!(begin[1..], [0, 4501], "a group that begins before the last ended is put behind it");
}

#[test]
fn the_last_picture_stays_as_long_as_is_usual() {
    let (_, with_gap) =
        written(&[(0, true), (100, false), (200, false), (300, false), (9000, false)]);
    assert_eq!(with_gap.duration, Duration::from_millis(9100));
    let (_, single) = written(&[(0, true)]);
    assert_eq!(single.duration, Duration::from_millis(40));
}
