//! What the player hears, and what it asks for.

use std::time::Duration;

use jiff::Timestamp;

use super::{Ending, Level, Stage, Stretch};
use crate::order::{Content, Order, PlayId};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Verified and checked; may be a repeat or a change of one already known.
    Ordered(Order),
    StopOrdered {
        play: PlayId,
        owner_level: u8,
    },
    /// The content with this hash is in the cache and was verified.
    ContentCached(base::Sha256),
    /// It will not come: wrong bytes again and again, or the box says it has none.
    ContentFailed {
        sha256: base::Sha256,
        reason: String,
    },
    /// The file was found to be damaged when it was about to sound, and is gone; nothing was heard.
    ContentDamaged(base::Sha256),
    /// Nothing starts while the clock is not trusted.
    ClockTrusted(bool),
    /// The first sample left the sink.
    SoundStarted {
        play: PlayId,
        at: Timestamp,
    },
    /// The sink is closed; `heard` of the content was played this time.
    SoundEnded {
        play: PlayId,
        heard: Duration,
        failed: Option<String>,
    },
    /// Somebody on site has switched the cluster mute, or lets it sound again.
    Muted(bool),
    TimerFired,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Store it, with the event of its `report` in the same transaction.
    Record {
        order: Order,
        stage: Stage,
        report: Option<Report>,
    },
    /// Tell the sender of the event in hand that it was refused.
    Refuse {
        play: PlayId,
        reason: String,
    },
    /// Store that this play was stopped before its order came, and report it as stopped.
    Bar {
        play: PlayId,
        bar: Bar,
    },
    /// Store it in the place of one with the same play and start: it counts for the limit of its day.
    Sounded(Stretch),
    Play(Sound),
    /// It goes on as loud as this.
    SetVolume {
        play: PlayId,
        level: Level,
    },
    /// End it now. `SoundEnded` follows.
    Silence(PlayId),
    WakeAt(Timestamp),
    /// The play is old: its rows and, unless another play wants it, its content may go.
    Forget(PlayId),
}

/// A request to the sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    pub play: PlayId,
    pub content: Content,
    /// When the sample at `seek` leaves the horn. May be past when the play is late.
    pub start_at: Timestamp,
    /// Where in the content it begins.
    pub seek: Duration,
    /// It is cut here, whatever is left.
    pub until: Timestamp,
    /// When it begins; `SetVolume` changes it.
    pub level: Level,
}

/// A stop that overtook its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Orders of this level and below are barred.
    pub owner_level: u8,
    pub at: Timestamp,
}

/// What is told upwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    Ordered,
    Cached,
    Started { at: Timestamp },
    Ended(Ending),
}
