//! What people hand in, and what they are shown. Converted to JSON by the console.

use std::collections::BTreeMap;
use std::time::Duration;

use base::{DeviceId, Sha256, new_uuid};
use broadcast::bulletin::{Approval, Rejection, Stage, UserId, Why};
use broadcast::library::Sameness;
use broadcast::loudness::Loudness;
use broadcast::place::Audience;
use broadcast::plan::Planned;
use broadcast::reconciliation::PlayStage;
use broadcast::schedule::Schedule;
use broadcast::{Content, PlayId, Priority};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::layer_row::Days;
use super::policy::PolicyChoice;
use super::skew::{Outcome, Summary};
use super::spool::Spool;

/// A bulletin as an author hands it in.
#[derive(Debug)]
pub struct NewBulletin {
    /// 1 to 200 characters.
    pub title: String,
    pub targets: Audience,
    pub priority: Priority,
    pub source: Source,
    /// Nothing of it plays from then on.
    pub expires_at: Option<Timestamp>,
    pub choice: PolicyChoice,
}

/// What an edit makes different; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub title: Option<String>,
    pub targets: Option<Audience>,
    pub priority: Option<Priority>,
    pub expires_at: Option<Timestamp>,
    pub choice: PolicyChoice,
}

/// Where its sound comes from.
#[derive(Debug)]
pub enum Source {
    /// A recording that was received into a file, see `Bulletins::spool`.
    Upload { file_name: String, spool: Spool },
    /// A text to be spoken. `voice`: north, central or south.
    Speech { text: String, voice: String },
    /// A template of the ward with its places filled. Without a voice, by the template's.
    Template { id: Uuid, values: BTreeMap<String, String>, voice: Option<String> },
}

/// As [`Source`], of a bulletin that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Upload {
        file_name: String,
    },
    /// `normalised` is what was said, word for word.
    Speech {
        text: String,
        normalised: String,
        voice: String,
    },
}

/// A bulletin that another one repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SameAs {
    pub id: Uuid,
    pub title: String,
    pub how: Repeat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    Sound(Sameness),
    /// The same words, by another voice or engine.
    Text,
}

#[derive(Clone, Debug, PartialEq)]
pub struct BulletinView {
    pub id: Uuid,
    pub title: String,
    pub created_by: UserId,
    pub created_at: Timestamp,
    pub stage: Stage,
    pub priority: Priority,
    /// As written: whom that means is asked on the day of each start.
    pub targets: Audience,
    pub origin: Origin,
    pub content: Content,
    /// Words of its text that nobody taught the normaliser: to be listened to.
    pub unknown: Vec<String>,
    /// An older bulletin that is the same programme.
    pub same_as: Option<SameAs>,
    /// Of the stored sound.
    pub loudness_lufs: f64,
    pub true_peak_dbtp: f64,
    pub submitted_at: Option<Timestamp>,
    /// Those that stand, the oldest first.
    pub approvals: Vec<Approval>,
    pub rejection: Option<Rejection>,
    /// In the calendar once enough people signed, see `is_second_missing`.
    pub schedule: Option<Schedule>,
    /// What the schedule does on days of layers.
    pub days: Days,
    pub scheduled_by: Option<UserId>,
    /// Why the calendar entry needs two approvals, if it does.
    pub second_why: Option<Why>,
    /// One more person must approve it before it is in the calendar.
    pub is_second_missing: bool,
    /// From when on its approvals are too old.
    pub approved_until: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    /// When it is interrupted, and when a cluster is late; see `policy`.
    pub choice: PolicyChoice,
}

/// What an approver listened to, and which calendar entry they saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub audio: Option<Sha256>,
    /// `broadcast::bulletin::mark` of it.
    pub schedule: Option<Sha256>,
}

/// When to play, as people say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScheduleRequest {
    At(Timestamp),
    /// RFC 5545 content lines: DTSTART, RRULE, RDATE, EXDATE.
    Rule(String),
}

/// A schedule request, and what it does on days of layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planning {
    pub when: ScheduleRequest,
    pub days: Days,
}

/// The answer to a schedule: what will come of it, held-back plays with their reasons.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheduled {
    pub bulletin: BulletinView,
    /// Its first starts, at most ten.
    pub next: Vec<Planned<String>>,
}

