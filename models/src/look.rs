//! Several looks at one picture, told as one: boxes of parts are put back in their place, what a part
//! cuts through is left out, and who is seen twice counts once.

use base::Picture;

use crate::attention::Look;
use crate::detection::{Detect, DetectError, Detection, Rect};

/// What the looks at a picture have found, in its pixels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// Best score first.
    pub detections: Vec<Detection>,
    /// Where somebody would have been found: less than the looks, at whose edges bodies are cut.
    pub looked_at: Vec<Rect>,
}

/// A box that comes this close to the edge of a part, as a share of the part's side, goes on beyond it.
const CUT: f32 = 0.01;
/// As far from the edge of a part nobody is missed: his box may be one that was cut.
const UNSURE: f32 = 0.1;
/// Two boxes of one class that share this much of the smaller one are one object, seen in two looks.
const SAME: f32 = 0.6;

/// Runs the detector once a look. What one look costs does not depend on its size.
///
/// # Errors
/// Those of the detector: then nothing is told of the picture.
pub fn look(
    detector: &mut dyn Detect,
    picture: &Picture<'_>,
    looks: &[Look],
) -> Result<Seen, DetectError> {
    let whole = Rect::whole(picture.size());
    let mut seen = Seen::default();
    for look in looks {
        let part = match look.crop {
            None => *picture,
            Some(crop) => picture.crop(crop).ok_or(DetectError::Picture {
                width: picture.size().width,
                height: picture.size().height,
                reason: "a look reaches outside of it",
            })?,
        };
        let found =
            detector.detect(&part)?.into_iter().map(|it| it.moved(look.area.x, look.area.y));
        let sure = inner(look.area, whole, CUT);
        if seen.looked_at.is_empty() {
            seen.detections.extend(found.filter(|it| is_within(it.area, sure, whole)));
        } else {
            found.filter(|it| is_within(it.area, sure, whole)).for_each(|it| add(&mut seen, it));
        }
        seen.looked_at.push(inner(look.area, whole, UNSURE));
    }
    if looks.len() > 1 {
        seen.detections.sort_by(|a, b| b.score.get().total_cmp(&a.score.get()));
    }
    Ok(seen)
}

/// `area` without a rim on each side that is not the picture's own.
fn inner(area: Rect, whole: Rect, share: f32) -> Rect {
    let rim = share * area.width.max(area.height);
    let left = if area.x > whole.x { area.x + rim } else { area.x };
    let top = if area.y > whole.y { area.y + rim } else { area.y };
    let right = if area.right() < whole.right() { area.right() - rim } else { area.right() };
    let bottom = if area.bottom() < whole.bottom() { area.bottom() - rim } else { area.bottom() };
    Rect { x: left, y: top, width: right - left, height: bottom - top }
}

/// At the picture's own edges a box may reach beyond.
fn is_within(area: Rect, sure: Rect, whole: Rect) -> bool {
    (sure.x <= whole.x || area.x >= sure.x)
        && (sure.y <= whole.y || area.y >= sure.y)
        && (sure.right() >= whole.right() || area.right() <= sure.right())
        && (sure.bottom() >= whole.bottom() || area.bottom() <= sure.bottom())
}

/// The larger of two boxes of one object is the one that is less likely to be a part of it.
fn add(seen: &mut Seen, new: Detection) {
    let is_same = |it: &Detection| it.class == new.class && share(&it.area, &new.area) > SAME;
    match seen.detections.iter_mut().find(|it| is_same(it)) {
        None => seen.detections.push(new),
        Some(known) if new.score > known.score => *known = new,
        Some(_) => {}
    }
}

/// The intersection as a share of the smaller box.
fn share(a: &Rect, b: &Rect) -> f32 {
    let width = a.right().min(b.right()) - a.x.max(b.x);
    let height = a.bottom().min(b.bottom()) - a.y.max(b.y);
    width.max(0.0) * height.max(0.0) / a.area().min(b.area()).max(1.0)
}

