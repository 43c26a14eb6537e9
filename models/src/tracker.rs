//! Which box is whom, from picture to picture: ByteTrack (Zhang et al., "ByteTrack: Multi-Object
//! Tracking by Associating Every Detection Box", ECCV 2022, arXiv 2110.06864).
//!
//! Sure boxes are matched first; what stays unmatched tries the unsure ones, which are often the
//! same people half hidden. An unsure box never starts a track.

mod affinity;
mod appearance;
mod assignment;
mod fixture;
mod followed;
mod kalman;
mod place;

use std::time::Duration;

use base::{Picture, Score, Size};
use jiff::{SignedDuration, Timestamp};

use crate::attention::Interest;
use crate::detection::{Detection, Rect};
use appearance::Look;
use assignment::Costs;
use fixture::Fixtures;
use followed::{Followed, Seen, Whereabouts, steps_between};
use kalman::STEPS_A_SECOND;

/// One object, followed. `id` is unique for the life of the tracker and never used again.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    pub id: u64,
    pub class: usize,
    /// Of the latest box.
    pub score: Score,
    /// The latest box as it was seen, not as it was predicted.
    pub area: Rect,
    /// The box before it: where the object came from. `None` after the first hit.
    pub previous: Option<Rect>,
    /// Pictures in which it was seen, this one included.
    pub n_hits: u32,
    pub first_seen_at: Timestamp,
    pub last_seen_at: Timestamp,
    /// Has not left its place for [`STANDING_AFTER`].
    pub is_standing: bool,
    /// Has ever been away from its first place by a good part of its own size.
    pub has_moved: bool,
    /// Has stayed where it was first seen for some seconds, or is where such a thing was before: a
    /// sign or a statue taken for a person, a car that was parked before the camera was on. False
    /// again, and for good, as soon as it moves.
    pub is_fixture: bool,
}

/// What was found in one picture, and where somebody looked for it.
#[derive(Clone, Copy, Debug)]
pub struct Sighting<'a> {
    pub picture: &'a Picture<'a>,
    /// Of the whole picture, in its pixels.
    pub detections: &'a [Detection],
    /// What was looked at. A track outside of all of these is neither seen nor missed: it is held.
    pub looked_at: &'a [Rect],
}

/// How sure is sure, and how long lost is gone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackerSettings {
    /// A box at or above it is sure: it is matched first and may start a track.
    pub sure: f32,
    /// A new track needs this much: a little more than `sure`.
    pub start: f32,
    /// A track that was not seen for this long ends.
    pub keep_lost: Duration,
}

#[derive(Debug)]
pub struct Tracker {
    settings: TrackerSettings,
    followed: Vec<Followed>,
    fixtures: Fixtures,
    /// What `update` lends out.
    present: Vec<Track>,
    last_update_at: Option<Timestamp>,
    next_id: u64,
}

/// Who has not left its place for so long stands. Long enough to wait for a gap in the traffic,
/// short beside any parking.
pub const STANDING_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// `1 - affinity`, above which two boxes are not the same object; the paper's three.
const FIRST_LIMIT: f32 = 0.8;
const SECOND_LIMIT: f32 = 0.5;
const NEW_LIMIT: f32 = 0.7;
/// The same for something new that may be a lost track.
const AGAIN_LIMIT: f32 = 0.7;
/// More of a box than this covered by another, and its colours are not all its own.
const CLEAR: f32 = 0.15;
/// A gap longer than this tells nothing about motion: the filter is not run further.
const LONGEST_STEP: Duration = Duration::from_secs(2);

impl Default for TrackerSettings {
    fn default() -> Self {
        Self { sure: 0.5, start: 0.6, keep_lost: Duration::from_secs(6) }
    }
}

impl Tracker {
    pub fn new(settings: TrackerSettings) -> Self {
        Self {
            settings,
            followed: Vec::new(),
            fixtures: Fixtures::default(),
            present: Vec::new(),
            last_update_at: None,
            next_id: 1,
        }
    }

