//! The calendar and its layers as the console's API shows and takes them.

use std::collections::BTreeMap;

use broadcast::plan::Cause;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ward::broadcast::{AgendaEntry, LayerView, NewLayer};
use crate::web::play;
use crate::web::wire::instant;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Window {
    pub(crate) from: Option<Timestamp>,
    /// Not in it itself.
    pub(crate) to: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Calendar {
    from: String,
    to: String,
    /// In order of time.
    entries: Vec<Entry>,
    /// Days in the window that some layer knows by name, in order.
    days: Vec<NamedDay>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    bulletin_id: String,
    title: String,
    /// The instant that the schedule gave.
    occurrence: String,
    at: String,
    ends_at: String,
    priority: &'static str,
    /// Or has played, on some cluster at least.
    plays: bool,
    /// Of one that is still to come and will not play: `not_approved`, `expired`, `day_off`, `other_day`,
    /// `no_day`, `quiet_hours`, `clash` or `quota`.
    reason: Option<&'static str>,
    /// The same as a sentence; also why one that is over did not play.
    why: Option<String>,
    causes: Vec<Worth>,
    /// As of a play; null while the box has not decided on it.
    state: Option<&'static str>,
}

/// Something worth knowing of a play.
#[derive(Debug, Serialize)]
struct Worth {
    /// `begun`, `emergency`, `moved` or `before`.
    cause: &'static str,
    why: String,
}

#[derive(Debug, Serialize)]
struct NamedDay {
    day: String,
    layer: String,
    label: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Layer {
    name: String,
    /// `computed`, `listed` or `imported`.
    origin: &'static str,
    /// Of a computed one: of this year and the next.
    n_days: usize,
    first: Option<String>,
    last: Option<String>,
    /// Titles of the bulletins whose schedules name it.
    used_by: Vec<String>,
    edited_by: Option<String>,
    edited_at: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct LayerDays {
    #[serde(flatten)]
    layer: Layer,
    days: Vec<LabelledDay>,
}

#[derive(Debug, Serialize)]
struct LabelledDay {
    day: String,
    label: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutLayer {
    /// By its name.
    #[serde(default)]
    computed: bool,
    /// Labels by day.
    days: Option<BTreeMap<String, String>>,
    /// The text of an .ics file.
    ics: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum PutLayerError {
    #[error("give computed, days or ics, and one of them alone")]
    Which,
    #[error("{0:?} is not a day such as 2026-09-02")]
    Day(String),
}

impl PutLayer {
    pub(crate) fn believe(self) -> Result<NewLayer, PutLayerError> {
        let day = |(day, label): (String, String)| match day.parse::<Date>() {
            Ok(parsed) => Ok((parsed, label)),
            Err(_) => Err(PutLayerError::Day(day)),
        };
        match (self.computed, self.days, self.ics) {
            (true, None, None) => Ok(NewLayer::Computed),
            (false, Some(days), None) => {
                Ok(NewLayer::Listed(days.into_iter().map(day).collect::<Result<_, _>>()?))
            }
            (false, None, Some(text)) => Ok(NewLayer::Ics(text.into_bytes())),
            (_, _, _) => Err(PutLayerError::Which),
        }
    }
}

impl Calendar {
    pub(crate) fn new(
        from: Timestamp,
        to: Timestamp,
        entries: &[AgendaEntry],
        days: &[(Date, String, String)],
    ) -> Self {
        let named = |(day, layer, label): &(Date, String, String)| NamedDay {
            day: day.to_string(),
            layer: layer.clone(),
            label: label.clone(),
        };
        Self {
            from: instant(from),
            to: instant(to),
            entries: entries.iter().map(Entry::from).collect(),
            days: days.iter().map(named).collect(),
        }
    }
}

impl From<&AgendaEntry> for Entry {
    fn from(entry: &AgendaEntry) -> Self {
        Self {
            bulletin_id: entry.bulletin.to_string(),
            title: entry.title.clone(),
            occurrence: instant(entry.occurrence),
            at: instant(entry.at),
            ends_at: instant(entry.ends_at),
            priority: entry.priority.as_str(),
            plays: entry.plays,
            reason: entry.reason,
            why: entry.why.clone(),
            causes: entry.causes.iter().map(Worth::from).collect(),
            state: entry
                .play
                .as_ref()
                .map(|it| play::wire::state(it.stage, it.outcome, it.is_heard)),
        }
    }
}

impl From<&Cause<String>> for Worth {
    fn from(cause: &Cause<String>) -> Self {
        Self { cause: cause.as_str(), why: cause.to_string() }
    }
}

impl From<&LayerView> for Layer {
    fn from(view: &LayerView) -> Self {
        let day = |it: Option<&(Date, String)>| it.map(|(day, _)| day.to_string());
        let stored = &view.stored;
        Self {
            name: stored.name.clone(),
            origin: stored.origin_word(),
            n_days: view.days.len(),
            first: day(view.days.first()),
            last: day(view.days.last()),
            used_by: view.used_by.clone(),
            edited_by: stored.edited.as_ref().map(|(by, _)| by.clone()),
            edited_at: stored.edited.as_ref().map(|(_, at)| instant(*at)),
        }
    }
}

impl From<&LayerView> for LayerDays {
    fn from(view: &LayerView) -> Self {
        let labelled = |(day, label): &(Date, String)| LabelledDay {
            day: day.to_string(),
            label: label.clone(),
        };
        Self { layer: view.into(), days: view.days.iter().map(labelled).collect() }
    }
}
