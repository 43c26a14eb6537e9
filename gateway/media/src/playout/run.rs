//! The life of one play, top to bottom, on its own thread: preroll, seek, start, watch, close.

use std::time::Duration;

use base::Clock as _;
use gstreamer as gst;
use gstreamer::prelude::*;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use super::chain::{self, GAP, Meter};
use super::clock::to_clock_time;
use super::{Ended, Heard, Output, PlayClock, Request};

/// The name of the message that ends a play.
pub(super) const STOP: &str = "vong-stop";
/// A file that has not prerolled by then is not going to: it is local and was verified.
const PREROLL: gst::ClockTime = gst::ClockTime::from_seconds(5);
/// How often the sink is looked at.
const LOOK: gst::ClockTime = gst::ClockTime::from_mseconds(100);
/// The card's clock needs this long until it says more than where it began.
const SETTLED: Duration = Duration::from_millis(300);
/// A sink that is this long past its end hangs: a card that was pulled out.
const HUNG: Duration = Duration::from_secs(15);

/// What was measured so far.
struct Watch<'a> {
    request: &'a Request,
    clock: &'a PlayClock,
    meter: &'a Meter,
    events: &'a mpsc::Sender<Heard>,
    started: Option<Timestamp>,
    last_error: SignedDuration,
    n_gaps: u32,
    worst_error: Duration,
}

enum End {
    Reached,
    Stopped,
    Failed(String),
}

pub(super) fn play(
    pipeline: &gst::Pipeline,
    request: &Request,
    output: Output,
    clock: &PlayClock,
    events: &mpsc::Sender<Heard>,
) -> Ended {
    let built = chain::build(pipeline, request, output, clock);
    let ended = match built {
        Ok(chain) => {
            let mut watch = Watch::new(request, clock, &chain.meter, events);
            let end = open(pipeline, request, clock)
                .map_or_else(|end| end, |length| watch.until_end(pipeline, length));
            let now = clock.now();
            // NULL waits for the streaming thread, so nothing is written after this.
            let _ = pipeline.set_state(gst::State::Null);
            watch.ended(end, now)
        }
        Err(reason) => Ended {
            heard: Duration::ZERO,
            n_gaps: 0,
            worst_error: Duration::ZERO,
            failed: Some(reason),
        },
    };
    // The pipeline owns the callbacks that own the clock; without this it would outlive its play.
    let _ = pipeline.set_state(gst::State::Null);
    ended
}

/// Prerolls, seeks and sets off. Returns how long the sound is.
fn open(pipeline: &gst::Pipeline, request: &Request, clock: &PlayClock) -> Result<Duration, End> {
    pipeline.use_clock(Some(clock.as_gst()));
    // We say when running time is zero; the pipeline must not take the moment of PLAYING for it.
    pipeline.set_start_time(gst::ClockTime::NONE);
    pipeline.set_latency(gst::ClockTime::ZERO);
    change_state(pipeline, gst::State::Paused)?;
    preroll(pipeline)?;
    let whole = pipeline
        .query_duration::<gst::ClockTime>()
        .ok_or_else(|| End::Failed("the content has no length".to_owned()))?;
    let seek = clock_time(request.seek);
    let stop = request.stop.map_or(whole, |it| clock_time(it).min(whole));
    if seek >= stop {
        return Err(End::Failed("the content is shorter than where it is to begin".to_owned()));
    }
    if !seek.is_zero() || stop < whole {
        let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE;
        let kind = gst::SeekType::Set;
        pipeline
            .seek(1.0, flags, kind, seek, kind, stop)
            .map_err(|_| End::Failed("the content cannot be sought in".to_owned()))?;
        preroll(pipeline)?;
    }
    pipeline.set_base_time(to_clock_time(request.start_at));
    change_state(pipeline, gst::State::Playing)?;
    Ok(Duration::from_nanos((stop - seek).nseconds()))
}

fn change_state(pipeline: &gst::Pipeline, state: gst::State) -> Result<(), End> {
    let changed = pipeline.set_state(state);
    changed.map(|_| ()).map_err(|_| {
        let said = pipeline.bus().and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
        said.as_ref()
            .and_then(end_of)
            .unwrap_or_else(|| End::Failed(format!("the sink cannot go to {state:?}")))
    })
}

fn preroll(pipeline: &gst::Pipeline) -> Result<(), End> {
    let types = [
        gst::MessageType::AsyncDone,
        gst::MessageType::Error,
        gst::MessageType::Application,
        gst::MessageType::Eos,
    ];
    let bus = pipeline.bus().expect("a pipeline has a bus");
    match bus.timed_pop_filtered(PREROLL, &types) {
        Some(message) if message.type_() == gst::MessageType::AsyncDone => Ok(()),
        Some(message) => match end_of(&message) {
            Some(End::Reached) | None => Err(End::Failed("there is no sound in it".to_owned())),
            Some(end) => Err(end),
        },
        None => Err(End::Failed("the content did not begin to decode within 5 s".to_owned())),
    }
}

