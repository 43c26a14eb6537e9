//! The picture of an alert: what the camera saw, with a frame around what it is about.

use base::{Picture, Plane};
use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, Rgb, RgbImage};

use crate::detection::Rect;

#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("the picture's planes are shorter than its size says")]
    Short,
    #[error("the picture could not be written as JPEG")]
    Encode(#[from] image::ImageError),
}

/// 0 to 100; below 80 number plates smear.
const QUALITY: u8 = 85;
const FRAME: Rgb<u8> = Rgb([255, 40, 40]);
/// One frame line in this many pixels of picture height.
const HEIGHT_A_LINE: u32 = 200;

/// A JPEG of the whole picture with a frame around each of `boxes`.
pub fn jpeg(picture: &Picture<'_>, boxes: &[Rect]) -> Result<Vec<u8>, SnapshotError> {
    let mut image = to_rgb(picture).ok_or(SnapshotError::Short)?;
    for area in boxes {
        frame(&mut image, area);
    }
    let mut bytes = Vec::new();
    image.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY))?;
    Ok(bytes)
}

/// The JPEG again, with everything inside of `areas` (left, top, right, bottom, in parts of the
/// picture) made unrecognisable: who may not see people still sees what happened.
pub fn blurred(jpeg: &[u8], areas: &[[f32; 4]]) -> Result<Vec<u8>, SnapshotError> {
    let mut image = image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg)?.into_rgb8();
    let (width, height) = image.dimensions();
    let side = |length: u32| u16::try_from(length).map_or(f32::from(u16::MAX), f32::from);
    for [left, top, right, bottom] in areas {
        let across = |part: f32| pixel(part * side(width)).min(width);
        let down = |part: f32| pixel(part * side(height)).min(height);
        mosaic(&mut image, [across(*left), down(*top)], [across(*right), down(*bottom)]);
    }
    let mut bytes = Vec::new();
    image.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY))?;
    Ok(bytes)
}

/// A face takes a sixth of a body: of tiles an eighth as large as the longer side, it has one or two.
const TILES: u32 = 8;

/// Each tile becomes its mean: what is gone cannot be computed back.
fn mosaic(image: &mut RgbImage, [left, top]: [u32; 2], [right, bottom]: [u32; 2]) {
    let longer = right.saturating_sub(left).max(bottom.saturating_sub(top));
    let tile = (longer / TILES).max(1);
    let steps = |from: u32, to: u32| (from..to).step_by(usize::try_from(tile).unwrap_or(1));
    for y in steps(top, bottom) {
        for x in steps(left, right) {
            let (end_x, end_y) = ((x + tile).min(right), (y + tile).min(bottom));
            let cells = (y..end_y).flat_map(|row| (x..end_x).map(move |column| (column, row)));
            let mut sum = [0_u64; 3];
            for (column, row) in cells.clone() {
                let Rgb(colours) = image.get_pixel(column, row);
                sum.iter_mut().zip(colours).for_each(|(sum, it)| *sum += u64::from(*it));
            }
            let n = u64::from(end_x - x) * u64::from(end_y - y);
            let mean = sum.map(|it| u8::try_from(it / n.max(1)).unwrap_or(u8::MAX));
            cells.for_each(|(column, row)| image.put_pixel(column, row, Rgb(mean)));
        }
    }
}

fn to_rgb(picture: &Picture<'_>) -> Option<RgbImage> {
    let size = picture.size();
    let wide = usize::try_from(size.width).ok()?;
    let high = usize::try_from(size.height).ok()?;
    let mut pixels = Vec::with_capacity(wide.checked_mul(high)?.checked_mul(3)?);
    for at in 0..high {
        match picture {
            Picture::Rgb { data, .. } => pixels.extend_from_slice(row(data, at, 3 * wide)?),
            Picture::I420 { y, u, v, .. } => {
                let half = wide.div_ceil(2);
                let (us, vs) = (row(u, at / 2, half)?, row(v, at / 2, half)?);
                let colours = us.iter().zip(vs).flat_map(|it| [it, it]);
                let samples = row(y, at, wide)?.iter().zip(colours);
                pixels.extend(samples.flat_map(|(&y, (&u, &v))| bt601(y, u, v)));
            }
        }
    }
    RgbImage::from_raw(size.width, size.height, pixels)
}

