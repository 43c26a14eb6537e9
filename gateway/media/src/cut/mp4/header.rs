//! The boxes of a fragmented MP4, byte by byte.

use std::io;

use super::order::Timed;
use super::{TICKS_PER_S, Track};

const TRACK_ID: u32 = 1;
/// From 1904, where MP4 counts from, to 1970.
const MP4_TO_UNIX_S: i64 = 2_082_844_800;
/// `tfhd`: offsets count from the fragment's own first byte.
const BASE_IS_MOOF: u32 = 0x02_0000;
/// `trun`: the data's offset, and of every sample its duration, size, flags and time offset.
const TRUN_FLAGS: u32 = 0x0F01;
/// Sample flags: needs no other picture; needs others, and is no point to start at.
const KEY: u32 = 0x0200_0000;
const DELTA: u32 = 0x0101_0000;
/// The identity, in fixed point.
const MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// Boxes in the making: each learns its length when it is closed.
#[derive(Default)]
struct Boxes(Vec<u8>);

impl Boxes {
    fn within(&mut self, name: [u8; 4], fill: impl FnOnce(&mut Self)) {
        let start = self.0.len();
        self.u32(0);
        self.0.extend_from_slice(&name);
        fill(self);
        let length = u32::try_from(self.0.len() - start).expect("a header is small");
        self.0[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }

    /// A box that begins with a version and flags.
    fn full(&mut self, name: [u8; 4], version: u8, flags: u32, fill: impl FnOnce(&mut Self)) {
        self.within(name, |it| {
            it.u32(u32::from(version) << 24 | flags);
            fill(it);
        });
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn zeros(&mut self, n_bytes: usize) {
        self.0.resize(self.0.len() + n_bytes, 0);
    }

    fn u16(&mut self, value: u16) {
        self.bytes(&value.to_be_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes());
    }

    fn matrix(&mut self) {
        for part in MATRIX {
            self.u32(part);
        }
    }
}

/// `ftyp` and `moov`, and where in them the duration stands, in ticks, as a `u64` of zero.
pub(crate) fn header(track: &Track) -> (Vec<u8>, u64) {
    let mut out = Boxes::default();
    let mut duration_at = 0;
    out.within(*b"ftyp", |it| {
        it.bytes(b"iso5");
        it.u32(512);
        it.bytes(b"iso5iso6mp41");
    });
    out.within(*b"moov", |it| {
        movie(it, track);
        it.within(*b"trak", |it| {
            track_header(it, track);
            it.within(*b"mdia", |it| media(it, track));
        });
        it.within(*b"mvex", |it| {
            it.full(*b"mehd", 1, 0, |it| {
                duration_at = it.0.len();
                it.u64(0);
            });
            it.full(*b"trex", 0, 0, |it| {
                it.u32(TRACK_ID);
                it.u32(1);
                it.zeros(12);
            });
        });
    });
    (out.0, u64::try_from(duration_at).expect("a header is small"))
}

fn movie(out: &mut Boxes, track: &Track) {
    out.full(*b"mvhd", 1, 0, |it| {
        times(it, track);
        it.u32(TICKS_PER_S);
        it.u64(0);
        it.u32(0x1_0000);
        it.u16(0x100);
        it.zeros(10);
        it.matrix();
        it.zeros(24);
        it.u32(TRACK_ID + 1);
    });
}

/// Enabled, in the movie, in its preview.
fn track_header(out: &mut Boxes, track: &Track) {
    out.full(*b"tkhd", 1, 7, |it| {
        times(it, track);
        it.u32(TRACK_ID);
        it.zeros(4 + 8 + 8 + 8);
        it.matrix();
        it.u32(track.size.width << 16);
        it.u32(track.size.height << 16);
    });
}

fn media(out: &mut Boxes, track: &Track) {
    out.full(*b"mdhd", 1, 0, |it| {
        times(it, track);
        it.u32(TICKS_PER_S);
        it.u64(0);
        // "und", in five bits a letter.
        it.u16(0x55C4);
        it.u16(0);
    });
    out.full(*b"hdlr", 0, 0, |it| {
        it.u32(0);
        it.bytes(b"vide");
        it.zeros(12);
        it.bytes(b"video\0");
    });
    out.within(*b"minf", |it| {
        it.full(*b"vmhd", 0, 1, |it| it.zeros(8));
        it.within(*b"dinf", |it| {
            it.full(*b"dref", 0, 0, |it| {
                it.u32(1);
                // The data is in this file.
                it.full(*b"url ", 0, 1, |_| {});
            });
        });
        it.within(*b"stbl", |it| {
            it.full(*b"stsd", 0, 0, |it| {
                it.u32(1);
                it.within(*b"avc1", |it| sample_entry(it, track));
            });
            it.full(*b"stts", 0, 0, |it| it.u32(0));
            it.full(*b"stsc", 0, 0, |it| it.u32(0));
            it.full(*b"stsz", 0, 0, |it| it.u64(0));
            it.full(*b"stco", 0, 0, |it| it.u32(0));
        });
    });
}

fn sample_entry(out: &mut Boxes, track: &Track) {
    out.zeros(6);
    out.u16(1);
    out.zeros(16);
    for side in [track.size.width, track.size.height] {
        out.u16(u16::try_from(side).unwrap_or(u16::MAX));
    }
    // 72 dots an inch, one picture a sample, no name, 24 bits deep.
    out.u32(0x48_0000);
    out.u32(0x48_0000);
    out.u32(0);
    out.u16(1);
    out.zeros(32);
    out.u16(0x18);
    out.u16(u16::MAX);
    out.within(*b"avcC", |it| it.bytes(&track.config));
}

/// When the clip was recorded, twice: created and changed.
fn times(out: &mut Boxes, track: &Track) {
    let at = u64::try_from(track.began_at.as_second() + MP4_TO_UNIX_S).unwrap_or(0);
    out.u64(at);
    out.u64(at);
}

/// `moof` and the head of `mdat`: the samples' bytes follow. The last of them stays until
/// `end_ticks`.
pub(crate) fn fragment<B: AsRef<[u8]>>(
    sequence: u32,
    group: &[Timed<B>],
    end_ticks: u64,
) -> io::Result<Vec<u8>> {
    let too_large = |_| io::Error::new(io::ErrorKind::FileTooLarge, "a fragment of 4 GiB");
    let mut out = Boxes::default();
    let mut offset_at = 0;
    let mut n_bytes: usize = 8;
    out.within(*b"moof", |it| {
        it.full(*b"mfhd", 0, 0, |it| it.u32(sequence));
        it.within(*b"traf", |it| {
            it.full(*b"tfhd", 0, BASE_IS_MOOF, |it| it.u32(TRACK_ID));
            let begin = group.first().map_or(end_ticks, |it| it.decode_ticks);
            it.full(*b"tfdt", 1, 0, |it| it.u64(begin));
            it.full(*b"trun", 1, TRUN_FLAGS, |it| {
                it.u32(u32::try_from(group.len()).unwrap_or(u32::MAX));
                offset_at = it.0.len();
                it.u32(0);
                let ends = group.iter().skip(1).map(|it| it.decode_ticks).chain([end_ticks]);
                for (sample, end) in group.iter().zip(ends) {
                    let size = sample.bytes.as_ref().len();
                    n_bytes += size;
                    it.u32(u32::try_from(end - sample.decode_ticks).unwrap_or(u32::MAX));
                    it.u32(u32::try_from(size).unwrap_or(u32::MAX));
                    it.u32(if sample.is_key { KEY } else { DELTA });
                    it.bytes(&sample.offset_ticks.to_be_bytes());
                }
            });
        });
    });
    let data_at = u32::try_from(out.0.len() + 8).map_err(too_large)?;
    out.0[offset_at..offset_at + 4].copy_from_slice(&data_at.to_be_bytes());
    out.u32(u32::try_from(n_bytes).map_err(too_large)?);
    out.bytes(b"mdat");
    Ok(out.0)
}
