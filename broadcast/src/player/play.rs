//! One play: when it is due, how a late one begins, and how it ends.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Effect, Ending, EndingKind, Report, Rules, Sound, Stage};
use crate::order::{Order, Priority, Resume};

/// Scheduling of the program itself, not lateness: within it a play is on time.
const ON_TIME: Duration = Duration::from_millis(1500);
/// From here on a late play seeks, to be in step with its neighbours; below, it begins at the
/// beginning (what the receivers of the field do; domain notes section 5).
const SEEK_FROM: Duration = Duration::from_secs(10);
/// What may be lacking at the end of content that counts as played: an encoder's last frames.
const END_SLACK: Duration = Duration::from_millis(500);

/// An order and how far it has come.
#[derive(Debug)]
pub(super) struct Play {
    pub(super) order: Order,
    pub(super) stage: Stage,
    /// Its content is in the cache, verified since the program started.
    pub(super) is_cached: bool,
    /// The sink is being closed for a more urgent play.
    is_interrupting: bool,
    /// The play was in the sink when the program died.
    was_cut_off: bool,
}

/// What comes of a play whose turn it is.
pub(super) enum Verdict {
    Sound(Effect, Sound),
    Over(Effect),
}

impl Play {
    pub(super) fn new(order: Order, stage: Stage) -> Self {
        let was_cut_off = matches!(stage, Stage::Playing { .. });
        Self { order, stage, is_cached: false, is_interrupting: false, was_cut_off }
    }

    pub(super) fn record(&self, report: Option<Report>) -> Effect {
        Effect::Record { order: self.order.clone(), stage: self.stage.clone(), report }
    }

    pub(super) fn end(&mut self, kind: EndingKind, reason: &str) -> Effect {
        let ending = Ending { kind, reason: reason.to_owned() };
        self.stage = Stage::Ended(ending.clone());
        self.record(Some(Report::Ended(ending)))
    }

    /// A new version of a known order: taken while nothing of it was heard.
    pub(super) fn change(&mut self, order: Order) -> Effect {
        let play = order.play;
        match self.stage {
            Stage::Fetching | Stage::Waiting => {
                if self.order.content != order.content {
                    (self.stage, self.is_cached) = (Stage::Fetching, false);
                }
                self.order = order;
                // Whoever ordered it anew waits for the same receipts; the content may be here already.
                let is_here = self.stage == Stage::Waiting;
                self.record(Some(if is_here { Report::Cached } else { Report::Ordered }))
            }
            Stage::Playing { .. } | Stage::Interrupted { .. } => {
                Effect::Refuse { play, reason: "this play has begun: stop it instead".to_owned() }
            }
            Stage::Ended(_) => Effect::Refuse { play, reason: "this play is over".to_owned() },
        }
    }

    pub(super) fn cached(&mut self) -> Option<Effect> {
        self.is_cached = true;
        if self.stage != Stage::Fetching {
            return None;
        }
        self.stage = Stage::Waiting;
        Some(self.record(Some(Report::Cached)))
    }

    /// Its file is not what it was. A play that was about to sound waits for another copy.
    pub(super) fn damaged(&mut self) -> Option<Effect> {
        self.is_cached = false;
        let Stage::Playing { seek, .. } = self.stage else { return None };
        self.stage = if seek.is_zero() { Stage::Waiting } else { self.stage.clone() };
        self.was_cut_off = !seek.is_zero();
        Some(self.record(None))
    }

    pub(super) fn lost_content(&mut self, reason: &str) -> Option<Effect> {
        self.is_cached = false;
        match self.stage {
            Stage::Fetching | Stage::Waiting => Some(self.end(EndingKind::Missed, reason)),
            Stage::Interrupted { .. } => Some(self.end(EndingKind::Partial, reason)),
            // The sink has the file open; what is heard is what was verified.
            Stage::Playing { .. } | Stage::Ended(_) => None,
        }
    }

