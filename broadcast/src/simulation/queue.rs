//! What is going to happen, in order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use base::Sha256;
use jiff::Timestamp;

use crate::PlayId;

/// `cluster` is a place in the ward's list. What names a `boot` or a `sound` is void after the next.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    /// By its place in the script.
    Deed(usize),
    Round,
    /// Nobody is waited for any longer.
    LastCall(PlayId),
    /// A command for a play reaches a cluster, unless it is lost.
    Arrives {
        cluster: usize,
        play: PlayId,
        is_stop: bool,
        n_tries: u32,
    },
    Timer {
        cluster: usize,
    },
    SoundStarts {
        cluster: usize,
        sound: u32,
    },
    SoundEnds {
        cluster: usize,
        sound: u32,
    },
    Fetched {
        cluster: usize,
        content: Sha256,
        boot: u32,
    },
    PowerBack {
        cluster: usize,
    },
    /// The box tells a cluster the time.
    Synced {
        cluster: usize,
        boot: u32,
    },
    LinkBack {
        cluster: usize,
    },
    BoxBack,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Reverse<Due>>,
    n_pushed: u64,
}

/// Of two at one instant, what was asked for first comes first.
#[derive(Clone, Copy, Debug)]
struct Due {
    at: Timestamp,
    nth: u64,
    what: What,
}

impl Queue {
    pub(super) fn push(&mut self, at: Timestamp, what: What) {
        self.n_pushed += 1;
        self.heap.push(Reverse(Due { at, nth: self.n_pushed, what }));
    }

    pub(super) fn pop(&mut self) -> Option<(Timestamp, What)> {
        self.heap.pop().map(|Reverse(due)| (due.at, due.what))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.nth).cmp(&(other.at, other.nth))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.nth) == (other.at, other.nth)
    }
}

impl Eq for Due {}
