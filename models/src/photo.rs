//! A picture that somebody keeps for a moment, after the decoder has taken its own back.

use base::{Picture, Plane, Size};

/// A copy of a borrowed picture, without the padding of its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    size: Size,
    is_rgb: bool,
    bytes: Vec<u8>,
}

impl Photo {
    /// `None` where the picture's planes are shorter than its size says.
    pub fn of(picture: &Picture<'_>) -> Option<Self> {
        let size = picture.size();
        let (wide, high) = (usize::try_from(size.width).ok()?, usize::try_from(size.height).ok()?);
        let mut bytes = Vec::new();
        let is_rgb = match picture {
            Picture::Rgb { data, .. } => {
                bytes.reserve_exact(wide.checked_mul(high)?.checked_mul(3)?);
                copy(data, wide * 3, high, &mut bytes)?;
                true
            }
            Picture::I420 { y, u, v, .. } => {
                let (half_wide, half_high) = (wide.div_ceil(2), high.div_ceil(2));
                bytes.reserve_exact(wide.checked_mul(high)? + 2 * half_wide * half_high);
                copy(y, wide, high, &mut bytes)?;
                copy(u, half_wide, half_high, &mut bytes)?;
                copy(v, half_wide, half_high, &mut bytes)?;
                false
            }
        };
        Some(Self { size, is_rgb, bytes })
    }

    pub fn picture(&self) -> Picture<'_> {
        let size = self.size;
        let side = |length: u32| usize::try_from(length).unwrap_or(0);
        let (wide, high) = (side(size.width), side(size.height));
        if self.is_rgb {
            return Picture::Rgb { size, data: Plane { data: &self.bytes, stride: wide * 3 } };
        }
        let half = wide.div_ceil(2);
        let (luma, chroma) = self.bytes.split_at(wide * high);
        let (u, v) = chroma.split_at(half * high.div_ceil(2));
        Picture::I420 {
            size,
            y: Plane { data: luma, stride: wide },
            u: Plane { data: u, stride: half },
            v: Plane { data: v, stride: half },
        }
    }
}

fn copy(plane: &Plane<'_>, wide: usize, high: usize, out: &mut Vec<u8>) -> Option<()> {
    for row in 0..high {
        out.extend_from_slice(plane.data.get(row.checked_mul(plane.stride)?..)?.get(..wide)?);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_shows_the_same_without_the_padding() {
        let luma: Vec<u8> = (0..8 * 3).collect();
        let chroma: Vec<u8> = (100..100 + 4 * 2).collect();
        let half = Plane { data: &chroma, stride: 4 };
        let size = Size { width: 5, height: 3 };
        let seen = Picture::I420 { size, y: Plane { data: &luma, stride: 8 }, u: half, v: half };
        let photo = Photo::of(&seen).unwrap();
        let Picture::I420 { size: kept, y, u, v } = photo.picture() else { panic!() };
        assert_eq!((kept, y.stride, u.stride), (size, 5, 3));
        assert_eq!(y.data, [0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 16, 17, 18, 19, 20]);
        assert_eq!((u.data, v.data), (&[100, 101, 102, 104, 105, 106][..], u.data));
    }

    #[test]
    fn a_picture_that_is_too_short_is_refused() {
        let size = Size { width: 4, height: 4 };
        let data = Plane { data: &[0; 40], stride: 12 };
        assert_eq!(Photo::of(&Picture::Rgb { size, data }), None);
    }
}
