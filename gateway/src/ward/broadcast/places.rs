//! The ward's table of places: taken from a spreadsheet, stored with its audit entry, and asked about
//! whenever something is planned.

mod row;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base::Sha256;
use broadcast::place::{self, PlaceCode, PlaceTree, Problem};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::Connection;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinError;
use tracing::error;

use super::Wake;
use super::target::PlaceMap;
use crate::config;
use crate::report::{Kind, NewEvent, Reporter};
use crate::store::StoreError;

/// Where places are shown and imported. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PlaceBook {
    reporter: Reporter,
    wake: Wake,
    /// What clusters hang on by the configuration.
    attached: Arc<BTreeMap<String, PlaceCode>>,
    page: Arc<watch::Sender<PlacePage>>,
    atlas: Atlas,
}

/// Who hangs where, for who only asks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Atlas {
    /// The box's own.
    clusters: Arc<BTreeSet<String>>,
    zone: TimeZone,
    page: watch::Receiver<PlacePage>,
}

/// The table as it is now, and whose it is.
#[derive(Clone, Debug, Default)]
pub struct PlacePage {
    pub tree: Arc<PlaceTree>,
    /// 0 before the first import.
    pub revision: u64,
    /// Who imported it, and when.
    pub imported: Option<(String, Timestamp)>,
}

#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error("the table of places has {} problems", .0.len())]
    Wrong(Vec<Problem>),
    #[error("reading the table broke off")]
    Broken(#[from] JoinError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PlaceBook {
    /// With what was imported last.
    pub async fn open(
        reporter: Reporter,
        clusters: &[config::Cluster],
        zone: TimeZone,
        wake: Wake,
    ) -> Result<Self, StoreError> {
        let attached = attached(clusters);
        let stored = attached.clone();
        let page = reporter.store().read(move |conn| PlacePage::read(conn, &stored)).await?;
        let (page, shown) = watch::channel(page);
        let atlas = Atlas::new(shown, clusters, zone);
        Ok(Self { reporter, wake, attached: attached.into(), page: Arc::new(page), atlas })
    }

    pub fn page(&self) -> PlacePage {
        self.page.borrow().clone()
    }

    pub fn zone(&self) -> &TimeZone {
        &self.atlas.zone
    }

    pub fn atlas(&self) -> Atlas {
        self.atlas.clone()
    }

    /// Takes a table in the place of the last one, whole or not at all. What is ordered already for places
    /// whose clusters change by it is ordered anew.
    pub async fn import(&self, user: &str, table: Vec<u8>) -> Result<PlacePage, PlaceError> {
        let sha256 = Sha256::of(&table);
        // The largest takes a moment that open pages should not wait for.
        let read = tokio::task::spawn_blocking(move || place::read(&table)).await?;
        let tree = read.map_err(PlaceError::Wrong)?;
        let import = Import {
            tree: tree.with_clusters((*self.attached).clone()),
            user: user.to_owned(),
            sha256,
            at: self.reporter.clock().now(),
        };
        let (writer, page) = (self.reporter.clone(), Arc::clone(&self.page));
        let stored = self.reporter.store().write_then(
            move |conn| import.store(conn, &writer),
            move |stored| {
                page.send_replace(stored.clone());
            },
        );
        let stored = stored.await?;
        self.wake.wake();
        Ok(stored)
    }
}

impl Atlas {
    fn new(page: watch::Receiver<PlacePage>, own: &[config::Cluster], zone: TimeZone) -> Self {
        let clusters = Arc::new(own.iter().map(|it| it.id.to_string()).collect());
        Self { clusters, zone, page }
    }

    /// Of a database that somebody else writes, as it is now.
    pub fn read(conn: &Connection, config: &config::Ward) -> rusqlite::Result<Self> {
        let page = PlacePage::read(conn, &attached(&config.clusters))?;
        Ok(Self::new(watch::channel(page).1, &config.clusters, config.timezone.clone()))
    }

    pub(super) fn map(&self) -> PlaceMap {
        let (zone, clusters) = (self.zone.clone(), Arc::clone(&self.clusters));
        let page = self.page.borrow();
        PlaceMap { tree: Arc::clone(&page.tree), revision: page.revision, zone, clusters }
    }
}

/// What clusters hang on by the configuration.
fn attached(clusters: &[config::Cluster]) -> BTreeMap<String, PlaceCode> {
    let place = |it: &config::Cluster| Some((it.id.to_string(), it.place.clone()?));
    clusters.iter().filter_map(place).collect()
}

impl PlacePage {
    /// What was imported last, with `attached`.
    fn read(conn: &Connection, attached: &BTreeMap<String, PlaceCode>) -> rusqlite::Result<Self> {
        let (rows, imported) = row::all(conn)?;
        let (revision, imported) = imported.map_or((0, None), |(it, who)| (it, Some(who)));
        // Only checked tables are stored. One that a newer version finds fault with plays for nobody, and
        // says so.
        let tree = PlaceTree::believe((2..).zip(rows).collect()).unwrap_or_else(|problems| {
            let first = problems.first().map(ToString::to_string).unwrap_or_default();
            error!(
                n = problems.len(),
                first, "the stored table of places is not taken: import it again"
            );
            PlaceTree::default()
        });
        let tree = Arc::new(tree.with_clusters(attached.clone()));
        Ok(Self { tree, revision, imported })
    }
}

/// A table that is believed, and whose it is.
struct Import {
    tree: PlaceTree,
    user: String,
    sha256: Sha256,
    at: Timestamp,
}

impl Import {
    fn store(self, conn: &Connection, reporter: &Reporter) -> rusqlite::Result<PlacePage> {
        let Self { tree, user, sha256, at } = self;
        let revision = row::replace(conn, tree.rows(), &user, at)?;
        let data = json!({
            "action": "places.import",
            "user": user,
            "revision": revision,
            "n_rows": tree.rows().len(),
            "sha256": sha256.to_string(),
        });
        reporter.record_in(conn, NewEvent { kind: Kind::AuditEntry, occurred_at: at, data })?;
        Ok(PlacePage { tree: Arc::new(tree), revision, imported: Some((user, at)) })
    }
}
