//! From tracks to what a person should know: the `enter` rule of a zone.

use std::time::Duration;

use base::{Score, Size};
use jiff::{SignedDuration, Timestamp};

use crate::detection::Rect;
use crate::polygon::Polygon;
use crate::tracker::Track;

/// Something that was not in the zone is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entered {
    pub track: u64,
    pub class: usize,
    pub score: Score,
    pub area: Rect,
}

#[derive(Clone, Debug, PartialEq)]
pub struct EnterSettings {
    pub zone: Polygon,
    /// Classes that count.
    pub classes: Vec<usize>,
    /// After an alert this long without another from this zone.
    pub cooldown: Duration,
}

/// Raises once for each object that comes in. Where an object is, its feet say: the middle of the
/// lower edge of its box.
///
/// What stands or parks in the zone is told once, even where the tracker loses it and finds it again
/// under another id: a track that begins where a told one was seen last is the same object. What
/// enters during the cooldown belongs to the alert before it and is not told later.
#[derive(Debug)]
pub struct EnterRule {
    settings: EnterSettings,
    guests: Vec<Guest>,
    last_alert_at: Option<Timestamp>,
}

/// One track, as this zone sees it.
#[derive(Debug)]
struct Guest {
    track: u64,
    class: usize,
    area: Rect,
    last_seen_at: Timestamp,
    is_inside: bool,
    is_told: bool,
    /// Pictures in a row that disagree with `is_inside`.
    n_against: u8,
}

/// A border is crossed when this many pictures in a row say so: boxes jitter.
const INERTIA: u8 = 3;
/// How alike a told object's last box and a new track's first one are when they are the same.
const SAME_PLACE_IOU: f32 = 0.5;
/// For how long a place is remembered after its object was lost.
const REMEMBER: SignedDuration = SignedDuration::from_mins(10);

impl EnterRule {
    pub fn new(settings: EnterSettings) -> Self {
        Self { settings, guests: Vec::new(), last_alert_at: None }
    }

    /// `tracks` are those seen in the picture of `size` that was captured at `now`.
    pub fn observe(&mut self, tracks: &[Track], size: Size, now: Timestamp) -> Vec<Entered> {
        self.guests.retain(|it| now.duration_since(it.last_seen_at) <= REMEMBER);
        let mut entered = Vec::new();
        for track in tracks {
            if !self.settings.classes.contains(&track.class) {
                continue;
            }
            let is_in_zone = self.settings.zone.contains(feet(track.area, size));
            let guest = self.guest(track, tracks, now);
            if guest.sees(is_in_zone) && guest.is_inside && !guest.is_told {
                guest.is_told = true;
                if self.may_tell(now) {
                    self.last_alert_at = Some(now);
                    let Track { id, class, score, area, .. } = *track;
                    entered.push(Entered { track: id, class, score, area });
                }
            }
        }
        entered
    }

    fn may_tell(&self, now: Timestamp) -> bool {
        let cooldown = SignedDuration::try_from(self.settings.cooldown);
        let cooldown = cooldown.unwrap_or(SignedDuration::MAX);
        self.last_alert_at.is_none_or(|last| now.duration_since(last) >= cooldown)
    }

    /// The guest behind a track: known by its id, or by the place where a told one was lost.
    fn guest(&mut self, track: &Track, seen: &[Track], now: Timestamp) -> &mut Guest {
        let by_id = self.guests.iter().position(|it| it.track == track.id);
        let place = by_id.or_else(|| self.lost_here(track, seen)).unwrap_or_else(|| {
            self.guests.push(Guest {
                track: track.id,
                class: track.class,
                area: track.area,
                last_seen_at: now,
                is_inside: false,
                is_told: false,
                n_against: 0,
            });
            self.guests.len() - 1
        });
        let guest = &mut self.guests[place];
        (guest.track, guest.area, guest.last_seen_at) = (track.id, track.area, now);
        guest
    }

    fn lost_here(&self, track: &Track, seen: &[Track]) -> Option<usize> {
        self.guests.iter().position(|it| {
            it.is_told
                && it.class == track.class
                && seen.iter().all(|other| other.id != it.track)
                && it.area.iou(&track.area) >= SAME_PLACE_IOU
        })
    }
}

impl Guest {
    /// True where the border was crossed just now. Who leaves may be told again on the way back.
    fn sees(&mut self, is_in_zone: bool) -> bool {
        if is_in_zone == self.is_inside {
            self.n_against = 0;
            return false;
        }
        self.n_against += 1;
        if self.n_against < INERTIA {
            return false;
        }
        self.n_against = 0;
        self.is_inside = is_in_zone;
        if !is_in_zone {
            self.is_told = false;
        }
        true
    }
}

/// Where a box stands, in fractions of the picture; a box that is cut off stands on the edge.
fn feet(area: Rect, size: Size) -> [f32; 2] {
    let fraction = |pixels: f32, length: u32| {
        let length = u16::try_from(length).map_or(f32::from(u16::MAX), f32::from);
        (pixels / length.max(1.0)).clamp(0.0, 0.999_999)
    };
    [fraction(area.x + area.width / 2.0, size.width), fraction(area.bottom(), size.height)]
}

#[cfg(test)]
mod tests;
