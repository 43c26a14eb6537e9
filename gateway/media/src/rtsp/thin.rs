//! Which coded pictures need not be decoded: those that nothing refers to, once enough others come.
//!
//! Pure. A camera sends 25 pictures a second or 120, of which 5 are looked at. A picture that others
//! are predicted from has to be decoded whatever happens to it then; one that stands alone (JPEG), or
//! that nothing is predicted from (most B-frames), costs nothing when it is left out here.

use std::collections::VecDeque;

use super::codec::Coded;

const SECOND_NS: u64 = 1_000_000_000;

/// What leaving a coded picture out would cost the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Nothing, whichever is left out: each is whole by itself.
    Alone,
    /// Nothing is predicted from it.
    Disposable,
    /// Others are predicted from it, or it cannot be told.
    Needed,
}

/// How NAL units follow one another in a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Framing {
    /// Between start codes (ITU-T H.264 and H.265, annex B).
    #[default]
    StartCodes,
    /// Each behind its length in four bytes (ISO/IEC 14496-15).
    Lengths,
}

/// Keeps at least `fps` pictures a second, as evenly as the camera sends them.
#[derive(Clone, Debug)]
pub(crate) struct Thinner {
    fps: usize,
    interval_ns: u64,
    /// Of [`Unit::Alone`]: the first moment at which the next one is wanted.
    due_ns: u64,
    /// When the needed pictures of the last second came.
    needed_at: VecDeque<u64>,
    /// H.265 numbers its temporal layers; only the highest holds what nothing refers to.
    highest_layer: u8,
}

impl Thinner {
    pub(crate) fn new(fps: u32) -> Self {
        let fps = fps.max(1);
        Self {
            fps: usize::try_from(fps).unwrap_or(usize::MAX),
            interval_ns: SECOND_NS / u64::from(fps),
            due_ns: 0,
            needed_at: VecDeque::new(),
            highest_layer: 0,
        }
    }

    /// `bytes` is one coded picture with whatever stands before it.
    pub(crate) fn unit(&mut self, coded: Coded, framing: Framing, bytes: &[u8]) -> Unit {
        let is_disposable = match coded {
            Coded::Jpeg => return Unit::Alone,
            Coded::H264 => {
                let slice = nal_units(framing, bytes).find(|it| matches!(it[0] & 0x1F, 1..=5));
                // nal_ref_idc, which is the same in every slice of a picture (H.264, 7.4.1).
                slice.is_some_and(|it| it[0] & 0x60 == 0)
            }
            Coded::H265 => {
                let mut pictures = nal_units(framing, bytes).filter(|it| (it[0] >> 1) & 0x3F < 32);
                let [first, second, ..] = pictures.next().unwrap_or_default() else {
                    return Unit::Needed;
                };
                let (kind, layer) = ((first >> 1) & 0x3F, second & 7);
                self.highest_layer = self.highest_layer.max(layer);
                // The even ones up to RSV_VCL_N14 are sub-layer non-reference pictures (H.265, table 7-1).
                kind <= 14 && kind % 2 == 0 && layer == self.highest_layer
            }
        };
        if is_disposable { Unit::Disposable } else { Unit::Needed }
    }

    /// Whether to decode it. `pts_ns` is when it is to be shown, which in decoding order may jump back.
    pub(crate) fn keeps(&mut self, unit: Unit, pts_ns: u64) -> bool {
        match unit {
            Unit::Alone => self.is_due(pts_ns),
            Unit::Disposable => self.needed_at.len() < self.fps,
            Unit::Needed => {
                self.needed_at.retain(|it| pts_ns.abs_diff(*it) < SECOND_NS);
                self.needed_at.push_back(pts_ns);
                if self.needed_at.len() > self.fps {
                    self.needed_at.pop_front();
                }
                true
            }
        }
    }

    fn is_due(&mut self, pts_ns: u64) -> bool {
        // A timeline that begins anew is followed at once.
        if self.due_ns > pts_ns.saturating_add(2 * self.interval_ns) {
            self.due_ns = pts_ns;
        }
        if pts_ns < self.due_ns {
            return false;
        }
        // Counted from when it was due, so that 12 pictures a second become 5 and not 4.
        self.due_ns = self.due_ns.max(pts_ns.saturating_sub(self.interval_ns)) + self.interval_ns;
        true
    }
}

