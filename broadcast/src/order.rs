//! What a cluster is told to play: the believed form of an `order.play` command.
//!
//! The wire form and its limits on size belong to the gateway; an `Order` here is already checked.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base::Sha256;
use jiff::Timestamp;
use uuid::Uuid;

/// The longest content that may be ordered: the upload limit of the library.
const LONGEST_CONTENT: Duration = Duration::from_hours(1);
/// How far a start may lie ahead. A cluster keeps a week of orders and no more.
const FARTHEST_AHEAD: Duration = Duration::from_hours(8 * 24);

/// One play of one bulletin. `occurrence` is the instant that the schedule gave (RFC 5545
/// RECURRENCE-ID), so it stays the same when the play itself is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlayId {
    pub bulletin: Uuid,
    pub occurrence: Timestamp,
}

/// An Ogg/Opus file, known by its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    pub sha256: Sha256,
    pub bytes: u64,
    pub duration: Duration,
}

/// The three priorities of Thông tư 39/2020/TT-BTTTT, low to high.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// *Thông thường*: the ward chooses when.
    Normal,
    /// *Ưu tiên*: goes first.
    Priority,
    /// *Khẩn cấp*: plays at once and at any hour.
    Emergency,
}

/// What becomes of a play that something more urgent interrupted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Resume {
    /// Goes on where it was.
    Resume,
    /// Begins again.
    Restart,
    /// Is over, and is reported as partial.
    #[default]
    Skip,
    /// Goes on, quieter, below the more urgent one; is over where that cannot be. Boxes send it to
    /// clusters alone whose capabilities have it.
    Duck,
}

/// Loudness of a play in percent of what the cluster is set up for. Invariant: `0..=100`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Volume(u8);

/// A play, ready to be carried out. Invariants: see [`Order::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub play: PlayId,
    pub content: Content,
    /// When the first sample leaves the horn, on the box's clock.
    pub start_at: Timestamp,
    /// Nothing of it sounds from here on.
    pub play_until: Timestamp,
    pub priority: Priority,
    pub volume: Volume,
    /// Who ordered it: 0 is the ward, each administrative level above it one more. Only the same
    /// level or a higher one may stop it.
    pub owner_level: u8,
    /// The user whose approval covers exactly this content.
    pub approved_by: String,
    pub resume: Resume,
    /// How late it may still begin, by seeking into the content. Zero: on time or not at all.
    pub catch_up: Duration,
}

/// Why an order makes no sense, whoever signed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    #[error("play_until {until} is not after start_at {start}: give the play a window")]
    EmptyWindow { start: Timestamp, until: Timestamp },
    #[error("content lasts {0:?}: it must last more than nothing and at most an hour")]
    ContentLength(Duration),
    #[error("content has no bytes")]
    ContentEmpty,
    #[error("start_at {0} is more than 8 days ahead: order it later")]
    TooFarAhead(Timestamp),
    #[error("approved_by is empty: nothing plays unapproved")]
    Unapproved,
    #[error("volume {0} is not in 0..=100 percent")]
    Volume(u8),
    #[error("{0:?} is not a priority: use normal, priority or emergency")]
    Priority(String),
    #[error("{0:?} is not a resume policy: use resume, restart, skip or duck")]
    Resume(String),
}

impl Order {
    /// Refuses what no cluster should keep: an empty window, content of no or absurd length, a
    /// start beyond 8 days from `now`, and anything without an approver.
    pub fn check(&self, now: Timestamp) -> Result<(), OrderError> {
        if self.play_until <= self.start_at {
            let (start, until) = (self.start_at, self.play_until);
            return Err(OrderError::EmptyWindow { start, until });
        }
        let length = self.content.duration;
        if length.is_zero() || length > LONGEST_CONTENT {
            return Err(OrderError::ContentLength(length));
        }
        if self.content.bytes == 0 {
            return Err(OrderError::ContentEmpty);
        }
        if self.start_at.duration_since(now).unsigned_abs() > FARTHEST_AHEAD && self.start_at > now
        {
            return Err(OrderError::TooFarAhead(self.start_at));
        }
        if self.approved_by.trim().is_empty() {
            return Err(OrderError::Unapproved);
        }
        Ok(())
    }