    /// Takes what was detected in the picture captured at `now`; answers with the confirmed tracks
    /// that are there: seen in it, or held, since nobody looked for them again (`last_seen_at` tells).
    /// Times that do not rise are taken as the same moment.
    pub fn update(&mut self, sighting: &Sighting<'_>, now: Timestamp) -> &[Track] {
        let size = sighting.picture.size();
        let last = self.last_update_at.replace(now).unwrap_or(now);
        let passed = now.duration_since(last).max(SignedDuration::ZERO).unsigned_abs();
        let passed = passed.min(LONGEST_STEP);
        let steps = passed.as_secs_f32() * STEPS_A_SECOND;
        self.followed.iter_mut().for_each(|it| it.predict(steps));
        let (sure, unsure) = self.sort(sighting);

        let known = self.select(Followed::is_confirmed);
        let (alone, left) = self.associate(&known, sure, FIRST_LIMIT, now, affinity::sure);
        let tracked: Vec<_> =
            alone.into_iter().filter(|&it| !self.followed[it].is_lost()).collect();
        let unsure = self.with_looks(unsure, &tracked, sighting.picture);
        self.associate(&tracked, unsure, SECOND_LIMIT, now, affinity::unsure);
        let fresh = self.select(|it| !it.is_confirmed());
        let fit = |it: &Followed, seen: &Seen<'_>| affinity::fresh(it, seen, passed);
        let (_, left) = self.associate(&fresh, left, NEW_LIMIT, now, fit);

        self.note_absences(sighting.looked_at, size, now);
        self.recognise(&fresh, now);
        self.forget();
        for seen in left {
            if seen.detection.score.get() >= self.settings.start {
                self.followed.push(Followed::new(self.next_id, &seen, size, now));
                self.next_id += 1;
            }
        }
        self.present.clear();
        let present = self.followed.iter().filter(|it| it.is_confirmed() && !it.is_lost());
        self.present.extend(present.map(|it| it.track.clone()));
        &self.present
    }

