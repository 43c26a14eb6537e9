//! What a camera's test alarms say: decided from the newest one, the one that came back last, and the
//! time.

use std::collections::HashMap;
use std::time::Duration;

use base::DeviceId;
use jiff::{SignedDuration, Timestamp};

/// By then a healthy camera and a healthy link have answered. The first of the program waits for both.
pub(super) const BACK_WITHIN: SignedDuration = SignedDuration::from_mins(2);

/// How far the newest one of a camera is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    pub asked_at: Timestamp,
    pub raised_at: Option<Timestamp>,
    pub proven_at: Option<Timestamp>,
    /// The last one that came back: this one or, while this one has not, one before.
    pub good: Option<RoundTrip>,
}

/// From the camera to the centre's disk and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundTrip {
    pub raised_at: Timestamp,
    pub proven_at: Timestamp,
}

/// How a camera's newest proof went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The ward asks for none.
    Off,
    /// Asked, or about to be, and not late yet.
    Open,
    Proven {
        after: SignedDuration,
    },
    /// No picture was judged.
    Unseen,
    /// The alarm was raised, and the centre's word did not come back.
    Unheard,
    /// The next one should have been asked for, and was not: what the last one proved is too old.
    Overdue,
}

/// What is known of every camera's.
#[derive(Clone, Debug)]
pub struct Proofs {
    plan: Option<Plan>,
    newest: HashMap<DeviceId, Proof>,
}

/// When they are asked for.
#[derive(Clone, Copy, Debug)]
struct Plan {
    /// Each camera, once in this time.
    every: Duration,
    /// Of the program's start.
    since: Timestamp,
}

/// What is known of one camera's, at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProofView {
    pub standing: Standing,
    /// Of the newest one, whose standing it is.
    pub asked_at: Option<Timestamp>,
    pub good: Option<RoundTrip>,
    /// `None`: the ward asks for none.
    pub every: Option<Duration>,
}

impl Proof {
    /// Raised, and its word may come back at any moment.
    pub fn is_under_way(&self) -> bool {
        self.raised_at.is_some() && self.proven_at.is_none()
    }

    pub(super) fn standing(&self, every: Duration, now: Timestamp) -> Standing {
        let age = now.duration_since(self.asked_at);
        match (self.raised_at, self.proven_at) {
            (_, Some(_)) if age > longest_silence(every) => Standing::Overdue,
            (_, Some(proven_at)) => {
                Standing::Proven { after: proven_at.duration_since(self.asked_at) }
            }
            (_, None) if age < BACK_WITHIN => Standing::Open,
            (None, None) => Standing::Unseen,
            (Some(_), None) => Standing::Unheard,
        }
    }
}

/// Between two that are asked for.
fn longest_silence(every: Duration) -> SignedDuration {
    SignedDuration::try_from(every).map_or(SignedDuration::MAX, |it| it.saturating_add(BACK_WITHIN))
}

impl Standing {
    /// As messages call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Open => "open",
            Self::Proven { .. } => "proven",
            Self::Unseen => "unseen",
            Self::Unheard => "unheard",
            Self::Overdue => "overdue",
        }
    }
}

impl Proofs {
    /// `every`: `None` where the ward asks for none.
    pub fn new(every: Option<Duration>, since: Timestamp) -> Self {
        Self { plan: every.map(|every| Plan { every, since }), newest: HashMap::new() }
    }

    pub fn note(&mut self, camera: DeviceId, newest: Proof) {
        self.newest.insert(camera, newest);
    }

    pub fn of(&self, camera: &DeviceId, now: Timestamp) -> ProofView {
        let Some(Plan { every, since }) = self.plan else {
            return ProofView { standing: Standing::Off, asked_at: None, good: None, every: None };
        };
        let newest = self.newest.get(camera);
        let standing = match newest {
            Some(proof) => proof.standing(every, now),
            // The first is asked for within seconds of the start.
            None if now.duration_since(since) < BACK_WITHIN => Standing::Open,
            None => Standing::Overdue,
        };
        ProofView {
            standing,
            asked_at: newest.map(|it| it.asked_at),
            good: newest.and_then(|it| it.good),
            every: Some(every),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn proof(asked: i64, raised: Option<i64>, proven: Option<i64>) -> Proof {
        let (raised_at, proven_at) = (raised.map(at), proven.map(at));
        let good = raised_at.zip(proven_at);
        let good = good.map(|(raised_at, proven_at)| RoundTrip { raised_at, proven_at });
        Proof { asked_at: at(asked), raised_at, proven_at, good }
    }

    #[test]
    fn silence_is_told_by_where_it_began() {
        let standing = |it: Proof, now: i64| it.standing(HOUR, at(now));
        let after = SignedDuration::from_secs(3);
        assert_eq!(standing(proof(0, Some(1), Some(3)), 500), Standing::Proven { after });
        assert_eq!(standing(proof(0, None, None), 119), Standing::Open);
        assert_eq!(standing(proof(0, None, None), 120), Standing::Unseen);
        assert_eq!(standing(proof(0, Some(1), None), 120), Standing::Unheard);
        assert_eq!(standing(proof(0, Some(1), None), 90_000), Standing::Unheard);
    }

    #[test]
    fn what_was_proven_is_worth_something_until_the_next_is_late() {
        let last = proof(0, Some(1), Some(3));
        let after = SignedDuration::from_secs(3);
        assert_eq!(last.standing(HOUR, at(3720)), Standing::Proven { after });
        assert_eq!(last.standing(HOUR, at(3721)), Standing::Overdue);
        assert_eq!(last.standing(Duration::MAX, at(3721)), Standing::Proven { after });
        assert_eq!(last.standing(HOUR, at(-500)), Standing::Proven { after }, "a clock set back");
    }

    #[test]
    fn a_camera_of_which_nothing_is_known_is_late_soon_after_the_start() {
        let (proofs, camera) = (Proofs::new(Some(HOUR), at(1000)), "cam-1".parse().unwrap());
        assert_eq!(proofs.of(&camera, at(1119)).standing, Standing::Open);
        assert_eq!(proofs.of(&camera, at(1120)).standing, Standing::Overdue);
        assert_eq!(proofs.of(&camera, at(1120)).every, Some(HOUR));
    }

    #[test]
    fn a_ward_that_asks_for_none_is_told_so_whatever_is_stored() {
        let (mut proofs, camera): (_, DeviceId) =
            (Proofs::new(None, at(0)), "cam-1".parse().unwrap());
        proofs.note(camera.clone(), proof(0, Some(1), Some(3)));
        let seen = proofs.of(&camera, at(10));
        assert_eq!((seen.standing, seen.good, seen.every), (Standing::Off, None, None));
    }

    #[test]
    fn the_last_that_came_back_is_told_while_the_next_is_lost() {
        let (mut proofs, camera): (_, DeviceId) =
            (Proofs::new(Some(HOUR), at(0)), "cam-1".parse().unwrap());
        let good = proof(0, Some(1), Some(3)).good;
        proofs.note(camera.clone(), Proof { good, ..proof(3600, Some(3601), None) });
        let seen = proofs.of(&camera, at(4000));
        assert_eq!((seen.standing, seen.good), (Standing::Unheard, good));
        assert_eq!(seen.asked_at, Some(at(3600)));
    }
}
