//! Between the parser and the decoder: too large pictures stop here, needless and damaged ones are left
//! out.

use std::sync::{Arc, Mutex, PoisonError};

use base::Size;
use gstreamer as gst;
use gstreamer::prelude::*;

use super::codec::Coded;
use super::error::CameraError;
use super::shared::Shared;
use super::thin::{Framing, Thinner};

/// As many pixels as a picture of 3840x2160 has: 12 MB decoded, and a decoder holds up to 17 of them.
pub(crate) const MOST_PIXELS: u64 = 3840 * 2160;

/// How long the next keyframe is waited for after a loss. Then the decoder gets what there is: it may
/// recover where no keyframe ever comes, and it is the last chance before the connection is given up.
const MOST_WAIT_NS: u64 = 12_000_000_000;
/// The same for the first keyframe: less than the patience with a new connection.
const MOST_FIRST_WAIT_NS: u64 = 5_000_000_000;

#[derive(Debug)]
struct Gate {
    coded: Coded,
    thinner: Thinner,
    framing: Framing,
    is_shut: bool,
    wait: Wait,
}

/// What is predicted from a picture that lost a packet is wrong until the next keyframe, and would be
/// taken for objects. Decoders conceal it, or refuse all of it with an error a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Wait {
    /// Nothing came yet.
    #[default]
    Begin,
    Whole,
    /// Until a picture of this time at the latest.
    Keyframe {
        until_ns: u64,
    },
}

/// Watches what leaves `parser`, before any decoder allocates for it.
pub(crate) fn watch(parser: &gst::Element, coded: Coded, fps: u32, shared: &Arc<Shared>) {
    let gate = Gate {
        coded,
        thinner: Thinner::new(fps),
        framing: Framing::default(),
        is_shut: false,
        wait: Wait::default(),
    };
    let (gate, shared) = (Mutex::new(gate), Arc::clone(shared));
    let pad = parser.static_pad("src").expect("every parser has a source pad");
    let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM;
    pad.add_probe(kinds, move |_, info| {
        // A panic of an earlier probe leaves whole values behind.
        let mut gate = gate.lock().unwrap_or_else(PoisonError::into_inner);
        match &info.data {
            // "Handled" and not "drop", after which an event is released twice.
            Some(gst::PadProbeData::Event(event)) if !gate.event_passes(event, &shared) => {
                gst::PadProbeReturn::Handled
            }
            Some(gst::PadProbeData::Buffer(buffer)) if !gate.buffer_passes(buffer, &shared) => {
                gst::PadProbeReturn::Drop
            }
            _ => gst::PadProbeReturn::Ok,
        }
    });
}

/// Refuses what would take too much memory to decode. A parser that knows no size yet tells it later.
pub(crate) fn check_size(stream: &gst::StructureRef) -> Result<(), CameraError> {
    let sides = [stream.get::<i32>("width"), stream.get::<i32>("height")];
    let [width, height] = sides.map(|it| it.ok().and_then(|it| u32::try_from(it).ok()));
    let size = Size { width: width.unwrap_or(0), height: height.unwrap_or(0) };
    if u64::from(size.width) * u64::from(size.height) > MOST_PIXELS {
        return Err(CameraError::TooLarge { size });
    }
    Ok(())
}

/// Watches what is recorded and not decoded: only a clip of it may be, and H.264 rarely is.
pub(crate) fn watch_size(pad: &gst::Pad, coded: Coded, shared: &Arc<Shared>) {
    if coded == Coded::H264 {
        return;
    }
    let shared = Arc::clone(shared);
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        if let Some(gst::PadProbeData::Event(event)) = &info.data
            && let gst::EventView::Caps(caps) = event.view()
            && let Some(Err(err)) = caps.caps().structure(0).map(check_size)
        {
            shared.put_error(err);
        }
        gst::PadProbeReturn::Ok
    });
}

impl Gate {
    fn event_passes(&mut self, event: &gst::EventRef, shared: &Shared) -> bool {
        let gst::EventView::Caps(caps) = event.view() else { return true };
        let Some(stream) = caps.caps().structure(0) else { return true };
        self.framing = match stream.get::<&str>("stream-format") {
            Ok("avc" | "avc3" | "hvc1" | "hev1") => Framing::Lengths,
            _ => Framing::StartCodes,
        };
        let checked = check_size(stream);
        self.is_shut = checked.is_err();
        if let Err(err) = checked {
            shared.put_error(err);
        }
        !self.is_shut
    }