    /// The class of each that is followed, lost or not yet counted included, with its latest box and
    /// where it is thought to be now.
    pub fn whereabouts(&self) -> impl Iterator<Item = (usize, [Rect; 2])> + '_ {
        self.followed.iter().map(|it| (it.track.class, [it.track.area, it.motion.area()]))
    }

    /// Where each track is thought to be at `now`, a moment after the last update: those that were
    /// seen, held or lost, and those that were seen once and are not yet counted.
    pub fn interests(&self, now: Timestamp) -> impl Iterator<Item = Interest> + '_ {
        let steps = steps_between(self.last_update_at.unwrap_or(now), now);
        self.followed.iter().map(move |it| it.interest(steps, now))
    }

    /// Sure boxes with their looks, and the others.
    fn sort<'a>(&self, sighting: &Sighting<'a>) -> (Vec<Seen<'a>>, Vec<Seen<'a>>) {
        let is_sure = |it: &Detection| it.score.get() >= self.settings.sure;
        let (mut sure, mut unsure) = (Vec::new(), Vec::new());
        for (at, detection) in sighting.detections.iter().enumerate() {
            if !detection.area.is_finite() {
                // One such box in a filter, and the track would be nowhere for ever.
                continue;
            }
            if !is_sure(detection) {
                unsure.push(Seen { detection, look: None, is_clear: false });
                continue;
            }
            let others = sighting.detections.iter().enumerate();
            let mut others = others.filter(|(other, it)| *other != at && is_sure(it));
            let most = CLEAR * detection.area.area();
            let is_clear = others.all(|(_, it)| it.area.shared(&detection.area) < most);
            let look = Look::new(sighting.picture, detection.area);
            sure.push(Seen { detection, look, is_clear });
        }
        (sure, unsure)
    }

    /// Unsure boxes are many, and few of them lie where a track is missing.
    fn with_looks<'a>(
        &self,
        mut unsure: Vec<Seen<'a>>,
        missing: &[usize],
        picture: &Picture<'_>,
    ) -> Vec<Seen<'a>> {
        unsure.retain_mut(|seen| {
            let area = seen.detection.area;
            let mut missing = missing.iter().map(|&it| self.followed[it].motion.area());
            let is_wanted = missing.any(|it| 1.0 - it.iou(&area) < SECOND_LIMIT);
            if is_wanted {
                seen.look = Look::new(picture, area);
            }
            is_wanted
        });
        unsure
    }

    fn note_absences(&mut self, looked_at: &[Rect], size: Size, now: Timestamp) {
        for followed in self.followed.iter_mut().filter(|it| !it.is_seen) {
            if !followed.was_looked_for(looked_at, size) {
                followed.hold();
            } else if followed.is_confirmed() {
                followed.miss(size, now);
            } else {
                // Seen once and not again: it was a flash.
                followed.track.n_hits = 0;
            }
        }
    }

    /// Of the tracks at `rows`, those that were just confirmed may be known from before.
    fn recognise(&mut self, rows: &[usize], now: Timestamp) {
        let mut new = Vec::new();
        for &row in rows {
            let followed = &mut self.followed[row];
            if followed.is_confirmed() && !self.fixtures.recognise(followed, now) {
                new.push(row);
            }
        }
        let lost = self.select(|it| it.is_lost() && it.is_confirmed());
        let costs = Costs::new(new.len(), lost.len(), |row, column| {
            let (new, lost) = (&self.followed[new[row]], &self.followed[lost[column]]);
            1.0 - affinity::again(lost, new)
        });
        for (new, pair) in new.into_iter().zip(costs.pair(AGAIN_LIMIT)) {
            let Some(column) = pair else { continue };
            let old = self.followed[lost[column]].clone();
            self.followed[lost[column]].track.n_hits = 0;
            self.followed[new].take_over(old, now);
        }
    }

    /// Lets go who is gone.
    fn forget(&mut self) {
        let keep_lost = self.settings.keep_lost;
        let fixtures = &mut self.fixtures;
        self.followed.retain(|it| {
            let is_gone = it.track.n_hits == 0 || it.is_gone(keep_lost);
            if is_gone
                && it.is_confirmed()
                && !it.track.has_moved
                && it.whereabouts != Whereabouts::Left
            {
                fixtures.remember(it);
            }
            !is_gone
        });
    }

    fn select(&self, wanted: impl Fn(&Followed) -> bool) -> Vec<usize> {
        let all = self.followed.iter().enumerate();
        all.filter(|(_, it)| wanted(it)).map(|(at, _)| at).collect()
    }

    /// Matches the tracks at `rows` with what was seen. Answers with what stayed alone.
    fn associate<'a>(
        &mut self,
        rows: &[usize],
        seen: Vec<Seen<'a>>,
        limit: f32,
        now: Timestamp,
        fit: impl Fn(&Followed, &Seen<'_>) -> f32,
    ) -> (Vec<usize>, Vec<Seen<'a>>) {
        if seen.is_empty() {
            return (rows.to_vec(), seen);
        }
        let costs = Costs::new(rows.len(), seen.len(), |row, column| {
            1.0 - fit(&self.followed[rows[row]], &seen[column])
        });
        let mut is_taken = vec![false; seen.len()];
        let mut alone = Vec::new();
        for (&row, pair) in rows.iter().zip(costs.pair(limit)) {
            let Some(column) = pair else {
                alone.push(row);
                continue;
            };
            is_taken[column] = true;
            let followed = &mut self.followed[row];
            let was_fixture = followed.track.is_fixture;
            followed.see(&seen[column], now);
            if was_fixture && followed.track.has_moved {
                self.fixtures.remember_place(followed);
            }
        }
        let left = seen.into_iter().zip(is_taken).filter(|(_, is_taken)| !is_taken);
        (alone, left.map(|(seen, _)| seen).collect())
    }
}

#[cfg(test)]
mod tests;