    pub(super) fn started(&mut self, at: Timestamp) -> Option<Effect> {
        let is_playing = matches!(self.stage, Stage::Playing { .. });
        is_playing.then(|| self.record(Some(Report::Started { at })))
    }

    /// The sink is closed.
    pub(super) fn ended(&mut self, heard: Duration, failed: Option<String>) -> Option<Effect> {
        let Stage::Playing { seek, skipped } = self.stage else { return None };
        let position = seek + heard;
        if std::mem::take(&mut self.is_interrupting) {
            return Some(self.interrupted(position, skipped));
        }
        let is_at_end = position + END_SLACK >= self.order.content.duration;
        let (kind, reason) = match failed {
            None if is_at_end && skipped.is_zero() => (EndingKind::Played, String::new()),
            None if is_at_end => (EndingKind::Partial, format!("{skipped:.1?} was skipped")),
            None => (EndingKind::Partial, format!("cut after {position:.1?}: its time was over")),
            Some(reason) if position == skipped => (EndingKind::Missed, reason),
            Some(reason) => (EndingKind::Partial, reason),
        };
        Some(self.end(kind, &reason))
    }

    fn interrupted(&mut self, position: Duration, skipped: Duration) -> Effect {
        self.stage = match self.order.resume {
            Resume::Skip => {
                return self.end(EndingKind::Partial, "interrupted by a more urgent play");
            }
            Resume::Resume => Stage::Interrupted { position, skipped },
            Resume::Restart => {
                Stage::Interrupted { position: Duration::ZERO, skipped: Duration::ZERO }
            }
        };
        self.record(None)
    }

    /// True if the sink has to be closed for it.
    pub(super) fn interrupt(&mut self) -> bool {
        !std::mem::replace(&mut self.is_interrupting, true)
    }

    pub(super) fn is_due(&self, now: Timestamp, lead: Duration) -> bool {
        let is_ready = match self.stage {
            Stage::Waiting | Stage::Interrupted { .. } => true,
            Stage::Playing { .. } => self.was_cut_off,
            Stage::Fetching | Stage::Ended(_) => false,
        };
        is_ready && self.is_cached && self.order.start_at.duration_since(now) <= signed(lead)
    }

    /// Ends what can no longer be played.
    pub(super) fn expire(
        &mut self,
        now: Timestamp,
        rules: &Rules,
        trusted: bool,
    ) -> Option<Effect> {
        // An untrusted clock judges nothing: it may have begun in 1970, or run ahead.
        if !trusted {
            return None;
        }
        match &self.stage {
            Stage::Playing { .. } if self.was_cut_off && self.order.resume != Resume::Resume => {
                self.was_cut_off = false;
                Some(self.end(EndingKind::Partial, "the cluster restarted"))
            }
            Stage::Playing { .. } if self.was_cut_off && now >= self.last_start() => {
                self.was_cut_off = false;
                Some(self.end(EndingKind::Partial, "the cluster restarted and was too late"))
            }
            Stage::Fetching if now >= self.last_start() => {
                Some(self.end(EndingKind::Missed, "its content did not arrive in time"))
            }
            Stage::Waiting if now >= self.last_start() => {
                Some(self.end(EndingKind::Missed, "too late to begin"))
            }
            Stage::Waiting
                if now < self.order.start_at && self.is_hushed(self.order.start_at, rules) =>
            {
                Some(self.end(EndingKind::Missed, "it would sound in quiet hours"))
            }
            Stage::Interrupted { .. } if now >= self.last_start() => {
                Some(self.end(EndingKind::Partial, "no time was left to go on"))
            }
            Stage::Fetching
            | Stage::Waiting
            | Stage::Playing { .. }
            | Stage::Interrupted { .. }
            | Stage::Ended(_) => None,
        }
    }

