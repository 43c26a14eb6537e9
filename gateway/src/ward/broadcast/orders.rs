//! The signed commands for one play on one cluster. Pure: the same rows give the same bytes, so an
//! order that is sent again is the same order.

use std::time::Duration;

use base::DeviceId;
use broadcast::{Content, Order, PlayId, Priority, Resume, Volume};
use jiff::Timestamp;
use provisioning::Command;
use uuid::Uuid;

use crate::order::wire::{StopOrder, play_to_json, stop_to_json};
use crate::order::{KIND_PLAY, KIND_STOP};

/// The ward's own level; levels above it are higher numbers.
const WARD_LEVEL: u8 = 0;
/// What the last samples may need beyond the content's length: start error, acoustic delay, buffers.
pub(crate) const TAIL: Duration = Duration::from_secs(5);

/// What a play needs to be ordered, as it was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Play {
    pub id: PlayId,
    pub start_at: Timestamp,
    /// Nothing of it sounds from then on.
    pub until: Timestamp,
    pub content: Content,
    pub priority: Priority,
    pub approved_by: String,
}

/// A command that is to leave.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Errand {
    pub play: Play,
    pub to: DeviceId,
    pub command_id: Uuid,
    pub issued_at: Timestamp,
    /// How loud this cluster plays it.
    pub volume: Volume,
    pub is_stop: bool,
}

/// What an interrupted play of this priority does afterwards, and how much longer than its own length
/// it may take: a greeting that was cut off is not worth resuming, a warning is.
pub(crate) fn resume(priority: Priority) -> (Resume, Duration) {
    match priority {
        Priority::Normal => (Resume::Skip, Duration::ZERO),
        Priority::Priority => (Resume::Resume, Duration::from_mins(10)),
        Priority::Emergency => (Resume::Restart, Duration::from_mins(30)),
    }
}

/// The end of a play's window.
pub(super) fn play_until(start_at: Timestamp, content: Content, priority: Priority) -> Timestamp {
    let (_, extra) = resume(priority);
    let window = content.duration.saturating_add(extra).saturating_add(TAIL);
    start_at.checked_add(window).unwrap_or(Timestamp::MAX)
}

impl Errand {
    pub(super) fn command(&self, issuer: &DeviceId) -> Command {
        let (kind, data) = if self.is_stop {
            let stop = StopOrder { play: self.play.id, owner_level: WARD_LEVEL };
            (KIND_STOP, stop_to_json(&stop))
        } else {
            (KIND_PLAY, play_to_json(&self.play.order(self.volume)))
        };
        Command {
            id: self.command_id,
            to: self.to.clone(),
            issuer: issuer.clone(),
            kind: kind.to_owned(),
            issued_at: self.issued_at,
            not_after: self.play.until,
            data,
        }
    }
}

impl Play {
    pub(super) fn order(&self, volume: Volume) -> Order {
        let (resume, _) = resume(self.priority);
        Order {
            play: self.id,
            content: self.content,
            start_at: self.start_at,
            play_until: self.until,
            priority: self.priority,
            volume,
            owner_level: WARD_LEVEL,
            approved_by: self.approved_by.clone(),
            resume,
            // A cluster that comes late joins in as long as there is something left to hear.
            catch_up: self.content.duration,
        }
    }
}

#[cfg(test)]
mod tests {
    use base::Sha256;

    use super::*;
    use crate::order::wire::play_from_json;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn errand(priority: Priority) -> Errand {
        let content =
            Content { sha256: Sha256::of(b"tin"), bytes: 9, duration: Duration::from_mins(1) };
        let play = Play {
            id: PlayId { bulletin: Uuid::nil(), occurrence: at(100) },
            start_at: at(100),
            until: play_until(at(100), content, priority),
            content,
            priority,
            approved_by: "minh".into(),
        };
        Errand {
            play,
            to: "loa-demo-001".parse().unwrap(),
            command_id: Uuid::max(),
            issued_at: at(1),
            volume: 40.try_into().unwrap(),
            is_stop: false,
        }
    }

    #[test]
    fn every_order_is_one_that_a_cluster_accepts() {
        for priority in [Priority::Normal, Priority::Priority, Priority::Emergency] {
            let errand = errand(priority);
            let command = errand.command(&"box-demo-1".parse().unwrap());
            assert_eq!(command.kind, "order.play");
            let order = play_from_json(&command.data).unwrap();
            assert_eq!(order.check(at(1)), Ok(()));
            assert_eq!(order, errand.play.order(errand.volume));
            assert_eq!(order.volume.percent(), 40);
            assert_eq!(command.not_after, order.play_until);
            assert_eq!(order.ends_at(), at(160));
        }
    }

    #[test]
    fn an_interrupted_greeting_is_over_and_a_warning_is_not() {
        assert_eq!(errand(Priority::Normal).play.until, at(165));
        assert_eq!(errand(Priority::Emergency).play.until, at(165 + 1_800));
    }
}
