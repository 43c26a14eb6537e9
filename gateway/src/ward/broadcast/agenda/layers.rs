//! The layers of days: listed, put in place of each other, deleted.

use std::ops::RangeInclusive;
use std::sync::Arc;

use base::Sha256;
use broadcast::bulletin::UserId;
use broadcast::calendar::{Computed, Layer, Origin};
use broadcast::ics;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::{Agenda, AgendaError};
use crate::report::{Kind, NewEvent};
use crate::ward::broadcast::layer_row::{self, StoredLayer};

/// No ward has more decisions than that, and each is a line on a page.
const MOST_LAYERS: usize = 64;
/// Years of a file that are kept, around the one in which it is imported: a rule such as "each 2
/// September" has no end.
const YEARS: (i16, i16) = (-1, 5);
/// Years of a computed layer that a page shows.
const YEARS_SHOWN: (i16, i16) = (0, 1);

/// A layer as people are shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerView {
    pub stored: StoredLayer,
    /// In order. Of a computed one those of this year and the next.
    pub days: Vec<(Date, String)>,
    /// Titles of the bulletins whose schedules name it.
    pub used_by: Vec<String>,
}

/// A layer as somebody wants it.
#[derive(Clone, Debug)]
pub enum NewLayer {
    /// By its name.
    Computed,
    Listed(Vec<(Date, String)>),
    /// Whole days of a file.
    Ics(Vec<u8>),
}

impl Agenda {
    /// In the order of their names.
    pub async fn layers(&self) -> Result<Vec<LayerView>, AgendaError> {
        let years = self.years(YEARS_SHOWN);
        let read = move |conn: &Connection| {
            let stored = layer_row::all(conn)?;
            stored.into_iter().map(|it| view(conn, it, &years)).collect()
        };
        Ok(self.reporter.store().read(read).await?)
    }

