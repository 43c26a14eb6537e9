//! A bulletin as the console's API shows and takes it.

use std::collections::BTreeMap;

use broadcast::bulletin::{Approval, mark};
use broadcast::calendar::UnknownEffect;
use broadcast::library;
use broadcast::place::Audience;
use broadcast::plan::{Decision, Planned};
use broadcast::schedule;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ward::broadcast::{self as ward, BulletinView, Origin, Planning, ScheduleRequest, Seen};
use crate::web::wire::{instant, length_ms};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Approve {
    /// SHA-256 of the sound that was listened to; without it, what is stored now is approved.
    pub(crate) heard: Option<String>,
    /// The calendar entry that was seen, by `schedule.sha256`; without it, the one of now.
    pub(crate) schedule: Option<String>,
}

/// What is not there stays as it is.
#[derive(Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    pub(crate) title: Option<String>,
    /// As in the form of a new one.
    pub(crate) targets: Option<String>,
    pub(crate) priority: Option<String>,
    pub(crate) expires_at: Option<String>,
    pub(crate) resume: Option<String>,
    pub(crate) catch_up_ms: Option<u64>,
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
    /// `not`, `only`, `earlier` or `later`, by the name of a layer.
    #[serde(default)]
    days: BTreeMap<String, String>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ScheduleError {
    #[error("give at or rrule, and not both")]
    When,
    #[error("days.{layer}: {source}")]
    Days { layer: String, source: UnknownEffect },
}

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
    /// The oldest of `approvals`.
    approval: Option<Word>,
    approvals: Vec<Word>,
    /// From when on they are too old to play on.
    approved_until: Option<String>,
    /// One more person must approve it before it plays, and why.
    second_missing: Option<SecondMissing>,
    rejection: Option<Word>,
    schedule: Option<Entry>,
    /// What the schedule does on days of layers, by their names.
    days: BTreeMap<String, &'static str>,
    expires_at: Option<String>,
    /// When something more urgent comes: `resume`, `restart`, `skip` or `duck`.
    resume: &'static str,
    /// How late a cluster may begin.
    catch_up_ms: u64,
    content: Content,
    /// Of an upload.
    file_name: Option<String>,
    /// Of a spoken text: as typed, as said.
    text: Option<String>,
    normalised: Option<String>,
    voice: Option<String>,
    /// Words of the text that are read as they stand: to be listened to.
    unknown_words: Vec<String>,
    /// An older bulletin that is the same programme.
    same_as: Option<SameAs>,
}

#[derive(Debug, Serialize)]
struct SameAs {
    id: String,
    title: String,
    /// The same `file`, `samples`, `sound` or `text`.
    how: &'static str,
}

/// The outline of a sound, for a picture of it.
#[derive(Debug, Serialize)]
pub(crate) struct Waveform {
    /// How long each peak is.
    block_ms: f64,
    /// Of each block, 255 being full scale.
    peaks: Vec<u8>,
}

/// Who said yes or no, and when.
#[derive(Debug, Serialize)]
struct Word {
    by: String,
    at: String,
    /// Of an approval: the calendar entry that they answer for as well, by `schedule.sha256`.
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Why a calendar entry needs a second approval.
#[derive(Debug, Serialize)]
struct SecondMissing {
    /// `outside_hours`, `quiet_hours` or `weekend`.
    code: &'static str,
    /// The first start that it is about.
    at: String,
}

#[derive(Debug, Serialize)]
struct Entry {
    /// What an approval names it by.
    sha256: String,
    /// How many people must have approved: 1, or 2 of whom one saw this entry and did not make it.
    approvers: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
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

impl Approve {
    pub(crate) fn believe(self) -> Result<Seen, base::Sha256Error> {
        let hash = |it: Option<String>| it.map(|it| it.parse()).transpose();
        Ok(Seen { audio: hash(self.heard)?, schedule: hash(self.schedule)? })
    }
}

impl Schedule {
    pub(crate) fn believe(self) -> Result<Planning, ScheduleError> {
        let when = match (self.at, self.rrule) {
            (Some(at), None) => ScheduleRequest::At(at),
            (None, Some(rule)) => ScheduleRequest::Rule(rule),
            (Some(_), Some(_)) | (None, None) => return Err(ScheduleError::When),
        };
        let effect = |(layer, word): (String, String)| match word.parse() {
            Ok(effect) => Ok((layer, effect)),
            Err(source) => Err(ScheduleError::Days { layer, source }),
        };
        let days = self.days.into_iter().map(effect).collect::<Result<_, _>>()?;
        Ok(Planning { when, days })
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
            schedule: None,
            reason: reason.cloned(),
        };
        let signed = |it: &Approval| Word {
            schedule: it.schedule.map(|it| it.to_string()),
            ..word(&it.by, it.at, None)
        };
        let policy = view.policy();
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
            approval: view.approval().map(signed),
            approvals: view.approvals.iter().map(signed).collect(),
            approved_until: view.approved_until.map(instant),
            second_missing: second_missing(view),
            rejection: view.rejection.as_ref().map(|it| word(&it.by, it.at, Some(&it.reason))),
            schedule: view.schedule.as_ref().map(|it| Entry::new(it, view)),
            days: view.days.iter().map(|(layer, it)| (layer.clone(), it.as_str())).collect(),
            expires_at: view.expires_at.map(instant),
            resume: policy.resume.as_str(),
            catch_up_ms: length_ms(policy.catch_up),
            content: Content::from(view),
            file_name,
            text,
            normalised,
            voice,
            unknown_words: view.unknown.clone(),
            same_as: view.same_as.as_ref().map(|it| SameAs {
                id: it.id.to_string(),
                title: it.title.clone(),
                how: it.how.as_str(),
            }),
        }
    }
}

impl From<library::Waveform> for Waveform {
    fn from(waveform: library::Waveform) -> Self {
        let block_ms = waveform.block().as_secs_f64() * 1_000.0;
        Self { block_ms, peaks: waveform.peaks().to_vec() }
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

impl Entry {
    fn new(entry: &schedule::Schedule, view: &BulletinView) -> Self {
        let (at, rrule) = match entry {
            schedule::Schedule::At(at) => (Some(instant(*at)), None),
            schedule::Schedule::Rule(rule) => (None, Some(rule.as_str().to_owned())),
        };
        let by = view.scheduled_by.as_ref().map(ToString::to_string);
        let approvers = if view.second_why.is_some() { 2 } else { 1 };
        Self { sha256: mark(entry, &view.days).to_string(), approvers, by, at, rrule }
    }
}

fn second_missing(view: &BulletinView) -> Option<SecondMissing> {
    let why = view.second_why.as_ref().filter(|_| view.is_second_missing)?;
    Some(SecondMissing { code: why.as_str(), at: instant(why.at()) })
}

impl From<&ward::Scheduled> for Scheduled {
    fn from(made: &ward::Scheduled) -> Self {
        Self {
            bulletin: (&made.bulletin).into(),
            next: made.next.iter().map(Start::from).collect(),
        }
    }
}

impl From<&Planned<String>> for Start {
    fn from(planned: &Planned<String>) -> Self {
        let why = match &planned.decision {
            Decision::Plays => None,
            Decision::HeldBack(reason) => Some(reason.to_string()),
        };
        Self { at: instant(planned.at), why }
    }
}
