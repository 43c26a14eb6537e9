//! The signed commands for one play on one cluster. Pure: the same rows give the same bytes, so an
//! order that is sent again is the same order.

use std::time::Duration;

use base::DeviceId;
use broadcast::{Content, Order, PlayId, Priority, Resume, Volume};
use jiff::Timestamp;
use provisioning::Command;
use uuid::Uuid;

use super::policy::extra;
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
    /// How late it may still begin.
    pub catch_up: Duration,
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
    /// What this cluster does when it is interrupted.
    pub resume: Resume,
    pub is_stop: bool,
}

/// The end of a play's window.
pub(super) fn play_until(start_at: Timestamp, content: Content, resume: Resume) -> Timestamp {
    let window = content.duration.saturating_add(extra(resume)).saturating_add(TAIL);
    start_at.checked_add(window).unwrap_or(Timestamp::MAX)
}

impl Errand {
    pub(super) fn command(&self, issuer: &DeviceId) -> Command {
        let (kind, data) = if self.is_stop {
            let stop = StopOrder { play: self.play.id, owner_level: WARD_LEVEL };
            (KIND_STOP, stop_to_json(&stop))
        } else {
            (KIND_PLAY, play_to_json(&self.play.order(self.volume, self.resume)))
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
    pub(super) fn order(&self, volume: Volume, resume: Resume) -> Order {
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
            catch_up: self.catch_up,
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

    fn errand(resume: Resume) -> Errand {
        let content =
            Content { sha256: Sha256::of(b"tin"), bytes: 9, duration: Duration::from_mins(1) };
        let play = Play {
            id: PlayId { bulletin: Uuid::nil(), occurrence: at(100) },
            start_at: at(100),
            until: play_until(at(100), content, resume),
            content,
            priority: Priority::Normal,
            approved_by: "minh".into(),
            catch_up: Duration::from_secs(20),
        };
        Errand {
            play,
            to: "loa-demo-001".parse().unwrap(),
            command_id: Uuid::max(),
            issued_at: at(1),
            volume: 40.try_into().unwrap(),
            resume,
            is_stop: false,
        }
    }

    #[test]
    fn every_order_is_one_that_a_cluster_accepts() {
        for resume in [Resume::Resume, Resume::Restart, Resume::Skip, Resume::Duck] {
            let errand = errand(resume);
            let command = errand.command(&"box-demo-1".parse().unwrap());
            assert_eq!(command.kind, "order.play");
            let order = play_from_json(&command.data).unwrap();
            assert_eq!(order.check(at(1)), Ok(()));
            assert_eq!(order, errand.play.order(errand.volume, resume));
            assert_eq!((order.resume, order.catch_up), (resume, Duration::from_secs(20)));
            let again = errand.command(&"box-demo-1".parse().unwrap());
            assert_eq!(again, command, "the same rows, the same bytes");
            assert_eq!(order.volume.percent(), 40);
            assert_eq!(command.not_after, order.play_until);
            assert_eq!(order.ends_at(), at(160));
        }
    }

    #[test]
    fn the_window_has_room_for_what_is_still_owed() {
        assert_eq!(errand(Resume::Skip).play.until, at(165));
        assert_eq!(errand(Resume::Duck).play.until, at(165), "below, it goes on in its own time");
        assert_eq!(errand(Resume::Resume).play.until, at(165 + 600));
        assert_eq!(errand(Resume::Restart).play.until, at(165 + 1_800));
    }
}
