//! What a simulated camera sends next and when: the clip, round after round, with its faults. Pure.

use std::sync::Arc;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::clip::{Clip, Codec};
use crate::fault::Fault;
use crate::noise::Noise;

#[derive(Clone, Debug)]
pub(crate) struct Feed {
    pub(crate) clip: Arc<Clip>,
    pub(crate) faults: Vec<Fault>,
}

/// One turn of the camera. All times count from the stream's start.
#[derive(Debug)]
pub(crate) struct Cue<'a> {
    pub(crate) due: gst::ClockTime,
    /// New ones from this unit on.
    pub(crate) caps: Option<&'a gst::Caps>,
    /// `None` when the camera hangs.
    pub(crate) unit: Option<gst::Buffer>,
}

#[derive(Debug)]
pub(crate) struct Playhead<'a> {
    faults: &'a [Fault],
    clip: &'a Clip,
    index: usize,
    round_at: gst::ClockTime,
    /// The newest unit that stands alone.
    keyframe: Option<&'a gst::Buffer>,
    has_changed: bool,
    noise: Noise,
}

impl<'a> Playhead<'a> {
    pub(crate) fn new(feed: &'a Feed) -> Self {
        Self {
            faults: &feed.faults,
            clip: &feed.clip,
            index: 0,
            round_at: gst::ClockTime::ZERO,
            keyframe: None,
            has_changed: false,
            noise: Noise::new(),
        }
    }

    /// Never ends: a clip holds at least one unit.
    pub(crate) fn next(&mut self) -> Cue<'a> {
        if self.index == self.clip.units.len() {
            self.round_at += self.paced(self.clip.length);
            self.index = 0;
        }
        let mut due = self.due();
        let caps = self.change_of_clip(due);
        if caps.is_some() {
            due = self.due();
        }
        let unit = &self.clip.units[self.index];
        self.index += 1;
        Cue { due, caps, unit: self.faulty(unit, due) }
    }

    fn due(&self) -> gst::ClockTime {
        let unit = &self.clip.units[self.index];
        self.round_at + self.paced(unit.dts_or_pts().unwrap_or_default())
    }

    /// The clip's own time, stretched to the asked pace.
    fn paced(&self, time: gst::ClockTime) -> gst::ClockTime {
        let pace = self.faults.iter().find_map(|it| {
            if let Fault::Pace { fps } = it { Some(u64::from(*fps).max(1)) } else { None }
        });
        let Some(fps) = pace else { return time };
        let n_units = u64::try_from(self.clip.units.len()).unwrap_or(u64::MAX);
        let wanted = n_units.saturating_mul(gst::ClockTime::SECOND.nseconds()) / fps;
        time.mul_div_floor(wanted, self.clip.length.nseconds().max(1)).unwrap_or(time)
    }

    fn change_of_clip(&mut self, due: gst::ClockTime) -> Option<&'a gst::Caps> {
        let (after, to) = self.faults.iter().find_map(|it| {
            if let Fault::ChangeSize { after, to } = it { Some((*after, to)) } else { None }
        })?;
        if self.has_changed || due < clock_time(after) {
            return None;
        }
        self.has_changed = true;
        (self.clip, self.index, self.round_at, self.keyframe) = (to, 0, due, None);
        Some(&to.caps)
    }

    fn faulty(&mut self, unit: &'a gst::Buffer, due: gst::ClockTime) -> Option<gst::Buffer> {
        let (mut is_still, mut is_garbage, mut is_corrupt) = (false, false, false);
        for fault in self.faults {
            match fault {
                Fault::Freeze { after } if due >= clock_time(*after) => return None,
                Fault::Garbage { after } => is_garbage |= due >= clock_time(*after),
                Fault::Still { after } => is_still |= due >= clock_time(*after),
                Fault::Corrupt { share } => is_corrupt |= self.noise.hits(*share),
                Fault::Freeze { .. }
                | Fault::ChangeSize { .. }
                | Fault::Pace { .. }
                | Fault::Loss { .. }
                | Fault::ClockOffset { .. } => {}
            }
        }
        let is_keyframe = !unit.flags().contains(gst::BufferFlags::DELTA_UNIT);
        // The first unit stands alone in every clip that can be joined.
        if is_keyframe && !(is_still && self.keyframe.is_some()) {
            self.keyframe = Some(unit);
        }
        let shown = self.keyframe.filter(|_| is_still).unwrap_or(unit);
        let mut sent = if is_garbage {
            self.noise.like(shown)
        } else if is_corrupt {
            self.noise.corrupted(shown, self.clip.codec == Codec::Mjpeg)
        } else {
            shown.copy()
        };
        let (pts, dts) = if is_still { (Some(due), Some(due)) } else { self.stamps(unit) };
        let buffer = sent.make_mut();
        buffer.set_pts(pts);
        buffer.set_dts(dts);
        Some(sent)
    }

    fn stamps(&self, unit: &gst::BufferRef) -> (Option<gst::ClockTime>, Option<gst::ClockTime>) {
        let placed = |it: gst::ClockTime| self.round_at + self.paced(it);
        (unit.pts().map(placed), unit.dts().map(placed))
    }
}

fn clock_time(duration: Duration) -> gst::ClockTime {
    gst::ClockTime::try_from(duration).unwrap_or(gst::ClockTime::MAX)
}

#[cfg(test)]
mod tests;
