//! The rules of the cameras, as people change them while the cameras run: stored, written into the
//! record of who did what, and only then obeyed. No stream is dropped for it.

mod row;
#[cfg(test)]
pub(in crate::ward) mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use base::{DeviceId, Sha256};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use models::{Entry, Manifest};
use rusqlite::Connection;
use serde_json::{Value, json};
use tracing::{info, warn};
use uuid::Uuid;

use super::camera::{CameraHandle, CameraOrders};
use crate::config::{self, Rule, RuleProblem, rule_to_json, rules_from_json};
use crate::report::{Kind, NewEvent, Reporter, is_known_command, remember_command};
use crate::store::{Store, StoreError};
use row::Row;

/// The rules of each camera as the file says them.
pub type FileRules = HashMap<DeviceId, Vec<Rule>>;

/// Where rules are shown and changed. Cheap to clone.
#[derive(Clone, Debug)]
pub struct RuleBook(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    reporter: Reporter,
    model: Entry,
    zone: TimeZone,
    pages: HashMap<DeviceId, Page>,
}

#[derive(Debug)]
struct Page {
    from_file: Vec<Rule>,
    orders: CameraOrders,
}

/// A camera's rules, and whose they are.
#[derive(Clone, Debug, PartialEq)]
pub struct RulesView {
    pub rules: Vec<Rule>,
    pub source: Source,
    /// Rises with each change; 0 before the first.
    pub revision: u64,
    /// Who made the last change, and when.
    pub edited: Option<(String, Timestamp)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    File,
    /// The console, or the centre.
    Console,
}

/// Who wants a change.
#[derive(Clone, Debug)]
pub enum Asker {
    /// A user who saw the rules of this revision.
    User { name: String, revision: u64 },
    /// A user who does not mind what the rules were.
    Reset { name: String },
    /// A signed command, whose id is remembered together with the change.
    Command { issuer: DeviceId, id: Uuid, not_after: Timestamp },
}

#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    #[error("there is no such camera")]
    NoSuchCamera,
    /// Read them again.
    #[error("the rules were changed by somebody else meanwhile: they have revision {revision}")]
    Changed { revision: u64 },
    #[error("{}", in_words(.0))]
    Wrong(Vec<RuleProblem>),
    #[error("seen before")]
    SeenBefore,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the transaction came to.
enum Outcome {
    Stored(Row),
    Changed { revision: u64 },
    SeenBefore,
}

/// Puts the rules that were edited in the place of the file's; answers with the file's. Edits that
/// the model no longer serves are left where they are, and said so.
pub async fn take_up_edits(config: &mut config::Ward, store: &Store) -> anyhow::Result<FileRules> {
    let model = model(config)?;
    let rows = store.read(row::all).await?;
    let mut from_file = FileRules::new();
    for camera in &mut config.cameras {
        from_file.insert(camera.id.clone(), camera.rules.clone());
        let Some(row) = rows.iter().find(|it| it.camera == camera.id.as_str()) else { continue };
        let Some(stored) = &row.rules else { continue };
        let (camera_id, revision, by) = (&camera.id, row.revision, &row.edited_by);
        match rules_from_json(stored, &model, &config.timezone) {
            Ok(rules) => {
                info!(camera = %camera_id, revision, by, n = rules.len(), "rules of the console");
                camera.rules = rules;
            }
            Err(problems) => {
                let why = in_words(&problems);
                warn!(camera = %camera_id, revision, by, why, "rules of the console do not fit, the file's are used");
            }
        }
    }
    Ok(from_file)
}

/// The model that looks at the pictures.
pub fn model(config: &config::Ward) -> anyhow::Result<Entry> {
    Ok(Manifest::built_in()?.entry(&config.detector.model)?.clone())
}

impl RuleBook {
    /// `from_file`: of each of `cameras`.
    pub fn new(
        reporter: Reporter,
        model: Entry,
        zone: TimeZone,
        mut from_file: FileRules,
        cameras: &[CameraHandle],
    ) -> Self {
        let page = |it: &CameraHandle| {
            let from_file = from_file.remove(&it.id).unwrap_or_default();
            (it.id.clone(), Page { from_file, orders: it.orders.clone() })
        };
        let pages = cameras.iter().map(page).collect();
        Self(Arc::new(Inner { reporter, model, zone, pages }))
    }

    /// What the model knows, for whoever chooses.
    pub fn labels(&self) -> &[String] {
        self.0.model.labels.names()
    }

    pub async fn of(&self, camera: &str) -> Result<RulesView, RulesError> {
        let (id, page) = self.page(camera)?;
        let id = id.clone();
        let row = self.0.reporter.store().read(move |conn| row::find(conn, &id)).await?;
        Ok(self.view(page, row))
    }

