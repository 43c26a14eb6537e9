//! Reports as the console's API is asked for them and gives them.

use broadcast::place::Kind;
use broadcast::tally::{Counts, Term};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ward::broadcast::{self as ward, By, Subject};
use crate::web::place::wire::Delimiter;
use crate::web::wire::instant;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    by: Who,
    #[serde(default)]
    level: Level,
    pub(crate) period: Period,
    pub(crate) from: Option<Date>,
    pub(crate) to: Option<Date>,
    #[serde(default)]
    pub(crate) format: Format,
    #[serde(default)]
    pub(crate) lang: Lang,
    #[serde(default)]
    pub(crate) delimiter: Delimiter,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Silence {
    pub(crate) from: Option<Date>,
    pub(crate) to: Option<Date>,
    #[serde(default)]
    pub(crate) format: Format,
    #[serde(default)]
    pub(crate) lang: Lang,
    #[serde(default)]
    pub(crate) delimiter: Delimiter,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Who {
    Cluster,
    Place,
}

/// Which places are counted.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    City,
    Area,
    #[default]
    Ward,
    Zone,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Period {
    Month,
    Quarter,
    Year,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    #[default]
    Json,
    Csv,
}

/// Of the headings of a table.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Lang {
    #[default]
    Vi,
    En,
}

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    from: String,
    /// The first day that is not counted.
    to: String,
    by: &'static str,
    /// Of `by` `place`.
    level: Option<&'static str>,
    period: &'static str,
    rows: Vec<Line>,
    total: Numbers,
    reasons: Vec<Why>,
    /// Occurrences whose places had no cluster: in no number.
    for_nobody: u64,
}

#[derive(Debug, Serialize)]
struct Line {
    /// `2026-01`, `2026-Q1`, `2026`.
    period: String,
    /// Empty: clusters that belonged to no such place.
    code: String,
    name: String,
    #[serde(flatten)]
    numbers: Numbers,
}

#[derive(Debug, Serialize)]
struct Numbers {
    /// The sum of the next six.
    requested: u64,
    played: u64,
    partial: u64,
    missed: u64,
    stopped: u64,
    held_back: u64,
    open: u64,
    /// Taken back before it sounded; not requested.
    withdrawn: u64,
    /// Of what is over; null if nothing is.
    played_percent: Option<f64>,
    /// Of what played to its end.
    sounded_s: u64,
}

#[derive(Debug, Serialize)]
struct Why {
    outcome: &'static str,
    /// Empty: nobody said.
    reason: String,
    n: u64,
}

#[derive(Debug, Serialize)]
pub(crate) struct Silent {
    start_at: String,
    title: String,
    /// Null: it was for nobody.
    cluster: Option<String>,
    cluster_name: Option<String>,
    ward: Option<String>,
    ward_name: Option<String>,
    outcome: &'static str,
    reason: String,
}

impl Wanted {
    pub(crate) fn by(&self) -> By {
        let kind = match self.level {
            Level::City => Kind::City,
            Level::Area => Kind::Area,
            Level::Ward => Kind::Ward,
            Level::Zone => Kind::Zone,
        };
        match self.by {
            Who::Cluster => By::Cluster,
            Who::Place => By::Place(kind),
        }
    }
}

impl From<Period> for Term {
    fn from(period: Period) -> Self {
        match period {
            Period::Month => Self::Month,
            Period::Quarter => Self::Quarter,
            Period::Year => Self::Year,
        }
    }
}

impl Report {
    pub(crate) fn new(report: &ward::Report) -> Self {
        let request = &report.request;
        let (by, level) = match request.by {
            By::Cluster => ("cluster", None),
            By::Place(kind) => ("place", Some(kind.as_str())),
        };
        let line = |(period, subject, counts): (&str, &Subject, &Counts)| Line {
            period: period.to_owned(),
            code: subject.code.clone(),
            name: subject.name.clone(),
            numbers: counts.into(),
        };
        let reasons = report.tally.reasons();
        let why = |(outcome, reason, n): (broadcast::tally::Outcome, &str, u64)| Why {
            outcome: outcome.as_str(),
            reason: reason.to_owned(),
            n,
        };
        Self {
            from: request.from.to_string(),
            to: request.to.to_string(),
            by,
            level,
            period: request.term.as_str(),
            rows: report.tally.rows().map(line).collect(),
            total: (&report.tally.total()).into(),
            reasons: reasons.map(why).collect(),
            for_nobody: report.n_for_nobody,
        }
    }
}

impl From<&Counts> for Numbers {
    fn from(counts: &Counts) -> Self {
        let per_mille = counts.played_per_mille().and_then(|it| u16::try_from(it).ok());
        Self {
            requested: counts.requested(),
            played: counts.played,
            partial: counts.partial,
            missed: counts.missed,
            stopped: counts.stopped,
            held_back: counts.held_back,
            open: counts.open,
            withdrawn: counts.withdrawn,
            played_percent: per_mille.map(|it| f64::from(it) / 10.0),
            sounded_s: counts.sounded.as_secs(),
        }
    }
}

impl From<&ward::Silent> for Silent {
    fn from(silent: &ward::Silent) -> Self {
        let (cluster, cluster_name) = named(silent.cluster.as_ref());
        let (ward, ward_name) = named(silent.ward.as_ref());
        Self {
            start_at: instant(silent.start_at),
            title: silent.title.clone(),
            cluster,
            cluster_name,
            ward,
            ward_name,
            outcome: silent.outcome.as_str(),
            reason: silent.reason.clone(),
        }
    }
}

fn named(subject: Option<&Subject>) -> (Option<String>, Option<String>) {
    subject.map(|it| (it.code.clone(), it.name.clone())).unzip()
}