fn end_of(message: &gst::Message) -> Option<End> {
    if let gst::MessageView::Error(error) = message.view() {
        return Some(End::Failed(error.error().to_string()));
    }
    let kind = message.type_();
    if kind == gst::MessageType::Eos {
        return Some(End::Reached);
    }
    (kind == gst::MessageType::Application).then_some(End::Stopped)
}

impl<'a> Watch<'a> {
    fn new(
        request: &'a Request,
        clock: &'a PlayClock,
        meter: &'a Meter,
        events: &'a mpsc::Sender<Heard>,
    ) -> Self {
        Self {
            request,
            clock,
            meter,
            events,
            started: None,
            last_error: SignedDuration::ZERO,
            n_gaps: 0,
            worst_error: Duration::ZERO,
        }
    }

    fn until_end(&mut self, pipeline: &gst::Pipeline, length: Duration) -> End {
        let types = [gst::MessageType::Eos, gst::MessageType::Error, gst::MessageType::Application];
        let bus = pipeline.bus().expect("a pipeline has a bus");
        let hung_at = self.request.start_at.saturating_add(length + HUNG);
        let hung_at = hung_at.unwrap_or(Timestamp::MAX);
        loop {
            let message = bus.timed_pop_filtered(LOOK, &types);
            self.look();
            if let Some(end) = message.as_ref().and_then(end_of) {
                return end;
            }
            if self.clock.now() > hung_at {
                return End::Failed("the sink stands still".to_owned());
            }
        }
    }

    /// Asks the sink what it did.
    fn look(&mut self) {
        match self.meter {
            Meter::File(notes) => {
                let first = notes.lock().expect("nothing panics while holding it").first;
                if let Some((at, true_time)) = first {
                    self.start(at, Some(true_time));
                }
            }
            Meter::Card(sink) => {
                let Some(error) = card_error(sink, self.clock) else { return };
                let since = self.clock.now().duration_since(self.request.start_at);
                if since.is_negative() || since.unsigned_abs() < SETTLED {
                    self.last_error = error;
                    return;
                }
                // The first sample was as far from its time as the card is from the clock.
                let at = self.request.start_at.saturating_add(error);
                self.start(at.unwrap_or(self.request.start_at), None);
                let moved = error.checked_sub(self.last_error).unwrap_or(SignedDuration::MAX);
                self.n_gaps += u32::from(moved.unsigned_abs() > GAP);
                self.last_error = error;
                self.worst_error = self.worst_error.max(error.unsigned_abs());
            }
        }
    }

    fn start(&mut self, at: Timestamp, true_time: Option<Timestamp>) {
        if self.started.is_none() {
            self.started = Some(at);
            // The listener may be gone: the sound is then about to be stopped as well.
            let _ = self.events.blocking_send(Heard::Started { at, true_time });
        }
    }

    fn ended(mut self, end: End, now: Timestamp) -> Ended {
        self.look();
        let mut failed = if let End::Failed(reason) = end { Some(reason) } else { None };
        if let Meter::File(notes) = self.meter {
            let mut notes = notes.lock().expect("nothing panics while holding it");
            notes.finish();
            failed = notes.failed.take().or(failed);
            (self.n_gaps, self.worst_error) = (notes.n_late, notes.worst_error);
        }
        let heard = self.started.map_or(SignedDuration::ZERO, |at| now.duration_since(at));
        let heard = if heard.is_negative() { Duration::ZERO } else { heard.unsigned_abs() };
        Ended { heard, n_gaps: self.n_gaps, worst_error: self.worst_error, failed }
    }
}

/// How far the card's sound is behind the pipeline's clock. The sink maps the card's own count of
/// samples to the clock when it slaves it; a card that stumbled is behind that map.
fn card_error(sink: &gst::Element, clock: &PlayClock) -> Option<SignedDuration> {
    let card = sink.provide_clock()?;
    let (internal, external, rate, unit) = card.calibration();
    let played = card.internal_time();
    let should_be = clock.as_gst().time();
    let is_at = gst::Clock::adjust_with_calibration(played, internal, external, rate, unit);
    let nanos = i64::try_from(i128::from(should_be.nseconds()) - i128::from(is_at.nseconds()));
    nanos.ok().map(SignedDuration::from_nanos)
}

fn clock_time(duration: Duration) -> gst::ClockTime {
    gst::ClockTime::try_from(duration).unwrap_or(gst::ClockTime::MAX)
}
