//! The calendar as an .ics file, for calendars elsewhere.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use broadcast::ics::{self, Change, Event};
use broadcast::plan::{Cause, Decision, Explained, Reason};
use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;

use super::{Agenda, AgendaError};
use crate::ward::broadcast::facts::Facts;
use crate::ward::broadcast::row::{self, Kept};

/// How far ahead day rules are written out: RFC 5545 has no words for "not on public holidays".
const AHEAD: Duration = Duration::from_hours(366 * 24);

impl Agenda {
    /// Every bulletin in the calendar as an event. What its day rules do within a year is written as
    /// single starts that are called off or moved; what quotas and clashes hold back is in it all the
    /// same, because tomorrow it may play.
    pub async fn export(&self) -> Result<String, AgendaError> {
        let (ward, now) = (self.ward.clone(), self.reporter.clock().now());
        let to = now.checked_add(AHEAD).unwrap_or(Timestamp::MAX);
        let read = move |conn: &Connection| {
            Facts::of(conn, row::scheduled(conn, &ward.approval)?, &ward, now..to, now)
        };
        let facts = self.reporter.store().read(read).await?;
        let (facts, explained) = self.explain(facts).await?;
        let mut changes: HashMap<Uuid, BTreeMap<Timestamp, Change>> = HashMap::new();
        for start in &explained {
            if let Some(change) = change(start, &facts) {
                changes.entry(start.planned.id).or_default().insert(start.occurrence, change);
            }
        }
        let events = facts.scheduled.iter();
        let events = events.filter_map(|it| event(it, changes.remove(&it.view.id)));
        let calendar =
            ics::Calendar { name: None, events: events.collect(), cancelled: Vec::new() };
        Ok(ics::write(&calendar, now))
    }
}

fn event(kept: &Kept, changes: Option<BTreeMap<Timestamp, Change>>) -> Option<Event> {
    Some(Event {
        uid: kept.view.id.to_string(),
        summary: kept.view.title.clone(),
        is_all_day: false,
        schedule: kept.view.schedule.clone()?,
        duration: Some(kept.view.content.duration),
        changes: changes.unwrap_or_default(),
    })
}

/// What day rules make of a start; none where they leave it alone.
fn change(start: &Explained<Uuid>, facts: &Facts) -> Option<Change> {
    if let Decision::HeldBack(
        Reason::DayOff { .. } | Reason::OtherDay { .. } | Reason::NoDay { .. },
    ) = start.planned.decision
    {
        return Some(Change::Cancelled);
    }
    let is_moved = start.because.iter().any(|it| matches!(it, Cause::Moved { .. }));
    let duration = start.planned.ends_at.duration_since(start.planned.at).unsigned_abs();
    is_moved.then(|| Change::Moved {
        at: start.planned.at,
        duration: Some(duration),
        summary: facts.plain_title(&start.planned.id),
    })
}
