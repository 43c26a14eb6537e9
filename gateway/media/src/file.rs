//! A video file as an iterator of pictures, decoded on one thread, as fast as it is read.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use crate::element::{self, missing_codec};
use crate::error::VideoError;
use crate::frame::VideoFrame;

/// How many decoded pictures wait for the reader: one is looked at while the next is made.
const N_WAITING: u32 = 2;
/// How often a waiting reader looks whether the pipeline has broken.
const LOOK: Duration = Duration::from_millis(100);
/// A local file that gives no picture for this long is taken for broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// Yields every picture of the file's first video track, in order; after an error, nothing more.
#[derive(Debug)]
pub struct VideoFile {
    path: PathBuf,
    pipeline: gst::Pipeline,
    sink: gst_app::AppSink,
    has_ended: bool,
}

impl VideoFile {
    /// Blocks until the first picture is decoded.
    pub fn open(path: &Path) -> Result<Self, VideoError> {
        check_readable(path)?;
        let sink = element::picture_sink(N_WAITING, false);
        let pipeline = build(path, &sink)?;
        let file = Self { path: path.to_owned(), pipeline, sink, has_ended: false };
        // What goes wrong here arrives as a message, which says more.
        let _ = file.pipeline.set_state(gst::State::Paused);
        file.wait_for_first_picture()?;
        let _ = file.pipeline.set_state(gst::State::Playing);
        Ok(file)
    }

    fn wait_for_first_picture(&self) -> Result<(), VideoError> {
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
        Err(VideoError::NotAVideo {
            path: self.path.clone(),
            why: "it holds no picture".to_owned(),
        })
    }

    fn error(&self, message: &gst::MessageRef, missing: Option<String>) -> VideoError {
        let path = self.path.clone();
        let gst::MessageView::Error(error) = message.view() else {
            return VideoError::NotAVideo { path, why: "it holds no picture".to_owned() };
        };
        let error = error.error();
        if let Some(codec) = missing {
            return VideoError::UnsupportedCodec { path, codec };
        }
        match error.kind::<gst::ResourceError>() {
            Some(_) => VideoError::Unreadable { path, source: error.into() },
            None => VideoError::NotAVideo {
                path,
                why: error.message().trim_end_matches('.').to_owned(),
            },
        }
    }

    fn next_frame(&mut self) -> Result<Option<VideoFrame>, VideoError> {
        let bus = self.pipeline.bus().expect("every pipeline has a bus");
        let n_looks = PATIENCE.as_millis() / LOOK.as_millis();
        for _ in 0..n_looks {
            if let Some(sample) = self.sink.try_pull_sample(clock_time(LOOK)) {
                let why = |err: crate::frame::SampleError| VideoError::NotAVideo {
                    path: self.path.clone(),
                    why: err.to_string(),
                };
                return VideoFrame::from_sample(&sample).map(Some).map_err(why);
            }
            if self.sink.is_eos() {
                return Ok(None);
            }
            if let Some(message) = bus.pop_filtered(&[gst::MessageType::Error]) {
                return Err(self.error(&message, None));
            }
        }
        Err(VideoError::NotAVideo {
            path: self.path.clone(),
            why: "the decoder has stopped".to_owned(),
        })
    }
}

impl Iterator for VideoFile {
    type Item = Result<VideoFrame, VideoError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let next = self.next_frame().transpose();
        self.has_ended = !matches!(next, Some(Ok(_)));
        next
    }
}

impl Drop for VideoFile {
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

fn build(path: &Path, sink: &gst_app::AppSink) -> Result<gst::Pipeline, VideoError> {
    let source = element::make("filesrc")?;
    source.set_property("location", path);
    let decoder = element::make("decodebin")?;
    // Sound is left as it is: nobody listens, and a missing sound decoder must not refuse a video.
    decoder.connect("autoplug-continue", false, |values| {
        let caps = values.get(2)?.get::<gst::Caps>().ok()?;
        let is_video = caps.structure(0).is_some_and(|it| !it.name().starts_with("audio/"));
        Some(is_video.to_value())
    });
    let convert = element::make("videoconvert")?;
    let pipeline = gst::Pipeline::new();
    pipeline
        .add_many([&source, &decoder, &convert, sink.upcast_ref()])
        .expect("new elements have no parent yet");
    source.link(&decoder).expect("a file source links to any decoder");
    convert.link(sink).expect("the converter makes I420");
    decoder
        .dynamic_cast_ref::<gst::Bin>()
        .expect("decodebin is a bin")
        .connect_deep_element_added(|_, _, added| element::limit_threads(added));
    let into = convert.static_pad("sink").expect("every converter has a sink pad");
    decoder.connect_pad_added(move |_, pad| {
        if !into.is_linked() && is_picture(pad) {
            // A pad that does not fit leaves the sink without data, and the bus says why.
            let _ = pad.link(&into);
        }
    });
    Ok(pipeline)
}

fn is_picture(pad: &gst::Pad) -> bool {
    let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
    caps.structure(0).is_some_and(|it| it.name() == "video/x-raw")
}

pub(crate) fn clock_time(duration: Duration) -> gst::ClockTime {
    gst::ClockTime::try_from(duration).unwrap_or(gst::ClockTime::MAX)
}
