//! Which events to send next, and what an acknowledgement removes. Pure: `uplink` acts on it.
//!
//! The rows lie in the database; here are only those that are under way, a small window. What is
//! fresh and urgent has places of its own, so it never waits behind a backlog. A row leaves by an
//! acknowledgement and by nothing else: a lost link, a silent receiver or a full queue only means
//! that it is sent again.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use base::Backoff;
use tokio::time::Instant;

use super::Ack;
use super::rows::OutboxRow;

/// Events under way at once. At 1 KiB each this fills 64 kbit/s with 8 s of round trip.
pub const WINDOW: usize = 64;
/// Places that only urgent events take.
pub const URGENT_WINDOW: usize = 16;
/// The first wait for an acknowledgement: ten times what a slow uplink with one commit takes.
const FIRST_RESEND: Duration = Duration::from_secs(10);
/// A centre that is away for a day gets few repeats; it says hello when it is back (`Acked`).
const LONGEST_RESEND: Duration = Duration::from_mins(2);
/// Sent this long ago and not in the acknowledgement that just came: lost, send again.
const SURELY_LOST: Duration = Duration::from_secs(2);

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Every row after `fresh_after` counts as fresh.
    LinkUp {
        fresh_after: i64,
    },
    LinkDown,
    Recorded {
        is_urgent: bool,
    },
    /// The answer to `Effect::Load`: rising ids; fewer than asked for means that there are no more.
    Loaded {
        lane: Lane,
        rows: Vec<OutboxRow>,
    },
    Acked(Ack),
    TimerFired,
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Load {
        lane: Lane,
        limit: usize,
    },
    /// At least once, in this order.
    Send(OutboxRow),
    /// Acknowledged: these ids are to be deleted.
    Delete(Vec<i64>),
}

/// Which rows, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    All { after: i64 },
    Urgent { after: i64 },
}

/// For status and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Offline,
    /// Connected, and older events are still waiting.
    Backlog,
    Live,
}

#[derive(Debug)]
pub struct Outbox {
    is_up: bool,
    /// Sent, or to be sent again; by id. At most `WINDOW + URGENT_WINDOW`.
    under_way: BTreeMap<i64, UnderWay>,
    all: Reader,
    urgent: Reader,
    resend: Backoff,
    resend_at: Option<Instant>,
}

#[derive(Debug)]
struct UnderWay {
    row: OutboxRow,
    /// None: the link went down, or the wait was over.
    sent_at: Option<Instant>,
}

/// How far a lane was read.
#[derive(Debug)]
struct Reader {
    after: i64,
    state: Reading,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// There may be rows after `after`.
    Wanted,
    /// Asked for `limit` rows; `again` when more were recorded since.
    Asked {
        limit: usize,
        again: bool,
    },
    AtEnd,
}

impl Default for Outbox {
    fn default() -> Self {
        let reader = || Reader { after: 0, state: Reading::Wanted };
        Self {
            is_up: false,
            under_way: BTreeMap::new(),
            all: reader(),
            urgent: reader(),
            resend: Backoff::new(FIRST_RESEND, LONGEST_RESEND),
            resend_at: None,
        }
    }
}