fn row<'a>(plane: &Plane<'a>, at: usize, wide: usize) -> Option<&'a [u8]> {
    plane.data.get(at.checked_mul(plane.stride)?..)?.get(..wide)
}

/// BT.601, limited range, in 1/256.
fn bt601(y: u8, u: u8, v: u8) -> [u8; 3] {
    let luma = 298 * (i32::from(y) - 16) + 128;
    let (u, v) = (i32::from(u) - 128, i32::from(v) - 128);
    let values = [luma + 409 * v, luma - 100 * u - 208 * v, luma + 516 * u];
    values.map(|it| u8::try_from((it >> 8).clamp(0, 255)).unwrap_or(u8::MAX))
}

/// Lines go inwards; what is outside the picture is cut off.
fn frame(image: &mut RgbImage, area: &Rect) {
    let (width, height) = image.dimensions();
    if area.right() < 0.0 || area.bottom() < 0.0 || width == 0 || height == 0 {
        return;
    }
    let (left, top) = (pixel(area.x), pixel(area.y));
    let right = pixel(area.right()).min(width - 1);
    let bottom = pixel(area.bottom()).min(height - 1);
    let n_lines = (height / HEIGHT_A_LINE).max(1);
    for y in top..=bottom {
        for x in left..=right {
            let depth = (x - left).min(right - x).min(y - top).min(bottom - y);
            if depth < n_lines {
                image.put_pixel(x, y, FRAME);
            }
        }
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float saturates: what is left of the picture becomes 0"
)]
fn pixel(value: f32) -> u32 {
    value.round() as u32
}

#[cfg(test)]
mod tests {
    use base::Size;

    use super::*;
    use crate::still::Still;

    #[test]
    fn the_frame_is_around_the_object_and_cut_at_the_edge() {
        let (luma, chroma) = ([60; 64 * 64], [128; 32 * 32]);
        let half = Plane { data: &chroma, stride: 32 };
        let y = Plane { data: &luma, stride: 64 };
        let picture = Picture::I420 { size: Size { width: 64, height: 64 }, y, u: half, v: half };
        let area = Rect { x: 16.0, y: -50.0, width: 500.0, height: 90.0 };
        let mut image = to_rgb(&picture).unwrap();
        frame(&mut image, &area);
        let is_red = |x, y| image.get_pixel(x, y).0[0] > 200;
        assert!(is_red(16, 10) && is_red(40, 40), "left and lower line");
        assert!(!is_red(40, 20) && !is_red(15, 10) && !is_red(40, 41), "inside and outside");
        let bytes = jpeg(&picture, &[area]).unwrap();
        assert_eq!(Still::decode(&bytes).unwrap().picture().size(), picture.size());
    }

    #[test]
    fn what_is_hidden_is_gone_and_the_rest_stays() {
        // A chequered picture: fine detail everywhere.
        let size = Size { width: 64, height: 64 };
        let pixels: Vec<u8> = (0..64 * 64)
            .flat_map(|at| [if (at / 2 + at / 128) % 2 == 0 { 30 } else { 220 }; 3])
            .collect();
        let picture = Picture::Rgb { size, data: Plane { data: &pixels, stride: 64 * 3 } };
        let clean = jpeg(&picture, &[]).unwrap();
        let hidden = blurred(&clean, &[[0.5, 0.5, 2.0, 1.0]]).unwrap();
        let image = image::load_from_memory(&hidden).unwrap().into_rgb8();
        let contrast = |left: u32, top: u32| {
            let values = (0..24).map(|at| image.get_pixel(left + at, top).0[0]);
            values.clone().max().unwrap() - values.min().unwrap()
        };
        assert!(contrast(36, 50) < 40 && contrast(4, 20) > 120);
        assert!(blurred(b"no picture", &[]).is_err());
    }

    #[test]
    fn white_is_white_and_red_is_red() {
        assert_eq!(bt601(235, 128, 128), [255, 255, 255]);
        assert_eq!(bt601(16, 128, 128), [0, 0, 0]);
        let [red, green, blue] = bt601(81, 90, 240);
        assert!(red > 250 && green < 5 && blue < 5);
    }
}
