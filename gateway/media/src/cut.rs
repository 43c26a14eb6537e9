//! Cuts a clip out of a ring: a fragmented MP4 that every browser plays, whole under its name or not
//! there at all.
//!
//! H.264 goes in as it was sent. It is decoded and encoded anew when something has to be painted into
//! it, and so is every other codec.

mod chain;
mod encoder;
mod mp4;
mod output;
mod treat;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base::{Sha256, Size};
use gstreamer as gst;
use jiff::Timestamp;

use crate::element::MissingElement;
use crate::frame::FrameMut;
use crate::mask::Masks;
use crate::ring::{Edge, Next, Packet, Piece, Unit};
use crate::rtsp::CameraError;
use output::Output;
use treat::Treat;

/// How often somebody who waits for the stream is asked whether he still wants the clip.
const LOOK: Duration = Duration::from_millis(200);
/// Cutting gives way to detection.
const NICENESS: i32 = 10;

/// Changes a picture of the clip; the time is when it was taken.
pub type Painter<'a> = dyn FnMut(&mut FrameMut<'_>, Timestamp) + Send + 'a;

/// What is done to the pictures on their way. With neither masks nor a painter, H.264 stays as it is.
pub struct Treatment<'a> {
    /// Hidden before the painter sees the picture.
    pub masks: Masks,
    pub painter: Option<&'a mut Painter<'a>>,
}

/// How far a cut is, told after each picture and while it waits for the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub done: Duration,
    pub wanted: Duration,
}

/// A clip that is on the disk, synced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutClip {
    /// To the end of its last picture.
    pub duration: Duration,
    pub n_bytes: u64,
    pub sha256: Sha256,
    /// As RFC 6381 names it: `avc1.64001f`.
    pub codec: String,
    /// When its first picture was taken.
    pub began_at: Timestamp,
    pub size: Size,
    pub n_frames: u64,
    pub is_transcoded: bool,
    /// The longest time without a picture: a connection that was lost, as a rule.
    pub longest_gap: Duration,
    pub begins: Edge,
    pub ends: Edge,
}

#[derive(Debug, thiserror::Error)]
pub enum CutError {
    /// Free some space and cut again, as long as the ring still has it.
    #[error("{path}: no space is left for a clip", path = .path.display())]
    StorageFull { path: PathBuf },
    #[error("{path}: the clip cannot be written", path = .path.display())]
    Unwritable { path: PathBuf, source: std::io::Error },
    #[error("nothing was recorded at that time")]
    NothingRecorded,
    #[error("no clip can be made of what the camera sent: {why}")]
    Broken { why: String },
    /// Its pictures are too large to be decoded.
    #[error(transparent)]
    Refused(#[from] CameraError),
    #[error(transparent)]
    MissingElement(#[from] MissingElement),
    #[error("the clip is not wanted any more")]
    Cancelled,
}

/// Blocks until the piece is whole and its clip is on the disk, or `progress` breaks it off. Works on a
/// thread of its own with low priority, which it waits for; painter and progress are called there.
/// After any error there is no file.
pub fn cut(
    piece: Piece,
    path: &Path,
    treatment: Treatment<'_>,
    progress: &mut (dyn FnMut(Progress) -> ControlFlow<()> + Send),
) -> Result<CutClip, CutError> {
    std::thread::scope(|scope| {
        let work = move || {
            // Of this thread alone, which ends with the clip. Where it is refused, the clip still counts.
            let _ = rustix::process::nice(NICENESS);
            run(piece, path, treatment, progress)
        };
        let thread = std::thread::Builder::new().name("clip-cutter".to_owned());
        let thread = thread
            .spawn_scoped(scope, work)
            .map_err(|source| CutError::Unwritable { path: path.to_owned(), source })?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn run(
    mut piece: Piece,
    path: &Path,
    treatment: Treatment<'_>,
    progress: &mut (dyn FnMut(Progress) -> ControlFlow<()> + Send),
) -> Result<CutClip, CutError> {
    let mut told = Progress { done: Duration::ZERO, wanted: piece.wanted() };
    let mut output = Output::new(path);
    let mut seen = Seen::default();
    let mut treatment = Some(treatment);
    let mut treat = None;
    let mut ends = loop {
        match piece.next(LOOK) {
            Next::NotYet => {}
            Next::End(edge) => break edge,
            Next::Unit(unit) => {
                told.done = Duration::from_nanos(seen.look(&unit));
                let treat = match (&mut treat, treatment.take()) {
                    (None, Some(treatment)) => {
                        treat.insert(Treat::new(&unit.payload.caps, treatment)?)
                    }
                    (made, _) => made.as_mut().expect("made with the first unit"),
                };
                if let Some(edge) = treat.put(seen.stamped(unit), &mut output)?.break_value() {
                    break edge;
                }
            }
        }
        if progress(told).is_break() {
            return Err(CutError::Cancelled);
        }
    };
    let mut treat = treat.ok_or(CutError::NothingRecorded)?;
    if let Some(edge) = treat.finish(&mut output)?.break_value() {
        ends = edge;
    }
    let written = output.finish()?;
    Ok(CutClip {
        duration: written.duration,
        n_bytes: written.n_bytes,
        sha256: written.sha256,
        codec: written.codec,
        began_at: written.began_at,
        size: written.size,
        n_frames: written.n_frames,
        is_transcoded: treat.is_transcoding(),
        longest_gap: Duration::from_nanos(seen.longest_gap_ns),
        begins: piece.begins(),
        ends,
    })
}

/// What the timeline of the units tells.
#[derive(Debug, Default)]
struct Seen {
    first_ns: Option<i64>,
    newest_ns: i64,
    longest_gap_ns: u64,
}

impl Seen {
    /// How far the clip is, in nanoseconds.
    fn look(&mut self, unit: &Unit<Packet>) -> u64 {
        let first_ns = *self.first_ns.get_or_insert(unit.at_ns);
        let at_ns = unit.at_ns - first_ns;
        let gap_ns = u64::try_from(at_ns - self.newest_ns).unwrap_or(0);
        self.longest_gap_ns = self.longest_gap_ns.max(gap_ns);
        self.newest_ns = self.newest_ns.max(at_ns);
        u64::try_from(self.newest_ns).unwrap_or(0)
    }

    /// The unit, stamped from the clip's begin.
    fn stamped(&self, mut unit: Unit<Packet>) -> Unit<Packet> {
        unit.at_ns -= self.first_ns.unwrap_or(unit.at_ns);
        let at = u64::try_from(unit.at_ns).unwrap_or(0);
        let buffer = unit.payload.buffer.make_mut();
        buffer.set_pts(gst::ClockTime::from_nseconds(at));
        buffer.set_dts(gst::ClockTime::NONE);
        unit
    }
}

#[cfg(test)]
mod tests;
