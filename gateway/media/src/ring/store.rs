//! The ring itself, without GStreamer: which units are kept, and which belong to a piece.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

/// Where one stream ends and the next begins without telling the time between: about one picture.
const SEAM_NS: i64 = 40_000_000;
/// Pictures that are shown in another order than they are sent in go back by less than this. A
/// stream that goes further back has begun anew.
const MOST_REORDERED_NS: i64 = 2_000_000_000;

/// What a ring holds at most. When it is full, the oldest group of pictures goes first, and always
/// whole: what is left begins with a key picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingLimits {
    /// The past that can always be cut: the oldest group goes as soon as the rest spans this much, so
    /// the ring spans less than `keep` and one group.
    pub keep: Duration,
    /// Never more than this. A single group that is larger is dropped, up to the next key picture.
    pub most_bytes: usize,
}

/// A unit as it comes in, in decoding order.
#[derive(Clone, Debug)]
pub(crate) struct Incoming<P> {
    /// Counts connections: stamps of two of them have nothing to do with one another.
    pub(crate) session: u32,
    /// Counts what a decoder must be told of: codec, size, parameter sets.
    pub(crate) format: u32,
    pub(crate) pts_ns: i64,
    pub(crate) captured_at: Timestamp,
    pub(crate) is_key: bool,
    pub(crate) n_bytes: usize,
    pub(crate) payload: P,
}

/// A unit on the ring's own timeline, which goes on from one connection to the next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unit<P> {
    pub(crate) at_ns: i64,
    pub(crate) captured_at: Timestamp,
    pub(crate) format: u32,
    pub(crate) is_key: bool,
    pub(crate) n_bytes: usize,
    pub(crate) payload: P,
}

/// What a clip shall show: from `from` to `to`. `at` lies between them and is what it is about; where
/// the stream changes, the clip stays on the side of `at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: Timestamp,
    pub at: Timestamp,
    pub to: Timestamp,
}

/// Why a clip begins or ends where it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// As was asked for. It begins with the key picture before that moment.
    Asked,
    /// The camera changed the size or the coding of its pictures there.
    StreamChanged,
    /// Nothing was recorded on the other side.
    NotRecorded,
    /// Cutting was so slow that the pictures beyond did not fit into memory.
    TooSlow,
    /// What follows cannot be decoded.
    Undecodable,
}

/// The part of the timeline that a piece takes, from its key picture on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    format: u32,
    key_ns: i64,
    to_ns: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Take,
    /// Sent after the key picture that the clip begins with, and shown before it: it needs pictures
    /// that the clip does not have.
    Skip,
    End(Edge),
}

/// What the ring has of a piece at once, and how to judge what comes later.
#[derive(Debug)]
pub(crate) struct Found<P> {
    pub(crate) span: Span,
    pub(crate) begins: Edge,
    pub(crate) units: Vec<Unit<P>>,
    /// `None` while the end has not come yet.
    pub(crate) ends: Option<Edge>,
    /// From the newest unit to the end of the window.
    pub(crate) still_to_come: Duration,
}

#[derive(Debug)]
pub(crate) struct Store<P> {
    limits: RingLimits,
    units: VecDeque<Unit<P>>,
    n_bytes: usize,
    /// The session and the format of the last unit.
    last: Option<(u32, u32)>,
    last_pts_ns: i64,
    /// From stamps of the running session to the timeline.
    offset_ns: i64,
    newest: Option<(i64, Timestamp)>,
    awaits_key: bool,
}

impl Span {
    pub(crate) fn judge<P>(&self, unit: &Unit<P>) -> Verdict {
        if unit.format != self.format {
            Verdict::End(Edge::StreamChanged)
        } else if unit.at_ns > self.to_ns {
            Verdict::End(Edge::Asked)
        } else if unit.at_ns < self.key_ns {
            Verdict::Skip
        } else {
            Verdict::Take
        }
    }
}

impl<P: Clone> Store<P> {
    pub(crate) fn new(limits: RingLimits) -> Self {
        Self {
            limits,
            units: VecDeque::new(),
            n_bytes: 0,
            last: None,
            last_pts_ns: 0,
            offset_ns: 0,
            newest: None,
            awaits_key: true,
        }
    }

