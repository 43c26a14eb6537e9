//! What becomes of a play that something more urgent interrupts, and how late it may begin: a
//! bulletin's own choice, or what is usual for its priority. Pure.

use std::time::Duration;

use broadcast::{Priority, Resume};

use super::error::BulletinError;
use super::view::BulletinView;

/// What an author chose. `None`: what is usual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PolicyChoice {
    pub resume: Option<Resume>,
    /// How late a play may begin, by seeking: at most its own length.
    pub catch_up: Option<Duration>,
}

/// What a play is decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayPolicy {
    pub resume: Resume,
    pub catch_up: Duration,
}

/// What a bulletin does that says nothing, and how much longer than its own length it may then take: a
/// greeting that was cut off is not worth resuming, a warning is.
pub(crate) fn usual(priority: Priority) -> (Resume, Duration) {
    let resume = match priority {
        Priority::Normal => Resume::Skip,
        Priority::Priority => Resume::Resume,
        Priority::Emergency => Resume::Restart,
    };
    (resume, extra(resume))
}

/// How much longer than its own length a play may take. `resume` owes its rest, after an interruption
/// that is itself a bulletin of minutes; `restart` owes all of it again, and its interruption is an
/// emergency that may be repeated. `skip` owes nothing, nor does `duck`: below another sound it goes on
/// in its own time, and where it cannot, it is over.
pub(super) fn extra(resume: Resume) -> Duration {
    match resume {
        Resume::Skip | Resume::Duck => Duration::ZERO,
        Resume::Resume => Duration::from_mins(10),
        Resume::Restart => Duration::from_mins(30),
    }
}

/// What a cluster is told that may not know `duck`: to be over, as a ducked play is where nothing can
/// go below.
pub(super) fn on_cluster(resume: Resume, can_duck: bool) -> Resume {
    if resume == Resume::Duck && !can_duck { Resume::Skip } else { resume }
}

impl PolicyChoice {
    /// Refuses a catch-up window beyond the sound itself: there would be nothing left to hear.
    pub(super) fn check(self, length: Duration) -> Result<(), BulletinError> {
        match self.catch_up.filter(|it| *it > length) {
            Some(catch_up) => Err(BulletinError::CatchUpTooLong { catch_up, length }),
            None => Ok(()),
        }
    }
}

impl BulletinView {
    /// What its plays are decided on from now on.
    pub fn policy(&self) -> PlayPolicy {
        let PolicyChoice { resume, catch_up } = self.choice;
        PlayPolicy {
            resume: resume.unwrap_or_else(|| usual(self.priority).0),
            // A cluster that comes late joins in as long as there is something left to hear.
            catch_up: catch_up.unwrap_or(self.content.duration),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usual_is_what_it_was_before_there_was_a_choice() {
        let mins = Duration::from_mins;
        assert_eq!(usual(Priority::Normal), (Resume::Skip, mins(0)));
        assert_eq!(usual(Priority::Priority), (Resume::Resume, mins(10)));
        assert_eq!(usual(Priority::Emergency), (Resume::Restart, mins(30)));
    }

    #[test]
    fn a_cluster_that_does_not_know_duck_is_told_to_skip() {
        assert_eq!(on_cluster(Resume::Duck, false), Resume::Skip);
        assert_eq!(on_cluster(Resume::Duck, true), Resume::Duck);
        for it in [Resume::Skip, Resume::Resume, Resume::Restart] {
            assert_eq!(on_cluster(it, false), it);
        }
    }

    #[test]
    fn nobody_waits_longer_than_the_sound_lasts() {
        let catch_up =
            |secs| PolicyChoice { resume: None, catch_up: Some(Duration::from_secs(secs)) };
        let length = Duration::from_mins(1);
        catch_up(0).check(length).unwrap();
        catch_up(60).check(length).unwrap();
        let refused = catch_up(120).check(length).unwrap_err().to_string();
        assert!(refused.contains("120 s") && refused.contains("60 s"), "{refused}");
    }
}
