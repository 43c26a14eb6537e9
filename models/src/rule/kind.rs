//! What each kind of rule makes of one object in one picture.

use std::time::Duration;

use base::Size;

use crate::line::Line;
use crate::polygon::Polygon;
use crate::tracker::Track;

use super::border::{Crossed, Place};
use super::guest::{Guest, News};
use super::sighting::Sighting;
use super::watch::Moment;
use super::{Heading, LineDirection, RuleKind};

impl RuleKind {
    /// As files and messages call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Enter { .. } => "enter",
            Self::Leave { .. } => "leave",
            Self::Line { .. } => "line",
            Self::Loiter { .. } => "loiter",
            Self::Crowd { .. } => "crowd",
            Self::StoppedVehicle { .. } => "stopped_vehicle",
            Self::WrongWay { .. } => "wrong_way",
        }
    }

    pub fn area(&self) -> Option<&Polygon> {
        match self {
            Self::Enter { area }
            | Self::Leave { area }
            | Self::Loiter { area, .. }
            | Self::Crowd { area, .. }
            | Self::StoppedVehicle { area, .. }
            | Self::WrongWay { area, .. } => Some(area),
            Self::Line { .. } => None,
        }
    }

    /// It happens at an instant; what comes of it afterwards is another matter.
    pub(super) fn is_instant(&self) -> bool {
        matches!(self, Self::Leave { .. } | Self::Line { .. } | Self::WrongWay { .. })
    }

    pub(super) fn is_told_until_left(&self) -> bool {
        !matches!(self, Self::Leave { .. } | Self::Line { .. })
    }

    /// How long one object must have been there; `None`: no time at all.
    pub(super) fn dwell(&self) -> Option<Duration> {
        match self {
            Self::Loiter { dwell, .. } | Self::StoppedVehicle { dwell, .. } => Some(*dwell),
            Self::Enter { .. }
            | Self::Leave { .. }
            | Self::Line { .. }
            | Self::Crowd { .. }
            | Self::WrongWay { .. } => None,
        }
    }

    /// Does `other` look for the same thing at the same place? Which way over a line counts, how
    /// long and how many may differ.
    pub(super) fn looks_where(&self, other: &Self) -> bool {
        self.name() == other.name()
            && self.area() == other.area()
            && self.line() == other.line()
            && self.allowed() == other.allowed()
    }

    fn line(&self) -> Option<&Line> {
        if let Self::Line { line, .. } = self { Some(line) } else { None }
    }

    fn allowed(&self) -> Option<Heading> {
        if let Self::WrongWay { allowed, .. } = self { Some(*allowed) } else { None }
    }

    /// One track in one picture. Answers with when it began, if there is something to tell: once
    /// for what happens at an instant, for as long as it lasts and is not told otherwise.
    pub(super) fn judge(
        &self,
        guest: &mut Guest,
        track: &Track,
        news: News,
        size: Size,
        now: Moment,
    ) -> Option<Moment> {
        // A track counts from its second picture on: the first one is its previous box.
        if let (News::New, Some(previous)) = (news, track.previous) {
            let first = if track.n_hits == 2 { track.first_seen_at } else { now.at };
            let first = Moment { at: first, ..now };
            self.sees(guest, track, &Sighting::new(previous, size), first);
        }
        let happened = match news {
            News::New | News::Seen => {
                self.sees(guest, track, &Sighting::new(track.area, size), now)
            }
            News::Held => None,
        };
        if guest.is_told {
            return None;
        }
        let inside_since = guest.border.inside_since();
        match self {
            Self::Enter { .. } | Self::Loiter { .. } => inside_since.filter(|_| track.has_moved),
            Self::StoppedVehicle { .. } => {
                let inside_since = inside_since.filter(|_| guest.stance.is_there());
                inside_since.map(|it| it.later(Some(guest.stance.since())))
            }
            Self::Leave { .. } | Self::Line { .. } | Self::WrongWay { .. } => happened,
            Self::Crowd { .. } => None,
        }
    }

    /// What happened in one picture.
    fn sees(
        &self,
        guest: &mut Guest,
        track: &Track,
        seen: &Sighting,
        now: Moment,
    ) -> Option<Moment> {
        if let Self::Line { line, direction } = self {
            let (way, since) = guest.crossing.sees(line, seen, track.has_moved, now)?;
            let counts = *direction == LineDirection::Both || *direction == way;
            return counts.then_some(since);
        }
        let place = seen.place_in(self.area()?);
        let crossed = guest.border.sees(place, now);
        match (self, crossed) {
            (Self::Leave { .. }, Some(Crossed::Out(since))) => {
                return Some(since).filter(|_| track.has_moved);
            }
            (_, Some(Crossed::Out(_))) => guest.leave(),
            (_, Some(Crossed::In) | None) => {}
        }
        let Self::WrongWay { allowed, .. } = self else { return None };
        if place != Place::Inside {
            guest.drive.forget();
            return None;
        }
        guest.drive.sees(*allowed, seen, now).filter(|_| track.has_moved)
    }
}
