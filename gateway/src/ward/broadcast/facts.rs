//! What the database says that the plan depends on: bulletins, their layers, plays that are known.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use broadcast::calendar::{Computed, Effect, Layer, Origin};
use broadcast::plan::{Decision, Entry, Planned, Standing};
use broadcast::reconciliation::Known;
use broadcast::schedule::Schedule;
use jiff::Timestamp;
use rusqlite::Connection;
use tracing::error;
use uuid::Uuid;

use super::row::{self, Kept};
use super::target::PlaceMap;
use super::{Ward, layer_row, settle};

/// A window of time with all that is known for it.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub from: Timestamp,
    pub to: Timestamp,
    pub now: Timestamp,
    /// In the order that breaks ties. On pages, with what waits for a second signature to be scheduled.
    pub scheduled: Vec<Kept>,
    /// Those that the schedules name.
    pub layers: HashMap<String, Named>,
    /// What has sounded of bulletins that are not in the calendar any more: it used up quotas.
    pub sounded: Vec<Sounded>,
    /// Every play that the answer may depend on, and every one that is not over.
    pub plays: Vec<Known>,
    /// Who hangs where, and since when.
    pub map: PlaceMap,
}

/// A bulletin that was in the calendar when it played.
#[derive(Clone, Debug)]
pub(super) struct Sounded {
    pub entry: Entry<Uuid>,
    pub title: String,
}

/// A layer that a schedule names.
#[derive(Clone, Debug)]
pub(super) enum Named {
    Kept(Arc<Layer>),
    Computed(Computed),
}

impl Facts {
    /// Of everything in the calendar, and of what waits for a second signature to be.
    pub(super) fn read(
        conn: &Connection,
        ward: &Ward,
        window: Range<Timestamp>,
        now: Timestamp,
    ) -> rusqlite::Result<Self> {
        let scheduled = row::planned(conn, &ward.approval)?;
        Self::of(conn, scheduled, ward, window, now)
    }

    /// Of `scheduled`, for who knows more of it than its rows say.
    pub(super) fn of(
        conn: &Connection,
        scheduled: Vec<Kept>,
        ward: &Ward,
        window: Range<Timestamp>,
        now: Timestamp,
    ) -> rusqlite::Result<Self> {
        let Range { start: from, end: to } = window;
        let (policy, map) = (ward.policy(), ward.places.map());
        let longest = scheduled.iter().map(|it| it.view.content.duration).max();
        let effects = || scheduled.iter().flat_map(|it| it.view.days.values());
        let moves = effects().any(|it| matches!(it, Effect::Move(_)));
        let reach = policy.reach_of(longest.unwrap_or(Duration::ZERO), moves, from, to).starts;
        let plays = settle::known(conn, reach.start.min(from), reach.end.max(to))?;
        let layers = layers(conn, &scheduled)?;
        let mut sounded: Vec<Sounded> = Vec::new();
        for play in plays.iter().filter(|it| it.is_begun(now)) {
            let bulletin = play.id.bulletin;
            let is_known = scheduled.iter().any(|it| it.view.id == bulletin)
                || sounded.iter().any(|it| it.entry.id == bulletin);
            if !is_known {
                sounded.extend(row::find(conn, bulletin)?.map(|it| Sounded::new(it, play, &map)));
            }
        }
        Ok(Self { from, to, now, scheduled, layers, sounded, plays, map })
    }

    /// In quotes, for sentences.
    pub(super) fn title(&self, bulletin: &Uuid) -> String {
        format!("“{}”", self.plain_title(bulletin))
    }

    pub(super) fn plain_title(&self, bulletin: &Uuid) -> String {
        let found = self.scheduled.iter().find(|it| it.view.id == *bulletin);
        let sounded = self.sounded.iter().find(|it| it.entry.id == *bulletin);
        let title = found.map(|it| &it.view.title).or(sounded.map(|it| &it.title));
        title.cloned().unwrap_or_else(|| bulletin.to_string())
    }

    /// With titles in place of ids.
    pub(super) fn named(&self, planned: &Planned<Uuid>) -> Planned<String> {
        let Planned { id, at, ends_at, priority, decision } = planned;
        let decision = match decision {
            Decision::Plays => Decision::Plays,
            Decision::HeldBack(reason) => {
                Decision::HeldBack(reason.named(|other| self.title(other)))
            }
        };
        let (at, ends_at, priority) = (*at, *ends_at, *priority);
        Planned { id: self.title(id), at, ends_at, priority, decision }
    }

    pub(super) fn asked_since(&self) -> HashMap<Uuid, Timestamp> {
        self.scheduled.iter().filter_map(|it| Some((it.view.id, it.scheduled_at?))).collect()
    }
}

impl Sounded {
    fn new(kept: Kept, play: &Known, map: &PlaceMap) -> Self {
        let view = kept.view;
        let targets = map.targets(&view, play.start_at);
        let entry = Entry {
            id: view.id,
            schedule: Schedule::At(play.start_at),
            duration: view.content.duration,
            priority: view.priority,
            targets,
            standing: Standing::Approved,
            expires_at: None,
        };
        Self { entry, title: view.title }
    }
}

fn layers(conn: &Connection, scheduled: &[Kept]) -> rusqlite::Result<HashMap<String, Named>> {
    let names: BTreeSet<&String> = scheduled.iter().flat_map(|it| it.view.days.keys()).collect();
    let mut layers = HashMap::new();
    for name in names {
        let Some(stored) = layer_row::find(conn, name)? else { continue };
        let layer =
            match stored.origin {
                Origin::Computed(computed) => Ok(Named::Computed(computed)),
                Origin::Listed => Layer::listed(name, layer_row::days(conn, name)?)
                    .map(|it| Named::Kept(it.into())),
                Origin::Imported => Layer::imported(name, layer_row::days(conn, name)?)
                    .map(|it| Named::Kept(it.into())),
            };
        match layer {
            Ok(layer) => _ = layers.insert(name.clone(), layer),
            Err(err) => error!(layer = name, %err, "a layer cannot be read any more"),
        }
    }
    Ok(layers)
}
