//! When each picture of a group is decoded and shown, from the time it is shown alone.
//!
//! RTP tells no decoding times. The pictures of a group take its own times in rising order, so the
//! times of decoding rise whatever the order of showing is; the offset between the two may be
//! negative, which version 1 of `trun` allows.

use super::Sample;

/// A sample with its times, in ticks since the clip's begin.
#[derive(Debug)]
pub(crate) struct Timed<B> {
    pub(crate) decode_ticks: u64,
    /// From decoding to showing.
    pub(crate) offset_ticks: i32,
    pub(crate) is_key: bool,
    pub(crate) bytes: B,
}

/// `group` is in decoding order, and so is what is returned. No picture is timed before
/// `free_ticks`, and no two at once.
pub(crate) fn in_order<B>(group: Vec<Sample<B>>, free_ticks: u64) -> Vec<Timed<B>> {
    let mut by_time: Vec<usize> = (0..group.len()).collect();
    by_time.sort_by_key(|index| group[*index].at_ns);
    let mut free = free_ticks;
    let mut slots = Vec::with_capacity(group.len());
    let mut shown = vec![0; group.len()];
    for index in by_time {
        let slot = ticks(group[index].at_ns).max(free);
        free = slot + 1;
        shown[index] = slot;
        slots.push(slot);
    }
    let timed = group.into_iter().zip(slots).zip(shown);
    timed
        .map(|((sample, decode_ticks), shown)| Timed {
            decode_ticks,
            offset_ticks: offset(decode_ticks, shown),
            is_key: sample.is_key,
            bytes: sample.bytes,
        })
        .collect()
}

/// Reordering spans a few pictures. A stream so broken that it spans six hours is shown as sent.
fn offset(decode_ticks: u64, shown: u64) -> i32 {
    i64::try_from(shown)
        .ok()
        .zip(i64::try_from(decode_ticks).ok())
        .and_then(|(shown, decoded)| i32::try_from(shown - decoded).ok())
        .unwrap_or(0)
}

fn ticks(at_ns: i64) -> u64 {
    let at_ns = u128::try_from(at_ns).unwrap_or(0);
    u64::try_from((at_ns * 9 + 50_000) / 100_000).unwrap_or(0)
}
