//! A picture from a file: JPEG or PNG, turned upright as its EXIF orientation says.

use std::io::Cursor;

use base::{Picture, Plane, Size};
use image::{DynamicImage, ImageDecoder as _, ImageReader, RgbImage};

/// Decoded pixels that we own.
#[derive(Clone, Debug)]
pub struct Still {
    pixels: RgbImage,
}

#[derive(Debug, thiserror::Error)]
pub enum StillError {
    #[error("this is not a JPEG or PNG picture")]
    NotAPicture,
    #[error("the picture is damaged or too large")]
    Damaged(#[from] image::ImageError),
}

impl Still {
    pub fn decode(bytes: &[u8]) -> Result<Self, StillError> {
        let reader = ImageReader::new(Cursor::new(bytes))
            .with_guessed_format()
            .map_err(|err| StillError::Damaged(err.into()))?;
        if reader.format().is_none() {
            return Err(StillError::NotAPicture);
        }
        let mut decoder = reader.into_decoder()?;
        let orientation = decoder.orientation()?;
        let mut image = DynamicImage::from_decoder(decoder)?;
        image.apply_orientation(orientation);
        Ok(Self { pixels: image.into_rgb8() })
    }

    pub fn picture(&self) -> Picture<'_> {
        let (width, height) = self.pixels.dimensions();
        let stride = usize::try_from(width).unwrap_or(usize::MAX).saturating_mul(3);
        let data = Plane { data: self.pixels.as_raw(), stride };
        Picture::Rgb { size: Size { width, height }, data }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A JPEG of 8 x 16, red above blue, with an EXIF block that says `orientation`.
    fn jpeg(orientation: u8) -> Vec<u8> {
        let half = |_, y| if y < 8 { image::Rgb([255, 0, 0]) } else { image::Rgb([0, 0, 255]) };
        let mut bytes = Vec::new();
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 95);
        RgbImage::from_fn(8, 16, half).write_with_encoder(encoder).unwrap();
        // APP1 behind SOI: TIFF header, one entry (0x0112, SHORT, 1), no next directory.
        let mut exif =
            b"\xff\xe1\x00\x22Exif\0\0II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
        bytes.splice(2..2, exif);
        bytes
    }

    #[test]
    fn a_picture_taken_on_its_side_is_turned_upright() {
        let still = Still::decode(&jpeg(6)).unwrap();
        assert_eq!(still.picture().size(), Size { width: 16, height: 8 });
        // Turned by 90 degrees: what was on top is on the right.
        let (left, right) = (still.pixels.get_pixel(0, 0), still.pixels.get_pixel(15, 0));
        assert!(left.0[2] > 200 && right.0[0] > 200, "{left:?} {right:?}");
    }

    #[test]
    fn what_is_no_picture_says_so() {
        let message = |bytes: &[u8]| Still::decode(bytes).unwrap_err().to_string();
        assert_eq!(message(b"hello"), "this is not a JPEG or PNG picture");
        assert_eq!(message(&jpeg(1)[..200]), "the picture is damaged or too large");
    }
}
