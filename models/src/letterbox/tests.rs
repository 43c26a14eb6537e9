//! The letterbox against the arithmetic of its reference, sample by sample.

use base::Plane;

use super::*;

fn input(fit: Fit, channels: Channels) -> Input {
    Input {
        name: "images".to_owned(),
        width: 4,
        height: 4,
        channels,
        fit,
        mean: [0.0; 3],
        std: [1.0; 3],
    }
}

fn rgb(width: u32, height: u32, data: &[u8], stride: usize) -> Picture<'_> {
    Picture::Rgb { size: Size { width, height }, data: Plane { data, stride } }
}

#[test]
fn a_wide_picture_lies_on_top_and_the_rest_is_padding() {
    let mut letterbox = Letterbox::new(&input(Fit::Letterbox { pad: 114 }, Channels::Bgr));
    // Four red pixels and four green ones, one row each.
    let row = |pixel: [u8; 3]| [pixel; 4].concat();
    let data = [row([200, 0, 0]), row([0, 100, 0])].concat();
    let scale = letterbox.fill(&rgb(4, 2, &data, 12)).unwrap();
    assert_eq!(scale, Scale { x: 1.0, y: 1.0 });
    let plane = |blue: [f32; 2]| [[blue[0]; 4], [blue[1]; 4], [114.0; 4], [114.0; 4]].concat();
    let expected = [plane([0.0, 0.0]), plane([0.0, 100.0]), plane([200.0, 0.0])].concat();
    assert_eq!(letterbox.tensor(), expected);
}

#[test]
fn sides_are_cut_as_the_reference_cuts_them() {
    assert_eq!(inside(768, 576, 416, 416), (416, 312));
    assert_eq!(inside(640, 272, 416, 416), (416, 176)); // int(176.8)
    assert_eq!(inside(480, 640, 416, 416), (312, 416));
    assert_eq!(inside(5000, 1, 416, 416), (416, 1));
}

#[test]
fn the_second_picture_of_another_size_leaves_nothing_of_the_first() {
    let mut letterbox = Letterbox::new(&input(Fit::Letterbox { pad: 1 }, Channels::Rgb));
    letterbox.fill(&rgb(4, 4, &[9; 48], 12)).unwrap();
    letterbox.fill(&rgb(2, 4, &[7; 24], 6)).unwrap();
    assert_eq!(letterbox.tensor()[..4], [7.0, 7.0, 1.0, 1.0]);
}

#[test]
fn grey_in_yuv_is_grey_in_rgb_and_white_is_not_more_than_white() {
    let mut letterbox = Letterbox::new(&input(Fit::Stretch, Channels::Rgb));
    let (luma, chroma) = ([235, 235, 16, 255], [128]);
    let plane = |data, stride| Plane { data, stride };
    let size = Size { width: 2, height: 2 };
    let (u, v) = (plane(&chroma, 1), plane(&chroma, 1));
    let picture = Picture::I420 { size, y: plane(&luma, 2), u, v };
    let scale = letterbox.fill(&picture).unwrap();
    assert_eq!(scale, Scale { x: 2.0, y: 2.0 });
    let corner = |x: usize, y: usize| [0, 1, 2].map(|it| letterbox.tensor()[it * 16 + y * 4 + x]);
    for (got, expected) in [(corner(0, 0), 255.0), (corner(0, 3), 0.0), (corner(3, 3), 255.0)] {
        assert!(got.iter().all(|it| (it - expected).abs() < 0.01), "{got:?}");
    }
}

#[test]
fn blue_in_yuv_goes_to_the_first_plane_of_a_bgr_model() {
    let mut letterbox = Letterbox::new(&input(Fit::Stretch, Channels::Bgr));
    let plane = |data| Plane { data, stride: 1 };
    let size = Size { width: 1, height: 1 };
    let picture = Picture::I420 { size, y: plane(&[41]), u: plane(&[240]), v: plane(&[110]) };
    letterbox.fill(&picture).unwrap();
    let pixel = [0, 16, 32].map(|it| letterbox.tensor()[it]);
    assert!(pixel[0] > 250.0 && pixel[1] < 5.0 && pixel[2] < 5.0, "{pixel:?}");
}

