//! Which decoder a camera gets: hardware before software, and software once the hardware failed it.
//!
//! Boards differ, so no decoder is named here: what counts is what it takes, what it gives and
//! whether it works. [`order`] decides; the rest asks GStreamer's registry and makes elements.

use std::cmp::Reverse;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use tokio::time::Instant;

use super::codec::Coded;
use crate::element::{self, MissingElement};

/// The element's name in every camera's pipeline, by which its errors are told from others.
pub(super) const NAME: &str = "decoder";
/// How long a hardware decoder that failed a camera is not tried for it again. A driver that came
/// back, or a chip whose sessions were all taken, is found again; a restart asks at once.
const REFUSED_FOR: Duration = Duration::from_hours(1);
/// A decoder that breaks after its first picture gets another chance, this often an hour.
const MOST_BREAKS: usize = 3;
/// Not all that decode in hardware say so in their class: Rockchip's do not.
const HARDWARE: [&str; 8] = ["mpp", "v4l2", "omx", "nv", "vpu", "imx", "va", "qsv"];

/// What decodes a camera's stream, and why it is not what the machine could do best.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecoderUse {
    /// GStreamer's name of it: `avdec_h264`, `v4l2h264dec`, `mppvideodec`.
    pub name: String,
    pub is_hardware: bool,
    /// Which hardware decoder failed this camera within the last hour, and how.
    pub fell_back: Option<String>,
}

/// Which hardware decoders failed a camera, kept from one connection to the next: a clone of the
/// settings shares it. Each camera has its own, because a chip may serve ten cameras and not eleven.
#[derive(Clone, Debug, Default)]
pub struct DecoderMemory(Arc<Mutex<Vec<Failure>>>);

#[derive(Clone, Debug)]
struct Failure {
    decoder: String,
    at: Instant,
    why: String,
    /// It never gave a picture in that connection.
    is_at_start: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Candidate {
    name: String,
    is_hardware: bool,
    rank: i32,
}

impl DecoderMemory {
    /// `is_at_start` when it gave no picture at all since it was made.
    pub(super) fn note_failure(&self, decoder: &str, why: &str, is_at_start: bool, now: Instant) {
        let (decoder, why) = (decoder.to_owned(), why.to_owned());
        let mut failures = self.lock();
        failures.retain(|it| now.duration_since(it.at) < REFUSED_FOR);
        failures.push(Failure { decoder, at: now, why, is_at_start });
    }

    fn refused(&self, now: Instant) -> Vec<Failure> {
        let failures = self.lock();
        let recent: Vec<&Failure> =
            failures.iter().filter(|it| now.duration_since(it.at) < REFUSED_FOR).collect();
        let n_of = |name: &str| recent.iter().filter(|it| it.decoder == name).count();
        let is_refused = |it: &Failure| it.is_at_start || n_of(&it.decoder) >= MOST_BREAKS;
        recent.iter().filter(|it| is_refused(it)).map(|it| (*it).clone()).collect()
    }

