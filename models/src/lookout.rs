//! One camera's memory of what it sees: where to look in a picture, and who is there.
//!
//! Between `plan` and `absorb` the caller runs the detector, which takes a hundred times longer than
//! both: a thread that is stuck in there holds nothing of the camera.

use base::{Picture, Size};
use jiff::Timestamp;

use crate::attention::{Attention, Interest, Look};
use crate::detection::Rect;
use crate::look::Seen;
use crate::luma::SmallLuma;
use crate::motion::{MotionDetector, Moved};
use crate::tracker::{Sighting, Track, Tracker, TrackerSettings};

#[derive(Debug)]
pub struct Lookout {
    gate: Gate,
    small: SmallLuma,
    motion: MotionDetector,
    attention: Attention,
    tracker: Tracker,
    interests: Vec<Interest>,
}

/// Whether pictures without motion are spared a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    Motion,
    /// All of every picture is looked at.
    Open,
}

impl Lookout {
    /// `input` is the size of the model's input.
    pub fn new(gate: Gate, input: Size, settings: TrackerSettings) -> Self {
        Self {
            gate,
            small: SmallLuma::default(),
            motion: MotionDetector::default(),
            attention: Attention::new(input),
            tracker: Tracker::new(settings),
            interests: Vec::new(),
        }
    }

    /// What of the picture is worth a look, often nothing.
    pub fn plan(&mut self, picture: &Picture<'_>, now: Timestamp) -> Vec<Look> {
        let is_same_shape = self.small.fill(picture);
        let size = picture.size();
        if self.gate == Gate::Open {
            return vec![Look { crop: None, area: Rect::whole(size) }];
        }
        let moved: Moved = self.motion.observe(&self.small, is_same_shape, now);
        self.interests.clear();
        self.interests.extend(self.tracker.interests(now));
        let areas = self.motion.areas();
        self.attention.plan(size, moved, areas, &self.interests, now).to_vec()
    }

    /// What the planned looks have found; answers with the tracks that are there. The picture and the
    /// time are those of the plan.
    pub fn absorb(&mut self, picture: &Picture<'_>, seen: &Seen, now: Timestamp) -> &[Track] {
        let found = seen.detections.iter().map(|it| it.area);
        self.attention.learn(picture.size(), self.motion.areas(), found);
        let Seen { detections, looked_at } = seen;
        self.tracker.update(&Sighting { picture, detections, looked_at }, now)
    }

    /// The picture of the last plan, shrunk.
    pub fn small(&self) -> &SmallLuma {
        &self.small
    }
}
