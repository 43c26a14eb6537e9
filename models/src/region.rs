//! Squares of a picture that are worth a look of their own, at the size in which the model sees best.

use base::{Crop, Size};

use crate::detection::Rect;

/// An object that is lower than this in the model's input is hardly found: then a look at a part of
/// the picture, which shows it larger, is worth its price.
const LEAST_HEIGHT: f32 = 24.0;
/// In a region, objects are to be this high in the model's input, where the picture has the pixels.
const GOOD_HEIGHT: f32 = 48.0;
/// A region that shows things less than this much larger is not worth what it leaves out.
const WORTH_IT: f32 = 1.25;
/// Around what is to be seen, as a part of its size, each way: motion is often only the arm of a man.
const MARGIN: f32 = 0.3;
/// And at least this many pixels of the model's input.
const LEAST_MARGIN: f32 = 16.0;

/// What the shapes of the picture and of the model's input allow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    size: Size,
    width: f32,
    height: f32,
    /// The side of a region that is shown as it is, pixel for pixel.
    side: f32,
    /// Input pixels a picture pixel, where the whole picture is shown.
    scale: f32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Region {
    Whole,
    Part(Crop),
}

impl Frame {
    /// `input` is the model's.
    pub(crate) fn new(size: Size, input: Size) -> Self {
        let Rect { width, height, .. } = Rect::whole(size);
        let (across, down) = (Rect::whole(input).width, Rect::whole(input).height);
        let scale = (across / width.max(1.0)).min(down / height.max(1.0));
        Self { size, width, height, side: across.min(down), scale }
    }

    /// Where a look at the whole picture loses nothing.
    pub(crate) fn is_small(&self) -> bool {
        self.scale >= 1.0
    }

    /// Whether the whole picture shows it too small to be found.
    pub(crate) fn is_far(&self, need: &Rect) -> bool {
        need.height * self.scale < LEAST_HEIGHT
    }

    /// Gathers needs into as few regions as show each of them well. The smallest ones choose first,
    /// since they bear the least shrinking.
    pub(crate) fn regions(&self, needs: &[Rect]) -> Vec<Region> {
        let mut left: Vec<Rect> = needs.to_vec();
        left.sort_by(|a, b| a.height.total_cmp(&b.height));
        let mut regions = Vec::new();
        while !left.is_empty() {
            let first = left.remove(0);
            let most = self.side * (first.height / GOOD_HEIGHT).max(1.0);
            let mut bounds = self.with_margin(first);
            left.retain(|need| {
                let wider = bounds.around(&self.with_margin(*need));
                let fits = wider.width.max(wider.height) <= most;
                if fits {
                    bounds = wider;
                }
                !fits
            });
            regions.push(self.region(bounds));
        }
        regions
    }

    fn with_margin(&self, need: Rect) -> Rect {
        let (across, down) = (margin(need.width), margin(need.height).max(need.width * MARGIN));
        let left = (need.x - across).max(0.0);
        let top = (need.y - down).max(0.0);
        let right = (need.right() + across).min(self.width);
        let bottom = (need.bottom() + down).min(self.height);
        Rect { x: left, y: top, width: right - left, height: bottom - top }
    }

    /// The square around `bounds`, moved inside the picture. Sides come in steps, so that the tables of
    /// the letterbox are rarely made anew.
    fn region(&self, bounds: Rect) -> Region {
        let extent = bounds.width.max(bounds.height);
        let side = self.side * (extent / self.side * 2.0).ceil().max(2.0) / 2.0;
        if side * WORTH_IT >= self.width.max(self.height) {
            return Region::Whole;
        }
        let place = |from: f32, length: f32, all: f32| {
            let wanted = side.min(all);
            let start = (from + length / 2.0 - wanted / 2.0).clamp(0.0, all - wanted);
            (pixels(start) / 2 * 2, pixels(wanted))
        };
        let (left, width) = place(bounds.x, bounds.width, self.width);
        let (top, height) = place(bounds.y, bounds.height, self.height);
        let size = Size {
            width: width.min(self.size.width - left),
            height: height.min(self.size.height - top),
        };
        Region::Part(Crop { left, top, size })
    }
}