    /// A panic of another holder leaves whole values behind.
    fn lock(&self) -> MutexGuard<'_, Vec<Failure>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Best first: hardware before software, then by the registry's rank. What is refused comes last:
/// where nothing else is there, it is still better than nothing.
fn order(mut candidates: Vec<Candidate>, refused: &[Failure]) -> Vec<Candidate> {
    let is_refused = |it: &Candidate| refused.iter().any(|failure| failure.decoder == it.name);
    candidates.sort_by_key(|it| (is_refused(it), Reverse(it.is_hardware), Reverse(it.rank)));
    candidates
}

/// A decoder that could be opened. Those that could not are noted, and the next is taken.
pub(crate) fn open(
    coded: Coded,
    memory: &DecoderMemory,
    now: Instant,
) -> Result<(gst::Element, DecoderUse), MissingElement> {
    for candidate in order(candidates(coded), &memory.refused(now)) {
        let made = gst::ElementFactory::make(&candidate.name).name(NAME).build();
        // Ready is where a driver is opened.
        let opened = made.ok().filter(|decoder| decoder.set_state(gst::State::Ready).is_ok());
        let Some(decoder) = opened else {
            if candidate.is_hardware {
                memory.note_failure(&candidate.name, "it cannot be opened", true, now);
            }
            continue;
        };
        element::limit_threads(&decoder);
        element::distrust(&decoder);
        let fell_back = memory.refused(now).last().map(|it| format!("{}: {}", it.decoder, it.why));
        let fell_back = fell_back.filter(|_| !candidate.is_hardware);
        let Candidate { name, is_hardware, .. } = candidate;
        return Ok((decoder, DecoderUse { name, is_hardware, fell_back }));
    }
    let element = format!("decoder for {}", coded.caps_name());
    Err(MissingElement { element, package: coded.decoder_package() })
}

/// Those of the machine that take the stream and give pictures in plain memory that `videoconvert`
/// understands: what lands in a GPU's memory would have to be fetched by elements of the same maker.
fn candidates(coded: Coded) -> Vec<Candidate> {
    let kind = gst::ElementFactoryType::DECODER
        | gst::ElementFactoryType::MEDIA_VIDEO
        | gst::ElementFactoryType::MEDIA_IMAGE;
    let stream = gst::Caps::new_empty_simple(coded.caps_name());
    let pictures = plain_pictures();
    gst::ElementFactory::factories_with_type(kind, gst::Rank::MARGINAL)
        .into_iter()
        .filter(|it| it.can_sink_any_caps(&stream) && it.can_src_any_caps(&pictures))
        .map(|it| {
            let name = it.name().to_string();
            let class = it.metadata("klass").unwrap_or_default().to_owned();
            Candidate { is_hardware: is_hardware(&name, &class), rank: it.rank().into(), name }
        })
        .collect()
}

fn is_hardware(name: &str, class: &str) -> bool {
    class.contains("Hardware") || HARDWARE.iter().any(|it| name.starts_with(it))
}

/// The formats of `videoconvert`, in the machine's own memory.
fn plain_pictures() -> gst::Caps {
    let formats = gst::ElementFactory::find("videoconvert").and_then(|it| {
        let template = it
            .static_pad_templates()
            .into_iter()
            .find(|it| it.direction() == gst::PadDirection::Sink)?;
        let caps = template.caps();
        let plain = caps
            .iter_with_features()
            .filter(|(_, features)| features.contains("memory:SystemMemory"))
            .map(|(structure, _)| structure.to_owned());
        Some(plain.collect::<gst::Caps>())
    });
    formats.unwrap_or_else(|| gst::Caps::new_empty_simple("video/x-raw"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(name: &str, rank: i32) -> Candidate {
        let is_hardware = is_hardware(name, "Codec/Decoder/Video");
        Candidate { name: name.to_owned(), is_hardware, rank }
    }

    fn names(memory: &DecoderMemory, now: Instant) -> Vec<String> {
        let board = vec![
            candidate("openh264dec", 64),
            candidate("avdec_h264", 256),
            candidate("v4l2h264dec", 128),
            candidate("mppvideodec", 257),
        ];
        order(board, &memory.refused(now)).into_iter().map(|it| it.name).collect()
    }

    #[test]
    fn hardware_is_known_by_its_class_or_its_maker() {
        assert!(is_hardware("vah264dec", "Codec/Decoder/Video/Hardware"));
        assert!(is_hardware("mppjpegdec", "Codec/Decoder/Video"));
        assert!(!is_hardware("avdec_h264", "Codec/Decoder/Video"));
        assert!(!is_hardware("jpegdec", "Codec/Decoder/Image"));
    }

    #[test]
    fn hardware_goes_before_software_whatever_the_rank() {
        let expected = ["mppvideodec", "v4l2h264dec", "avdec_h264", "openh264dec"];
        assert_eq!(names(&DecoderMemory::default(), Instant::now()), expected);
    }

    #[test]
    fn hardware_that_failed_is_left_alone_for_an_hour() {
        let memory = DecoderMemory::default();
        let now = Instant::now();
        memory.note_failure("mppvideodec", "no session left", true, now);
        let without = ["v4l2h264dec", "avdec_h264", "openh264dec", "mppvideodec"];
        assert_eq!(names(&memory, now), without);
        let almost = now + REFUSED_FOR - Duration::from_secs(1);
        // The next connections, with clones of the settings, know it too.
        assert_eq!(names(&memory.clone(), almost), without);
        assert_eq!(names(&memory, now + REFUSED_FOR)[0], "mppvideodec");
        assert_eq!(names(&DecoderMemory::default(), now)[0], "mppvideodec");
    }

    #[test]
    fn hardware_that_breaks_after_pictures_is_left_alone_the_third_time() {
        let memory = DecoderMemory::default();
        let now = Instant::now();
        for n_breaks in 1..=3 {
            memory.note_failure("mppvideodec", "decode error", false, now);
            let is_first = names(&memory, now)[0] == "mppvideodec";
            assert_eq!(is_first, n_breaks < 3, "after {n_breaks}");
        }
    }

    #[test]
    fn this_machine_decodes_all_three() {
        crate::init().unwrap();
        for coded in [Coded::H264, Coded::H265, Coded::Jpeg] {
            let opened = open(coded, &DecoderMemory::default(), Instant::now()).unwrap();
            assert_eq!(opened.0.name(), NAME);
            let _ = opened.0.set_state(gst::State::Null);
        }
    }
}