    /// The unit as it stands on the timeline; `None` when nothing can be made of it, because its
    /// stream did not begin with a key picture yet.
    pub(crate) fn push(&mut self, incoming: Incoming<P>) -> Option<Unit<P>> {
        let is_next = self.last == Some((incoming.session, incoming.format));
        self.awaits_key = (self.awaits_key || !is_next) && !incoming.is_key;
        let is_session = self.last.is_some_and(|it| it.0 == incoming.session);
        if !is_session || incoming.pts_ns < self.last_pts_ns - MOST_REORDERED_NS {
            self.offset_ns = self.seam(incoming.captured_at) - incoming.pts_ns;
        }
        self.last = Some((incoming.session, incoming.format));
        self.last_pts_ns = incoming.pts_ns;
        if self.awaits_key {
            return None;
        }
        let unit = Unit {
            at_ns: incoming.pts_ns + self.offset_ns,
            captured_at: incoming.captured_at,
            format: incoming.format,
            is_key: incoming.is_key,
            n_bytes: incoming.n_bytes,
            payload: incoming.payload,
        };
        if self.newest.is_none_or(|it| it.0 <= unit.at_ns) {
            self.newest = Some((unit.at_ns, unit.captured_at));
        }
        if unit.is_key || !self.units.is_empty() {
            self.n_bytes += unit.n_bytes;
            self.units.push_back(unit.clone());
            self.evict();
        }
        Some(unit)
    }

    pub(crate) fn piece(&self, window: Window) -> Option<Found<P>> {
        let newest_ns = self.newest?.0;
        let apart = |it: &&Unit<P>| it.captured_at.duration_since(window.at).abs();
        let anchor = self.units.iter().min_by_key(apart)?;
        // All but this one look-up is in stream time: a clock that is set shifts one piece, and
        // tears none.
        let at_ns = anchor.at_ns + nanos(anchor.captured_at, window.at);
        let from_ns = at_ns - nanos(window.from, window.at);
        let to_ns = at_ns + nanos(window.at, window.to);
        let is_ours = |it: &(usize, &Unit<P>)| it.1.format == anchor.format;
        let keys = || self.units.iter().enumerate().filter(is_ours).filter(|it| it.1.is_key);
        let before = keys().take_while(|it| it.1.at_ns <= from_ns).last();
        let (first, key) = before.or_else(|| keys().next())?;
        let span = Span { format: anchor.format, key_ns: key.at_ns, to_ns };
        if newest_ns < from_ns || key.at_ns > to_ns {
            return None;
        }
        let begins = match (key.at_ns <= from_ns, first) {
            (true, _) => Edge::Asked,
            (false, 0) => Edge::NotRecorded,
            (false, _) => Edge::StreamChanged,
        };
        let mut units = Vec::new();
        let mut ends = None;
        for unit in self.units.range(first..) {
            match span.judge(unit) {
                Verdict::Take => units.push(unit.clone()),
                Verdict::Skip => {}
                Verdict::End(edge) => {
                    ends = Some(edge);
                    break;
                }
            }
        }
        let ahead_ns = u64::try_from(to_ns - newest_ns).unwrap_or(0);
        let still_to_come = Duration::from_nanos(ahead_ns);
        Some(Found { span, begins, units, ends, still_to_come })
    }

    /// The capture time of the newest picture.
    pub(crate) fn newest_at(&self) -> Option<Timestamp> {
        self.newest.map(|it| it.1)
    }

    pub(crate) fn n_bytes(&self) -> usize {
        self.n_bytes
    }

    pub(crate) fn length(&self) -> Duration {
        let oldest = self.units.front().map(|it| it.at_ns);
        let length = self.newest.zip(oldest).map_or(0, |(newest, oldest)| newest.0 - oldest);
        Duration::from_nanos(u64::try_from(length).unwrap_or(0))
    }

    pub(crate) fn units(&self) -> impl Iterator<Item = &Unit<P>> {
        self.units.iter()
    }

    /// Where the first unit of a new session stands.
    fn seam(&self, captured_at: Timestamp) -> i64 {
        self.newest.map_or(0, |(at_ns, at)| at_ns + nanos(at, captured_at).max(SEAM_NS))
    }

    fn evict(&mut self) {
        let keep_ns = i64::try_from(self.limits.keep.as_nanos()).unwrap_or(i64::MAX);
        let newest_ns = self.newest.map_or(0, |it| it.0);
        while let Some(n_units) = self.oldest_group()
            && self.units.get(n_units).is_some_and(|it| newest_ns - it.at_ns >= keep_ns)
        {
            self.drop_oldest(n_units);
        }
        while self.n_bytes > self.limits.most_bytes {
            self.drop_oldest(self.oldest_group().unwrap_or(self.units.len()));
        }
    }

    /// How many units there are before the second key picture.
    fn oldest_group(&self) -> Option<usize> {
        self.units.iter().skip(1).position(|it| it.is_key).map(|it| it + 1)
    }

    fn drop_oldest(&mut self, n_units: usize) {
        let n_bytes: usize = self.units.drain(..n_units).map(|it| it.n_bytes).sum();
        self.n_bytes -= n_bytes;
    }
}

/// From `start` to `end`; a stream is never 292 years long.
fn nanos(start: Timestamp, end: Timestamp) -> i64 {
    i64::try_from(end.duration_since(start).as_nanos()).unwrap_or(0)
}

#[cfg(test)]
mod tests;
