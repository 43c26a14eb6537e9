//! From tracks to what a person should know: one rule of a camera, and what it told.

mod border;
mod crossing;
mod crowd;
mod guest;
mod heading;
mod hours;
mod incident;
mod kind;
mod set;
mod sighting;
mod stance;
mod watch;

use std::time::Duration;

use base::Size;
use jiff::{SignedDuration, Timestamp};

use crate::line::Line;
use crate::polygon::Polygon;
use crate::tracker::Track;

use crowd::Crowd;
use guest::{Guest, Guests, LOST_AFTER};
use incident::Incidents;
use sighting::Sighting;
use watch::{Moment, Watch};

pub use heading::{Heading, HeadingError};
pub use hours::{Hours, HoursError, WeekSpan};
pub use incident::{ClearReason, Incident, RuleEvent};
pub use set::RuleSet;

/// What a rule looks for.
#[derive(Clone, Debug, PartialEq)]
pub enum RuleKind {
    /// Comes into the area. Told with the second picture in a row in which its feet are inside.
    Enter { area: Polygon },
    /// Goes out of the area. Told with the third picture in a row in which it is clearly outside;
    /// who is lost inside has not left.
    Leave { area: Polygon },
    /// Goes over the line in a direction that counts. Told with the second picture beyond it; so
    /// close to it that a box may twitch over, after three seconds.
    Line { line: Line, direction: LineDirection },
    /// Is in the area for `dwell`.
    Loiter { area: Polygon, dwell: Duration },
    /// At least so many are in the area at once, for `dwell`.
    Crowd { area: Polygon, at_least: usize, dwell: Duration },
    /// Stands in one place in the area for `dwell`.
    StoppedVehicle { area: Polygon, dwell: Duration },
    /// Goes in the area against `allowed`, by its own size at least.
    WrongWay { area: Polygon, allowed: Heading },
}

/// Which way over a line counts, seen by somebody who walks along it from its first point to its
/// last (picture at [`Line`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineDirection {
    LeftToRight,
    RightToLeft,
    Both,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RuleSettings {
    pub kind: RuleKind,
    /// Classes that count.
    pub classes: Vec<usize>,
    pub hours: Hours,
    /// After an alert this long without another from this rule.
    pub cooldown: Duration,
}

/// Raises an incident, says how it goes on, and clears it.
///
/// What stands or parks there is told once, and again only after it left, even where the tracker
/// loses it and finds it again under another id: a track that begins where a told one stood when it
/// was lost is the same object. What enters, leaves, crosses or goes the wrong way during the
/// cooldown belongs to the alert before it and is not told later; outside the hours it is not told
/// at all. What lasts (`loiter`, `crowd`, `stopped_vehicle`) is told once the cooldown is over or
/// the hours have begun, with a dwell that counts from then at the earliest.
///
/// What never moved is no person: only `crowd` and `stopped_vehicle` look at it.
#[derive(Debug)]
pub struct Rule {
    settings: RuleSettings,
    watch: Watch,
    /// Since when it is within the hours.
    active_since: Option<Moment>,
    guests: Guests,
    crowd: Crowd,
    incidents: Incidents,
    last_raised: Option<Moment>,
}

impl Rule {
    pub fn new(settings: RuleSettings) -> Self {
        Self {
            settings,
            watch: Watch::default(),
            active_since: None,
            guests: Guests::default(),
            crowd: Crowd::default(),
            incidents: Incidents::default(),
            last_raised: None,
        }
    }

    /// To be called for every picture, also for one that nobody looked at. `tracks`: the confirmed
    /// tracks that were seen in the picture of `size` captured at `now`, or are held to be there.
    pub fn observe(&mut self, tracks: &[Track], size: Size, now: Timestamp) -> Vec<RuleEvent> {
        let now = self.watch.advance(now);
        let is_active = self.settings.hours.contain(now.at);
        self.active_since = is_active.then(|| self.active_since.unwrap_or(now));
        let mut due = Vec::new();
        for track in tracks.iter().filter(|it| self.settings.classes.contains(&it.class)) {
            let seen = Sighting::new(track.area, size);
            let (at, news) = self.guests.meet(track, &seen, tracks, now);
            let guest = &mut self.guests[at];
            let began = self.settings.kind.judge(guest, track, news, size, now);
            due.extend(began.map(|it| (at, it)));
        }
        let mut events = Vec::new();
        for (at, began) in due {
            events.extend(self.tell(at, began, now));
        }
        events.extend(self.gather(now));
        events.extend(self.settle(now));
        self.guests.forget_the_gone(now);
        events
    }