impl Region {
    /// In pixels of the picture.
    pub(crate) fn area(&self, size: Size) -> Rect {
        match self {
            Self::Whole => Rect::whole(size),
            Self::Part(crop) => {
                let whole = Rect::whole(crop.size);
                let corner = Rect::whole(Size { width: crop.left, height: crop.top });
                Rect { x: corner.width, y: corner.height, ..whole }
            }
        }
    }
}

fn margin(side: f32) -> f32 {
    (side * MARGIN).max(LEAST_MARGIN)
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float saturates, and sides of pictures are small"
)]
fn pixels(value: f32) -> u32 {
    value.round() as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INPUT: Size = Size { width: 416, height: 416 };

    fn frame(width: u32, height: u32) -> Frame {
        Frame::new(Size { width, height }, INPUT)
    }

    fn need(x: f32, y: f32, height: f32) -> Rect {
        Rect { x, y, width: height / 2.5, height }
    }

    #[test]
    fn somebody_far_away_is_seen_pixel_for_pixel() {
        let seen = frame(1920, 1080).regions(&[need(1000.0, 500.0, 40.0)]);
        let Region::Part(crop) = seen[0] else { panic!("{seen:?}") };
        assert_eq!(crop.size, INPUT);
        assert!((800..1000).contains(&crop.left) && (300..500).contains(&crop.top), "{crop:?}");
    }

    #[test]
    fn two_who_walk_together_share_a_region_and_two_far_apart_do_not() {
        let frame = frame(1920, 1080);
        assert_eq!(frame.regions(&[need(900.0, 500.0, 40.0), need(960.0, 510.0, 45.0)]).len(), 1);
        assert_eq!(frame.regions(&[need(100.0, 500.0, 40.0), need(1700.0, 510.0, 45.0)]).len(), 2);
    }

    #[test]
    fn a_lorry_that_fills_the_picture_needs_all_of_it() {
        let lorry = Rect { x: 100.0, y: 100.0, width: 1700.0, height: 900.0 };
        let seen = frame(1920, 1080).regions(&[lorry]);
        assert_eq!(seen[0], Region::Whole);
    }

    #[test]
    fn a_small_picture_needs_no_parts() {
        assert!(frame(416, 240).is_small() && !frame(640, 360).is_small());
    }

    proptest! {
        /// Whatever is needed is in a region, and each region is inside the picture and even.
        #[test]
        fn every_need_is_looked_at(
            (width, height) in (64_u32..2000, 64_u32..1200),
            needs in prop::collection::vec((0.0_f32..1.0, 0.0_f32..1.0, 0.01_f32..0.9), 1..9),
        ) {
            let frame = frame(width, height);
            let whole = Rect::whole(Size { width, height });
            let needs: Vec<Rect> = needs
                .into_iter()
                .map(|(x, y, part)| {
                    let high = part * whole.height;
                    let wide = (high / 2.0).min(whole.width);
                    let (x, y) = (x * (whole.width - wide), y * (whole.height - high));
                    Rect { x, y, width: wide, height: high }
                })
                .collect();
            let regions = frame.regions(&needs);
            for need in &needs {
                let holds = |it: &Region| {
                    let area = it.area(Size { width, height });
                    area.x <= need.x + 2.0 && area.y <= need.y + 2.0
                        && area.right() >= need.right() - 2.0
                        && area.bottom() >= need.bottom() - 2.0
                };
                prop_assert!(regions.iter().any(holds), "{:?} in {:?}", need, regions);
            }
            for region in regions {
                if let Region::Part(crop) = region {
                    prop_assert!(crop.left % 2 == 0 && crop.top % 2 == 0);
                    prop_assert!(crop.left + crop.size.width <= width);
                    prop_assert!(crop.top + crop.size.height <= height);
                }
            }
        }
    }
}
