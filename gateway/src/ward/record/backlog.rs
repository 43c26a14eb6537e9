//! Facts that wait for the database, and what of them may be lost. Pure.

use std::collections::VecDeque;

use crate::ward::alert::{News, Update};
use crate::ward::camera::CameraFact;

/// Each about a kilobyte, pictures and clips are on the disk: days of alerts, ten megabytes.
const MOST: usize = 10_000;

/// While the disk is full the cameras go on, and what they tell waits here, in its order.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    facts: VecDeque<CameraFact>,
    n_dropped: u64,
}

/// What is dropped first. An alert, its end and its clip are never dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    /// That it lasts: its end says so too.
    GoesOn,
    /// A better picture than the one there is.
    Picture,
    /// How a camera is: told anew when it changes.
    Condition,
    Alert,
}

impl Backlog {
    /// Room for one more, be it that one of less worth goes.
    pub(super) fn has_room(&self) -> bool {
        self.facts.len() < MOST || self.facts.iter().any(|it| worth(it) < Worth::Alert)
    }

    /// True where something was dropped for it, for the first time since the backlog was empty.
    pub(super) fn push(&mut self, fact: CameraFact) -> bool {
        self.facts.push_back(fact);
        if self.facts.len() <= MOST {
            return false;
        }
        let ranked = self.facts.iter().map(worth).enumerate();
        // The first of the least: the oldest.
        if let Some((place, _)) = ranked.filter(|it| it.1 < Worth::Alert).min_by_key(|it| it.1) {
            self.facts.remove(place);
            self.n_dropped += 1;
        }
        self.n_dropped == 1
    }

    pub(super) fn pop(&mut self) -> Option<CameraFact> {
        let next = self.facts.pop_front();
        if next.is_none() {
            self.n_dropped = 0;
        }
        next
    }
}

fn worth(fact: &CameraFact) -> Worth {
    match fact {
        CameraFact::Updated(Update { news: News::GoesOn { .. }, .. }) => Worth::GoesOn,
        CameraFact::Updated(Update { news: News::Picture(_), .. }) => Worth::Picture,
        CameraFact::State(_) | CameraFact::Complaint(_) | CameraFact::Tested(_) => Worth::Condition,
        CameraFact::Updated(Update { news: News::Clip(_) | News::NoClip { .. }, .. })
        | CameraFact::Raised(_)
        | CameraFact::Cleared(_) => Worth::Alert,
    }
}

#[cfg(test)]
mod tests {
    use base::Score;
    use jiff::Timestamp;

    use super::*;
    use crate::ward::alert::Ending;

    fn fact(news: Option<News>) -> CameraFact {
        let (alert, camera) = (uuid::Uuid::nil(), "cam-1".parse().unwrap());
        let at = Timestamp::UNIX_EPOCH;
        match news {
            Some(news) => CameraFact::Updated(Update { alert, camera, at, news }),
            None => CameraFact::Cleared(Ending { alert, camera, at, reason: "left" }),
        }
    }

    fn goes_on() -> CameraFact {
        let (score, area) = (Score::default(), [0.0; 4]);
        fact(Some(News::GoesOn { score, area, n_objects: 1 }))
    }

    #[test]
    fn what_goes_on_makes_room_and_an_alert_never_does() {
        let mut backlog = Backlog::default();
        backlog.push(fact(None));
        backlog.push(goes_on());
        backlog.push(goes_on());
        for _ in 0..MOST - 3 {
            assert!(!backlog.push(fact(None)));
        }
        assert!(backlog.push(fact(None)), "told once");
        assert!(!backlog.push(fact(None)) && !backlog.has_room(), "now whoever tells must wait");
        let all = std::iter::from_fn(|| backlog.pop());
        assert_eq!(all.filter(|it| worth(it) == Worth::Alert).count(), MOST);
        assert!(backlog.has_room());
    }
}
