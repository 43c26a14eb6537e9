//! The elements between the file and the sink, and what each sink measures.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::{Clock, read_both};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSink, AppSinkCallbacks};
use jiff::Timestamp;

use super::wav::WavFile;
use super::{Output, PlayClock, Request};
use crate::element;
use crate::opus::SAMPLE_RATE_HZ;

/// Sound is decoded this far ahead of the sink: enough for a board that is busy with other things.
const AHEAD: gst::ClockTime = gst::ClockTime::from_mseconds(500);

/// The name of the element that makes it louder and quieter.
pub(super) const VOLUME: &str = "level";

/// A built pipeline and the way to measure its end.
pub(super) struct Chain {
    pub(super) meter: Meter,
}

/// How the sink tells when sound really left it.
pub(super) enum Meter {
    /// The card's clock counts samples played; where it stands against the pipeline's clock is the
    /// distance of every sample from its time.
    Card(gst::Element),
    /// The stand-in notes the instant at which it is handed the first sample.
    File(Arc<Mutex<Notes>>),
}

/// What the stand-in saw.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) first: Option<(Timestamp, Timestamp)>,
    pub(super) n_late: u32,
    pub(super) worst_error: Duration,
    pub(super) failed: Option<String>,
    file: Option<WavFile>,
}

/// A card whose sound jumps by more than this against the clock has stumbled: the sink's own
/// `alignment-threshold`, from which on it does not resample but starts anew.
pub(super) const GAP: Duration = Duration::from_millis(40);
/// The file loses nothing when its thread wakes up late; this late, a card's buffer would have run
/// empty.
const EMPTY: Duration = Duration::from_millis(200);

pub(super) fn build(
    pipeline: &gst::Pipeline,
    request: &Request,
    output: Output,
    clock: &PlayClock,
) -> Result<Chain, String> {
    let source = make("filesrc")?;
    source.set_property("location", request.path.to_string_lossy().as_ref());
    let demux = make("oggdemux")?;
    let decode = make("opusdec")?;
    let queue = make("queue")?;
    queue.set_property("max-size-time", AHEAD.nseconds());
    let convert = make("audioconvert")?;
    let resample = make("audioresample")?;
    let volume = make("volume")?;
    volume.set_property("name", VOLUME);
    volume.set_property("volume", request.amplitude.clamp(0.0, 1.0));
    let (sink, meter) = sink(output, clock)?;
    let rest = [&decode, &queue, &convert, &resample, &volume, &sink];
    let broken = |err: gst::glib::BoolError| err.to_string();
    pipeline.add_many([&source, &demux]).map_err(broken)?;
    pipeline.add_many(rest).map_err(broken)?;
    source.link(&demux).map_err(broken)?;
    gst::Element::link_many(rest).map_err(broken)?;
    demux.connect_pad_added(move |demux, pad| {
        let wanted = decode.static_pad("sink").filter(|it| !it.is_linked());
        // A file with more streams than one, or another codec, ends as "not linked" on the bus.
        if wanted.is_none_or(|it| pad.link(&it).is_err()) {
            let name = pad.name();
            gst::debug!(gst::CAT_DEFAULT, obj = demux, "stream {name} is not played");
        }
    });
    Ok(Chain { meter })
}

fn sink(output: Output, clock: &PlayClock) -> Result<(gst::Element, Meter), String> {
    match output {
        Output::Alsa { device, buffer } => {
            let sink = make("alsasink")?;
            sink.set_property("device", device);
            // The default, skew, jumps by 40 ms whenever the card has drifted that far.
            sink.set_property_from_str("slave-method", "resample");
            let buffer_us = i64::try_from(buffer.as_micros()).unwrap_or(200_000).max(20_000);
            sink.set_property("buffer-time", buffer_us);
            sink.set_property("latency-time", buffer_us / 10);
            // `provide-clock` stays on although the pipeline has its own: it is what lets us read the
            // card's clock, which is the only witness of what was played.
            let meter = Meter::Card(sink.clone());
            Ok((sink, meter))
        }
        Output::Wav { path, true_time } => {
            let file =
                WavFile::create(&path).map_err(|err| format!("{}: {err}", path.display()))?;
            let notes = Arc::new(Mutex::new(Notes { file: Some(file), ..Notes::default() }));
            let sink = file_sink(Arc::clone(&notes), true_time, clock.clone());
            Ok((sink.upcast(), Meter::File(notes)))
        }
    }
}

/// The nice value before which there is none (setpriority(2)); on Linux it is of a thread.
const MOST_URGENT: i32 = -20;

/// For a thread that stands for a sound card, which plays what it holds however busy the processor is: it
/// comes before all others, where it may ask for that.
pub fn come_first() {
    // Without the right to it, it waits its turn.
    let _ = rustix::process::setpriority_process(None, MOST_URGENT);
}

/// A sink that waits for each buffer's time as a card would, then keeps it.
fn file_sink(notes: Arc<Mutex<Notes>>, true_time: Arc<dyn Clock>, clock: PlayClock) -> AppSink {
    let caps = gst::Caps::builder("audio/x-raw")
        .field("format", "S16LE")
        .field("rate", i32::try_from(SAMPLE_RATE_HZ).expect("48000 fits an i32"))
        .field("channels", 1)
        .field("layout", "interleaved")
        .build();
    let sink = AppSink::builder().caps(&caps).sync(true).max_buffers(1).build();
    let on_sample = move |sink: &AppSink| {
        // Both clocks first: everything after this line takes time.
        let (at, true_at) = read_both(&clock, true_time.as_ref());
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let mut notes = notes.lock().expect("nothing panics while holding it");
        notes.take(sink, &sample, at, true_at);
        if notes.failed.is_some() { Err(gst::FlowError::Error) } else { Ok(gst::FlowSuccess::Ok) }
    };
    // Before the first sample, on the thread that waits for its time.
    let on_preroll = |_: &AppSink| {
        come_first();
        Ok(gst::FlowSuccess::Ok)
    };
    let callbacks = AppSinkCallbacks::builder().new_preroll(on_preroll).new_sample(on_sample);
    sink.set_callbacks(callbacks.build());
    sink
}

impl Notes {
    fn take(&mut self, sink: &AppSink, sample: &gst::Sample, at: Timestamp, true_at: Timestamp) {
        let Some(buffer) = sample.buffer() else { return };
        self.first.get_or_insert((at, true_at));
        let segment = sample.segment().and_then(|it| it.downcast_ref::<gst::ClockTime>());
        let due = segment.zip(buffer.pts()).and_then(|(it, pts)| it.to_running_time(pts));
        let due = due.zip(sink.base_time()).map(|(running, base)| base + running);
        if let Some(due) = due {
            let late = at.duration_since(super::clock::to_timestamp(due)).unsigned_abs();
            self.worst_error = self.worst_error.max(late);
            self.n_late += u32::from(late > EMPTY);
        }
        let written = buffer.map_readable().map_err(|err| err.to_string()).and_then(|map| {
            let file = self.file.as_mut().ok_or("the file is closed")?;
            file.write(&map).map_err(|err| err.to_string())
        });
        self.failed = written.err();
    }

    pub(super) fn finish(&mut self) {
        let finished = self.file.take().map_or(Ok(()), |mut file| file.finish());
        if let Err(err) = finished {
            self.failed.get_or_insert(err.to_string());
        }
    }
}

fn make(name: &str) -> Result<gst::Element, String> {
    element::make(name).map_err(|err| err.to_string())
}
