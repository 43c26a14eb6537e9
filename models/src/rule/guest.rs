//! Whom a rule knows, and who is the same although the tracker gave another id.

use std::ops::{Index, IndexMut};
use std::time::Duration;

use base::Score;
use jiff::Timestamp;

use crate::detection::Rect;
use crate::tracker::Track;

use super::border::Border;
use super::crossing::Crossing;
use super::crowd::OVERLOOKED_FOR;
use super::heading::Drive;
use super::sighting::Sighting;
use super::stance::{SAME_PLACE_IOU, Stance};
use super::watch::Moment;

/// One object, as one rule sees it.
#[derive(Debug)]
pub(super) struct Guest {
    /// As the tracker calls it now.
    pub(super) track: u64,
    pub(super) class: usize,
    pub(super) score: Score,
    /// In pixels of the latest picture.
    pub(super) area: Rect,
    /// The same in fractions of it.
    place: Rect,
    /// Capture time of the picture in which it was seen last; held is not seen.
    seen_at: Timestamp,
    /// When it was last seen or held.
    present_at: Duration,
    pub(super) border: Border,
    pub(super) crossing: Crossing,
    pub(super) drive: Drive,
    pub(super) stance: Stance,
    /// It stood when it was seen last.
    is_still: bool,
    /// Nothing more is to be told of it until it left.
    pub(super) is_told: bool,
    /// The open incident that it belongs to.
    pub(super) incident: Option<u64>,
}

/// What a picture adds to what is known of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// It was not known.
    New,
    Seen,
    /// Nobody looked there: it is taken to be where it was.
    Held,
}

#[derive(Debug, Default)]
pub(super) struct Guests {
    known: Vec<Guest>,
}

/// Not seen and not held for this long is gone.
pub(super) const LOST_AFTER: Duration = Duration::from_secs(10);
/// For how long the place of a told object that stood there is remembered after it was lost. It is
/// hidden by a lorry rather than gone, since nobody saw it leave.
const REMEMBER: Duration = Duration::from_mins(10);

impl Guests {
    /// The guest behind `track`: known by its id, or by the place where one was lost that is none
    /// of those `present`.
    pub(super) fn meet(
        &mut self,
        track: &Track,
        seen: &Sighting,
        present: &[Track],
        now: Moment,
    ) -> (usize, News) {
        let by_id = self.known.iter().position(|it| it.track == track.id);
        let Some(at) = by_id.or_else(|| self.lost_at(track.class, seen.place, present)) else {
            self.known.push(Guest::new(track, seen.place, now));
            return (self.known.len() - 1, News::New);
        };
        let guest = &mut self.known[at];
        let is_seen = by_id.is_none() || guest.seen_at != track.last_seen_at;
        guest.meets(track, seen.place, is_seen, now);
        (at, if is_seen { News::Seen } else { News::Held })
    }

    fn lost_at(&self, class: usize, place: Rect, present: &[Track]) -> Option<usize> {
        let is_lost = |it: &Guest| present.iter().all(|other| other.id != it.track);
        let here = self.known.iter().enumerate().filter_map(|(at, it)| {
            let iou = it.place.iou(&place);
            let is_same = it.class == class && iou >= SAME_PLACE_IOU && is_lost(it);
            is_same.then_some((at, iou))
        });
        here.max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(at, _)| at)
    }

    pub(super) fn forget_the_gone(&mut self, now: Moment) {
        self.known.retain(|it| {
            let keep = if it.is_told && it.is_still { REMEMBER } else { LOST_AFTER };
            it.absence(now) <= keep
        });
    }

    pub(super) fn forget_all(&mut self) {
        self.known.clear();
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Guest> {
        self.known.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Guest> {
        self.known.iter_mut()
    }
}

impl Index<usize> for Guests {
    type Output = Guest;

    fn index(&self, at: usize) -> &Guest {
        &self.known[at]
    }
}

impl IndexMut<usize> for Guests {
    fn index_mut(&mut self, at: usize) -> &mut Guest {
        &mut self.known[at]
    }
}

impl Guest {
    fn new(track: &Track, place: Rect, now: Moment) -> Self {
        Self {
            track: track.id,
            class: track.class,
            score: track.score,
            area: track.area,
            place,
            seen_at: track.last_seen_at,
            present_at: now.watched,
            border: Border::default(),
            crossing: Crossing::default(),
            drive: Drive::default(),
            stance: Stance::new(place, now),
            is_still: true,
            is_told: false,
            incident: None,
        }
    }

    fn meets(&mut self, track: &Track, place: Rect, is_seen: bool, now: Moment) {
        self.track = track.id;
        self.present_at = now.watched;
        if is_seen {
            (self.score, self.area, self.place) = (track.score, track.area, place);
            self.seen_at = track.last_seen_at;
            self.stance.sees(place, now);
        }
        self.is_still = track.is_standing || self.stance.is_still(now);
    }

    /// Capture time of the picture in which it was seen last.
    pub(super) fn seen_at(&self) -> Timestamp {
        self.seen_at
    }

    /// For how long it was neither seen nor held.
    pub(super) fn absence(&self, now: Moment) -> Duration {
        now.since(self.present_at)
    }

    /// It is in the area, as far as anybody knows.
    pub(super) fn is_inside(&self, now: Moment) -> bool {
        self.border.inside_since().is_some() && self.absence(now) < OVERLOOKED_FOR
    }

    /// It is not where the rule looks any more: on its way back it is told again.
    pub(super) fn leave(&mut self) {
        (self.is_told, self.incident) = (false, None);
    }
}
