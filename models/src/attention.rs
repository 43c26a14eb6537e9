//! What of a picture is worth a look of the detector, which costs a hundred times what deciding costs.
//!
//! Looked at are: the whole picture at start, when the scene is new, and every ten seconds, so that
//! who is still or slow is never missed for longer; regions around what moves and who is followed; the
//! last place of who was just lost. What stands still is looked at again with the whole picture, and
//! costs nothing in between. Motion in which again and again nothing is found (leaves, a flag, rain)
//! is looked at once a second.

mod restless;

use base::{Crop, Size};
use jiff::{SignedDuration, Timestamp};

use crate::detection::Rect;
use crate::motion::Moved;
use crate::region::{Frame, LEAST_HEIGHT, Region};
use restless::Restless;

/// Decides for one camera, picture by picture.
#[derive(Debug)]
pub struct Attention {
    /// The model's.
    input: Size,
    scanned_at: Option<Timestamp>,
    checked_at: Option<Timestamp>,
    restless: Restless,
    /// Which of more regions than a picture may have is next.
    turn: usize,
    looks: Vec<Look>,
}

/// Somebody who is followed, and how he is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interest {
    /// Where he is thought to be now, in pixels of the picture.
    pub area: Rect,
    pub pace: Pace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    Moving,
    /// In his place for a while.
    Standing,
    /// Not found where he was looked for.
    Lost,
}

/// One run of the detector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// `None`: the whole picture.
    pub crop: Option<Crop>,
    /// What is looked at, in pixels of the picture.
    pub area: Rect,
}

/// How often the whole picture is looked at.
const SCAN_EVERY: SignedDuration = SignedDuration::from_secs(10);
/// And while the scene is new.
const SCAN_NEW_EVERY: SignedDuration = SignedDuration::from_secs(1);
/// How often who stopped, who was lost, and what is restless is looked at.
const CHECK_EVERY: SignedDuration = SignedDuration::from_secs(1);
/// Runs a picture: what needs more takes turns.
const MOST_LOOKS: usize = 2;

impl Attention {
    /// `input` is the size of the model's input.
    pub fn new(input: Size) -> Self {
        Self {
            input,
            scanned_at: None,
            checked_at: None,
            restless: Restless::default(),
            turn: 0,
            looks: Vec::new(),
        }
    }

    /// The looks that a picture is worth, none to [`MOST_LOOKS`]. `areas` moved, in pixels.
    pub fn plan(
        &mut self,
        size: Size,
        moved: Moved,
        areas: &[Rect],
        interests: &[Interest],
        now: Timestamp,
    ) -> &[Look] {
        let wait = if moved.is_settled { SCAN_EVERY } else { SCAN_NEW_EVERY };
        self.looks.clear();
        if is_due(self.scanned_at, wait, now) {
            (self.scanned_at, self.checked_at) = (Some(now), Some(now));
            self.push(Region::Whole, size);
        } else if moved.is_settled {
            let needs = self.needs(size, areas, interests, now);
            self.choose(size, &needs, now);
        }
        &self.looks
    }

    /// What was found by the looks of the last plan: teaches which motion is nobody.
    pub fn learn(&mut self, size: Size, areas: &[Rect], found: impl Iterator<Item = Rect> + Clone) {
        if !self.looks.is_empty() {
            self.restless.learn(size, areas, &self.looks, found);
        }
    }

    fn needs(
        &mut self,
        size: Size,
        areas: &[Rect],
        interests: &[Interest],
        now: Timestamp,
    ) -> Vec<Rect> {
        let is_check = is_due(self.checked_at, CHECK_EVERY, now);
        if is_check {
            self.checked_at = Some(now);
        }
        let moves = |area: &Rect| areas.iter().any(|it| touches(it, area));
        let wanted = |it: &&Interest| match it.pace {
            Pace::Moving => is_check || moves(&it.area),
            Pace::Lost => is_check,
            Pace::Standing => false,
        };
        let followed = interests.iter().filter(wanted).map(|it| it.area);
        let restless = &self.restless;
        let moving = areas.iter().filter(|it| is_check || !restless.is_restless(size, it)).copied();
        followed.chain(moving).collect()
    }

    /// A look at the whole picture for somebody's sake is a scan too, and puts off the next one.
    fn choose(&mut self, size: Size, needs: &[Rect], now: Timestamp) {
        if needs.is_empty() {
            return;
        }
        let frame = Frame::new(size, self.input);
        let clusters = if frame.is_small() { Vec::new() } else { frame.clusters(needs) };
        let is_far = clusters.iter().any(|it| it.least_height < LEAST_HEIGHT);
        match clusters.as_slice() {
            [only] => self.push(only.region, size),
            [_, ..] if is_far && clusters.len() <= MOST_LOOKS => {
                for cluster in &clusters {
                    self.push(cluster.region, size);
                }
            }
            [_, ..] if is_far => {
                self.push(Region::Whole, size);
                let far: Vec<_> =
                    clusters.iter().filter(|it| it.least_height < LEAST_HEIGHT).collect();
                self.turn = (self.turn + 1) % far.len();
                self.push(far[self.turn].region, size);
            }
            _ => self.push(Region::Whole, size),
        }
        if self.looks.iter().any(|it| it.crop.is_none()) {
            self.scanned_at = Some(now);
        }
    }

    fn push(&mut self, region: Region, size: Size) {
        let crop = match region {
            Region::Whole => None,
            Region::Part(crop) => Some(crop),
        };
        let look = Look { crop, area: region.area(size) };
        if !self.looks.contains(&look) {
            self.looks.push(look);
        }
    }
}

/// A clock that was set back makes everything due.
fn is_due(last: Option<Timestamp>, every: SignedDuration, now: Timestamp) -> bool {
    last.is_none_or(|last| !(SignedDuration::ZERO..every).contains(&now.duration_since(last)))
}

fn touches(a: &Rect, b: &Rect) -> bool {
    a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom()
}

#[cfg(test)]
mod tests;