    fn buffer_passes(&mut self, buffer: &gst::BufferRef, shared: &Shared) -> bool {
        if self.is_shut {
            return false;
        }
        let Some(pts) = buffer.pts().map(gst::ClockTime::nseconds) else { return true };
        let flags = buffer.flags();
        let is_lossy = flags.contains(gst::BufferFlags::DISCONT);
        let is_keyframe = !flags.contains(gst::BufferFlags::DELTA_UNIT);
        if is_lossy && self.wait != Wait::Begin {
            shared.put_loss();
        }
        // The depayloader drops a JPEG that is not whole, and the next is whole by itself.
        let needs_others = self.coded != Coded::Jpeg;
        self.wait = self.wait.after(is_lossy && needs_others, is_keyframe, pts);
        if needs_others && self.wait.leaves_out(pts) {
            return false;
        }
        let Ok(bytes) = buffer.map_readable() else { return true };
        let unit = self.thinner.unit(self.coded, self.framing, &bytes);
        self.thinner.keeps(unit, pts)
    }
}

impl Wait {
    /// `is_lossy` says that packets are missing before this picture or inside of it: which of the two,
    /// nobody can tell.
    fn after(self, is_lossy: bool, is_keyframe: bool, pts_ns: u64) -> Self {
        match (self, is_lossy, is_keyframe) {
            // The first picture of a stream is marked too.
            (Self::Begin, _, true) | (Self::Keyframe { .. }, false, true) => Self::Whole,
            (Self::Begin, _, false) => Self::Keyframe { until_ns: pts_ns + MOST_FIRST_WAIT_NS },
            (Self::Whole, true, _) => Self::Keyframe { until_ns: pts_ns + MOST_WAIT_NS },
            (Self::Whole, false, _) | (Self::Keyframe { .. }, _, _) => self,
        }
    }

    fn leaves_out(self, pts_ns: u64) -> bool {
        matches!(self, Self::Keyframe { until_ns } if pts_ns < until_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten pictures a second: `K` a keyframe, `p` another, each after a `!` where packets are missing.
    /// Answers with what passes.
    fn play(script: &str) -> String {
        let (mut wait, mut pts_ns, mut is_lossy) = (Wait::default(), 0, false);
        let mut passed = String::new();
        for symbol in script.chars() {
            if symbol == '!' {
                is_lossy = true;
                continue;
            }
            wait = wait.after(is_lossy, symbol == 'K', pts_ns);
            passed.push(if wait.leaves_out(pts_ns) { '-' } else { symbol });
            (pts_ns, is_lossy) = (pts_ns + 100_000_000, false);
        }
        passed
    }

    /// What a recorded stream of these caps is refused with.
    fn refused(coded: Coded, caps: &str) -> Option<String> {
        crate::init().unwrap();
        let shared = Arc::new(Shared::default());
        let pad = gst::Pad::new(gst::PadDirection::Src);
        watch_size(&pad, coded, &shared);
        pad.set_active(true).unwrap();
        pad.push_event(gst::event::StreamStart::new("a"));
        pad.push_event(gst::event::Caps::new(&caps.parse().unwrap()));
        shared.take_error().map(|it| it.to_string())
    }

    #[test]
    fn a_recorded_stream_that_no_clip_could_be_made_of_is_refused() {
        let told = refused(Coded::H265, "video/x-h265,width=7680,height=4320").unwrap();
        assert!(told.starts_with("the camera sends 7680x4320 pictures; at most"), "{told}");
        assert!(refused(Coded::Jpeg, "image/jpeg,width=8000,height=6000").is_some());
        assert_eq!(refused(Coded::H265, "video/x-h265,width=3840,height=2160"), None);
        assert_eq!(refused(Coded::H265, "video/x-h265"), None);
        assert_eq!(
            refused(Coded::H264, "video/x-h264,width=4000,height=3000"),
            None,
            "it is not decoded"
        );
    }

    #[test]
    fn after_a_loss_nothing_passes_before_a_whole_keyframe() {
        assert_eq!(play("!KpppKp"), "KpppKp");
        assert_eq!(play("!Kp!ppKpp"), "Kp--Kpp");
        assert_eq!(play("!Kp!p!KppKp"), "Kp----Kp");
    }

    #[test]
    fn a_stream_that_is_joined_in_the_middle_begins_with_a_keyframe() {
        assert_eq!(play("!ppKpp"), "--Kpp");
        let passed = play(&format!("!{}", "p".repeat(60)));
        assert_eq!(passed, format!("{}{}", "-".repeat(50), "p".repeat(10)));
    }

    #[test]
    fn a_keyframe_that_never_comes_is_not_waited_for_for_ever() {
        let passed = play(&format!("!K!{}", "p".repeat(140)));
        assert_eq!(passed, format!("K{}{}", "-".repeat(120), "p".repeat(20)));
    }
}
