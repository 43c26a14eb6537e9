//! What a rule told and what became of it.

use std::time::Duration;

use base::Score;
use jiff::Timestamp;

use crate::detection::Rect;

use super::guest::Guest;
use super::watch::Moment;

/// Something that a person should know, from when it is raised until it is cleared.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// Unique in the life of its rule.
    pub id: u64,
    /// Who takes part now, as the tracker calls them now; never empty. When it is cleared: who did
    /// last.
    pub tracks: Vec<u64>,
    /// The most that took part at once.
    pub n_most: usize,
    /// Of the first of `tracks`.
    pub class: usize,
    /// The latest of the first of `tracks`.
    pub score: Score,
    /// Around all of `tracks`, in pixels of the pictures in which each was seen last.
    pub area: Rect,
    /// When it began in the pictures: a loiterer's arrival, not the end of the dwell.
    pub began_at: Timestamp,
    /// Capture time of the latest picture in which somebody of it was seen, not held.
    pub last_seen_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub enum RuleEvent {
    /// Told once.
    Raised(Incident),
    /// How many take part changed, or it lasts twice as long as when it was told last; never closer
    /// than 5 s.
    Updated(Incident),
    /// The last that is told of it.
    Cleared { incident: Incident, at: Timestamp, reason: ClearReason },
}

/// Why an incident ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClearReason {
    /// Everybody left the area, or the crowd thinned out.
    Left,
    /// Not seen and not held for 10 s.
    Gone,
    /// It was of an instant (`leave`, `line`, `wrong_way`), and half a minute ago.
    Over,
    /// The rule looks elsewhere now, or was taken away.
    RuleChanged,
}

impl ClearReason {
    /// As messages call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Gone => "gone",
            Self::Over => "over",
            Self::RuleChanged => "rule_changed",
        }
    }
}

/// The incidents of one rule that are not cleared.
#[derive(Debug, Default)]
pub(super) struct Incidents {
    open: Vec<Open>,
    last_id: u64,
}

#[derive(Debug)]
struct Open {
    incident: Incident,
    raised: Duration,
    told: Duration,
    n_told: usize,
}

/// Two updates are never closer.
const UPDATE_EVERY: Duration = Duration::from_secs(5);
/// What lasts is told at least this often.
const UPDATE_AT_LEAST: Duration = Duration::from_mins(10);
/// How long what happened in an instant stays open.
const INSTANT_LASTS: Duration = Duration::from_secs(30);

impl Incidents {
    /// `members` is not empty.
    pub(super) fn raise(&mut self, members: &[&Guest], began: Moment, now: Moment) -> Incident {
        self.last_id += 1;
        let first = members[0];
        let mut incident = Incident {
            id: self.last_id,
            tracks: Vec::new(),
            n_most: 0,
            class: first.class,
            score: first.score,
            area: first.area,
            began_at: began.at,
            last_seen_at: first.seen_at(),
        };
        incident.see(members);
        let n_told = incident.tracks.len();
        let (raised, told) = (now.watched, now.watched);
        self.open.push(Open { incident: incident.clone(), raised, told, n_told });
        incident
    }

    pub(super) fn open(&self) -> impl Iterator<Item = &Incident> {
        self.open.iter().map(|it| &it.incident)
    }

    pub(super) fn is_over(&self, id: u64, now: Moment) -> bool {
        let mut open = self.open.iter();
        open.any(|it| it.incident.id == id && now.since(it.raised) >= INSTANT_LASTS)
    }

    /// What is to be told of an open incident after one picture, in which `members` took part.
    pub(super) fn settle(
        &mut self,
        id: u64,
        members: &[&Guest],
        ended: Option<ClearReason>,
        is_instant: bool,
        now: Moment,
    ) -> Option<RuleEvent> {
        let at = self.open.iter().position(|it| it.incident.id == id)?;
        let open = &mut self.open[at];
        open.incident.see(members);
        if let Some(reason) = ended {
            let incident = self.open.remove(at).incident;
            return Some(RuleEvent::Cleared { incident, at: now.at, reason });
        }
        let n_now = open.incident.tracks.len();
        let has_lasted = open.told.saturating_sub(open.raised);
        let again_after = has_lasted.clamp(UPDATE_EVERY, UPDATE_AT_LEAST);
        let is_longer = !is_instant && now.since(open.told) >= again_after;
        let is_other = n_now != open.n_told && now.since(open.told) >= UPDATE_EVERY;
        if !is_longer && !is_other {
            return None;
        }
        (open.told, open.n_told) = (now.watched, n_now);
        Some(RuleEvent::Updated(open.incident.clone()))
    }

    pub(super) fn clear_all(&mut self, at: Timestamp) -> Vec<RuleEvent> {
        let reason = ClearReason::RuleChanged;
        let cleared = |it: Open| RuleEvent::Cleared { incident: it.incident, at, reason };
        self.open.drain(..).map(cleared).collect()
    }
}

impl Incident {
    /// Nobody is nobody new: the last who took part stay named.
    fn see(&mut self, members: &[&Guest]) {
        let Some(first) = members.first() else { return };
        self.tracks = members.iter().map(|it| it.track).collect();
        self.n_most = self.n_most.max(self.tracks.len());
        (self.class, self.score) = (first.class, first.score);
        self.last_seen_at = members.iter().fold(first.seen_at(), |at, it| at.max(it.seen_at()));
        self.area = members.iter().fold(first.area, |all, it| all.around(&it.area));
    }
}
