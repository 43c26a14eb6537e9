//! One object and all that is remembered of it.

use std::time::Duration;

use base::Size;
use jiff::{SignedDuration, Timestamp};

use super::appearance::Look;
use super::kalman::{Motion, STEPS_A_SECOND};
use super::place::Place;
use super::{STANDING_AFTER, Track};
use crate::attention::{Interest, Pace};
use crate::detection::{Detection, Rect};

/// A track must be seen twice before it counts: single flashes are the detector's most common error.
const CONFIRMED_HITS: u32 = 2;
/// What did not move in its first seconds is taken for a fixture until it does: who comes into a
/// picture walks, and has left the first place within one second.
const FIXTURE_AFTER: SignedDuration = SignedDuration::from_secs(3);
/// What rested this long is expected to be where it was, looked at or not ...
const RESTING_AFTER: SignedDuration = SignedDuration::from_secs(2);
/// ... and is waited for so many times longer than what walked on.
const RESTING_PATIENCE: u32 = 5;
/// Who was lost at the edge of the picture comes back there at once, or is gone.
const LEFT_PATIENCE: Duration = Duration::from_secs(1);
/// One look tells at most this much about an absence, however long before the last one was.
const LONGEST_MISS: Duration = Duration::from_secs(1);
/// What is half inside a region was looked at.
const LOOKED_AT: f32 = 0.5;
/// Nearer to the edge of the picture than this, in widths of the box, is at the edge.
const NEAR_EDGE: f32 = 0.15;

/// A detection with what is known of it beside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'a> {
    pub(super) detection: &'a Detection,
    pub(super) look: Option<Look>,
    /// Nobody stands before it or behind it: its look is its own.
    pub(super) is_clear: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whereabouts {
    /// Where it was seen last, as far as anybody looked.
    Here,
    /// Looked for and not found since it was seen last.
    Lost,
    /// Lost at the edge of the picture.
    Left,
}

/// Where it was first seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Inside,
    /// At the edge of the picture.
    Edge,
    /// In the place of a fixture.
    Fixture,
}

#[derive(Clone, Debug)]
pub(super) struct Followed {
    pub(super) track: Track,
    pub(super) motion: Motion,
    pub(super) look: Option<Look>,
    pub(super) place: Place,
    /// In the present picture.
    pub(super) is_seen: bool,
    pub(super) whereabouts: Whereabouts,
    pub(super) origin: Origin,
    /// As it was in the picture in which the object was seen last.
    seen_motion: Motion,
    /// Was in the picture before the present one.
    was_seen: bool,
    looked_for_at: Timestamp,
    missed_for: Duration,
}

impl Followed {
    pub(super) fn new(id: u64, seen: &Seen<'_>, size: Size, now: Timestamp) -> Self {
        let Detection { class, score, area } = *seen.detection;
        let track = Track {
            id,
            class,
            score,
            area,
            previous: None,
            n_hits: 1,
            first_seen_at: now,
            last_seen_at: now,
            is_standing: false,
            has_moved: false,
            is_fixture: false,
        };
        let motion = Motion::new(area);
        Self {
            track,
            seen_motion: motion.clone(),
            motion,
            look: seen.look,
            place: Place::new(area, now),
            is_seen: true,
            whereabouts: Whereabouts::Here,
            origin: if is_at_edge(area, size) { Origin::Edge } else { Origin::Inside },
            was_seen: false,
            looked_for_at: now,
            missed_for: Duration::ZERO,
        }
    }

    pub(super) fn is_confirmed(&self) -> bool {
        self.track.n_hits >= CONFIRMED_HITS
    }

    pub(super) fn is_lost(&self) -> bool {
        self.whereabouts != Whereabouts::Here
    }

    /// Moves on to the next picture, by `steps` of 1/30 s.
    pub(super) fn predict(&mut self, steps: f32) {
        self.was_seen = std::mem::take(&mut self.is_seen);
        if !self.was_seen {
            self.motion.damp(steps);
        }
        self.motion.predict(steps);
    }

