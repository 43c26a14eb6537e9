//! What is fetched next. Pure: the player's wishes and the time in, one content out.
//!
//! What is here already is looked at first, whatever the hour. Of what may be fetched now, what plays
//! soonest goes first, also in place of a download that is under way.

use std::time::Duration;

use base::{Backoff, Sha256};
use broadcast::Content;
use broadcast::prefetch::Prefetch;
use jiff::Timestamp;
use tokio::time::Instant;

/// The box sent other bytes than were ordered this often: it will not get better.
const N_WRONG: u32 = 3;
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// A cluster that cannot learn the time fetches all the same, once its neighbours have had a minute.
const WITHOUT_TIME: Duration = Duration::from_mins(1);

/// Content, and when its first play begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::speaker) struct Needed {
    pub(in crate::speaker) content: Content,
    pub(in crate::speaker) at: Timestamp,
}

/// One instant, by the clock that sleeps and by the box's, where that is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) instant: Instant,
    pub(super) box_time: Option<Timestamp>,
}

pub(super) struct Queue {
    prefetch: Prefetch,
    jobs: Vec<Job>,
}

/// What to do, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Next {
    pub(super) content: Content,
    /// Looking whether it is here; else fetching.
    pub(super) is_look: bool,
    pub(super) due: Instant,
}

struct Job {
    needed: Needed,
    /// Box time at which it was wished for, as soon as that is known.
    known_at: Option<Timestamp>,
    taken_up: Instant,
    was_looked_for: bool,
    n_wrong: u32,
    backoff: Backoff,
    not_before: Instant,
    /// The player is told; it stays until the player does not wish for it any more.
    is_over: bool,
}

impl Queue {
    pub(super) fn new(prefetch: Prefetch) -> Self {
        Self { prefetch, jobs: Vec::new() }
    }

    /// Takes over what the player wishes for.
    pub(super) fn take_up(&mut self, wanted: &[Needed], now: Now) {
        self.jobs.retain(|job| wanted.iter().any(|it| it.content == job.needed.content));
        for needed in wanted {
            match self.jobs.iter_mut().find(|it| it.needed.content == needed.content) {
                Some(job) => job.move_to(needed.at),
                None => self.jobs.push(Job::new(*needed, now.instant)),
            }
        }
        for job in &mut self.jobs {
            job.known_at = job.known_at.or(now.box_time);
        }
    }

    /// Of what is due, the soonest needed; else what is due first.
    pub(super) fn next(&self, now: Now) -> Option<Next> {
        let open = self.jobs.iter().filter(|it| !it.is_over);
        let next = open.map(|it| (self.due(it, now), it)).min_by_key(|(due, it)| {
            // Everything that is due is alike in that.
            let due = (*due).max(now.instant);
            (due, it.was_looked_for, it.needed.at, it.needed.content.sha256)
        });
        next.map(|(due, job)| Next {
            content: job.needed.content,
            is_look: !job.was_looked_for,
            due,
        })
    }

    /// When something that is not due yet will be.
    pub(super) fn changes_at(&self, now: Now) -> Option<Instant> {
        let open = self.jobs.iter().filter(|it| !it.is_over);
        open.map(|it| self.due(it, now)).filter(|it| *it > now.instant).min()
    }

    /// It is not here.
    pub(super) fn is_missing(&mut self, sha256: Sha256) {
        self.with(sha256, |job| job.was_looked_for = true);
    }

    /// The player hears of it.
    pub(super) fn is_over(&mut self, sha256: Sha256) {
        self.with(sha256, |job| job.is_over = true);
    }

    /// It did not come. `Some`: it is tried again after so long.
    pub(super) fn failed(&mut self, sha256: Sha256, is_wrong: bool, now: Now) -> Option<Duration> {
        let job = self.jobs.iter_mut().find(|it| it.needed.content.sha256 == sha256)?;
        job.n_wrong += u32::from(is_wrong);
        let wait = job.backoff.next_wait();
        job.not_before = now.instant + wait;
        (job.n_wrong < N_WRONG).then_some(wait)
    }

    fn with(&mut self, sha256: Sha256, change: impl FnOnce(&mut Job)) {
        if let Some(job) = self.jobs.iter_mut().find(|it| it.needed.content.sha256 == sha256) {
            change(job);
        }
    }

    fn due(&self, job: &Job, now: Now) -> Instant {
        if !job.was_looked_for {
            return job.not_before;
        }
        let begins = match (now.box_time, job.known_at) {
            (Some(time), Some(known_at)) => {
                let begins = self.prefetch.begin_at(job.needed.at, known_at);
                let left = Duration::try_from(begins.duration_since(time)).unwrap_or_default();
                now.instant + left
            }
            (None, _) | (_, None) => job.taken_up + WITHOUT_TIME,
        };
        begins.max(job.not_before)
    }
}

impl Job {
    fn new(needed: Needed, now: Instant) -> Self {
        Self {
            needed,
            known_at: None,
            taken_up: now,
            was_looked_for: false,
            n_wrong: 0,
            backoff: Backoff::new(FIRST_WAIT, LONGEST_WAIT),
            not_before: now,
            is_over: false,
        }
    }

    /// A sooner play is news to the whole ward: its clusters spread themselves anew.
    fn move_to(&mut self, at: Timestamp) {
        if at < self.needed.at {
            self.known_at = None;
        }
        self.needed.at = at;
    }
}

#[cfg(test)]
mod tests;
