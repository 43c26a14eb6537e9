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
use crate::region::{Frame, Region};
use restless::Restless;

/// Decides for one camera, picture by picture.
#[derive(Debug)]
pub struct Attention {
    /// The model's.
    input: Size,
    scanned_at: Option<Timestamp>,
    checked_at: Option<Timestamp>,
    closely_at: Option<Timestamp>,
    restless: Restless,
    /// Counts pictures that had more regions than looks: whose turn it is.
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

/// What a picture should be looked at for.
#[derive(Clone, Debug, PartialEq)]
struct Needs {
    /// Who is followed first, then who was lost and what moved.
    all: Vec<Rect>,
    /// So many of the first are worth a close look if they are far away: who is followed always is,
    /// what may be nobody only now and then.
    n_close: usize,
}

/// How often the whole picture is looked at.
const SCAN_EVERY: SignedDuration = SignedDuration::from_secs(10);
/// And while the scene is new.
const SCAN_NEW_EVERY: SignedDuration = SignedDuration::from_secs(1);
/// How often who stopped, who was lost, and what is restless is looked at.
const CHECK_EVERY: SignedDuration = SignedDuration::from_secs(1);
/// Motion of which this share lies within somebody who is followed is his.
const EXPLAINED: f32 = 0.5;
/// How often motion far away that may be nobody is worth a close look beside the whole picture.
const CLOSELY_EVERY: SignedDuration = SignedDuration::from_secs(3);
/// Runs a picture: what needs more takes turns.
const MOST_LOOKS: usize = 2;

impl Attention {
    /// `input` is the size of the model's input.
    pub fn new(input: Size) -> Self {
        Self {
            input,
            scanned_at: None,
            checked_at: None,
            closely_at: None,
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

    /// The next picture is looked at whole: somebody wants to know of all of it, or nothing came of
    /// the last look.
    pub fn rescan(&mut self) {
        self.scanned_at = None;
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
    ) -> Needs {
        let is_check = is_due(self.checked_at, CHECK_EVERY, now);
        if is_check {
            self.checked_at = Some(now);
        }
        let is_close_check = is_due(self.closely_at, CLOSELY_EVERY, now);
        let moves = |area: &Rect| areas.iter().any(|it| touches(it, area));
        let of = |pace: Pace| interests.iter().filter(move |it| it.pace == pace).map(|it| it.area);
        // The swinging arm of somebody who is followed is not somebody else.
        let is_explained =
            |area: &Rect| interests.iter().any(|it| it.area.share_of(area) >= EXPLAINED);
        let restless = &self.restless;
        let is_news =
            |it: &&Rect| !is_explained(it) && (is_check || !restless.is_restless(size, it));
        let mut all: Vec<Rect> = of(Pace::Moving).filter(|it| is_check || moves(it)).collect();
        let n_moving = all.len();
        all.extend(of(Pace::Lost).filter(|_| is_check));
        all.extend(areas.iter().filter(is_news));
        let n_close = if is_close_check { all.len() } else { n_moving };
        if is_close_check && !all.is_empty() {
            self.closely_at = Some(now);
        }
        Needs { all, n_close }
    }

    /// A look at the whole picture for somebody's sake is a scan too, and puts off the next one.
    fn choose(&mut self, size: Size, needs: &Needs, now: Timestamp) {
        if needs.all.is_empty() {
            return;
        }
        let frame = Frame::new(size, self.input);
        let regions = if frame.is_small() { Vec::new() } else { frame.regions(&needs.all) };
        let is_far = |region: &&Region| {
            let area = region.area(size);
            let mut there = needs.close().iter().filter(|it| area.holds(it.middle()));
            there.any(|it| frame.is_far(it))
        };
        let far: Vec<Region> = regions.iter().filter(is_far).copied().collect();
        match (regions.as_slice(), far.len()) {
            ([only], _) => self.push(*only, size),
            (_, 0) => self.push(Region::Whole, size),
            (all, n_far) if n_far == all.len() && n_far <= MOST_LOOKS => {
                for region in far {
                    self.push(region, size);
                }
            }
            (_, n_far) => {
                self.push(Region::Whole, size);
                // Every second picture: the whole of it shows them too, if less well.
                self.turn = self.turn.wrapping_add(1);
                if self.turn.is_multiple_of(2) {
                    self.push(far[self.turn / 2 % n_far], size);
                }
            }
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

impl Needs {
    fn close(&self) -> &[Rect] {
        &self.all[..self.n_close]
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
