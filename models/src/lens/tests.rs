//! A lens on painted streets, five pictures a second.

use super::*;

const WIDE: usize = 320;
const HIGH: usize = 200;

struct Camera {
    lens: Lens,
    small: SmallLuma,
    n_pictures: u32,
    noise: u32,
}

impl Camera {
    fn new() -> Self {
        let (lens, small) = (Lens::default(), SmallLuma::default());
        Self { lens, small, n_pictures: 0, noise: 1 }
    }

    /// Has seen the street for three minutes.
    fn settled() -> Self {
        let mut camera = Self::new();
        assert_eq!(camera.watches(180, street), []);
        camera
    }

    /// For so many seconds, with a sensor's noise. What was told, with the second of it.
    fn watches(
        &mut self,
        seconds: u32,
        scene: impl Fn(usize, usize) -> u8,
    ) -> Vec<(u32, Complaint, bool)> {
        let still: Vec<u8> = (0..WIDE * HIGH).map(|at| scene(at % WIDE, at / WIDE)).collect();
        (0..seconds * 5)
            .flat_map(|n| {
                {
                    let noisy: Vec<u8> = still.iter().map(|it| it + self.grain()).collect();
                    self.sees(&noisy).into_iter().map(move |(what, begins)| (n / 5, what, begins))
                }
                .collect::<Vec<_>>()
            })
            .collect()
    }

    fn grain(&mut self) -> u8 {
        self.noise = self.noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u8::try_from(self.noise >> 30).unwrap()
    }

    fn sees(&mut self, luma: &[u8]) -> Vec<(Complaint, bool)> {
        let size = Size { width: 320, height: 200 };
        let half = Plane { data: &[], stride: 0 };
        let picture =
            Picture::I420 { size, y: Plane { data: luma, stride: WIDE }, u: half, v: half };
        self.small.fill(&picture);
        self.n_pictures += 1;
        let now = Timestamp::UNIX_EPOCH + Duration::from_millis(200) * self.n_pictures;
        self.lens.observe(&picture, &self.small, now)
    }
}

/// Houses with windows, a kerb, a road.
fn street(x: usize, y: usize) -> u8 {
    let is_window = x % 40 < 14 && y % 30 < 16 && y < 110;
    let house = u8::try_from(x / 80 * 23).unwrap();
    match (is_window, y) {
        (true, _) => 50,
        (false, 0..110) => 120 + house,
        (false, 110..116) => 210,
        (false, _) => 85,
    }
}

#[test]
fn a_street_in_the_evening_is_no_complaint() {
    let mut camera = Camera::settled();
    for dusk in (0..60).step_by(4) {
        assert_eq!(camera.watches(20, |x, y| street(x, y) - street(x, y) / 100 * dusk), []);
    }
    let infrared = |x, y| 230 - street(x, y) / 3 * 2;
    assert!(camera.watches(20, infrared).is_empty(), "a negative for a while");
}

#[test]
fn a_picture_that_never_changes_is_frozen() {
    let mut camera = Camera::settled();
    let still: Vec<u8> = (0..WIDE * HIGH).map(|at| street(at % WIDE, at / WIDE)).collect();
    let told: Vec<_> = (0..40 * 5).flat_map(|_| camera.sees(&still)).collect();
    assert_eq!(told, [(Complaint::Frozen, true)]);
    assert_eq!(camera.watches(10, street), [(5, Complaint::Frozen, false)]);
}

#[test]
fn a_lens_under_a_hood_is_dark() {
    let mut camera = Camera::settled();
    assert_eq!(camera.watches(40, |_, _| 16), [(30, Complaint::Dark, true)]);
    assert_eq!(camera.watches(10, street), [(5, Complaint::Dark, false)]);
}

#[test]
fn a_lens_that_was_sprayed_is_blurred() {
    let mut camera = Camera::settled();
    let sprayed = |x: usize, y: usize| 110 + u8::try_from(x / 32 + y / 40).unwrap();
    assert_eq!(camera.watches(70, sprayed), [(60, Complaint::Blurred, true)]);
    assert_eq!(camera.watches(10, street), [(5, Complaint::Blurred, false)]);
}

#[test]
fn a_camera_that_was_turned_shows_another_scene() {
    let mut camera = Camera::settled();
    let turned = |x: usize, y: usize| street(x + 19, (y + 41) % HIGH);
    assert_eq!(camera.watches(40, turned), [(30, Complaint::Moved, true)]);
    assert_eq!(camera.watches(10, street), [(5, Complaint::Moved, false)]);
}

#[test]
fn a_new_scene_that_was_accepted_is_the_scene() {
    let mut camera = Camera::settled();
    let turned = |x: usize, y: usize| street(x + 19, (y + 41) % HIGH);
    camera.watches(40, turned);
    camera.lens.accept_scene();
    assert_eq!(camera.watches(10, turned), [(5, Complaint::Moved, false)]);
    assert_eq!(camera.watches(60, turned), []);
}

#[test]
fn a_bus_before_the_lens_goes_on() {
    let mut camera = Camera::settled();
    assert_eq!(camera.watches(20, |_, y| 100 + u8::try_from(y / 50).unwrap()), []);
    assert_eq!(camera.watches(20, street), []);
}

#[test]
fn the_sharper_of_two_parts_is_told() {
    let luma: Vec<u8> = (0..WIDE * HIGH).map(|at| street(at % WIDE, at / WIDE)).collect();
    let size = Size { width: 320, height: 200 };
    let half = Plane { data: &luma, stride: WIDE };
    let picture = Picture::I420 { size, y: Plane { data: &luma, stride: WIDE }, u: half, v: half };
    let part = |y: f32| Rect { x: -5.0, y, width: 400.0, height: 60.0 };
    let (houses, road) = (sharpness_of(&picture, part(10.0)), sharpness_of(&picture, part(130.0)));
    assert!(houses > 1.0 && road < 0.1, "{houses} {road}");
    assert!(sharpness_of(&picture, part(900.0)) < 0.1, "outside there is nothing");
}
