//! Pushes a clip's units into a stream at live pace, round after round, on one growing timeline.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use tracing::warn;

use crate::playhead::{Feed, Playhead};

/// How long to wait for a pipeline that does not run yet.
const NOT_RUNNING: Duration = Duration::from_millis(10);
/// A pipeline that slept for longer than this goes on from now, not from where it was.
const MOST_LATE: gst::ClockTime = gst::ClockTime::from_seconds(1);
/// What the network is allowed to lag behind; older units are dropped.
const MOST_QUEUED_BYTES: u64 = 4 * 1024 * 1024;

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
    let mut playhead = Playhead::new(feed);
    let mut offset = None;
    loop {
        let cue = playhead.next();
        let Some(start) = wait_for(units, cue.due, &mut offset, stop) else { return };
        if let Some(caps) = cue.caps {
            units.set_caps(Some(caps));
        }
        let Some(unit) = cue.unit else { continue };
        if units.push_buffer(stamped(unit, start)).is_err() {
            return;
        }
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

/// The bytes stay shared; only the stamps are new.
fn stamped(mut unit: gst::Buffer, start: gst::ClockTime) -> gst::Buffer {
    let buffer = unit.make_mut();
    let pts = buffer.pts().map(|it| it + start);
    let dts = buffer.dts().map(|it| it + start);
    buffer.set_pts(pts);
    buffer.set_dts(dts);
    unit
}
