//! The table of places as the console's API shows it.

use broadcast::place::{Kind, Place};
use broadcast::sheet;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ward::broadcast::PlacePage;
use crate::web::wire::instant;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct On {
    /// Today unless given.
    pub(crate) on: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Export {
    #[serde(default)]
    pub(crate) delimiter: Delimiter,
}

/// What stands between two cells.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Delimiter {
    #[default]
    Comma,
    Semicolon,
}

#[derive(Debug, Serialize)]
pub(crate) struct Places {
    on: String,
    /// 0 before the first import.
    revision: u64,
    imported_by: Option<String>,
    imported_at: Option<String>,
    /// The days on which anything begins or ends.
    changes: Vec<String>,
    /// What holds on that day, by code.
    places: Vec<Row>,
    /// Clusters of this box that hang on nothing on that day.
    unplaced: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Row {
    code: String,
    kind: &'static str,
    name: String,
    parent: Option<String>,
    valid_from: String,
    /// The day on which it holds no more.
    valid_to: Option<String>,
    population: Option<u32>,
    successors: Vec<String>,
    /// However far below, of any box.
    n_clusters: usize,
}

impl From<Delimiter> for sheet::Delimiter {
    fn from(delimiter: Delimiter) -> Self {
        match delimiter {
            Delimiter::Comma => Self::Comma,
            Delimiter::Semicolon => Self::Semicolon,
        }
    }
}

impl Places {
    /// `own`: the clusters of this box.
    pub(crate) fn new<'a>(page: &PlacePage, day: Date, own: impl Iterator<Item = &'a str>) -> Self {
        let tree = &page.tree;
        let counts = tree.n_clusters_on(day);
        let (imported_by, imported_at) = page.imported.clone().unzip();
        let hangs =
            |it: &&str| Kind::ALL.iter().any(|kind| tree.place_of(it, *kind, day).is_some());
        Self {
            on: day.to_string(),
            revision: page.revision,
            imported_by,
            imported_at: imported_at.map(instant),
            changes: tree.changes().iter().map(Date::to_string).collect(),
            places: tree.on(day).map(|it| Row::new(it, counts.get(&it.code))).collect(),
            unplaced: own.filter(|it| !hangs(it)).map(str::to_owned).collect(),
        }
    }
}

impl Row {
    fn new(place: &Place, n_clusters: Option<&usize>) -> Self {
        Self {
            code: place.code.to_string(),
            kind: place.kind.as_str(),
            name: place.name.clone(),
            parent: place.parent.as_ref().map(ToString::to_string),
            valid_from: place.period.from.to_string(),
            valid_to: place.period.to.map(|it| it.to_string()),
            population: place.population,
            successors: place.successors.iter().map(ToString::to_string).collect(),
            n_clusters: n_clusters.copied().unwrap_or_default(),
        }
    }
}
