//! What is fetched next. Pure: the player's wishes and the time in, one content out.
//!
//! What is here already is looked at first, whatever the hour. Of what may be fetched now, what plays
//! soonest goes first, also in place of a download that is under way; the shelf comes after every play.

use std::collections::BTreeSet;
use std::mem::discriminant;
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
/// Nobody waits for the shelf: a sound that the box has lost costs little.
const LONGEST_WAIT_AHEAD: Duration = Duration::from_mins(10);
/// Room is made by plays that end, so a look now and then is enough.
const ROOM_AGAIN: Duration = Duration::from_mins(10);
/// What lies on the shelf for a year is to be whole when it is needed: an SD card ages.
const LOOK_AGAIN: Duration = Duration::from_hours(24);
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
    /// Of what is wished for, what was found or fetched.
    here: BTreeSet<Sha256>,
}

/// What content is for. The sooner needed, the less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Purpose {
    /// A play, and when it begins.
    Play(Timestamp),
    /// The shelf, and the place in its order.
    Shelf(usize),
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
    content: Content,
    purpose: Purpose,
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
        Self { prefetch, jobs: Vec::new(), here: BTreeSet::new() }
    }

    /// Takes over what the player wishes for, and what is on the shelf.
    pub(super) fn take_up(&mut self, wanted: &[Needed], shelf: &[Content], now: Now) {
        let wishes = wishes(wanted, shelf);
        let is_wished = |job: &Job| wishes.iter().any(|(it, purpose)| job.is_for(it, *purpose));
        self.jobs.retain(is_wished);
        for (content, purpose) in &wishes {
            match self.jobs.iter_mut().find(|it| it.is_for(content, *purpose)) {
                Some(job) => job.move_to(*purpose, now.instant),
                None => self.jobs.push(Job::new(*content, *purpose, now.instant)),
            }
        }
        self.here.retain(|sha256| wishes.iter().any(|(it, _)| it.sha256 == *sha256));
        for job in &mut self.jobs {
            job.known_at = job.known_at.or(now.box_time);
        }
    }

    /// Of what is due, the soonest needed, and the shelf last; else what is due first.
    pub(super) fn next(&self, now: Now) -> Option<Next> {
        let open = self.jobs.iter().filter(|it| !it.is_over);
        let next = open.map(|it| (self.due(it, now), it)).min_by_key(|(due, it)| {
            // Everything that is due is alike in that.
            let due = (*due).max(now.instant);
            let is_ahead = matches!(it.purpose, Purpose::Shelf(_));
            (due, is_ahead, it.was_looked_for, it.purpose, it.content.sha256)
        });
        next.map(|(due, job)| Next { content: job.content, is_look: !job.was_looked_for, due })
    }

    /// When something that is not due yet will be.
    pub(super) fn changes_at(&self, now: Now) -> Option<Instant> {
        let open = self.jobs.iter().filter(|it| !it.is_over);
        open.map(|it| self.due(it, now)).filter(|it| *it > now.instant).min()
    }

    /// It is not here.
    pub(super) fn is_missing(&mut self, sha256: Sha256) {
        self.here.remove(&sha256);
        self.with(sha256, |job| job.was_looked_for = true);
    }

    /// It is here. Whether the player waits to hear of it.
    pub(super) fn is_here(&mut self, sha256: Sha256, now: Now) -> bool {
        self.here.insert(sha256);
        let job = self.jobs.iter_mut().find(|it| it.content.sha256 == sha256);
        job.is_some_and(|job| match job.purpose {
            Purpose::Play(_) => {
                job.is_over = true;
                true
            }
            Purpose::Shelf(_) => {
                (job.was_looked_for, job.not_before) = (false, now.instant + LOOK_AGAIN);
                job.backoff.reset();
                false
            }
        })
    }

    /// It will not come, and the player hears of it.
    pub(super) fn is_given_up(&mut self, sha256: Sha256) {
        self.with(sha256, |job| job.is_over = true);
    }

    /// How many of these are here.
    pub(super) fn n_here(&self, shelf: &[Content]) -> usize {
        shelf.iter().filter(|it| self.here.contains(&it.sha256)).count()
    }

    /// It did not come. `Some`: it is tried again after so long. What is on the shelf always is.
    pub(super) fn failed(&mut self, sha256: Sha256, is_wrong: bool, now: Now) -> Option<Duration> {
        let job = self.jobs.iter_mut().find(|it| it.content.sha256 == sha256)?;
        job.n_wrong += u32::from(is_wrong);
        let wait = job.backoff.next_wait();
        job.not_before = now.instant + wait;
        let is_ahead = matches!(job.purpose, Purpose::Shelf(_));
        (is_ahead || job.n_wrong < N_WRONG).then_some(wait)
    }

    /// There is no room for it yet: nothing failed.
    pub(super) fn postponed(&mut self, sha256: Sha256, now: Now) {
        self.with(sha256, |job| job.not_before = now.instant + ROOM_AGAIN);
    }

    fn with(&mut self, sha256: Sha256, change: impl FnOnce(&mut Job)) {
        if let Some(job) = self.jobs.iter_mut().find(|it| it.content.sha256 == sha256) {
            change(job);
        }
    }

    fn due(&self, job: &Job, now: Now) -> Instant {
        if !job.was_looked_for {
            return job.not_before;
        }
        let begins = match (now.box_time, job.known_at) {
            (Some(time), Some(known_at)) => {
                let begins = match job.purpose {
                    Purpose::Play(at) => self.prefetch.begin_at(at, known_at),
                    Purpose::Shelf(_) => self.prefetch.begin_ahead(known_at),
                };
                let left = Duration::try_from(begins.duration_since(time)).unwrap_or_default();
                now.instant + left
            }
            (None, _) | (_, None) => job.taken_up + WITHOUT_TIME,
        };
        begins.max(job.not_before)
    }
}

impl Job {
    fn new(content: Content, purpose: Purpose, now: Instant) -> Self {
        let longest = match purpose {
            Purpose::Play(_) => LONGEST_WAIT,
            Purpose::Shelf(_) => LONGEST_WAIT_AHEAD,
        };
        Self {
            content,
            purpose,
            known_at: None,
            taken_up: now,
            was_looked_for: false,
            n_wrong: 0,
            backoff: Backoff::new(FIRST_WAIT, longest),
            not_before: now,
            is_over: false,
        }
    }

    /// A play's fetch is begun anew where the shelf's was under way: it waits less, and the player hears of it.
    fn is_for(&self, content: &Content, purpose: Purpose) -> bool {
        self.content == *content && discriminant(&self.purpose) == discriminant(&purpose)
    }

    /// A sooner play is news to the whole ward: its clusters spread themselves anew, and what had no room yet
    /// may have some.
    fn move_to(&mut self, purpose: Purpose, now: Instant) {
        if let (Purpose::Play(old), Purpose::Play(new)) = (self.purpose, purpose)
            && new < old
        {
            (self.known_at, self.not_before) = (None, now);
        }
        self.purpose = purpose;
    }
}

/// Each content for one purpose: what a play needs is the play's, wherever else it belongs.
fn wishes(wanted: &[Needed], shelf: &[Content]) -> Vec<(Content, Purpose)> {
    let plays = wanted.iter().map(|it| (it.content, Purpose::Play(it.at)));
    let is_unordered =
        |it: &(usize, &Content)| !wanted.iter().any(|play| play.content.sha256 == it.1.sha256);
    let ahead = shelf.iter().enumerate().filter(is_unordered);
    plays.chain(ahead.map(|(place, it)| (*it, Purpose::Shelf(place)))).collect()
}

#[cfg(test)]
mod tests;