/// Every pixel of a noisy picture, with the vectors that every processor has and with the widest ones
/// of this, against the same sum done pixel by pixel in twice the precision.
fn check_yuv(wide: u16, high: u16, width: u16, height: u16) {
    let (chroma_wide, chroma_high) = (wide.div_ceil(2), high.div_ceil(2));
    // Rows have something behind them that is not to be looked at, but the last has not.
    let strides = [wide, chroma_wide, chroma_wide].map(|it| usize::from(it) + 3);
    let highs = [high, chroma_high, chroma_high].map(usize::from);
    let planes = [0, 1, 2].map(|it| noise(strides[it] * highs[it] - 3, it));
    let sampled = [(wide, high), (chroma_wide, chroma_high)]
        .map(|(wide, high)| (Taps::new(wide, width), Taps::new(high, height)));
    let value = |plane: usize, x: usize, y: usize| {
        let (across, down) = &sampled[plane.min(1)];
        let (across, down) = (across.iter().nth(x).unwrap(), down.iter().nth(y).unwrap());
        let byte = |x: usize, y: usize| planes[plane].get(y * strides[plane] + x).copied();
        let lerp = |a: f64, b: f64, tap: &taps::Tap| a + (b - a) * f64::from(tap.share);
        let row = |y: usize| {
            let (left, right) = (byte(across.first, y), byte(across.first + 1, y));
            lerp(left.unwrap_or(0).into(), right.unwrap_or(0).into(), across)
        };
        lerp(row(down.first), row(down.first + 1), down)
    };

    let (mean, std) = ([10.0, 20.0, 30.0], [0.5, 1.0, 2.0]);
    let input = Input { width, height, mean, std, ..input(Fit::Stretch, Channels::Rgb) };
    let size = Size { width: wide.into(), height: high.into() };
    let [y, u, v] = [0, 1, 2].map(|it| Plane { data: &planes[it], stride: strides[it] });
    for level in [Level::baseline(), Level::new()] {
        let mut letterbox = Letterbox { level, ..Letterbox::new(&input) };
        letterbox.fill(&Picture::I420 { size, y, u, v }).unwrap();
        let (width, height) = (usize::from(width), usize::from(height));
        for (at, got) in letterbox.tensor().iter().enumerate() {
            let (colour, x, y) = (at / (width * height), at % width, at / width % height);
            let (luma, u, v) = (value(0, x, y) - 16.0, value(1, x, y), value(2, x, y));
            let (u, v) = (u - 128.0, v - 128.0);
            let byte = match colour {
                0 => luma * 1.164_383 + v * 1.596_027,
                1 => luma * 1.164_383 - u * 0.391_762 - v * 0.812_968,
                _ => luma * 1.164_383 + u * 2.017_232,
            };
            let mean = f64::from(mean[colour]);
            let expected = (byte.clamp(0.0, 255.0) - mean) / f64::from(std[colour]);
            let apart = (f64::from(*got) - expected).abs();
            assert!(apart < 2e-4, "{wide}x{high} at {x}, {y}: {got}, expected {expected}");
        }
    }
}

fn noise(n_bytes: usize, seed: usize) -> Vec<u8> {
    let bytes = (0..n_bytes).map(|at| (at + seed * 1000).wrapping_mul(2_654_435_761).to_be_bytes());
    bytes.map(|it| it[4]).collect()
}

#[test]
fn yuv_of_any_size_is_sampled_as_one_pixel_after_the_other_would_be() {
    check_yuv(64, 48, 32, 24); // whole blocks, strips and squares
    check_yuv(37, 29, 21, 19); // and none of them whole
    check_yuv(100, 90, 17, 10);
    check_yuv(9, 7, 33, 41); // larger than its source
    check_yuv(1, 1, 3, 2);
    check_yuv(2, 33, 1, 9);
}

#[test]
fn a_picture_with_too_few_bytes_is_refused() {
    let mut letterbox = Letterbox::new(&input(Fit::Stretch, Channels::Rgb));
    let error = letterbox.fill(&rgb(4, 4, &[0; 47], 12)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a picture of 4x4 cannot be looked at: its planes are shorter than its size says"
    );
    assert!(letterbox.fill(&rgb(0, 4, &[], 0)).is_err());
    let plane = |data| Plane { data, stride: 4 };
    let (y, u, v) = (plane(&[0; 16]), plane(&[0; 6]), plane(&[0; 5]));
    let picture = Picture::I420 { size: Size { width: 4, height: 4 }, y, u, v };
    assert!(letterbox.fill(&picture).is_err());
}
