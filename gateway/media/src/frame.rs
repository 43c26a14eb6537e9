//! A decoded picture, lent from the decoder's own memory.

use base::{Picture, Plane, Pts, Size};
use gstreamer as gst;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

/// One I420 picture. Holds its buffer of the decoder's pool, mapped for reading: keep it no longer
/// than the look at it takes, or the decoder allocates more.
#[derive(Debug)]
pub struct VideoFrame {
    frame: gst_video::VideoFrame<gst_video::video_frame::Readable>,
    pts: Pts,
    size: Size,
    strides: [usize; 3],
}

/// Why a sample is no picture: a fault of the pipeline that made it, not of the stream.
#[derive(Debug, thiserror::Error)]
#[error("a decoded sample is not an I420 picture: {0}")]
pub(crate) struct SampleError(&'static str);

impl VideoFrame {
    /// The strides come from the buffer's video meta where the decoder gives one, since decoders
    /// pad their rows.
    pub(crate) fn from_sample(sample: &gst::Sample) -> Result<Self, SampleError> {
        let buffer = sample.buffer_owned().ok_or(SampleError("no buffer"))?;
        let caps = sample.caps().ok_or(SampleError("no caps"))?;
        let info =
            gst_video::VideoInfo::from_caps(caps).map_err(|_| SampleError("no video caps"))?;
        if info.format() != gst_video::VideoFormat::I420 {
            return Err(SampleError("another format"));
        }
        let pts = buffer.pts().map_or(0, gst::ClockTime::nseconds);
        let frame = gst_video::VideoFrame::from_buffer_readable(buffer, &info)
            .map_err(|_| SampleError("its memory cannot be mapped"))?;
        let mut strides = [0; 3];
        for (stride, given) in strides.iter_mut().zip(frame.plane_stride()) {
            *stride = usize::try_from(*given).map_err(|_| SampleError("rows run upwards"))?;
        }
        let size = Size { width: frame.width(), height: frame.height() };
        Ok(Self { frame, pts: Pts(pts), size, strides })
    }

    /// Media time: nanoseconds since the pipeline started.
    pub fn pts(&self) -> Pts {
        self.pts
    }

    pub fn size(&self) -> Size {
        self.size
    }

    /// The pixels where the decoder wrote them.
    pub fn picture(&self) -> Picture<'_> {
        let [y, u, v] = [0, 1, 2].map(|index| self.plane(index));
        Picture::I420 { size: self.size, y, u, v }
    }

    fn plane(&self, index: u8) -> Plane<'_> {
        let data = self.frame.plane_data(index.into()).expect("an I420 frame has three planes");
        Plane { data, stride: self.strides[usize::from(index)] }
    }
}