    /// When its sound is over: the content's end or the window's, whichever comes first.
    pub fn ends_at(&self) -> Timestamp {
        let content_end = self.start_at.saturating_add(self.content.duration);
        content_end.map_or(self.play_until, |end| end.min(self.play_until))
    }
}

impl Volume {
    pub const FULL: Self = Self(100);

    pub fn percent(self) -> u8 {
        self.0
    }

    /// So many percent of it; `percent` is at most 100.
    #[must_use]
    pub fn share(self, percent: u8) -> Self {
        let share = u16::from(self.0) * u16::from(percent.min(100)) / 100;
        Self(u8::try_from(share).unwrap_or(self.0))
    }
}

impl TryFrom<u8> for Volume {
    type Error = OrderError;

    fn try_from(percent: u8) -> Result<Self, OrderError> {
        if percent <= 100 { Ok(Self(percent)) } else { Err(OrderError::Volume(percent)) }
    }
}

impl Priority {
    /// As on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Priority => "priority",
            Self::Emergency => "emergency",
        }
    }
}

impl FromStr for Priority {
    type Err = OrderError;

    fn from_str(text: &str) -> Result<Self, OrderError> {
        [Self::Normal, Self::Priority, Self::Emergency]
            .into_iter()
            .find(|it| it.as_str() == text)
            .ok_or_else(|| OrderError::Priority(text.to_owned()))
    }
}

impl Resume {
    /// As on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resume => "resume",
            Self::Restart => "restart",
            Self::Skip => "skip",
            Self::Duck => "duck",
        }
    }
}

impl FromStr for Resume {
    type Err = OrderError;

    fn from_str(text: &str) -> Result<Self, OrderError> {
        [Self::Resume, Self::Restart, Self::Skip, Self::Duck]
            .into_iter()
            .find(|it| it.as_str() == text)
            .ok_or_else(|| OrderError::Resume(text.to_owned()))
    }
}

impl fmt::Display for PlayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.bulletin, self.occurrence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_second(s).unwrap()
    }

    fn order() -> Order {
        Order {
            play: PlayId { bulletin: Uuid::nil(), occurrence: at(100) },
            content: Content {
                sha256: Sha256::of(b""),
                bytes: 10,
                duration: Duration::from_mins(1),
            },
            start_at: at(100),
            play_until: at(200),
            priority: Priority::Normal,
            volume: Volume::FULL,
            owner_level: 0,
            approved_by: "lan".into(),
            resume: Resume::Skip,
            catch_up: Duration::ZERO,
        }
    }

    #[test]
    fn an_order_without_an_approver_is_refused() {
        assert_eq!(order().check(at(0)), Ok(()));
        let unapproved = Order { approved_by: " ".into(), ..order() };
        assert_eq!(unapproved.check(at(0)), Err(OrderError::Unapproved));
    }

    #[test]
    fn an_order_needs_a_window_content_and_a_near_start() {
        let backwards = Order { play_until: at(100), ..order() };
        assert!(matches!(backwards.check(at(0)), Err(OrderError::EmptyWindow { .. })));
        let mut long = order();
        long.content.duration = Duration::from_hours(10);
        assert!(matches!(long.check(at(0)), Err(OrderError::ContentLength(_))));
        let far = at(100 - 9 * 86_400);
        assert_eq!(order().check(far), Err(OrderError::TooFarAhead(at(100))));
        assert_eq!(order().check(at(100 + 9 * 86_400)), Ok(()), "the past is the player's matter");
    }

    #[test]
    fn a_play_ends_with_its_content_or_its_window() {
        assert_eq!(order().ends_at(), at(160));
        assert_eq!(Order { play_until: at(130), ..order() }.ends_at(), at(130));
    }

    #[test]
    fn words_of_the_wire_are_read_back() {
        for it in [Priority::Normal, Priority::Priority, Priority::Emergency] {
            assert_eq!(it.as_str().parse(), Ok(it));
        }
        for it in [Resume::Resume, Resume::Restart, Resume::Skip, Resume::Duck] {
            assert_eq!(it.as_str().parse(), Ok(it));
        }
        assert!("urgent".parse::<Priority>().is_err());
        assert!(Priority::Emergency > Priority::Priority && Priority::Priority > Priority::Normal);
    }
}