    /// `rules`: as JSON with the keys of the file; `None` puts the file's back.
    pub async fn change(
        &self,
        camera: &str,
        rules: Option<&[Value]>,
        asker: Asker,
    ) -> Result<RulesView, RulesError> {
        let (id, page) = self.page(camera)?;
        let believed = rules.map(|it| rules_from_json(it, &self.0.model, &self.0.zone));
        let believed = believed.transpose().map_err(RulesError::Wrong)?;
        let obeyed = believed.clone().unwrap_or_else(|| page.from_file.clone());
        let (id, reporter, orders) = (id.clone(), self.0.reporter.clone(), page.orders.clone());
        let (now, is_drawn) = (reporter.clock().now(), matches!(asker, Asker::User { .. }));
        let edit = Edit { camera: id, rules: believed, asker, at: now };
        // Who asked may be gone by then: what is stored is obeyed all the same, and in that order.
        let stored = self.0.reporter.store().write_then(
            move |conn| store(conn, &reporter, &edit),
            move |outcome| match outcome {
                Outcome::Stored(_) if is_drawn => orders.draw_rules(obeyed),
                Outcome::Stored(_) => orders.change_rules(obeyed),
                Outcome::Changed { .. } | Outcome::SeenBefore => {}
            },
        );
        match stored.await? {
            Outcome::Changed { revision } => Err(RulesError::Changed { revision }),
            Outcome::SeenBefore => Err(RulesError::SeenBefore),
            Outcome::Stored(row) => Ok(self.view(page, Some(row))),
        }
    }

    fn page(&self, camera: &str) -> Result<(&DeviceId, &Page), RulesError> {
        let found = self.0.pages.iter().find(|(id, _)| id.as_str() == camera);
        found.ok_or(RulesError::NoSuchCamera)
    }

    fn view(&self, page: &Page, row: Option<Row>) -> RulesView {
        let Some(row) = row else {
            let rules = page.from_file.clone();
            return RulesView { rules, source: Source::File, revision: 0, edited: None };
        };
        let edits = row.rules.map(|it| rules_from_json(&it, &self.0.model, &self.0.zone));
        // What does not fit was said at the start.
        let (rules, source) = match edits {
            Some(Ok(rules)) => (rules, Source::Console),
            Some(Err(_)) | None => (page.from_file.clone(), Source::File),
        };
        let edited = Some((row.edited_by, row.edited_at));
        RulesView { rules, source, revision: row.revision, edited }
    }
}

/// One change, believed.
struct Edit {
    camera: DeviceId,
    /// `None`: the file's again.
    rules: Option<Vec<Rule>>,
    asker: Asker,
    at: Timestamp,
}

fn store(conn: &Connection, reporter: &Reporter, edit: &Edit) -> rusqlite::Result<Outcome> {
    let Edit { camera, rules, asker, at: now } = edit;
    let revision = row::find(conn, camera)?.map_or(0, |it| it.revision);
    let by = match asker {
        Asker::User { revision: seen, .. } if *seen != revision => {
            return Ok(Outcome::Changed { revision });
        }
        Asker::User { name, .. } | Asker::Reset { name } => name.clone(),
        Asker::Command { issuer, id, not_after } => {
            if is_known_command(conn, *id)? {
                return Ok(Outcome::SeenBefore);
            }
            remember_command(conn, *id, *not_after, *now)?;
            issuer.to_string()
        }
    };
    let row = Row {
        camera: camera.to_string(),
        rules: rules.as_ref().map(|it| it.iter().map(rule_to_json).collect()),
        revision: revision + 1,
        edited_by: by,
        edited_at: *now,
    };
    let text = row.put(conn)?;
    // The rules themselves may be longer than a message: their hash says which they are.
    let data = json!({
        "action": if rules.is_some() { "camera.rules_changed" } else { "camera.rules_reset" },
        "user": row.edited_by,
        "camera": row.camera,
        "revision": row.revision,
        "n_rules": rules.as_ref().map(Vec::len),
        "sha256": Sha256::of(text.as_bytes()).to_string(),
    });
    reporter.record_in(conn, NewEvent { kind: Kind::AuditEntry, occurred_at: *now, data })?;
    Ok(Outcome::Stored(row))
}

/// For a log or the centre, which have no fields to show each beside.
fn in_words(problems: &[RuleProblem]) -> String {
    let line = |it: &RuleProblem| {
        let dot = if it.key.is_empty() { "" } else { "." };
        format!("rule {}{dot}{}: {}", it.rule + 1, it.key, it.text)
    };
    problems.iter().map(line).collect::<Vec<_>>().join("; ")
}
