//! Pulls what a file holds through a pipeline, decoded or as it is, at the reader's pace.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use crate::element::{self, missing_codec};
use crate::error::VideoError;

/// How often a waiting reader looks whether the pipeline has broken.
const LOOK: Duration = Duration::from_millis(100);
/// A local file that gives nothing for this long is taken for broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// What comes out of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Take {
    Pictures,
    /// For a clip, which is sent as it is.
    #[cfg(feature = "sim")]
    H264,
    #[cfg(feature = "sim")]
    H265,
}

/// A pipeline file -> `chain` -> sink, torn down when dropped.
#[derive(Debug)]
pub(crate) struct Reader {
    path: PathBuf,
    pipeline: gst::Pipeline,
    sink: gst_app::AppSink,
    /// The name of the video that was there, but is not what we take.
    other_codec: Arc<OnceLock<String>>,
}

impl Reader {
    /// Blocks until the first sample is there.
    pub(crate) fn open(
        path: &Path,
        take: Take,
        chain: &[gst::Element],
        sink: gst_app::AppSink,
    ) -> Result<Self, VideoError> {
        check_readable(path)?;
        let other_codec = Arc::new(OnceLock::new());
        let pipeline = build(path, take, chain, &sink, &other_codec)?;
        let reader = Self { path: path.to_owned(), pipeline, sink, other_codec };
        // What goes wrong here arrives as a message, which says more.
        let _ = reader.pipeline.set_state(gst::State::Paused);
        reader.wait_for_first_sample()?;
        let _ = reader.pipeline.set_state(gst::State::Playing);
        Ok(reader)
    }

    /// `None` at the end of the file.
    pub(crate) fn next_sample(&mut self) -> Result<Option<gst::Sample>, VideoError> {
        let bus = self.pipeline.bus().expect("every pipeline has a bus");
        for _ in 0..PATIENCE.as_millis() / LOOK.as_millis() {
            if let Some(sample) = self.sink.try_pull_sample(clock_time(LOOK)) {
                return Ok(Some(sample));
            }
            if self.sink.is_eos() {
                return Ok(None);
            }
            if let Some(message) = bus.pop_filtered(&[gst::MessageType::Error]) {
                return Err(self.error(&message, None));
            }
        }
        Err(self.not_a_video("the decoder has stopped"))
    }

    pub(crate) fn not_a_video(&self, why: &str) -> VideoError {
        VideoError::NotAVideo { path: self.path.clone(), why: why.trim_end_matches('.').to_owned() }
    }

    fn wait_for_first_sample(&self) -> Result<(), VideoError> {
        let bus = self.pipeline.bus().expect("every pipeline has a bus");
        let kinds = [
            gst::MessageType::AsyncDone,
            gst::MessageType::Error,
            gst::MessageType::Element,
            gst::MessageType::Eos,
        ];
        let mut missing = None;
        while let Some(message) = bus.timed_pop_filtered(clock_time(PATIENCE), &kinds) {
            let kind = message.type_();
            if kind == gst::MessageType::AsyncDone {
                return Ok(());
            } else if kind == gst::MessageType::Element {
                missing = missing.or(missing_codec(&message));
            } else {
                return Err(self.error(&message, missing));
            }
        }
        Err(self.not_a_video("it holds no picture"))
    }

    fn error(&self, message: &gst::MessageRef, missing: Option<String>) -> VideoError {
        let path = self.path.clone();
        if let Some(codec) = missing.or_else(|| self.other_codec.get().cloned()) {
            return VideoError::UnsupportedCodec { path, codec };
        }
        let gst::MessageView::Error(error) = message.view() else {
            return self.not_a_video("it holds no picture");
        };
        let error = error.error();
        match error.kind::<gst::ResourceError>() {
            Some(_) => VideoError::Unreadable { path, source: error.into() },
            None => self.not_a_video(error.message()),
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // Only ever refused by an element that is already gone.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// GStreamer would say "resource not found" later and less clearly.
fn check_readable(path: &Path) -> Result<(), VideoError> {
    let unreadable = |source: std::io::Error| {
        let path = path.to_owned();
        if source.kind() == std::io::ErrorKind::NotFound {
            VideoError::NotFound { path }
        } else {
            VideoError::Unreadable { path, source: source.into() }
        }
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let meta = file.metadata().map_err(unreadable)?;
    let why = match (meta.is_file(), meta.len()) {
        (false, _) => "it is not a file",
        (true, 0) => "it is empty",
        (true, _) => return Ok(()),
    };
    Err(VideoError::NotAVideo { path: path.to_owned(), why: why.to_owned() })
}

fn build(
    path: &Path,
    take: Take,
    chain: &[gst::Element],
    sink: &gst_app::AppSink,
    other_codec: &Arc<OnceLock<String>>,
) -> Result<gst::Pipeline, VideoError> {
    let source = element::make("filesrc")?;
    source.set_property("location", path);
    let (splitter, taken) = match take {
        Take::Pictures => (element::make("decodebin")?, "video/x-raw"),
        #[cfg(feature = "sim")]
        Take::H264 => (element::make("parsebin")?, "video/x-h264"),
        #[cfg(feature = "sim")]
        Take::H265 => (element::make("parsebin")?, "video/x-h265"),
    };
    // Sound is left as it is: nobody listens, and a missing sound decoder must not refuse a video.
    splitter.connect("autoplug-continue", false, |values| {
        let caps = values.get(2)?.get::<gst::Caps>().ok()?;
        let is_sound = caps.structure(0).is_some_and(|it| it.name().starts_with("audio/"));
        Some((!is_sound).to_value())
    });
    let pipeline = gst::Pipeline::new();
    pipeline
        .add_many([&source, &splitter, sink.upcast_ref()])
        .and_then(|()| pipeline.add_many(chain))
        .expect("new elements have no parent yet");
    source.link(&splitter).expect("a file source links to anything");
    gst::Element::link_many(chain.iter().chain([sink.upcast_ref()])).expect("the chain fits");
    splitter
        .dynamic_cast_ref::<gst::Bin>()
        .expect("decodebin and parsebin are bins")
        .connect_deep_element_added(|_, _, added| element::limit_threads(added));
    let into =
        chain.first().and_then(|it| it.static_pad("sink")).expect("a chain begins with a sink pad");
    let (other_codec, own) = (Arc::clone(other_codec), into.clone());
    // A file without what is taken would say nothing, until patience ends.
    splitter.connect_no_more_pads(move |splitter| {
        if !own.is_linked() {
            gst::element_error!(splitter, gst::StreamError::CodecNotFound, ("it holds no picture"));
        }
    });
    splitter.connect_pad_added(move |splitter, pad| {
        let name = caps_name(pad);
        if name == taken && !into.is_linked() {
            // A pad that does not fit leaves the sink without data, and the bus says why.
            let _ = pad.link(&into);
        } else if let Some(codec) = name.strip_prefix("video/x-")
            && !into.is_linked()
        {
            // parsebin does not always say that there are no more pads.
            let _ = other_codec.set(codec.to_owned());
            gst::element_error!(splitter, gst::StreamError::WrongType, ("another codec"));
        }
    });
    Ok(pipeline)
}

fn caps_name(pad: &gst::Pad) -> String {
    let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
    caps.structure(0).map(|it| it.name().to_string()).unwrap_or_default()
}

fn clock_time(duration: Duration) -> gst::ClockTime {
    gst::ClockTime::try_from(duration).unwrap_or(gst::ClockTime::MAX)
}