/// One play of one bulletin, past or to come.
#[derive(Clone, Debug, PartialEq)]
pub struct PlayView {
    pub play: PlayId,
    pub title: String,
    pub start_at: Timestamp,
    pub duration: Duration,
    pub priority: Priority,
    pub stage: PlayStage,
    /// Why it was held back, withdrawn or missed.
    pub reason: Option<String>,
    pub targets: Vec<TargetView>,
    /// Once it is closed.
    pub summary: Option<Summary>,
}

/// A play on a page of two thousand: what it came to, without who reported what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayOutline {
    pub play: PlayId,
    pub title: String,
    pub start_at: Timestamp,
    pub duration: Duration,
    pub priority: Priority,
    pub stage: PlayStage,
    /// Why it was held back, withdrawn or missed.
    pub reason: Option<String>,
    /// It sounds on some cluster.
    pub is_heard: bool,
    /// Once it is closed.
    pub outcome: Option<Outcome>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TargetView {
    pub cluster: DeviceId,
    pub stage: TargetStage,
    pub reason: Option<String>,
    pub started_at: Option<Timestamp>,
    /// `started_at` minus the ordered instant.
    pub start_error: Option<SignedDuration>,
}

/// How far a play has come on one cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetStage {
    /// The cluster has not acknowledged its order.
    Pending,
    Ordered,
    Cached,
    Started,
    Played,
    Partial,
    Missed,
    Stopped,
}

impl Changes {
    pub(super) fn apply(self, view: &mut BulletinView) {
        let Self { title, targets, priority, expires_at, choice } = self;
        view.title = title.unwrap_or_else(|| std::mem::take(&mut view.title));
        if let Some(targets) = targets {
            view.targets = targets;
        }
        view.priority = priority.unwrap_or(view.priority);
        view.expires_at = expires_at.or(view.expires_at);
        view.choice = PolicyChoice {
            resume: choice.resume.or(view.choice.resume),
            catch_up: choice.catch_up.or(view.choice.catch_up),
        };
    }
}

/// On every day alike.
impl From<ScheduleRequest> for Planning {
    fn from(when: ScheduleRequest) -> Self {
        Self { when, days: Days::new() }
    }
}

impl BulletinView {
    /// As it is handed in by `by`, for everybody, before anybody has said anything of it.
    pub(super) fn draft(
        by: UserId,
        at: Timestamp,
        title: &str,
        origin: Origin,
        content: Content,
        loudness: Loudness,
    ) -> Self {
        Self {
            id: new_uuid(at),
            title: title.to_owned(),
            created_by: by,
            created_at: at,
            stage: Stage::Draft,
            priority: Priority::Normal,
            targets: Audience::All,
            origin,
            content,
            unknown: Vec::new(),
            same_as: None,
            loudness_lufs: loudness.integrated_lufs,
            true_peak_dbtp: loudness.true_peak_dbtp,
            submitted_at: None,
            approvals: Vec::new(),
            rejection: None,
            schedule: None,
            days: Days::new(),
            scheduled_by: None,
            second_why: None,
            is_second_missing: false,
            approved_until: None,
            expires_at: None,
            choice: PolicyChoice::default(),
        }
    }
}

impl Repeat {
    const ALL: [Self; 4] = [
        Self::Sound(Sameness::File),
        Self::Sound(Sameness::Samples),
        Self::Sound(Sameness::Sound),
        Self::Text,
    ];

    /// As in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sound(how) => how.as_str(),
            Self::Text => "text",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == text)
    }
}

impl TargetStage {
    const ALL: [Self; 8] = [
        Self::Pending,
        Self::Ordered,
        Self::Cached,
        Self::Started,
        Self::Played,
        Self::Partial,
        Self::Missed,
        Self::Stopped,
    ];

    /// As in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ordered => "ordered",
            Self::Cached => "cached",
            Self::Started => "started",
            Self::Played => "played",
            Self::Partial => "partial",
            Self::Missed => "missed",
            Self::Stopped => "stopped",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == text)
    }

    /// Nothing more will come of it.
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Pending | Self::Ordered | Self::Cached | Self::Started => false,
            Self::Played | Self::Partial | Self::Missed | Self::Stopped => true,
        }
    }
}
