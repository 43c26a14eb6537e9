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

/// A part of a picture in whole pixels; `left` and `top` are even, since two pixels share a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crop {
    pub left: u32,
    pub top: u32,
    pub size: Size,
}

impl Picture<'_> {
    pub fn size(&self) -> Size {
        match self {
            Self::I420 { size, .. } | Self::Rgb { size, .. } => *size,
        }
    }

    /// A part of the picture, without a copy. `None` where it is empty, reaches outside, or begins at
    /// an odd pixel.
    pub fn crop(&self, crop: Crop) -> Option<Self> {
        let Crop { left, top, size } = crop;
        let is_inside = |from: u32, length: u32, all: u32| {
            length > 0 && from.checked_add(length).is_some_and(|end| end <= all)
        };
        let all = self.size();
        let fits =
            is_inside(left, size.width, all.width) && is_inside(top, size.height, all.height);
        if !fits || left % 2 == 1 || top % 2 == 1 {
            return None;
        }
        let (left, top) = (usize::try_from(left).ok()?, usize::try_from(top).ok()?);
        Some(match self {
            Self::I420 { y, u, v, .. } => Self::I420 {
                size,
                y: y.from(left, top)?,
                u: u.from(left / 2, top / 2)?,
                v: v.from(left / 2, top / 2)?,
            },
            Self::Rgb { data, .. } => Self::Rgb { size, data: data.from(left * 3, top)? },
        })
    }
}

impl Plane<'_> {
    /// The plane without its first bytes of each row, and its first rows.
    fn from(&self, bytes: usize, rows: usize) -> Option<Self> {
        let skipped = rows.checked_mul(self.stride)?.checked_add(bytes)?;
        Some(Self { data: self.data.get(skipped..)?, stride: self.stride })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crop_shows_its_part_of_every_plane() {
        let luma: Vec<u8> = (0..8 * 6).collect();
        let chroma: Vec<u8> = (100..100 + 4 * 3).collect();
        let half = Plane { data: &chroma, stride: 4 };
        let size = Size { width: 8, height: 6 };
        let picture = Picture::I420 { size, y: Plane { data: &luma, stride: 8 }, u: half, v: half };
        let part = Crop { left: 4, top: 2, size: Size { width: 4, height: 4 } };
        let Some(Picture::I420 { size, y, u, .. }) = picture.crop(part) else { panic!() };
        assert_eq!((size, y.data[0], y.stride, u.data[0]), (part.size, 20, 8, 106));
    }

    #[test]
    fn what_is_not_inside_is_no_part() {
        let pixels = [0; 4 * 4 * 3];
        let size = Size { width: 4, height: 4 };
        let picture = Picture::Rgb { size, data: Plane { data: &pixels, stride: 12 } };
        let crop = |left, top, width, height| {
            picture.crop(Crop { left, top, size: Size { width, height } })
        };
        assert!(crop(2, 0, 2, 4).is_some());
        assert!(crop(2, 0, 4, 4).is_none() && crop(0, 0, 0, 4).is_none());
        assert!(crop(1, 0, 2, 2).is_none() && crop(u32::MAX - 1, 0, 4, 4).is_none());
    }
}