    /// The instant from which it is too late to begin, or to go on.
    fn last_start(&self) -> Timestamp {
        let grace = self.order.catch_up.max(ON_TIME);
        let caught_up = self.order.start_at.saturating_add(grace);
        caught_up.map_or(self.order.play_until, |it| it.min(self.order.play_until))
    }

    fn is_hushed(&self, at: Timestamp, rules: &Rules) -> bool {
        let quiet = rules.quiet.as_ref().filter(|_| self.order.priority != Priority::Emergency);
        quiet.is_some_and(|it| it.contain(at))
    }

    /// Its turn has come. The stored stage says `playing` before the sink hears of it.
    pub(super) fn begin(&mut self, now: Timestamp, rules: &Rules) -> Verdict {
        let soonest = now.saturating_add(rules.shortest_lead).unwrap_or(now);
        let start_at = self.order.start_at.max(soonest);
        if self.is_hushed(start_at, rules) {
            let heard = !self.stage.position().is_zero();
            let kind = if heard { EndingKind::Partial } else { EndingKind::Missed };
            return Verdict::Over(self.end(kind, "it would sound in quiet hours"));
        }
        let (seek, skipped) = self.entry_point(start_at);
        let left = self.order.content.duration.saturating_sub(seek);
        if left.is_zero() {
            let kind = if self.was_cut_off { EndingKind::Partial } else { EndingKind::Missed };
            return Verdict::Over(self.end(kind, "too late: its content would be over"));
        }
        self.was_cut_off = false;
        self.stage = Stage::Playing { seek, skipped };
        let sound = Sound {
            play: self.order.play,
            content: self.order.content,
            start_at,
            seek,
            until: self.silent_from(start_at, left, rules),
            volume: self.order.volume,
        };
        Verdict::Sound(self.record(None), sound)
    }

    /// Where in the content a sound at `start_at` begins, and what was then never heard.
    fn entry_point(&self, start_at: Timestamp) -> (Duration, Duration) {
        let late = start_at.duration_since(self.order.start_at).unsigned_abs();
        match self.stage {
            Stage::Interrupted { position, skipped } => (position, skipped),
            // After a restart: only what the street has not heard, in step with the others.
            Stage::Playing { seek, skipped } => {
                let now_at = seek.max(late);
                (now_at, skipped + now_at.saturating_sub(seek))
            }
            Stage::Fetching | Stage::Waiting | Stage::Ended(_) if late >= SEEK_FROM => (late, late),
            Stage::Fetching | Stage::Waiting | Stage::Ended(_) => (Duration::ZERO, Duration::ZERO),
        }
    }

    /// The window's end, or the first instant of quiet hours if that is sooner.
    fn silent_from(&self, start_at: Timestamp, left: Duration, rules: &Rules) -> Timestamp {
        let until = self.order.play_until;
        let quiet = rules.quiet.as_ref().filter(|_| self.order.priority != Priority::Emergency);
        let Some(quiet) = quiet.filter(|it| it.touch(start_at, left)) else { return until };
        // `touch` only ever goes from false to true as the length grows.
        let (mut loud, mut hushed) = (Duration::ZERO, left);
        while hushed.saturating_sub(loud) > Duration::from_millis(1) {
            let middle = loud + hushed.saturating_sub(loud) / 2;
            if quiet.touch(start_at, middle) { hushed = middle } else { loud = middle }
        }
        start_at.saturating_add(loud).unwrap_or(start_at).min(until)
    }

    /// The next instant at which time alone changes something.
    pub(super) fn wake_at(&self, now: Timestamp, lead: Duration) -> Option<Timestamp> {
        if self.stage.is_ended()
            || (matches!(self.stage, Stage::Playing { .. }) && !self.was_cut_off)
        {
            return None;
        }
        let opens = self.order.start_at.checked_sub(lead).unwrap_or(self.order.start_at);
        [opens, self.last_start()].into_iter().filter(|it| *it > now).min()
    }
}

/// Saturates.
pub(super) fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