    /// The days in `from..to` that some layer knows by name, with its name, in order.
    pub async fn days(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(Date, String, String)>, AgendaError> {
        let zone = self.ward.policy().zone;
        let date = |at: Timestamp| zone.to_datetime(at).date();
        let (first, last) = (date(from), date(to));
        let years = first.year()..=last.year();
        let read = move |conn: &Connection| {
            let mut days = Vec::new();
            for stored in layer_row::all(conn)? {
                let view = view(conn, stored, &years)?;
                let inside = view.days.into_iter().filter(|(day, _)| (first..=last).contains(day));
                days.extend(inside.map(|(day, label)| (day, view.stored.name.clone(), label)));
            }
            days.sort();
            Ok(days)
        };
        Ok(self.reporter.store().read(read).await?)
    }

    pub async fn layer(&self, name: &str) -> Result<LayerView, AgendaError> {
        let (name, years) = (name.to_owned(), self.years(YEARS_SHOWN));
        let read = move |conn: &Connection| match layer_row::find(conn, &name)? {
            Some(stored) => Ok(Ok(view(conn, stored, &years)?)),
            None => Ok(Err(AgendaError::NoSuchLayer { name })),
        };
        self.reporter.store().read(read).await?
    }

    /// Its days as an .ics file.
    pub async fn layer_ics(&self, name: &str) -> Result<String, AgendaError> {
        let view = self.layer(name).await?;
        let layer = Layer::listed(name, view.days)?;
        Ok(ics::write_layer(&layer, self.reporter.clock().now()))
    }

    /// In place of the layer of that name, if there is one.
    pub async fn put_layer(
        &self,
        user: &UserId,
        name: &str,
        new: NewLayer,
    ) -> Result<LayerView, AgendaError> {
        let (origin, layer) = self.believe(name, new).await?;
        let (reporter, user) = (self.reporter.clone(), user.clone());
        let (name, now) = (name.to_owned(), self.reporter.clock().now());
        let years = self.years(YEARS_SHOWN);
        let write = move |conn: &Connection| {
            let all = layer_row::all(conn)?;
            if all.len() >= MOST_LAYERS && all.iter().all(|it| it.name != name) {
                return Ok(Err(AgendaError::TooManyLayers { most: MOST_LAYERS }));
            }
            layer_row::put(conn, &name, origin, layer.as_deref(), user.as_str(), now)?;
            let entry = audit("calendar.layer_put", &user, &name, origin, layer.as_deref(), now);
            reporter.record_in(conn, entry)?;
            let edited = Some((user.as_str().to_owned(), now));
            Ok(Ok(view(conn, StoredLayer { name, origin, edited }, &years)?))
        };
        let view = self.reporter.store().write(write).await??;
        self.wake.wake();
        Ok(view)
    }

    /// Refused while a schedule names it.
    pub async fn remove_layer(&self, user: &UserId, name: &str) -> Result<(), AgendaError> {
        let (reporter, user) = (self.reporter.clone(), user.clone());
        let (name, now) = (name.to_owned(), self.reporter.clock().now());
        let write = move |conn: &Connection| {
            let Some(stored) = layer_row::find(conn, &name)? else {
                return Ok(Err(AgendaError::NoSuchLayer { name }));
            };
            let by = layer_row::users(conn, &name)?;
            if !by.is_empty() {
                return Ok(Err(AgendaError::InUse { layer: name, by }));
            }
            layer_row::delete(conn, &name)?;
            let word = "calendar.layer_removed";
            reporter.record_in(conn, audit(word, &user, &name, stored.origin, None, now))?;
            Ok(Ok(()))
        };
        self.reporter.store().write(write).await?
    }

    async fn believe(
        &self,
        name: &str,
        new: NewLayer,
    ) -> Result<(Origin, Option<Arc<Layer>>), AgendaError> {
        let layer = match new {
            NewLayer::Computed => return Ok((Origin::Computed(name.parse::<Computed>()?), None)),
            NewLayer::Listed(days) => Layer::listed(name, days)?,
            NewLayer::Ics(bytes) => {
                // Off the async threads: two thousand rules are to be expanded.
                let (name, years) = (name.to_owned(), self.years(YEARS));
                let read = move || ics::read_layer(&bytes, &name, years);
                tokio::task::spawn_blocking(read).await??
            }
        };
        Ok((layer.origin(), Some(Arc::new(layer))))
    }

    fn years(&self, (before, after): (i16, i16)) -> RangeInclusive<i16> {
        let zone = self.ward.policy().zone;
        let year = zone.to_datetime(self.reporter.clock().now()).year();
        year.saturating_add(before)..=year.saturating_add(after)
    }
}

fn view(
    conn: &Connection,
    stored: StoredLayer,
    years: &RangeInclusive<i16>,
) -> rusqlite::Result<LayerView> {
    let days = match stored.origin {
        Origin::Computed(computed) => {
            let layer = Layer::computed(computed, years.clone());
            // In a year that the moon is not computed for there is nothing to show.
            layer.map_or_else(|_| Vec::new(), |it| owned(&it))
        }
        Origin::Listed | Origin::Imported => layer_row::days(conn, &stored.name)?,
    };
    let used_by = layer_row::users(conn, &stored.name)?;
    Ok(LayerView { stored, days, used_by })
}

fn owned(layer: &Layer) -> Vec<(Date, String)> {
    layer.days().map(|(day, label)| (day, label.to_owned())).collect()
}

fn audit(
    action: &str,
    user: &UserId,
    name: &str,
    origin: Origin,
    layer: Option<&Layer>,
    now: Timestamp,
) -> NewEvent {
    // The days may be longer than a message: their hash says which they are.
    let text = |it: &Layer| {
        let lines: Vec<String> = it.days().map(|(day, label)| format!("{day} {label}\n")).collect();
        Sha256::of(lines.concat().as_bytes()).to_string()
    };
    let data: Value = json!({
        "action": action,
        "user": user.as_str(),
        "layer": name,
        "origin": layer_row::word(origin),
        "n_days": layer.map(|it| it.days().count()),
        "sha256": layer.map(text),
    });
    NewEvent { kind: Kind::AuditEntry, occurred_at: now, data }
}