impl Detection {
    fn moved(self, x: f32, y: f32) -> Self {
        Self { area: Rect { x: self.area.x + x, y: self.area.y + y, ..self.area }, ..self }
    }
}

#[cfg(test)]
mod tests {
    use base::{Crop, Plane, Score, Size};

    use super::*;

    const SIZE: Size = Size { width: 640, height: 480 };

    /// Finds a box around all of the picture that is not black.
    struct Bright;

    impl Detect for Bright {
        fn detect(&mut self, picture: &Picture<'_>) -> Result<Vec<Detection>, DetectError> {
            let Picture::I420 { size, y, .. } = picture else { panic!() };
            let (mut first, mut last) = ([f32::MAX; 2], [f32::MIN; 2]);
            for row in 0..u16::try_from(size.height).unwrap() {
                for column in 0..u16::try_from(size.width).unwrap() {
                    if y.data[usize::from(row) * y.stride + usize::from(column)] > 0 {
                        let at = [f32::from(column), f32::from(row)];
                        first = [first[0].min(at[0]), first[1].min(at[1])];
                        last = [last[0].max(at[0]), last[1].max(at[1])];
                    }
                }
            }
            let (width, height) = (last[0] - first[0] + 1.0, last[1] - first[1] + 1.0);
            let area = Rect { x: first[0], y: first[1], width, height };
            let found = Detection { class: 0, score: Score::try_from(0.9).unwrap(), area };
            Ok(if width > 0.0 { vec![found] } else { Vec::new() })
        }

        fn labels(&self) -> &[String] {
            &[]
        }

        fn input(&self) -> Size {
            SIZE
        }
    }

    /// What is found of a bright box at `x`, 40 wide and 100 high from row 200, by looks at parts of
    /// 200 x 480 that begin at the given columns; 640 stands for the whole picture.
    fn found(x: usize, lefts: &[u32]) -> Seen {
        let mut luma = vec![0; 640 * 480];
        for row in luma.chunks_exact_mut(640).skip(200).take(100) {
            row[x..x + 40].fill(200);
        }
        let grey = vec![128; 320 * 240];
        let half = Plane { data: &grey, stride: 320 };
        let y = Plane { data: &luma, stride: 640 };
        let picture = Picture::I420 { size: SIZE, y, u: half, v: half };
        let looks = lefts.iter().map(|&left| {
            if left == 640 {
                return Look { crop: None, area: Rect::whole(SIZE) };
            }
            let size = Size { width: 200, height: 480 };
            let crop = Crop { left, top: 0, size };
            let corner = Rect::whole(Size { width: left, height: 0 });
            Look { crop: Some(crop), area: Rect { x: corner.width, ..Rect::whole(size) } }
        });
        look(&mut Bright, &picture, &looks.collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_box_of_a_part_is_put_in_its_place() {
        let seen = found(250, &[200]);
        let expected = Rect { x: 250.0, y: 200.0, width: 40.0, height: 100.0 };
        assert_eq!(seen.detections[0].area, expected);
        assert_eq!(seen.looked_at, [Rect { x: 248.0, y: 0.0, width: 104.0, height: 480.0 }]);
    }

    #[test]
    fn who_is_cut_by_the_edge_of_a_part_is_left_out() {
        assert_eq!(found(380, &[200]).detections, []);
    }

    #[test]
    fn who_stands_at_the_edge_of_the_picture_is_not_cut() {
        assert_eq!(found(0, &[0]).detections.len(), 1);
        assert_eq!(found(600, &[440]).detections.len(), 1);
    }

    #[test]
    fn who_is_seen_by_two_looks_is_told_once() {
        assert_eq!(found(250, &[640, 200]).detections.len(), 1);
        assert_eq!(found(310, &[200, 280]).detections.len(), 1);
    }
}
