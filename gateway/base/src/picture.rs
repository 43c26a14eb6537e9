//! Pixels that somebody else owns: how a decoded frame reaches the detector without a copy.

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

/// One plane of samples. Row `y` starts at `y * stride`; `stride` is in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'a> {
    pub data: &'a [u8],
    pub stride: usize,
}

/// A borrowed picture, 8 bits a sample.
#[derive(Clone, Copy, Debug)]
pub enum Picture<'a> {
    /// Planar YUV 4:2:0, BT.601 limited range: what H.264 and H.265 cameras decode to. The chroma
    /// planes are half the size of the luma plane, rounded up.
    I420 { size: Size, y: Plane<'a>, u: Plane<'a>, v: Plane<'a> },
    /// Interleaved RGB, three bytes a pixel.
    Rgb { size: Size, data: Plane<'a> },
}

impl Picture<'_> {
    pub fn size(&self) -> Size {
        match self {
            Self::I420 { size, .. } | Self::Rgb { size, .. } => *size,
        }
    }
}