/// None of them is empty.
fn nal_units(framing: Framing, bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        loop {
            let unit = match framing {
                Framing::StartCodes => {
                    let at = rest.windows(3).position(|it| it == [0, 0, 1])?;
                    rest = &rest[at + 3..];
                    rest
                }
                Framing::Lengths => {
                    let (length, behind) = rest.split_first_chunk::<4>()?;
                    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
                    let (unit, behind) = behind.split_at_checked(length)?;
                    rest = behind;
                    unit
                }
            };
            if !unit.is_empty() {
                return Some(unit);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One character a picture, `per_second` of them: `j` alone, `b` disposable, `P` needed. Answers
    /// with what is kept.
    fn play(fps: u32, per_second: u64, script: &str) -> String {
        let mut thinner = Thinner::new(fps);
        let kept = (0..).zip(script.chars()).filter(|(n, symbol)| {
            let unit = match symbol {
                'j' => Unit::Alone,
                'b' => Unit::Disposable,
                _ => Unit::Needed,
            };
            thinner.keeps(unit, n * SECOND_NS / per_second)
        });
        kept.map(|(_, symbol)| symbol).collect()
    }

    #[test]
    fn pictures_that_stand_alone_are_kept_at_the_rate() {
        assert_eq!(play(5, 25, &"j".repeat(25 * 4)).len(), 20);
        assert_eq!(play(5, 12, &"j".repeat(12 * 4)).len(), 20);
        assert_eq!(play(5, 120, &"j".repeat(120 * 4)).len(), 20);
        assert_eq!(play(5, 4, &"j".repeat(4 * 4)).len(), 16);
    }

    #[test]
    fn what_nothing_refers_to_is_left_out_once_enough_others_come() {
        let group = "Pbb".repeat(8);
        assert_eq!(play(5, 24, &group).matches('P').count(), 8);
        // Four and their followers before the fifth shows that five a second come without.
        assert_eq!(play(5, 24, &group).matches('b').count(), 8);
        // Eight a second is not ten.
        assert_eq!(play(10, 24, &group), group);
    }

    #[test]
    fn what_others_need_is_never_left_out() {
        assert_eq!(play(1, 120, &"P".repeat(240)), "P".repeat(240));
    }

    #[test]
    fn a_timeline_that_begins_anew_is_followed() {
        let mut thinner = Thinner::new(5);
        assert!(thinner.keeps(Unit::Alone, 3_600 * SECOND_NS));
        assert!(thinner.keeps(Unit::Alone, 0));
        assert!(!thinner.keeps(Unit::Alone, 1));
    }

    fn unit(coded: Coded, framing: Framing, bytes: &[u8]) -> Unit {
        Thinner::new(5).unit(coded, framing, bytes)
    }

    #[test]
    fn a_slice_says_whether_it_is_referred_to() {
        let check = |nal: u8, expected| {
            let annex_b = [0, 0, 0, 1, 0x09, 0xF0, 0, 0, 1, nal, 0x9A, 0x12];
            assert_eq!(unit(Coded::H264, Framing::StartCodes, &annex_b), expected);
            let avc = [0, 0, 0, 2, 0x09, 0xF0, 0, 0, 0, 3, nal, 0x9A, 0x12];
            assert_eq!(unit(Coded::H264, Framing::Lengths, &avc), expected);
        };
        check(0x65, Unit::Needed);
        check(0x41, Unit::Needed);
        check(0x01, Unit::Disposable);
        // Parameter sets alone, and nonsense, stay.
        check(0x67, Unit::Needed);
        assert_eq!(unit(Coded::H264, Framing::Lengths, &[0, 0, 0xFF, 0, 1]), Unit::Needed);
        assert_eq!(unit(Coded::H264, Framing::StartCodes, &[0, 0, 1]), Unit::Needed);
        assert_eq!(unit(Coded::Jpeg, Framing::StartCodes, &[]), Unit::Alone);
    }

    #[test]
    fn only_the_highest_layer_of_h265_is_disposable() {
        let mut thinner = Thinner::new(5);
        let mut check = |kind: u8, layer: u8, expected| {
            let bytes = [0, 0, 1, kind << 1, layer, 0x80];
            assert_eq!(thinner.unit(Coded::H265, Framing::StartCodes, &bytes), expected);
        };
        check(19, 1, Unit::Needed);
        check(0, 1, Unit::Disposable);
        check(1, 1, Unit::Needed);
        check(0, 2, Unit::Disposable);
        check(0, 1, Unit::Needed);
        check(8, 2, Unit::Disposable);
        check(21, 1, Unit::Needed);
    }
}
