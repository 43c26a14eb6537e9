//! Why a request about bulletins was not done, so that the console can say it with the right status.

use std::io;
use std::time::Duration;

use broadcast::bulletin;
use broadcast::place::PlaceCode;
use broadcast::schedule::{RuleError, TooMany};
use broadcast::shelf::ShelfError;
use broadcast::template::{FillError, TemplateError};
use jiff::Timestamp;
use tokio::task::JoinError;
use uuid::Uuid;

use super::ingest::IngestError;
use super::spool::SpoolError;
use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum BulletinError {
    #[error("there is no bulletin {id}")]
    Unknown { id: Uuid },
    #[error("there is no stored sound {id}")]
    UnknownSound { id: Uuid },
    #[error("{title:?} is approved already")]
    SoundApproved { title: String },
    #[error(transparent)]
    Shelf(#[from] ShelfError),
    #[error("there is no template {id}")]
    UnknownTemplate { id: Uuid },
    #[error("there is a template {name:?} already: choose another name, or change that one")]
    TemplateExists { name: String },
    #[error("there are {most} templates, which is the most: remove one that nobody uses")]
    TooManyTemplates { most: i64 },
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error(transparent)]
    Fill(#[from] FillError),
    #[error(transparent)]
    Refused(#[from] bulletin::Refused),
    #[error(
        "the sound of {title:?} is missing on the disk, or is not what was stored: make the bulletin anew"
    )]
    SoundChanged { title: String },
    #[error("the title has {n_chars} characters: give it 1 to 200")]
    Title { n_chars: usize },
    #[error("no cluster is named: give cluster ids, places, or all")]
    NoTargets,
    #[error("{cluster:?} is not a cluster of this ward")]
    UnknownCluster { cluster: String },
    #[error("there is no layer {layer:?}: the calendar lists those there are")]
    UnknownLayer { layer: String },
    #[error("{code} is not in the ward's table of places: import it, or choose another")]
    UnknownPlace { code: PlaceCode },
    #[error(transparent)]
    Spool(#[from] SpoolError),
    #[error(transparent)]
    Ingest(#[from] IngestError),
    #[error(transparent)]
    Rule(#[from] RuleError),
    #[error(transparent)]
    TooMany(#[from] TooMany),
    #[error(
        "{at} is too soon: the clusters need {} s to get ready, so {earliest} is the earliest",
        lead.as_secs()
    )]
    TooSoon { at: Timestamp, earliest: Timestamp, lead: Duration },
    #[error(
        "there is no start between now and a year from now: check the time, or the rule's DTSTART, UNTIL and COUNT"
    )]
    NeverPlays,
    #[error("its sound was not used for long and is removed: hand it in again as a new bulletin")]
    SoundRemoved,
    #[error("the bulletin expires at {at}, which is not in the future")]
    ExpiresInThePast { at: Timestamp },
    #[error(
        "a cluster cannot begin {} s late: the sound is over after {} s, which is the most",
        catch_up.as_secs(), length.as_secs()
    )]
    CatchUpTooLong { catch_up: Duration, length: Duration },
    #[error("looking ahead broke off")]
    Broken(#[from] JoinError),
    #[error("this box's clock is not trusted yet: wait until it is in step, then schedule")]
    ClockUntrusted,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What kind of mistake it is, for an HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// 404
    NotFound,
    /// 403: this user may not do it.
    Forbidden,
    /// 409: not in this state.
    Conflict,
    /// 413
    TooLarge,
    /// 422: the request is understood and wrong; the text says what to change.
    Unprocessable,
    /// 503: try again later.
    Busy,
    /// 507: the disk of the box is full, and nothing was stored.
    Full,
    /// 500: ours. The text is for the journal, not for the browser.
    Internal,
}

impl BulletinError {
    pub fn fault(&self) -> Fault {
        match self {
            Self::Unknown { .. } | Self::UnknownTemplate { .. } | Self::UnknownSound { .. } => {
                Fault::NotFound
            }
            Self::Refused(
                bulletin::Refused::OwnWork { .. }
                | bulletin::Refused::OwnSchedule { .. }
                | bulletin::Refused::SameApprover { .. },
            ) => Fault::Forbidden,
            Self::Refused(
                bulletin::Refused::WrongState { .. }
                | bulletin::Refused::AudioChanged { .. }
                | bulletin::Refused::ScheduleChanged,
            )
            | Self::TemplateExists { .. }
            | Self::SoundApproved { .. }
            | Self::SoundChanged { .. } => Fault::Conflict,
            Self::Refused(bulletin::Refused::NoReason)
            | Self::Title { .. }
            | Self::TooManyTemplates { .. }
            | Self::Template(_)
            | Self::Shelf(_)
            | Self::Fill(_)
            | Self::NoTargets
            | Self::UnknownCluster { .. }
            | Self::UnknownLayer { .. }
            | Self::UnknownPlace { .. }
            | Self::Rule(_)
            | Self::TooMany(_)
            | Self::TooSoon { .. }
            | Self::NeverPlays
            | Self::SoundRemoved
            | Self::CatchUpTooLong { .. }
            | Self::ExpiresInThePast { .. } => Fault::Unprocessable,
            Self::Spool(error) => error.fault(),
            Self::Ingest(error) => error.fault(),
            Self::ClockUntrusted => Fault::Busy,
            Self::Store(StoreError::Full(_)) => Fault::Full,
            Self::Store(_) | Self::Broken(_) => Fault::Internal,
        }
    }
}

/// Room is missing, and somebody can make some; the disk itself is sound.
pub(super) fn is_full(err: &io::Error) -> bool {
    matches!(err.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