    pub(super) fn see(&mut self, seen: &Seen<'_>, now: Timestamp) {
        let Detection { score, area, .. } = *seen.detection;
        if self.was_seen {
            self.motion.correct(area);
        } else {
            self.motion = self.seen_motion.clone();
            self.motion.bridge(self.track.area, area, steps_between(self.track.last_seen_at, now));
        }
        self.seen_motion = self.motion.clone();
        match (&mut self.look, seen.look) {
            (Some(mine), Some(look)) if seen.is_clear => mine.learn(&look),
            (mine @ None, look) => *mine = look,
            (Some(_), _) => {}
        }
        (self.is_seen, self.whereabouts) = (true, Whereabouts::Here);
        (self.looked_for_at, self.missed_for) = (now, Duration::ZERO);
        self.place.see(area, now);
        let track = &mut self.track;
        track.score = score;
        track.previous = Some(track.area);
        track.area = area;
        track.n_hits = track.n_hits.saturating_add(1);
        track.last_seen_at = now;
        self.judge(now);
    }

    /// Says of the track what its place tells.
    pub(super) fn judge(&mut self, now: Timestamp) {
        let track = &mut self.track;
        track.is_standing = self.place.stands_for(now) >= STANDING_AFTER;
        track.has_moved |= self.place.has_moved();
        let is_settled = now.duration_since(track.first_seen_at) >= FIXTURE_AFTER;
        track.is_fixture = !track.has_moved && (self.origin == Origin::Fixture || is_settled);
    }

    /// Was looked for in a picture of `size` and not found.
    pub(super) fn miss(&mut self, size: Size, now: Timestamp) {
        if self.whereabouts == Whereabouts::Here {
            let is_leaving =
                is_at_edge(self.track.area, size) || is_at_edge(self.motion.area(), size);
            self.whereabouts = if is_leaving { Whereabouts::Left } else { Whereabouts::Lost };
        }
        let passed = now.duration_since(self.looked_for_at).max(SignedDuration::ZERO);
        self.missed_for += passed.unsigned_abs().min(LONGEST_MISS);
        self.looked_for_at = now;
    }

    /// Was not looked for. What rested is where it was; what moved is not thought to go far.
    pub(super) fn hold(&mut self) {
        if self.was_resting() {
            self.motion = self.seen_motion.clone();
            self.motion.stop();
        }
    }

    /// By what of it lies in a picture of `size`: who is thought to have walked out of it was looked
    /// for by any look.
    pub(super) fn was_looked_for(&self, looked_at: &[Rect], size: Size) -> bool {
        let area = self.motion.area();
        let visible = Rect::whole(size).shared(&area);
        looked_at.iter().any(|it| it.shared(&area) >= LOOKED_AT * visible)
    }

    pub(super) fn is_gone(&self, keep_lost: Duration) -> bool {
        let patience = if self.whereabouts == Whereabouts::Left {
            keep_lost.min(LEFT_PATIENCE)
        } else if self.was_resting() {
            keep_lost.saturating_mul(RESTING_PATIENCE)
        } else {
            keep_lost
        };
        self.missed_for > patience
    }

    /// Where it is thought to be at `now`, `steps` of 1/30 s after the last picture.
    pub(super) fn interest(&self, steps: f32, now: Timestamp) -> Interest {
        let pace = if self.is_lost() {
            Pace::Lost
        } else if self.place.stands_for(now) >= STANDING_AFTER {
            Pace::Standing
        } else {
            Pace::Moving
        };
        let mut motion = self.motion.clone();
        if pace == Pace::Moving {
            motion.predict(steps);
        }
        Interest { area: motion.area(), pace }
    }

    /// It is the one that was lost: takes over its name and its history.
    pub(super) fn take_over(&mut self, lost: Self, now: Timestamp) {
        let (new, old) = (&mut self.track, lost.track);
        new.id = old.id;
        new.first_seen_at = old.first_seen_at;
        new.n_hits = new.n_hits.saturating_add(old.n_hits);
        new.has_moved |= old.has_moved;
        self.place.go_on_from(&lost.place);
        self.look = lost.look.or(self.look);
        self.judge(now);
    }

    fn was_resting(&self) -> bool {
        self.place.stands_for(self.track.last_seen_at) >= RESTING_AFTER
    }
}

/// Time from one moment to a later one, in steps of the filter.
pub(super) fn steps_between(from: Timestamp, to: Timestamp) -> f32 {
    to.duration_since(from).max(SignedDuration::ZERO).as_secs_f32() * STEPS_A_SECOND
}

/// On the left, on the right or below: there people come and go. Over the upper edge they do not:
/// who is there is far away, or near and cut off.
fn is_at_edge(area: Rect, size: Size) -> bool {
    let (whole, near) = (Rect::whole(size), NEAR_EDGE * area.width);
    area.x < near || area.right() > whole.right() - near || area.bottom() > whole.bottom() - near
}