    /// Another name for the same thing, other hours or another cooldown leave the memory as it is:
    /// what was told is not told again. Where it looks for another thing, or elsewhere, it begins
    /// anew, and what it told is cleared.
    pub fn change(&mut self, settings: RuleSettings, now: Timestamp) -> Vec<RuleEvent> {
        let is_same = self.settings.kind.looks_where(&settings.kind);
        let events = if is_same { Vec::new() } else { self.end(now) };
        self.settings = settings;
        events
    }

    /// Clears what was told, and forgets everybody.
    pub fn end(&mut self, now: Timestamp) -> Vec<RuleEvent> {
        self.guests.forget_all();
        self.crowd = Crowd::default();
        self.last_raised = None;
        self.incidents.clear_all(now)
    }

    pub fn settings(&self) -> &RuleSettings {
        &self.settings
    }

    /// What is not cleared, as of the latest picture.
    pub fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.open()
    }

    /// Something is due to be told of one guest.
    fn tell(&mut self, at: usize, began: Moment, now: Moment) -> Option<RuleEvent> {
        let kind = &self.settings.kind;
        let lasts = matches!(kind, RuleKind::Loiter { .. } | RuleKind::StoppedVehicle { .. });
        if let Some(dwell) = kind.dwell().filter(|_| lasts) {
            let counted_from = began.later(Some(self.active_since?));
            if now.since(counted_from.watched) < dwell {
                return None;
            }
        }
        let latest = self.incidents.open().last().map(|it| it.id);
        let is_swallowed = self.active_since.is_none() || !self.is_cool(now);
        let may_wait = lasts && latest.is_none();
        if is_swallowed && may_wait {
            return None;
        }
        // Over a line and out of an area one goes as often as one likes.
        self.guests[at].is_told = kind.is_told_until_left();
        if is_swallowed {
            let joins = self.active_since.and(latest);
            self.guests[at].incident = joins.or(self.guests[at].incident);
            return None;
        }
        self.last_raised = Some(now);
        let incident = self.incidents.raise(&[&self.guests[at]], began, now);
        self.guests[at].incident = Some(incident.id);
        Some(RuleEvent::Raised(incident))
    }

    /// Is there a crowd to be told of?
    fn gather(&mut self, now: Moment) -> Option<RuleEvent> {
        let RuleKind::Crowd { at_least, dwell, .. } = self.settings.kind else { return None };
        let members: Vec<&Guest> = self.guests.iter().filter(|it| it.is_inside(now)).collect();
        let are_enough = members.len() >= at_least;
        let began = self.crowd.sees(are_enough, now).filter(|_| are_enough)?;
        let counted_from = began.later(Some(self.active_since?));
        let is_due = now.since(counted_from.watched) >= dwell && self.is_cool(now);
        if self.crowd.is_told || !is_due {
            return None;
        }
        self.crowd.is_told = true;
        self.last_raised = Some(now);
        let incident = self.incidents.raise(&members, began, now);
        Some(RuleEvent::Raised(incident))
    }

    /// What became of what was told.
    fn settle(&mut self, now: Moment) -> Vec<RuleEvent> {
        let is_instant = self.settings.kind.is_instant();
        let is_crowd = matches!(self.settings.kind, RuleKind::Crowd { .. });
        let ids: Vec<u64> = self.incidents.open().map(|it| it.id).collect();
        let mut events = Vec::new();
        for id in ids {
            let is_lost = !is_crowd && self.release(id, is_instant, now);
            let takes_part =
                |it: &&Guest| if is_crowd { it.is_inside(now) } else { it.incident == Some(id) };
            let members: Vec<&Guest> = self.guests.iter().filter(takes_part).collect();
            let is_over = if is_crowd { !self.crowd.is_told } else { members.is_empty() };
            let reason = match (is_lost, is_instant) {
                (true, _) => ClearReason::Gone,
                (false, true) => ClearReason::Over,
                (false, false) => ClearReason::Left,
            };
            let ended = is_over.then_some(reason);
            events.extend(self.incidents.settle(id, &members, ended, is_instant, now));
        }
        events
    }

    /// Takes out of an incident who is gone; of one that is over, all. True where somebody is gone.
    fn release(&mut self, id: u64, is_instant: bool, now: Moment) -> bool {
        let is_over = is_instant && self.incidents.is_over(id, now);
        let mut is_lost = false;
        for guest in self.guests.iter_mut().filter(|it| it.incident == Some(id)) {
            if is_over || guest.absence(now) >= LOST_AFTER {
                guest.incident = None;
                is_lost |= !is_over;
            }
        }
        is_lost
    }

    /// By the time watched, or by the clock if that is longer, unless it was set back.
    fn is_cool(&self, now: Moment) -> bool {
        let Some(last) = self.last_raised else { return true };
        let by_clock = now.at.duration_since(last.at).max(SignedDuration::ZERO).unsigned_abs();
        now.since(last.watched).max(by_clock) >= self.settings.cooldown
    }
}

#[cfg(test)]
mod tests;
