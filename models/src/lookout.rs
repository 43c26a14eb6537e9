//! One camera's memory of what it sees: where to look in a picture, and who is there.
//!
//! Between `plan` and `absorb` the caller runs the detector, which takes a hundred times longer than
//! both: a thread that is stuck in there holds nothing of the camera.

use base::{Picture, Size};
use jiff::Timestamp;

use crate::attention::{Attention, Interest, Look};
use crate::detection::{Detection, Rect};
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
    /// What was seen in each part of the picture when it was last looked at.
    known: Vec<Detection>,
    /// What moved in the latest picture where nobody looked.
    overlooked: Vec<Rect>,
    /// Looks were planned, and nothing has come of them yet.
    is_waiting: bool,
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
            known: Vec::new(),
            overlooked: Vec::new(),
            is_waiting: false,
        }
    }

    /// The next picture is looked at whole, whatever moves in it.
    pub fn look_everywhere(&mut self) {
        self.attention.rescan();
    }

    /// What of the picture is worth a look, often nothing.
    pub fn plan(&mut self, picture: &Picture<'_>, now: Timestamp) -> Vec<Look> {
        let is_same_shape = self.small.fill(picture);
        let size = picture.size();
        if self.gate == Gate::Open {
            return vec![Look { crop: None, area: Rect::whole(size) }];
        }
        if std::mem::take(&mut self.is_waiting) {
            // The thread did not come back from its look: what it looked for is still to be seen.
            self.attention.rescan();
        }
        let moved: Moved = self.motion.observe(&self.small, is_same_shape, now);
        self.interests.clear();
        self.interests.extend(self.tracker.interests(now));
        let areas = self.motion.areas();
        let looks = self.attention.plan(size, moved, areas, &self.interests, now).to_vec();
        self.is_waiting = !looks.is_empty();
        looks
    }

    /// What the planned looks have found, nothing if they failed; answers with the tracks that are
    /// there. The picture and the time are those of the plan.
    pub fn absorb(&mut self, picture: &Picture<'_>, seen: &Seen, now: Timestamp) -> &[Track] {
        let Seen { detections, looked_at } = seen;
        let has_failed = std::mem::take(&mut self.is_waiting) && looked_at.is_empty();
        if has_failed {
            self.attention.rescan();
        } else {
            let found = detections.iter().map(|it| it.area);
            self.attention.learn(picture.size(), self.motion.areas(), found);
        }
        let was_looked_at = |it: &Rect| looked_at.iter().any(|area| area.holds(it.middle()));
        self.known.retain(|it| !was_looked_at(&it.area));
        self.known.extend(detections);
        self.overlooked.clear();
        self.overlooked.extend(self.motion.areas().iter().filter(|it| !was_looked_at(it)));
        self.tracker.update(&Sighting { picture, detections, looked_at }, now)
    }

    /// What was seen in each part of the picture when it was last looked at, ten seconds ago at most.
    pub fn known(&self) -> &[Detection] {
        &self.known
    }

    /// Where one of `classes` may be in the latest picture: who was found at `least` or more, now or
    /// when somebody last looked there, who is followed, lost or not, and whatever moved unseen.
    pub fn hiding_places<'a>(
        &'a self,
        classes: &'a [usize],
        least: f32,
    ) -> impl Iterator<Item = Rect> + 'a {
        let is_meant = |class: &usize| classes.contains(class);
        let known =
            self.known.iter().filter(move |it| is_meant(&it.class) && it.score.get() >= least);
        let followed = self.tracker.whereabouts().filter(move |(class, _)| is_meant(class));
        let followed = followed.flat_map(|(_, places)| places);
        known.map(|it| it.area).chain(followed).chain(self.overlooked.iter().copied())
    }

    /// The picture of the last plan, shrunk.
    pub fn small(&self) -> &SmallLuma {
        &self.small
    }
}