impl Outbox {
    pub fn on(&mut self, event: Event, now: Instant) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::LinkUp { fresh_after } => {
                self.is_up = true;
                self.urgent.after = self.urgent.after.max(fresh_after);
                self.resend.reset();
                self.forget_sent(now, Duration::ZERO);
            }
            Event::LinkDown => {
                self.is_up = false;
                self.resend_at = None;
            }
            Event::Recorded { is_urgent } => {
                self.all.recorded();
                if is_urgent {
                    self.urgent.recorded();
                }
            }
            Event::Loaded { lane, rows } => self.loaded(lane, rows),
            Event::Acked(ack) => effects.extend(self.acked(&ack, now)),
            Event::TimerFired => {
                if self.resend_at.is_some_and(|at| at <= now) {
                    self.resend_at = None;
                    self.forget_sent(now, SURELY_LOST);
                }
            }
        }
        self.pump(now, &mut effects);
        effects
    }

    /// When to fire the timer.
    pub fn wake_at(&self) -> Option<Instant> {
        self.resend_at
    }

    pub fn mode(&self) -> Mode {
        let at_end = |reader: &Reader| reader.state == Reading::AtEnd;
        match (self.is_up, at_end(&self.all) && self.under_way.len() < WINDOW) {
            (false, _) => Mode::Offline,
            (true, false) => Mode::Backlog,
            (true, true) => Mode::Live,
        }
    }

    fn loaded(&mut self, lane: Lane, rows: Vec<OutboxRow>) {
        let reader = match lane {
            Lane::All { .. } => &mut self.all,
            Lane::Urgent { .. } => &mut self.urgent,
        };
        reader.loaded(&rows);
        for row in rows {
            // The other lane may have brought it already.
            self.under_way.entry(row.id).or_insert(UnderWay { row, sent_at: None });
        }
    }

    fn acked(&mut self, ack: &Ack, now: Instant) -> Option<Effect> {
        let is_covered = |it: &UnderWay| ack.covers(it.row.epoch, it.row.stream, it.row.seq);
        let ids: Vec<i64> =
            self.under_way.iter().filter(|(_, it)| is_covered(it)).map(|(id, _)| *id).collect();
        // Only what we sent can be acknowledged: numbers that we do not know of are ignored.
        let gone: Vec<UnderWay> = ids.iter().filter_map(|id| self.under_way.remove(id)).collect();
        self.resend.reset();
        self.resend_at = None;
        if let Some(newest) = gone.iter().filter_map(|it| it.sent_at).max() {
            // A broker keeps the order: what went out well before and is not covered was lost.
            self.forget_sent(newest, SURELY_LOST);
            return Some(Effect::Delete(ids));
        }
        // Nothing new: the receiver says where it is, because it, or we, have just come back.
        self.forget_sent(now, SURELY_LOST);
        if !self.under_way.is_empty() {
            self.resend_at = Some(now + SURELY_LOST);
        }
        (!ids.is_empty()).then_some(Effect::Delete(ids))
    }

    fn forget_sent(&mut self, now: Instant, older_than: Duration) {
        for it in self.under_way.values_mut() {
            if it.sent_at.is_some_and(|at| now.saturating_duration_since(at) >= older_than) {
                it.sent_at = None;
            }
        }
    }

    fn pump(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        if !self.is_up {
            return;
        }
        for urgent_first in [true, false] {
            let unsent =
                |it: &&mut UnderWay| it.sent_at.is_none() && it.row.is_urgent == urgent_first;
            for it in self.under_way.values_mut().filter(unsent) {
                it.sent_at = Some(now);
                effects.push(Effect::Send(it.row.clone()));
            }
        }
        // What was asked for takes its places already, whichever answer comes first.
        let n_taken = self.under_way.len() + self.all.n_asked() + self.urgent.n_asked();
        let room = (WINDOW + URGENT_WINDOW).saturating_sub(n_taken).min(URGENT_WINDOW);
        if let Some(limit) = self.urgent.ask(room) {
            effects.push(Effect::Load { lane: Lane::Urgent { after: self.urgent.after }, limit });
        }
        if let Some(limit) = self.all.ask(WINDOW.saturating_sub(n_taken)) {
            effects.push(Effect::Load { lane: Lane::All { after: self.all.after }, limit });
        }
        if self.under_way.is_empty() {
            self.resend_at = None;
        } else if self.resend_at.is_none() {
            self.resend_at = Some(now + self.resend.next_wait());
        }
    }
}

impl Reader {
    fn recorded(&mut self) {
        self.state = match self.state {
            Reading::Asked { limit, .. } => Reading::Asked { limit, again: true },
            Reading::Wanted | Reading::AtEnd => Reading::Wanted,
        };
    }

    fn n_asked(&self) -> usize {
        match self.state {
            Reading::Asked { limit, .. } => limit,
            Reading::Wanted | Reading::AtEnd => 0,
        }
    }

    fn ask(&mut self, room: usize) -> Option<usize> {
        if room == 0 || self.state != Reading::Wanted {
            return None;
        }
        self.state = Reading::Asked { limit: room, again: false };
        Some(room)
    }

    fn loaded(&mut self, rows: &[OutboxRow]) {
        if let Some(last) = rows.last() {
            self.after = self.after.max(last.id);
        }
        self.state = match self.state {
            Reading::Asked { limit, again } if again || rows.len() >= limit => Reading::Wanted,
            Reading::Asked { .. } | Reading::Wanted | Reading::AtEnd => Reading::AtEnd,
        };
    }
}
