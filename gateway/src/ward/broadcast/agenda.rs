//! The service behind the calendar's pages: what plays and what does not, and the layers of days. Every
//! change is one transaction together with its audit entry.

mod error;
mod export;
mod layers;
mod outline;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use broadcast::plan::{Cause, Decision, Explained};
use broadcast::reconciliation::{PlayStage, latest};
use broadcast::{PlayId, Priority};
use jiff::Timestamp;
use rusqlite::Connection;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::facts::Facts;
use super::plan::Calendar;
use super::skew::Outcome;
use super::view::PlayOutline;
use super::{Wake, Ward};
use crate::report::Reporter;

pub use error::AgendaError;
pub use layers::{LayerView, NewLayer};

/// Two months of a page; each start is explained among all others.
const LONGEST_WINDOW: Duration = Duration::from_hours(62 * 24);
const MOST_PLAYS: u32 = 2_000;

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Agenda {
    ward: Ward,
    reporter: Reporter,
    wake: Wake,
    /// Not the dispatcher's, whose questions only move forward in time.
    calendar: Arc<Mutex<Calendar>>,
}

/// A start of the calendar, or a play that was.
#[derive(Clone, Debug, PartialEq)]
pub struct AgendaEntry {
    pub bulletin: Uuid,
    pub title: String,
    /// The instant that the schedule gave.
    pub occurrence: Timestamp,
    pub at: Timestamp,
    pub ends_at: Timestamp,
    pub priority: Priority,
    /// Or has played, on some cluster at least.
    pub plays: bool,
    /// Why it does not: a word, while it is still to be decided, and a sentence.
    pub reason: Option<&'static str>,
    pub why: Option<String>,
    /// What is worth knowing of one that plays.
    pub causes: Vec<Cause<String>>,
    /// What the database has of it; a day before its start at the latest.
    pub play: Option<PlayOutline>,
}

impl Agenda {
    pub fn new(ward: Ward, reporter: Reporter, wake: Wake) -> Self {
        Self { ward, reporter, wake, calendar: Arc::default() }
    }

    /// What plays in `from..to`, what does not, and why, in order of time.
    pub async fn show(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<AgendaEntry>, AgendaError> {
        let length = to.duration_since(from);
        if !length.is_positive() || length.unsigned_abs() > LONGEST_WINDOW {
            return Err(AgendaError::Window);
        }
        let (ward, now) = (self.ward.clone(), self.reporter.clock().now());
        let read = move |conn: &Connection| {
            let facts = Facts::read(conn, &ward, from..to, now)?;
            Ok((facts, outline::plays(conn, from, to, MOST_PLAYS)?))
        };
        let (facts, rows) = self.reporter.store().read(read).await?;
        let (facts, explained) = self.explain(facts).await?;
        Ok(entries(&facts, &explained, rows))
    }

    /// Off the async threads: a rule may take a third of a second to expand.
    async fn explain(&self, facts: Facts) -> Result<(Facts, Vec<Explained<Uuid>>), AgendaError> {
        let policy = self.ward.policy();
        let mut calendar = Arc::clone(&self.calendar).lock_owned().await;
        let explained = tokio::task::spawn_blocking(move || {
            let explained = calendar.explain(&facts, &policy);
            (facts, explained)
        });
        Ok(explained.await?)
    }
}

/// The answer of a database that nobody writes to meanwhile, for `vong plan`.
pub fn explain_box(
    conn: &Connection,
    ward: &Ward,
    from: Timestamp,
    to: Timestamp,
    now: Timestamp,
) -> rusqlite::Result<Vec<AgendaEntry>> {
    let facts = Facts::read(conn, ward, from..to, now)?;
    let rows = outline::plays(conn, from, to, MOST_PLAYS)?;
    let explained = Calendar::default().explain(&facts, &ward.policy());
    Ok(entries(&facts, &explained, rows))
}

/// What is to come is as the plan says, what has come as the rows say.
fn entries(
    facts: &Facts,
    explained: &[Explained<Uuid>],
    rows: Vec<PlayOutline>,
) -> Vec<AgendaEntry> {
    let latest = latest(&facts.plays);
    let mut rows: HashMap<PlayId, PlayOutline> = rows.into_iter().map(|it| (it.play, it)).collect();
    let mut entries = Vec::new();
    for start in explained {
        let known = latest.get(&(start.planned.id, start.occurrence));
        let known = known.filter(|it| it.start_at == start.planned.at);
        let row = known.and_then(|it| rows.remove(&it.id));
        // What came and went without a row was never asked for, or gets its row in a moment.
        if row.is_some() || start.planned.at > facts.now {
            entries.push(AgendaEntry::ahead(start, row, facts));
        }
    }
    let shown: HashSet<(Uuid, Timestamp)> = entries.iter().map(|it| (it.bulletin, it.at)).collect();
    let past = rows
        .into_values()
        .filter(|it| it.start_at <= facts.now && !shown.contains(&(it.play.bulletin, it.start_at)));
    entries.extend(past.map(AgendaEntry::past));
    entries.sort_by_key(|it| (it.at, it.bulletin, it.occurrence));
    entries
}

impl AgendaEntry {
    fn ahead(start: &Explained<Uuid>, play: Option<PlayOutline>, facts: &Facts) -> Self {
        let planned = &start.planned;
        let (plays, reason, why) = match &planned.decision {
            Decision::Plays => (true, None, None),
            Decision::HeldBack(reason) => {
                let why = reason.named(|it| facts.title(it)).to_string();
                (false, Some(reason.as_str()), Some(why))
            }
        };
        // What was taken back after it began is not begun again, whatever the plan says of it.
        let is_taken_back =
            |it: &&PlayOutline| it.stage == PlayStage::Withdrawn && planned.at <= facts.now;
        let (plays, reason, why) = match play.as_ref().filter(is_taken_back) {
            Some(play) => (false, None, play.reason.clone()),
            None => (plays, reason, why),
        };
        let causes = start.because.iter().map(|it| it.named(|other| facts.title(other)));
        Self {
            bulletin: planned.id,
            title: play
                .as_ref()
                .map_or_else(|| facts.plain_title(&planned.id), |it| it.title.clone()),
            occurrence: start.occurrence,
            at: planned.at,
            ends_at: planned.ends_at,
            priority: planned.priority,
            plays,
            reason,
            why,
            causes: causes.collect(),
            play,
        }
    }

    fn past(play: PlayOutline) -> Self {
        let is_over = play.stage == PlayStage::Closed;
        let plays = is_over && matches!(play.outcome, Some(Outcome::Played | Outcome::Partial));
        Self {
            bulletin: play.play.bulletin,
            title: play.title.clone(),
            occurrence: play.play.occurrence,
            at: play.start_at,
            ends_at: play.start_at.checked_add(play.duration).unwrap_or(Timestamp::MAX),
            priority: play.priority,
            plays,
            reason: None,
            why: play.reason.clone(),
            causes: Vec::new(),
            play: Some(play),
        }
    }
}

#[cfg(test)]
mod tests;
