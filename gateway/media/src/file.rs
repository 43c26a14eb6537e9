//! A video file as an iterator of pictures, decoded on one thread, as fast as it is read.

use std::path::Path;

use crate::element;
use crate::error::VideoError;
use crate::frame::VideoFrame;
use crate::reader::{Reader, Take};

/// How many decoded pictures wait for the reader: one is looked at while the next is made.
const N_WAITING: u32 = 2;

/// Yields every picture of the file's first video track, in order; after an error, nothing more.
#[derive(Debug)]
pub struct VideoFile {
    reader: Reader,
    has_ended: bool,
}

impl VideoFile {
    /// Blocks until the first picture is decoded.
    pub fn open(path: &Path) -> Result<Self, VideoError> {
        let convert = element::make("videoconvert")?;
        let sink = element::picture_sink(N_WAITING, false);
        let reader = Reader::open(path, Take::Pictures, &[convert], sink)?;
        Ok(Self { reader, has_ended: false })
    }

    fn next_frame(&mut self) -> Result<Option<VideoFrame>, VideoError> {
        let Some(sample) = self.reader.next_sample()? else { return Ok(None) };
        let frame = VideoFrame::from_sample(&sample);
        frame.map(Some).map_err(|err| self.reader.not_a_video(&err.to_string()))
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
