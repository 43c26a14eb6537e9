//! One way of an impaired link: decides what becomes of each packet, and when it is there. No IO, no
//! clock: `now` is the time since the link opened, and never goes back.

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::super::dice::Dice;
use super::chance::Luck;
use super::tally::{Tally, Why};
use super::terms::Terms;

/// As much as is under way, whatever delay and rate are: it is memory.
const MOST_HELD_BYTES: u64 = 64 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Traffic {
    /// May be dropped, and overtake one another. What finds the queue full is dropped.
    Datagrams,
    /// Bytes of streams: stay in order, and wait for the end of an outage. Whoever offers them MUST ask
    /// [`Lane::has_room`] before, and hold them back until it has.
    Streams,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    ArrivesAt(Duration),
    Dropped(Why),
}

#[derive(Debug)]
pub(super) struct Lane<T> {
    traffic: Traffic,
    terms: Terms,
    luck: Luck,
    jitter: Dice,
    /// When the wire has sent all that it was given.
    free_at: Duration,
    /// When the last of what is under way arrives.
    last_at: Duration,
    under_way: BinaryHeap<Reverse<Parcel<T>>>,
    tally: Tally,
}

/// Ordered by when it arrives; of those that arrive together, the first that was offered is first.
#[derive(Debug)]
struct Parcel<T> {
    arrives_at: Duration,
    nth: u64,
    n_bytes: u64,
    item: T,
}

impl<T> Lane<T> {
    pub(super) fn new(traffic: Traffic, terms: Terms, seed: u64) -> Self {
        Self {
            traffic,
            terms,
            luck: Luck::new(terms.loss, Dice::new(seed, 1)),
            jitter: Dice::new(seed, 2),
            free_at: Duration::ZERO,
            last_at: Duration::ZERO,
            under_way: BinaryHeap::new(),
            tally: Tally::default(),
        }
    }

    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Decides at once; what arrives is kept until [`Self::take_arrived`] takes it.
    pub(super) fn offer(&mut self, now: Duration, n_bytes: u64, item: T) -> Verdict {
        let nth = self.tally.offered.n;
        self.tally.offered.add(n_bytes);
        match self.arrival(now, n_bytes) {
            Ok(arrives_at) => {
                self.tally.hold(n_bytes);
                self.last_at = self.last_at.max(arrives_at);
                self.under_way.push(Reverse(Parcel { arrives_at, nth, n_bytes, item }));
                Verdict::ArrivesAt(arrives_at)
            }
            Err(why) => {
                self.tally.drop(why, n_bytes);
                Verdict::Dropped(why)
            }
        }
    }

    fn arrival(&mut self, now: Duration, n_bytes: u64) -> Result<Duration, Why> {
        // For every packet, whatever becomes of it: so no setting moves the chances of another.
        let is_lost = self.luck.loses_the_next();
        let jitter = self.jitter.up_to(self.terms.jitter);
        if self.terms.dead_from.is_some_and(|it| now >= it) {
            return Err(Why::Blackhole);
        }
        let sent_at = self.sent_at(now, n_bytes)?;
        // What is lost was sent before: it took its time on the wire.
        if is_lost {
            return Err(Why::Loss);
        }
        let arrives_at = sent_at + self.terms.delay + jitter;
        Ok(match self.traffic {
            Traffic::Datagrams => arrives_at,
            Traffic::Streams => arrives_at.max(self.last_at),
        })
    }

    /// When its last bit has left. A radio that has lost its mast goes on sending, so that an outage
    /// takes datagrams from the queue as well; of streams it holds the bytes.
    fn sent_at(&mut self, now: Duration, n_bytes: u64) -> Result<Duration, Why> {
        let wait = self.free_at.saturating_sub(now);
        let is_full = self.terms.rate.is_some_and(|it| wait > it.queue)
            || self.tally.held.n_bytes + n_bytes > MOST_HELD_BYTES;
        if is_full && self.traffic == Traffic::Datagrams {
            return Err(Why::QueueFull);
        }
        self.tally.longest_wait = self.tally.longest_wait.max(wait);
        let takes = self.terms.rate.map_or(Duration::ZERO, |it| it.takes(n_bytes));
        let sent_at = now + wait + takes;
        let up_again_at = self.terms.outages.and_then(|it| it.end_of(sent_at));
        match (self.traffic, up_again_at) {
            (Traffic::Streams, Some(up_again_at)) => self.free_at = up_again_at + takes,
            (Traffic::Datagrams, _) | (Traffic::Streams, None) => self.free_at = sent_at,
        }
        match (self.traffic, up_again_at) {
            (Traffic::Datagrams, Some(_)) => Err(Why::Outage),
            (Traffic::Datagrams, None) | (Traffic::Streams, _) => Ok(self.free_at),
        }
    }

    /// Whether more of a stream may be offered; else ask again at [`Self::next_at`].
    pub(super) fn has_room(&self, now: Duration) -> bool {
        self.room_at().is_some_and(|it| it <= now)
    }

    /// Nothing, if only an arrival makes room.
    fn room_at(&self) -> Option<Duration> {
        let is_light = self.tally.held.n_bytes < MOST_HELD_BYTES;
        let queue = self.terms.rate.map_or(Duration::MAX, |it| it.queue);
        is_light.then(|| self.free_at.saturating_sub(queue))
    }

    /// When there is something to do: an arrival, or room after there was none.
    pub(super) fn next_at(&self, now: Duration) -> Option<Duration> {
        let arrival = self.under_way.peek().map(|it| it.0.arrives_at);
        let room = self.room_at().filter(|it| *it > now);
        arrival.into_iter().chain(room).min()
    }

    /// The next of what has arrived by `now`, in the order of arrival.
    pub(super) fn take_arrived(&mut self, now: Duration) -> Option<T> {
        self.under_way.peek().filter(|it| it.0.arrives_at <= now)?;
        let Reverse(parcel) = self.under_way.pop()?;
        self.tally.deliver(parcel.n_bytes);
        Some(parcel.item)
    }
}

impl<T> Parcel<T> {
    fn order(&self) -> (Duration, u64) {
        (self.arrives_at, self.nth)
    }
}

impl<T> PartialEq for Parcel<T> {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl<T> Eq for Parcel<T> {}

impl<T> PartialOrd for Parcel<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Parcel<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}
