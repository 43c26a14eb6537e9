//! What a mask hides is hidden wherever a picture of the camera goes: to the console, into both
//! pictures of an alert, and into the clip, which comes from another stream.

use std::path::Path;
use std::time::Duration;

use base::{Clock as _, Picture, Score, SystemClock};
use e2e::sim_camera::{self, SimCamera};
use e2e::watched::{Ward, camera_at};
use gateway::ward::alert::{News, Snapshot, Update};
use gateway::ward::camera::CameraFact;
use gateway::ward::detector::FAINTEST_SCORE;
use image::GenericImageView as _;
use models::Polygon;
use tokio::time::timeout;

/// The left of the street, where people walk; a rule watches the right half.
const MASKED: f32 = 0.4;
/// Mid-grey, and what JPEG or an encoder may make of it.
const GREY: std::ops::RangeInclusive<u8> = 108..=144;

/// The highest column that is masked for sure, of so many.
fn masked_columns(width: u32) -> u32 {
    width * 4 / 10 - 8
}

#[track_caller]
fn is_masked_jpeg(jpeg: &[u8], what: &str) {
    let image = image::load_from_memory(jpeg).unwrap();
    let (width, height) = image.dimensions();
    let grey = image.to_luma8();
    for (x, y, pixel) in grey.enumerate_pixels() {
        let is_hidden = x >= masked_columns(width) || GREY.contains(&pixel.0[0]);
        assert!(is_hidden, "{what}, {width}x{height}: {pixel:?} at {x}, {y}");
    }
    let right = grey.enumerate_pixels().filter(|(x, ..)| *x > width / 2);
    let (darkest, lightest) = right
        .fold((255, 0), |(low, high), (.., pixel)| (pixel.0[0].min(low), pixel.0[0].max(high)));
    assert!(lightest - darkest > 100, "{what}: the street is to be seen");
}

/// Every picture of the clip; answers with their size and how many there are.
#[track_caller]
fn is_masked_clip(file: &Path) -> (base::Size, usize) {
    let (mut n_pictures, mut seen) = (0, base::Size { width: 0, height: 0 });
    for frame in media::VideoFile::open(file).unwrap() {
        let frame = frame.unwrap();
        let Picture::I420 { size, y, .. } = frame.picture() else { panic!("not I420") };
        let width = usize::try_from(masked_columns(size.width)).unwrap();
        let height = usize::try_from(size.height).unwrap();
        for row in y.data.chunks(y.stride).take(height) {
            let visible = row[..width].iter().position(|it| !GREY.contains(it));
            assert_eq!(visible, None, "picture {n_pictures} of {size:?}");
        }
        (n_pictures, seen) = (n_pictures + 1, size);
    }
    (seen, n_pictures)
}

#[tokio::test]
async fn what_a_mask_hides_is_hidden_in_every_picture_and_clip() {
    let faintest = Score::try_from(FAINTEST_SCORE).unwrap();
    let mut ward = Ward::new(move || sim_camera::detector(faintest).unwrap());
    let media = |name| sim_camera::media(name).to_string_lossy().into_owned();
    let (sub, main) =
        (format!("/sub={}", media("vtest-360.mp4")), format!("/main={}", media("vtest.mp4")));
    let arguments = ["--camera", &sub, "--camera", &main, "--listen", "127.0.0.1:0"];
    let sim = SimCamera::start(env!("CARGO_BIN_EXE_vong-e2e"), &arguments).unwrap();
    let mut camera = camera_at("cam-a", &sim.urls[0], None);
    camera.main_url = Some(sim.urls[1].clone());
    let left = vec![[0.0, 0.0], [MASKED, 0.0], [MASKED, 1.0], [0.0, 1.0]];
    camera.masks = vec![Polygon::new(left).unwrap()];
    let watched = ward.watch(camera);

    let (mut n_pictures, mut clip) = (0, None);
    while n_pictures == 0 || clip.is_none() {
        let fact = timeout(Duration::from_secs(60), ward.received.recv()).await.unwrap().unwrap();
        match fact {
            CameraFact::Raised(alert) => {
                let Snapshot::Kept(kept) = &alert.snapshot else { panic!("{:?}", alert.snapshot) };
                for file in [&kept.boxed, &kept.original] {
                    let jpeg = std::fs::read(ward.dir.path().join(&file.path)).unwrap();
                    is_masked_jpeg(&jpeg, &file.path.display().to_string());
                }
                n_pictures += 1;
            }
            CameraFact::Updated(Update { news: News::Clip(it), .. }) => clip = Some(it),
            _ => {}
        }
    }
    let shown = watched.desk.newest(SystemClock.now()).await.unwrap();
    is_masked_jpeg(&shown.jpeg, "the console's picture");
    let clip = clip.unwrap();
    let (size, n_pictures) = is_masked_clip(&ward.dir.path().join(&clip.file.path));
    assert_eq!((size.width, size.height), (768, 576), "of the main stream");
    assert!(n_pictures > 90, "{n_pictures} pictures");
    ward.close(vec![watched]).await;
}
