//! Motion on painted scenes, five pictures a second.

use base::{Picture, Plane, Size};

use super::*;

const WIDE: usize = 320;
const HIGH: usize = 200;

/// A camera in front of a street that the tests paint.
struct Camera {
    motion: MotionDetector,
    small: SmallLuma,
    n_pictures: u32,
}

impl Camera {
    /// Has seen the empty street for five seconds.
    fn settled() -> Self {
        let (motion, small) = (MotionDetector::default(), SmallLuma::default());
        let mut camera = Self { motion, small, n_pictures: 0 };
        let last = (0..25).map(|_| camera.sees(&street())).last();
        assert_eq!(last, Some(Moved { share: 0.0, is_settled: true }));
        camera
    }

    fn sees(&mut self, luma: &[u8]) -> Moved {
        let size = Size { width: 320, height: 200 };
        let half = Plane { data: &[], stride: 0 };
        let y = Plane { data: luma, stride: WIDE };
        let is_same = self.small.fill(&Picture::I420 { size, y, u: half, v: half });
        self.n_pictures += 1;
        let now = Timestamp::UNIX_EPOCH + Duration::from_millis(200) * self.n_pictures;
        self.motion.observe(&self.small, is_same, now)
    }
}

/// Wall above, road below.
fn street() -> Vec<u8> {
    (0..WIDE * HIGH).map(|at| if at / WIDE < HIGH / 2 { 150 } else { 80 }).collect()
}

/// Somebody in dark clothes, 20 pixels wide and 40 high, with his feet on the road.
fn person(x: usize) -> Vec<u8> {
    let mut luma = street();
    for row in luma.chunks_exact_mut(WIDE).skip(80).take(40) {
        row[x..x + 20].fill(25);
    }
    luma
}

#[test]
fn who_walks_is_found_where_he_is() {
    let mut camera = Camera::settled();
    camera.sees(&person(100));
    let [area] = camera.motion.areas() else { panic!("{:?}", camera.motion.areas()) };
    let (is_wide, is_high) = ((14.0..=26.0).contains(&area.width), area.height > 30.0);
    assert!((area.x - 100.0).abs() < 5.0 && is_wide && is_high, "{area:?}");
}

#[test]
fn an_empty_street_with_a_noisy_sensor_is_still() {
    let mut camera = Camera::settled();
    let mut noise = 7_u32;
    for n in 0..60 {
        let noisy: Vec<u8> = street()
            .iter()
            .map(|it| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                it + u8::try_from(noise >> 28).unwrap()
            })
            .collect();
        camera.sees(&noisy);
        // At first the picture is brighter than it was.
        assert!(n < 10 || camera.motion.areas().is_empty(), "{n}: {:?}", camera.motion.areas());
    }
}

#[test]
fn the_sun_that_goes_down_is_not_motion() {
    let mut camera = Camera::settled();
    for minute in 0..60_u8 {
        let dusk: Vec<u8> = street().iter().map(|it| it - minute).collect();
        for _ in 0..20 {
            camera.sees(&dusk);
            assert_eq!(camera.motion.areas(), [], "{minute}");
        }
    }
}

#[test]
fn lightning_is_a_new_scene_and_soon_an_old_one() {
    let mut camera = Camera::settled();
    let flash = vec![230; WIDE * HIGH];
    assert!(!camera.sees(&flash).is_settled && camera.motion.areas().is_empty());
    assert!(!camera.sees(&street()).is_settled);
    let settled = (0..10).position(|_| camera.sees(&street()).is_settled);
    assert_eq!(settled, Some(2));
    camera.sees(&person(40));
    assert_eq!(camera.motion.areas().len(), 1, "and who walks then is seen");
}

#[test]
fn what_stops_belongs_to_the_scene_after_a_while_and_moves_when_it_leaves() {
    let mut camera = Camera::settled();
    for n in 0..50 {
        camera.sees(&person(100));
        assert!(!camera.motion.areas().is_empty(), "after {n} pictures it is still new");
    }
    for _ in 0..300 {
        camera.sees(&person(100));
    }
    assert_eq!(camera.motion.areas(), []);
    camera.sees(&street());
    assert_eq!(camera.motion.areas().len(), 1);
}

#[test]
fn who_passes_leaves_no_ghost() {
    let mut camera = Camera::settled();
    for step in 0..8 {
        camera.sees(&person(40 + step * 8));
    }
    camera.sees(&street());
    assert_eq!(camera.motion.areas(), []);
}

#[test]
fn a_street_that_is_never_still_is_settled_in_the_end() {
    let mut camera = Camera::settled();
    camera.sees(&vec![230; WIDE * HIGH]);
    let crowd = |n: usize| {
        let mut luma = street();
        for (index, row) in luma.chunks_exact_mut(WIDE).enumerate() {
            (0..8).for_each(|at| row[at * 40 + (n * 7 + index / 25 * 5) % 20..][..15].fill(20));
        }
        luma
    };
    let settled = (0..60).position(|n| camera.sees(&crowd(n)).is_settled);
    assert!((40..=52).contains(&settled.unwrap_or_default()), "{settled:?}");
}

#[test]
fn another_size_and_a_clock_set_back_break_nothing() {
    let mut camera = Camera::settled();
    let size = Size { width: 16, height: 8 };
    let half = Plane { data: &[], stride: 0 };
    let y = Plane { data: &[9; 16 * 8], stride: 16 };
    let is_same = camera.small.fill(&Picture::I420 { size, y, u: half, v: half });
    let back = Timestamp::UNIX_EPOCH;
    assert!(!camera.motion.observe(&camera.small, is_same, back).is_settled);
    assert!(!camera.sees(&street()).is_settled);
}
