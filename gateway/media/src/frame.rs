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

/// One plane that may be painted on. Row `y` starts at `y * stride`; `stride` is in bytes.
#[derive(Debug)]
pub struct PlaneMut<'a> {
    pub data: &'a mut [u8],
    pub stride: usize,
}

/// A decoded I420 picture, BT.601 limited range, that may be painted on. The colour planes are half the
/// size of the luma plane, rounded up.
#[derive(Debug)]
pub struct FrameMut<'a> {
    pub size: Size,
    pub y: PlaneMut<'a>,
    pub u: PlaneMut<'a>,
    pub v: PlaneMut<'a>,
}

/// Why a sample is no picture: a fault of the pipeline that made it, not of the stream.
#[derive(Debug, thiserror::Error)]
#[error("a decoded sample is not an I420 picture: {0}")]
pub(crate) struct SampleError(&'static str);

impl VideoFrame {
    /// The strides come from the buffer's video meta where the decoder gives one, since decoders
    /// pad their rows.
    pub(crate) fn from_sample(sample: &gst::Sample) -> Result<Self, SampleError> {
        let (buffer, info) = parts(sample)?;
        Self::from_parts(buffer, &info)
    }

    /// As [`Self::from_sample`], once `paint` has changed the pixels. The decoder goes on predicting from
    /// its own: what it still needs is copied first.
    pub(crate) fn painted(
        sample: gst::Sample,
        paint: impl FnOnce(&mut FrameMut<'_>),
    ) -> Result<Self, SampleError> {
        let (mut buffer, info) = parts(&sample)?;
        // The sample's own hold on the buffer would make every one of them a copy.
        drop(sample);
        paint_over(buffer.make_mut(), &info, paint)?;
        Self::from_parts(buffer, &info)
    }

    fn from_parts(buffer: gst::Buffer, info: &gst_video::VideoInfo) -> Result<Self, SampleError> {
        let pts = buffer.pts().map_or(0, gst::ClockTime::nseconds);
        let frame = gst_video::VideoFrame::from_buffer_readable(buffer, info)
            .map_err(|_| SampleError("its memory cannot be mapped"))?;
        let strides = strides(frame.plane_stride())?;
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

/// The buffer of a sample and how its pixels lie.
pub(crate) fn parts(
    sample: &gst::Sample,
) -> Result<(gst::Buffer, gst_video::VideoInfo), SampleError> {
    let buffer = sample.buffer_owned().ok_or(SampleError("no buffer"))?;
    let caps = sample.caps().ok_or(SampleError("no caps"))?;
    let info = gst_video::VideoInfo::from_caps(caps).map_err(|_| SampleError("no video caps"))?;
    if info.format() != gst_video::VideoFormat::I420 {
        return Err(SampleError("another format"));
    }
    Ok((buffer, info))
}

/// Lends the pixels of an I420 buffer to `paint`.
pub(crate) fn paint_over(
    buffer: &mut gst::BufferRef,
    info: &gst_video::VideoInfo,
    paint: impl FnOnce(&mut FrameMut<'_>),
) -> Result<(), SampleError> {
    let mut frame = gst_video::VideoFrameRef::from_buffer_ref_writable(buffer, info)
        .map_err(|_| SampleError("its memory cannot be written to"))?;
    let size = Size { width: frame.width(), height: frame.height() };
    let strides = strides(frame.plane_stride())?;
    let [y, u, v, _] = frame.planes_data_mut();
    let plane = |data, index: usize| PlaneMut { data, stride: strides[index] };
    paint(&mut FrameMut { size, y: plane(y, 0), u: plane(u, 1), v: plane(v, 2) });
    Ok(())
}

fn strides(given: &[i32]) -> Result<[usize; 3], SampleError> {
    let mut strides = [0; 3];
    for (stride, given) in strides.iter_mut().zip(given) {
        *stride = usize::try_from(*given).map_err(|_| SampleError("rows run upwards"))?;
    }
    Ok(strides)
}
