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

#[test]
fn a_picture_with_too_few_bytes_is_refused() {
    let mut letterbox = Letterbox::new(&input(Fit::Stretch, Channels::Rgb));
    let error = letterbox.fill(&rgb(4, 4, &[0; 47], 12)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a picture of 4x4 cannot be looked at: its planes are shorter than its size says"
    );
    assert!(letterbox.fill(&rgb(0, 4, &[], 0)).is_err());
}
