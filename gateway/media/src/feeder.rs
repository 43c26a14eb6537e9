//! Pushes a clip's units into a stream at live pace, round after round, on one growing timeline.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use tracing::warn;

use crate::clip::Clip;
use crate::rtsp_server::Fault;

/// How long to wait for a pipeline that does not run yet.
const NOT_RUNNING: Duration = Duration::from_millis(10);
/// A pipeline that slept for longer than this goes on from now, not from where it was.
const MOST_LATE: gst::ClockTime = gst::ClockTime::from_seconds(1);
/// What the network is allowed to lag behind; older units are dropped.
const MOST_QUEUED_BYTES: u64 = 4 * 1024 * 1024;

#[derive(Debug)]
pub(crate) struct Feed {
    pub(crate) clip: Arc<Clip>,
    pub(crate) fault: Option<Fault>,
}

/// Ends when the returned sender is dropped, or the stream takes no more.
pub(crate) fn start(units: gst_app::AppSrc, feed: Feed) -> mpsc::SyncSender<()> {
    units.set_caps(Some(&feed.clip.caps));
    units.set_format(gst::Format::Time);
    units.set_is_live(true);
    units.set_max_bytes(MOST_QUEUED_BYTES);
    units.set_property_from_str("leaky-type", "downstream");
    let (stop_tx, stop) = mpsc::sync_channel(0);
    let thread = std::thread::Builder::new().name("rtsp-feeder".to_owned());
    if let Err(err) = thread.spawn(move || run(&units, &feed, &stop)) {
        warn!(%err, "no thread for a stream, which stays empty");
    }
    stop_tx
}

fn run(units: &gst_app::AppSrc, feed: &Feed, stop: &mpsc::Receiver<()>) {
    let mut noise = Noise(0x9E37_79B9_7F4A_7C15);
    let mut round_at = gst::ClockTime::ZERO;
    let mut offset = None;
    loop {
        for unit in &feed.clip.units {
            let due_in_clip = round_at + unit.dts_or_pts().unwrap_or_default();
            let Some(start) = wait_for(units, due_in_clip, &mut offset, stop) else { return };
            let unit = match feed.fault {
                Some(Fault::Freeze { after }) if due_in_clip >= clock_time(after) => continue,
                Some(Fault::Garbage { after }) if due_in_clip >= clock_time(after) => {
                    noise.like(unit)
                }
                Some(Fault::Freeze { .. } | Fault::Garbage { .. }) | None => unit.copy(),
            };
            if units.push_buffer(stamped(unit, start + round_at)).is_err() {
                return;
            }
        }
        round_at += feed.clip.length;
    }
}

/// Sleeps until the pipeline's clock reaches `due` of our timeline. Gives the running time at which
/// that timeline starts; `None` when told to stop.
fn wait_for(
    units: &gst_app::AppSrc,
    due: gst::ClockTime,
    offset: &mut Option<gst::ClockTime>,
    stop: &mpsc::Receiver<()>,
) -> Option<gst::ClockTime> {
    loop {
        let wait = match running_time(units) {
            None => NOT_RUNNING,
            Some(now) => {
                let start = offset.get_or_insert(now.saturating_sub(due));
                let due_at = *start + due;
                if due_at + MOST_LATE < now {
                    *start = now.saturating_sub(due);
                }
                if due_at <= now {
                    return Some(*start);
                }
                (due_at - now).into()
            }
        };
        match stop.recv_timeout(wait) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}

/// `None` until the element plays. It has its clock before it has its base time, and in between its
/// running time is the machine's uptime: a timeline that starts there is hours away from its first unit.
fn running_time(units: &gst_app::AppSrc) -> Option<gst::ClockTime> {
    if units.current_state() != gst::State::Playing {
        return None;
    }
    units.current_running_time()
}

/// The bytes stay shared with the clip; only the stamps are new.
fn stamped(mut unit: gst::Buffer, start: gst::ClockTime) -> gst::Buffer {
    let buffer = unit.make_mut();
    let pts = buffer.pts().map(|it| it + start);
    let dts = buffer.dts().map(|it| it + start);
    buffer.set_pts(pts);
    buffer.set_dts(dts);
    unit
}

fn clock_time(duration: Duration) -> gst::ClockTime {
    gst::ClockTime::try_from(duration).unwrap_or(gst::ClockTime::MAX)
}

/// Reproducible noise (xorshift64, Marsaglia 2003): the same garbage in every run.
struct Noise(u64);

impl Noise {
    /// A unit as long as `unit`, dressed as an H.264 slice, with nothing behind it.
    fn like(&mut self, unit: &gst::BufferRef) -> gst::Buffer {
        let mut bytes = vec![0, 0, 0, 1, 0x65];
        bytes.resize_with(unit.size().max(64), || self.next_byte());
        let mut garbage = gst::Buffer::from_slice(bytes);
        let buffer = garbage.make_mut();
        buffer.set_pts(unit.pts());
        buffer.set_dts(unit.dts());
        garbage
    }

    fn next_byte(&mut self) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.to_le_bytes()[0]
    }
}
