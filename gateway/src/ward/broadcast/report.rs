//! What was requested and what was played, read from the rows of the plays and counted for a report.

mod row;

use std::collections::HashMap;
use std::sync::Arc;

use base::DeviceId;
use broadcast::place::{Kind, PlaceTree};
use broadcast::tally::{Outcome, Tally, Term};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use rusqlite::Connection;

use super::PlaceBook;
use crate::config::Cluster;
use crate::report::Reporter;
use crate::store::StoreError;

/// A report goes over at most two years, so that it is an answer and not an evening.
const MOST_DAYS: i32 = 731;
/// Of a list of what was not played; a longer one is refused, never cut.
const MOST_LISTED: usize = 20_000;

/// Where reports are asked for.
#[derive(Clone, Debug)]
pub struct Reports {
    reporter: Reporter,
    places: PlaceBook,
    clusters: Vec<Cluster>,
}

/// What to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// By the ward's calendar. The last day is not counted.
    pub from: Date,
    pub to: Date,
    pub by: By,
    pub term: Term,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Cluster,
    /// The nearest place of that kind which a cluster belonged to on the day of the play.
    Place(Kind),
}

/// Whom a line is about. Empty: a cluster that belonged to no such place.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    pub code: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub request: Request,
    pub tally: Tally<Subject>,
    /// Occurrences that were held back because their places had no cluster: they are for nobody, and in no
    /// number.
    pub n_for_nobody: u64,
}

/// One occurrence on one cluster that was not heard to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silent {
    pub start_at: Timestamp,
    pub title: String,
    /// `None`: it was for nobody.
    pub cluster: Option<Subject>,
    /// Its ward.
    pub ward: Option<Subject>,
    pub outcome: Outcome,
    pub reason: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("`to` is {to}, which is not after `from`, {from}")]
    Backwards { from: Date, to: Date },
    #[error("a report goes over at most {MOST_DAYS} days: choose `from` and `to` nearer")]
    TooLong,
    #[error("more than {MOST_LISTED} lines: choose `from` and `to` nearer")]
    TooMany,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Reports {
    pub fn new(reporter: Reporter, places: PlaceBook, clusters: Vec<Cluster>) -> Self {
        Self { reporter, places, clusters }
    }

    pub async fn plays(&self, request: Request) -> Result<Report, ReportError> {
        let mut tally = Tally::new(request.term);
        let mut n_for_nobody = 0;
        let mut names = Names::new(self.places.page().tree, &self.clusters);
        for stretch in eras(months(request.from, request.to)?, names.tree.changes()) {
            // On every day of it, a cluster is in the same month and place.
            let day = stretch.0;
            let (from, to) = self.instants(stretch);
            let read = move |conn: &Connection| row::counts(conn, from, to);
            for counted in self.reporter.store().read(read).await? {
                let Some(cluster) = &counted.cluster else {
                    n_for_nobody += counted.n;
                    continue;
                };
                let subject = match request.by {
                    By::Cluster => names.cluster(cluster),
                    By::Place(kind) => names.place(cluster, kind, day).unwrap_or_default(),
                };
                let (reason, of_all) = (counted.reason.as_deref(), (counted.n, counted.length));
                tally.add_many(day, subject, counted.outcome, reason, of_all);
            }
        }
        Ok(Report { request, tally, n_for_nobody })
    }

    /// Everything that was partial, missed, stopped or held back, in order of time.
    pub async fn not_played(&self, from: Date, to: Date) -> Result<Vec<Silent>, ReportError> {
        let mut names = Names::new(self.places.page().tree, &self.clusters);
        let mut silent = Vec::new();
        // A month at a time: whoever waits for the database waits for no more.
        for month in months(from, to)? {
            let (from, to) = self.instants(month);
            // One more than there is room for, so as to know that there is.
            let most = MOST_LISTED + 1 - silent.len();
            let read = move |conn: &Connection| row::silent(conn, from, to, most);
            for line in self.reporter.store().read(read).await? {
                if silent.len() == MOST_LISTED {
                    return Err(ReportError::TooMany);
                }
                let day = self.day(line.start_at);
                let cluster = line.cluster.as_ref();
                silent.push(Silent {
                    start_at: line.start_at,
                    title: line.title,
                    cluster: cluster.map(|it| names.cluster(it)),
                    ward: cluster.and_then(|it| names.place(it, Kind::Ward, day)),
                    outcome: line.outcome,
                    reason: line.reason.unwrap_or_default(),
                });
            }
        }
        Ok(silent)
    }

    fn instants(&self, (from, to): (Date, Date)) -> (Timestamp, Timestamp) {
        let midnight = |day: Date| {
            let zoned = day.to_zoned(self.places.zone().clone());
            zoned.map_or(Timestamp::MAX, |it| it.timestamp())
        };
        (midnight(from), midnight(to))
    }

    fn day(&self, at: Timestamp) -> Date {
        self.places.zone().to_datetime(at).date()
    }
}

/// The months of a window, each with the day after its last.
fn months(from: Date, to: Date) -> Result<Vec<(Date, Date)>, ReportError> {
    if to <= from {
        return Err(ReportError::Backwards { from, to });
    }
    if from.checked_add(MOST_DAYS.days()).is_ok_and(|it| it < to) {
        return Err(ReportError::TooLong);
    }
    let mut months = Vec::new();
    let mut begins = from;
    while begins < to {
        let next = begins.last_of_month().tomorrow().unwrap_or(to).min(to);
        months.push((begins, next));
        begins = next;
    }
    Ok(months)
}

/// Cut once more where the tree of places changes, so that all days of a stretch are alike.
fn eras(months: Vec<(Date, Date)>, changes: &[Date]) -> Vec<(Date, Date)> {
    let mut stretches = Vec::with_capacity(months.len());
    for (first, ends) in months {
        let mut begins = first;
        for change in changes.iter().filter(|it| first < **it && **it < ends) {
            stretches.push((begins, *change));
            begins = *change;
        }
        stretches.push((begins, ends));
    }
    stretches
}

/// What clusters and places are called, looked up once for each era of the tree.
struct Names<'a> {
    tree: Arc<PlaceTree>,
    clusters: &'a [Cluster],
    places: HashMap<(DeviceId, Kind, usize), Option<Subject>>,
}

impl<'a> Names<'a> {
    fn new(tree: Arc<PlaceTree>, clusters: &'a [Cluster]) -> Self {
        Self { tree, clusters, places: HashMap::new() }
    }

    fn cluster(&self, id: &DeviceId) -> Subject {
        let known = self.clusters.iter().find(|it| it.id == *id);
        let name = known.map_or_else(|| id.to_string(), |it| it.name.clone());
        Subject { code: id.to_string(), name }
    }

    fn place(&mut self, cluster: &DeviceId, kind: Kind, day: Date) -> Option<Subject> {
        let found = || {
            let place = self.tree.place_of(cluster.as_str(), kind, day)?;
            Some(Subject { code: place.code.to_string(), name: place.name.clone() })
        };
        let era = self.tree.era(day);
        self.places.entry((cluster.clone(), kind, era)).or_insert_with(found).clone()
    }
}

#[cfg(test)]
mod tests;
