//! Places where the detector takes a fixed thing for an object: a sign, a statue, a shop's dummy.
//!
//! Such a thing flickers about the threshold, and each time it would be somebody new. Its place is
//! remembered for as long as it shows up now and then, so that it is known at once when it is back.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::affinity;
use super::appearance::Look;
use super::followed::{Followed, Origin};
use crate::detection::Rect;

/// For how long a place is remembered after the thing was last seen: longer than a lorry stands
/// before it, short enough to forget that somebody once stood there.
const REMEMBER: SignedDuration = SignedDuration::from_hours(1);
/// More than this many at once is a detector that sees ghosts everywhere; the oldest is forgotten.
const MOST: usize = 64;
/// How alike a box must be to one that is remembered.
const SAME_PLACE_IOU: f32 = 0.5;

#[derive(Clone, Debug)]
struct Fixture {
    class: usize,
    area: Rect,
    look: Option<Look>,
    last_seen_at: Timestamp,
    name: Option<Name>,
}

/// Who it was, where that is beyond doubt.
#[derive(Clone, Copy, Debug)]
struct Name {
    id: u64,
    first_seen_at: Timestamp,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Fixtures {
    known: VecDeque<Fixture>,
}

impl Fixtures {
    /// A track ended that never moved.
    pub(super) fn remember(&mut self, ended: &Followed) {
        let track = &ended.track;
        let name = Name { id: track.id, first_seen_at: track.first_seen_at };
        // What ended within seconds may have been a person in a doorway: the next is somebody else.
        self.keep(ended, ended.place.first(), track.is_fixture.then_some(name));
    }

    /// A fixture seems to have moved. If somebody who passed took its track along, then it is still
    /// there, and will be somebody new in a moment.
    pub(super) fn remember_place(&mut self, moved: &Followed) {
        self.keep(moved, moved.place.first(), None);
    }

    fn keep(&mut self, followed: &Followed, area: Rect, name: Option<Name>) {
        let track = &followed.track;
        self.known.retain(|it| it.class != track.class || it.area.iou(&area) < SAME_PLACE_IOU);
        if self.known.len() >= MOST {
            self.known.pop_front();
        }
        let (class, last_seen_at) = (track.class, track.last_seen_at);
        self.known.push_back(Fixture { class, area, look: followed.look, last_seen_at, name });
    }

    /// Something new may be where a fixture was: then it is that fixture, until it moves.
    pub(super) fn recognise(&mut self, new: &mut Followed, now: Timestamp) -> bool {
        self.known.retain(|it| now.duration_since(it.last_seen_at) <= REMEMBER);
        let area = new.track.area;
        let is_same =
            |it: &Fixture| it.class == new.track.class && it.area.iou(&area) >= SAME_PLACE_IOU;
        let place = self.known.iter().position(is_same);
        let Some(fixture) = place.and_then(|it| self.known.remove(it)) else { return false };
        new.origin = Origin::Fixture;
        if let Some(Name { id, first_seen_at }) = fixture.name
            && affinity::is_alike(fixture.look.as_ref(), new.look.as_ref())
        {
            (new.track.id, new.track.first_seen_at) = (id, first_seen_at);
        }
        new.judge(now);
        true
    }
}
