//! Which box is whom, from picture to picture: ByteTrack (Zhang et al., "ByteTrack: Multi-Object
//! Tracking by Associating Every Detection Box", ECCV 2022, arXiv 2110.06864).
//!
//! Sure boxes are matched first; what stays unmatched tries the unsure ones, which are often the
//! same people half hidden. An unsure box never starts a track.

mod assignment;
mod kalman;

use std::time::Duration;

use base::{Picture, Score};
use jiff::{SignedDuration, Timestamp};

use crate::attention::{Interest, Pace};
use crate::detection::{Detection, Rect};
use assignment::Costs;
use kalman::Motion;

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
    /// It was ever displaced by a good part of its own size since it was first seen. A sign that is
    /// taken for a person never is.
    pub has_moved: bool,
    /// It has kept its place for about 10 s.
    pub is_standing: bool,
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
    /// What `update` lends out.
    seen: Vec<Track>,
    last_update_at: Option<Timestamp>,
    next_id: u64,
}

#[derive(Clone, Debug)]
struct Followed {
    track: Track,
    motion: Motion,
    is_lost: bool,
}

/// `1 - IoU`, above which two boxes are not the same object; the paper's three.
const FIRST_LIMIT: f32 = 0.8;
const SECOND_LIMIT: f32 = 0.5;
const NEW_LIMIT: f32 = 0.7;
/// A track must be seen twice before it counts: single flashes are the detector's most common error.
const CONFIRMED_HITS: u32 = 2;
/// The filter's steps a second.
const STEPS_A_SECOND: f32 = 30.0;
/// A gap longer than this tells nothing about motion: the filter is not run further.
const LONGEST_STEP: Duration = Duration::from_secs(2);

impl Default for TrackerSettings {
    fn default() -> Self {
        Self { sure: 0.5, start: 0.6, keep_lost: Duration::from_millis(2500) }
    }
}

impl Tracker {
    pub fn new(settings: TrackerSettings) -> Self {
        Self { settings, followed: Vec::new(), seen: Vec::new(), last_update_at: None, next_id: 1 }
    }

    /// Takes what was detected in the picture captured at `now`; answers with the confirmed tracks
    /// that were seen in it. Times that do not rise are taken as the same moment.
    pub fn update(&mut self, sighting: &Sighting<'_>, now: Timestamp) -> &[Track] {
        let detections = sighting.detections;
        let steps = self.steps_until(now);
        for followed in &mut self.followed {
            if followed.is_lost {
                followed.motion.hold_size();
            }
            followed.motion.predict(steps);
        }
        let is_sure = |it: &&Detection| it.score.get() >= self.settings.sure;
        let (sure, unsure): (Vec<&Detection>, Vec<&Detection>) =
            detections.iter().partition(is_sure);

        let is_confirmed = |it: &Followed| it.track.n_hits >= CONFIRMED_HITS;
        let known = self.select(is_confirmed);
        let (unmatched, left) = self.associate(&known, sure, FIRST_LIMIT, true, now);
        let tracked: Vec<_> =
            unmatched.into_iter().filter(|&it| !self.followed[it].is_lost).collect();
        let (missing, _) = self.associate(&tracked, unsure, SECOND_LIMIT, false, now);
        for at in missing {
            self.followed[at].is_lost = true;
        }
        let fresh = self.select(|it| !is_confirmed(it));
        let (gone, left) = self.associate(&fresh, left, NEW_LIMIT, true, now);
        for at in gone {
            // Seen once and not again: it was a flash.
            self.followed[at].track.n_hits = 0;
        }
        let oldest = now.checked_sub(self.settings.keep_lost).unwrap_or(Timestamp::MIN);
        self.followed.retain(|it| it.track.n_hits > 0 && it.track.last_seen_at >= oldest);
        for detection in left {
            if detection.score.get() >= self.settings.start {
                self.start(detection, now);
            }
        }
        self.lend(now)
    }

    /// Everybody who is followed, and where he is thought to be.
    pub fn interests(&self) -> impl Iterator<Item = Interest> + '_ {
        self.followed.iter().map(|it| Interest {
            area: it.motion.area(),
            pace: if it.is_lost { Pace::Lost } else { Pace::Moving },
        })
    }

    fn lend(&mut self, now: Timestamp) -> &[Track] {
        self.seen.clear();
        let seen = self.followed.iter().map(|it| &it.track);
        self.seen.extend(
            seen.filter(|it| it.n_hits >= CONFIRMED_HITS && it.last_seen_at == now).cloned(),
        );
        &self.seen
    }

    fn steps_until(&mut self, now: Timestamp) -> f32 {
        let last = self.last_update_at.replace(now).unwrap_or(now);
        let passed = now.duration_since(last).max(SignedDuration::ZERO).unsigned_abs();
        passed.min(LONGEST_STEP).as_secs_f32() * STEPS_A_SECOND
    }

    fn select(&self, wanted: impl Fn(&Followed) -> bool) -> Vec<usize> {
        let all = self.followed.iter().enumerate();
        all.filter(|(_, it)| wanted(it)).map(|(at, _)| at).collect()
    }

    /// Matches the tracks at `rows` with detections of their class. Answers with what stayed alone.
    fn associate<'a>(
        &mut self,
        rows: &[usize],
        detections: Vec<&'a Detection>,
        limit: f32,
        weigh_score: bool,
        now: Timestamp,
    ) -> (Vec<usize>, Vec<&'a Detection>) {
        if detections.is_empty() {
            return (rows.to_vec(), detections);
        }
        let costs = Costs::new(rows.len(), detections.len(), |row, column| {
            let (followed, detection) = (&self.followed[rows[row]], detections[column]);
            if followed.track.class != detection.class {
                return 1.0;
            }
            let shared = followed.motion.area().iou(&detection.area);
            // Score fusion: of two boxes that overlap alike, the surer one is the object.
            1.0 - if weigh_score { shared * detection.score.get() } else { shared }
        });
        let mut is_taken = vec![false; detections.len()];
        let mut alone = Vec::new();
        for (&row, pair) in rows.iter().zip(costs.pair(limit)) {
            match pair {
                Some(column) => {
                    is_taken[column] = true;
                    self.followed[row].see(detections[column], now);
                }
                None => alone.push(row),
            }
        }
        let left = detections.into_iter().zip(is_taken).filter(|(_, is_taken)| !is_taken);
        (alone, left.map(|(detection, _)| detection).collect())
    }

    fn start(&mut self, detection: &Detection, now: Timestamp) {
        let track = Track {
            id: self.next_id,
            class: detection.class,
            score: detection.score,
            area: detection.area,
            previous: None,
            n_hits: 1,
            first_seen_at: now,
            last_seen_at: now,
            has_moved: true,
            is_standing: false,
        };
        self.next_id += 1;
        let motion = Motion::new(detection.area);
        self.followed.push(Followed { track, motion, is_lost: false });
    }
}

impl Followed {
    fn see(&mut self, detection: &Detection, now: Timestamp) {
        self.motion.correct(detection.area);
        self.is_lost = false;
        self.track.score = detection.score;
        self.track.previous = Some(self.track.area);
        self.track.area = detection.area;
        self.track.n_hits = self.track.n_hits.saturating_add(1);
        self.track.last_seen_at = now;
    }
}

#[cfg(test)]
mod tests;
