//! How far a play has come, in a form that can be stored and read back.

use std::str::FromStr;
use std::time::Duration;

/// The life of one play on one cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its content is not here yet.
    Fetching,
    /// Everything is here but the hour.
    Waiting,
    /// Handed to the sink, from `seek` in the content; `skipped` of it was never heard. Stored
    /// *before* the sink hears of it.
    Playing {
        seek: Duration,
        skipped: Duration,
    },
    /// Something more urgent has the horn; the content was played up to `position`.
    Interrupted {
        position: Duration,
        skipped: Duration,
    },
    Ended(Ending),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    pub kind: EndingKind,
    /// For people; empty when there is nothing to explain.
    pub reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndingKind {
    /// From the first sample to the last.
    Played,
    /// Some of it was heard.
    Partial,
    /// None of it was heard.
    Missed,
    /// Ended by somebody who may.
    Stopped,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a stage of a play")]
pub struct StageError(String);

impl Stage {
    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Ended(_))
    }

    /// Handed to the sink, or over.
    pub fn is_begun(&self) -> bool {
        !matches!(self, Self::Fetching | Self::Waiting)
    }

    /// As stored, beside `position`, `skipped` and `reason`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Fetching => "fetching",
            Self::Waiting => "waiting",
            Self::Playing { .. } => "playing",
            Self::Interrupted { .. } => "interrupted",
            Self::Ended(ending) => ending.kind.as_str(),
        }
    }

    /// Where in the content it began this time, or is to go on.
    pub fn position(&self) -> Duration {
        match self {
            Self::Playing { seek: position, .. } | Self::Interrupted { position, .. } => *position,
            Self::Fetching | Self::Waiting | Self::Ended(_) => Duration::ZERO,
        }
    }

    /// How much of the content was left out so far.
    pub fn skipped(&self) -> Duration {
        match self {
            Self::Playing { skipped, .. } | Self::Interrupted { skipped, .. } => *skipped,
            Self::Fetching | Self::Waiting | Self::Ended(_) => Duration::ZERO,
        }
    }

    pub fn reason(&self) -> &str {
        if let Self::Ended(ending) = self { &ending.reason } else { "" }
    }

    /// The inverse of the four above.
    pub fn from_parts(
        text: &str,
        position: Duration,
        skipped: Duration,
        reason: &str,
    ) -> Result<Self, StageError> {
        match text {
            "fetching" => Ok(Self::Fetching),
            "waiting" => Ok(Self::Waiting),
            "playing" => Ok(Self::Playing { seek: position, skipped }),
            "interrupted" => Ok(Self::Interrupted { position, skipped }),
            ended => {
                let kind = ended.parse()?;
                Ok(Self::Ended(Ending { kind, reason: reason.to_owned() }))
            }
        }
    }
}

impl EndingKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Played => "played",
            Self::Partial => "partial",
            Self::Missed => "missed",
            Self::Stopped => "stopped",
        }
    }
}

impl FromStr for EndingKind {
    type Err = StageError;

    fn from_str(text: &str) -> Result<Self, StageError> {
        [Self::Played, Self::Partial, Self::Missed, Self::Stopped]
            .into_iter()
            .find(|it| it.as_str() == text)
            .ok_or_else(|| StageError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_is_read_back() {
        let ended = |kind| Stage::Ended(Ending { kind, reason: "late".into() });
        let (position, skipped) = (Duration::from_millis(1500), Duration::from_millis(20));
        let stages = [
            Stage::Fetching,
            Stage::Waiting,
            Stage::Playing { seek: position, skipped },
            Stage::Interrupted { position, skipped },
            ended(EndingKind::Played),
            ended(EndingKind::Partial),
            ended(EndingKind::Missed),
            ended(EndingKind::Stopped),
        ];
        for stage in stages {
            let (text, reason) = (stage.as_str(), stage.reason());
            let read = Stage::from_parts(text, stage.position(), stage.skipped(), reason);
            assert_eq!(read, Ok(stage));
        }
        assert!(Stage::from_parts("dancing", position, skipped, "").is_err());
    }
}
