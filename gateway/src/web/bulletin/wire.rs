//! A bulletin as the console's API shows and takes it.

use broadcast::place::Audience;
use broadcast::plan::{Decision, Planned};
use broadcast::schedule;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ward::broadcast::{self as ward, BulletinView, Origin, ScheduleRequest};
use crate::web::wire::{instant, length_ms};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Approve {
    /// SHA-256 of the sound that was listened to; without it, what is stored now is approved.
    pub(crate) heard: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reject {
    pub(crate) reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Schedule {
    at: Option<Timestamp>,
    rrule: Option<String>,
}

#[derive(Debug, thiserror::Error)]
#[error("give at or rrule, and not both")]
pub(crate) struct ScheduleError;

#[derive(Debug, Serialize)]
pub(crate) struct Bulletin {
    id: String,
    title: String,
    state: &'static str,
    priority: &'static str,
    all_clusters: bool,
    /// Ids; empty where it is for all.
    targets: Vec<String>,
    /// Codes: their clusters are asked for on the day of each play.
    places: Vec<String>,
    author: String,
    created_at: String,
    submitted_at: Option<String>,
    approval: Option<Word>,
    rejection: Option<Word>,
    schedule: Option<Entry>,
    expires_at: Option<String>,
    content: Content,
    /// Of an upload.
    file_name: Option<String>,
    /// Of a spoken text: as typed, as said.
    text: Option<String>,
    normalised: Option<String>,
    voice: Option<String>,
}

/// Who said yes or no, and when.
#[derive(Debug, Serialize)]
struct Word {
    by: String,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Debug, Serialize)]
struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rrule: Option<String>,
}

#[derive(Debug, Serialize)]
struct Content {
    sha256: String,
    bytes: u64,
    duration_ms: u64,
    loudness_lufs: f64,
    true_peak_dbtp: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct Scheduled {
    bulletin: Bulletin,
    next: Vec<Start>,
}

#[derive(Debug, Serialize)]
struct Start {
    at: String,
    /// Why it will not play; null when it will.
    why: Option<String>,
}

impl Schedule {
    pub(crate) fn believe(self) -> Result<ScheduleRequest, ScheduleError> {
        match (self.at, self.rrule) {
            (Some(at), None) => Ok(ScheduleRequest::At(at)),
            (None, Some(rule)) => Ok(ScheduleRequest::Rule(rule)),
            (Some(_), Some(_)) | (None, None) => Err(ScheduleError),
        }
    }
}

impl From<&BulletinView> for Bulletin {
    fn from(view: &BulletinView) -> Self {
        let places = view.targets.places(jiff::civil::Date::ZERO).into_iter();
        let (file_name, text, normalised, voice) = match view.origin.clone() {
            Origin::Upload { file_name } => (Some(file_name), None, None, None),
            Origin::Speech { text, normalised, voice } => {
                (None, Some(text), Some(normalised), Some(voice))
            }
        };
        let word = |by: &broadcast::bulletin::UserId, at, reason: Option<&String>| Word {
            by: by.to_string(),
            at: instant(at),
            reason: reason.cloned(),
        };
        Self {
            id: view.id.to_string(),
            title: view.title.clone(),
            state: view.stage.as_str(),
            priority: view.priority.as_str(),
            all_clusters: view.targets == Audience::All,
            targets: view.targets.clusters().map(str::to_owned).collect(),
            places: places.map(|it| it.code.to_string()).collect(),
            author: view.created_by.to_string(),
            created_at: instant(view.created_at),
            submitted_at: view.submitted_at.map(instant),
            approval: view.approval.as_ref().map(|it| word(&it.by, it.at, None)),
            rejection: view.rejection.as_ref().map(|it| word(&it.by, it.at, Some(&it.reason))),
            schedule: view.schedule.as_ref().map(Entry::from),
            expires_at: view.expires_at.map(instant),
            content: Content::from(view),
            file_name,
            text,
            normalised,
            voice,
        }
    }
}

impl From<&BulletinView> for Content {
    fn from(view: &BulletinView) -> Self {
        Self {
            sha256: view.content.sha256.to_string(),
            bytes: view.content.bytes,
            duration_ms: length_ms(view.content.duration),
            loudness_lufs: view.loudness_lufs,
            true_peak_dbtp: view.true_peak_dbtp,
        }
    }
}

impl From<&schedule::Schedule> for Entry {
    fn from(entry: &schedule::Schedule) -> Self {
        match entry {
            schedule::Schedule::At(at) => Self { at: Some(instant(*at)), rrule: None },
            schedule::Schedule::Rule(rule) => {
                Self { at: None, rrule: Some(rule.as_str().to_owned()) }
            }
        }
    }
}

impl From<&ward::Scheduled> for Scheduled {
    fn from(made: &ward::Scheduled) -> Self {
        Self {
            bulletin: (&made.bulletin).into(),
            next: made.next.iter().map(Start::from).collect(),
        }
    }
}

impl From<&Planned<Uuid>> for Start {
    fn from(planned: &Planned<Uuid>) -> Self {
        let why = match &planned.decision {
            Decision::Plays => None,
            Decision::HeldBack(reason) => Some(reason.to_string()),
        };
        Self { at: instant(planned.at), why }
    }
}
