//! Reproducible chance: the same losses and the same garbage in every run.

use gstreamer as gst;

/// What H.264 and H.265 begin with: without it, nothing would be sent.
const START_CODE_AND_HEADER: usize = 5;
/// One bit in so many bytes, and at least one.
const BYTES_A_FLIP: usize = 512;

/// xorshift64 (Marsaglia, "Xorshift RNGs", 2003).
#[derive(Debug)]
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new() -> Self {
        Self(0x9E37_79B9_7F4A_7C15)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// True for this part of the calls, `0.0..=1.0`.
    pub(crate) fn hits(&mut self, share: f64) -> bool {
        let [.., a, b, c, d] = self.next().to_le_bytes();
        f64::from(u32::from_le_bytes([a, b, c, d])) < share * f64::from(u32::MAX)
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.next() % bound).unwrap_or(0)
    }

    /// A unit as long as `unit`, dressed as an H.264 slice, with nothing behind it.
    pub(crate) fn like(&mut self, unit: &gst::BufferRef) -> gst::Buffer {
        let mut bytes = vec![0, 0, 0, 1, 0x65];
        bytes.resize_with(unit.size().max(64), || self.next().to_le_bytes()[0]);
        with_stamps_of(unit, bytes)
    }

    /// A copy with flipped bits. Of a JPEG only its second half is touched, which holds no header.
    pub(crate) fn corrupted(&mut self, unit: &gst::BufferRef, is_jpeg: bool) -> gst::Buffer {
        let mut bytes = unit.map_readable().map(|it| it.to_vec()).unwrap_or_default();
        let from = if is_jpeg { bytes.len() / 2 } else { START_CODE_AND_HEADER };
        let inside = bytes.get_mut(from..).unwrap_or_default();
        for _ in 0..=inside.len() / BYTES_A_FLIP {
            let at = self.below(inside.len());
            if let Some(byte) = inside.get_mut(at) {
                *byte ^= 1 << self.below(8);
            }
        }
        with_stamps_of(unit, bytes)
    }
}

fn with_stamps_of(unit: &gst::BufferRef, bytes: Vec<u8>) -> gst::Buffer {
    let mut made = gst::Buffer::from_slice(bytes);
    let buffer = made.make_mut();
    buffer.set_pts(unit.pts());
    buffer.set_dts(unit.dts());
    buffer.set_flags(unit.flags());
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_hits_as_often_as_asked_and_alike_in_every_run() {
        let hits = |share| {
            let mut noise = Noise::new();
            (0..10_000).filter(|_| noise.hits(share)).count()
        };
        assert_eq!((hits(0.0), hits(1.0)), (0, 10_000));
        assert!((450..550).contains(&hits(0.05)), "{}", hits(0.05));
        assert_eq!(hits(0.05), hits(0.05));
    }

    #[test]
    fn flipped_bits_leave_the_length_and_the_beginning() {
        crate::init().unwrap();
        let before = vec![7; 4096];
        let unit = gst::Buffer::from_slice(before.clone());
        let after = Noise::new().corrupted(&unit, false);
        let after = after.map_readable().unwrap().to_vec();
        assert_eq!((after.len(), &after[..5]), (before.len(), &before[..5]));
        let n_flipped = after.iter().filter(|it| **it != 7).count();
        assert!((1..=9).contains(&n_flipped), "{n_flipped}");
        let empty = Noise::new().corrupted(&gst::Buffer::new(), true);
        assert_eq!(empty.size(), 0);
    }
}
