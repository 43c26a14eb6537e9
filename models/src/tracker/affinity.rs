//! How well a box fits a track: where it is, how sure the detector is, and what it looks like. Every
//! answer lies in `0.0..=1.0`.

use std::time::Duration;

use super::appearance::Look;
use super::followed::{Followed, Origin, Seen, Whereabouts};
use crate::detection::Rect;

/// Likeness of a person to themself a moment later is 0.8 to 0.9, and after 5 s 0.7 to 0.85; of two
/// people in the same street 0.4 to 0.7 (5th to 95th percentile, measured on PETS09-S2L1).
const ALIKE: f32 = 0.8;
const UNLIKE: f32 = 0.4;
/// What takes the name of a lost track must be as alike as this.
const AGAIN_ALIKE: f32 = 0.65;
/// How much of the fit is left to a box in the right place of the wrong colours: light changes, and
/// who is half hidden shows other colours. An unsure box is mostly somebody half hidden.
const LEFT_TO_SURE: f32 = 0.2;
const LEFT_TO_UNSURE: f32 = 0.5;
/// How far somebody gets who is not seen, in heights of the box a second: a brisk walk of 1.4 m/s by
/// somebody of 1.7 m.
const REACH: f32 = 0.8;
/// ... and in heights at once: boxes of the half hidden jitter by that.
const REACH_AT_ONCE: f32 = 0.5;
/// After so long nobody can say where somebody went ...
const LONGEST_REACH: Duration = Duration::from_secs(6);
/// ... but who rested may still be found in the same place.
const SAME_PLACE_IOU: f32 = 0.5;
/// Heights that differ by more are two people, or one at another distance.
const SAME_HEIGHT: f32 = 1.5;
/// How far a new thing may have gone between its first two pictures, in heights a second: a
/// motorbike in a street, 8 m/s at a height of 1.6 m.
const FRESH_REACH: f32 = 5.0;

/// Of a sure box and a track that is followed.
pub(super) fn sure(followed: &Followed, seen: &Seen<'_>) -> f32 {
    let shared = overlap(followed, seen);
    if shared <= 0.0 {
        return 0.0;
    }
    // Score fusion: of two boxes that overlap alike, the surer one is the object.
    let fit = shared * seen.detection.score.get();
    match likeness(followed, seen) {
        Some(likeness) if followed.is_lost() && likeness < AGAIN_ALIKE => 0.0,
        Some(likeness) => fit * (LEFT_TO_SURE + (1.0 - LEFT_TO_SURE) * alike(likeness)),
        None => fit,
    }
}

/// Of an unsure box and a track that was seen in the picture before.
pub(super) fn unsure(followed: &Followed, seen: &Seen<'_>) -> f32 {
    let fit = overlap(followed, seen);
    let likeness = if fit > 0.0 { likeness(followed, seen) } else { None };
    likeness.map_or(fit, |it| fit * (LEFT_TO_UNSURE + (1.0 - LEFT_TO_UNSURE) * alike(it)))
}

/// Of a track with one box so far, whose way is not known: both boxes grow by how far it may have
/// gone in the time between (buffered `IoU`: Yang et al., "Hard to Track Objects with Irregular Motions
/// and Similar Appearances? Make It Easier by Buffering the Matching Space", WACV 2023).
pub(super) fn fresh(followed: &Followed, seen: &Seen<'_>, passed: Duration) -> f32 {
    let detection = seen.detection;
    if followed.track.class != detection.class {
        return 0.0;
    }
    let height = followed.track.area.height.min(detection.area.height);
    // Two boxes that each grow by a quarter of the way still share a good part of themselves.
    let by = FRESH_REACH * passed.as_secs_f32() * height / 4.0;
    followed.track.area.grown(by).iou(&detection.area.grown(by)) * detection.score.get()
}

/// That something new is a track that was lost.
pub(super) fn again(lost: &Followed, new: &Followed) -> f32 {
    // Who comes in over the edge of the picture was not inside, and who left over it is not.
    let is_outside = lost.whereabouts == Whereabouts::Left || new.origin == Origin::Edge;
    if lost.track.class != new.track.class || is_outside {
        return 0.0;
    }
    // Where and when the new one was first seen: by now it has walked on.
    let (old, area) = (lost.motion.area(), new.track.previous.unwrap_or(new.track.area));
    let (low, high) = (old.height.min(area.height), old.height.max(area.height));
    let absent =
        new.track.first_seen_at.duration_since(lost.track.last_seen_at).as_secs_f32().max(0.0);
    let longest = LONGEST_REACH.as_secs_f32();
    let is_elsewhere = || lost.place.area().iou(&area) < SAME_PLACE_IOU;
    if high > SAME_HEIGHT * low || (absent > longest && is_elsewhere()) {
        return 0.0;
    }
    // Who is being hidden seems to move as the box shrinks: the prediction may be far off.
    let way = distance(old, area).min(distance(lost.track.area, area));
    let reach = high * (REACH_AT_ONCE + REACH * absent.min(longest));
    let near = (1.0 - way / reach).max(0.0);
    match (&lost.look, &new.look) {
        (Some(one), Some(two)) => {
            let likeness = one.likeness(two);
            if likeness < AGAIN_ALIKE { 0.0 } else { near * alike(likeness) }
        }
        (None, _) | (_, None) => near,
    }
}

/// Where both looks are known and tell the same object.
pub(super) fn is_alike(one: Option<&Look>, two: Option<&Look>) -> bool {
    one.zip(two).is_some_and(|(one, two)| one.likeness(two) >= AGAIN_ALIKE)
}

fn overlap(followed: &Followed, seen: &Seen<'_>) -> f32 {
    let is_same_class = followed.track.class == seen.detection.class;
    if is_same_class { followed.motion.area().iou(&seen.detection.area) } else { 0.0 }
}

fn likeness(followed: &Followed, seen: &Seen<'_>) -> Option<f32> {
    Some(followed.look.as_ref()?.likeness(seen.look.as_ref()?))
}

fn alike(likeness: f32) -> f32 {
    ((likeness - UNLIKE) / (ALIKE - UNLIKE)).clamp(0.0, 1.0)
}

/// Between the middles of two boxes.
fn distance(one: Rect, two: Rect) -> f32 {
    let x = one.x + one.width / 2.0 - two.x - two.width / 2.0;
    let y = one.y + one.height / 2.0 - two.y - two.height / 2.0;
    x.hypot(y)
}
