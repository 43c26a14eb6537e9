//! One play: when it is due, how a late one begins, and how it ends.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Effect, Ending, EndingKind, Level, Report, Rules, Sound, Stage, Stretch};
use crate::order::{Order, Priority, Resume};
use crate::quiet::QuietHours;

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
    /// The sink is being closed, and why.
    closing: Option<Closing>,
    /// The stage that it had before it went to the sink.
    before: Stage,
    /// The play was in the sink when the program died.
    was_cut_off: bool,
    /// Some of it was heard before it last went to the sink, or may have been: nobody knows how much a
    /// sound had told the street when the power failed.
    may_be_heard: bool,
    /// In the sink: when it begins there, and how loud it was last told to be.
    pub(super) in_sink: Option<(Timestamp, Level)>,
    /// Why its sound ends where it ends, if that is before the content's end.
    cut_by: &'static str,
}

const WINDOW: &str = "its time was over";
const QUIET: &str = "it would sound in quiet hours";
const MUTED: &str = "muted on site";
const DAILY: &str = "the day's limit of sound is reached";

/// Why a sound is cut off before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// Something more urgent; the text is for a play that then is over.
    Interrupted(&'static str),
    Muted,
}

/// What comes of a play whose turn it is.
pub(super) enum Verdict {
    Sound(Effect, Sound),
    Over(Effect),
}

impl Play {
    pub(super) fn new(order: Order, stage: Stage) -> Self {
        let was_cut_off = matches!(stage, Stage::Playing { .. });
        let may_be_heard = was_cut_off || matches!(stage, Stage::Interrupted { .. });
        Self {
            order,
            stage,
            is_cached: false,
            closing: None,
            before: Stage::Fetching,
            was_cut_off,
            may_be_heard,
            in_sink: None,
            cut_by: WINDOW,
        }
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
        (self.is_cached, self.in_sink) = (false, None);
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
        self.in_sink = None;
        let Stage::Playing { seek, skipped } = self.stage else { return None };
        let position = seek + heard;
        let is_unheard = position == skipped && !self.may_be_heard;
        let is_at_end = position + END_SLACK >= self.order.content.duration;
        let (kind, reason) = match (self.closing.take(), failed) {
            // Whatever was to close it came too late.
            (_, None) if is_at_end && skipped.is_zero() => (EndingKind::Played, String::new()),
            (_, None) if is_at_end => (EndingKind::Partial, format!("{skipped:.1?} was skipped")),
            (Some(Closing::Muted), _) => return Some(self.muted(is_unheard)),
            (Some(Closing::Interrupted(why)), _) => {
                return Some(self.interrupted(position, skipped, why));
            }
            (None, None) => {
                (EndingKind::Partial, format!("cut after {position:.1?}: {}", self.cut_by))
            }
            (None, Some(reason)) if is_unheard => (EndingKind::Missed, reason),
            (None, Some(reason)) => (EndingKind::Partial, reason),
        };
        Some(self.end(kind, &reason))
    }

    fn muted(&mut self, is_unheard: bool) -> Effect {
        let kind = if is_unheard { EndingKind::Missed } else { EndingKind::Partial };
        self.end(kind, MUTED)
    }

    fn interrupted(&mut self, position: Duration, skipped: Duration, why: &str) -> Effect {
        self.may_be_heard |= position > skipped;
        self.stage = match self.order.resume {
            Resume::Skip | Resume::Duck => return self.end(EndingKind::Partial, why),
            Resume::Resume => Stage::Interrupted { position, skipped },
            Resume::Restart => {
                Stage::Interrupted { position: Duration::ZERO, skipped: Duration::ZERO }
            }
        };
        self.record(None)
    }

    /// It could not be opened beside what sounds: as if its turn had not come.
    pub(super) fn put_back(&mut self) -> Effect {
        self.stage = self.before.clone();
        self.was_cut_off = matches!(self.stage, Stage::Playing { .. });
        (self.in_sink, self.closing) = (None, None);
        self.record(None)
    }

    /// True if the sink has to be closed for it, and is not being closed already.
    pub(super) fn close(&mut self, why: Closing) -> bool {
        // A mute ends it, whatever it was closed for before.
        if self.closing.is_none() || why == Closing::Muted {
            return self.closing.replace(why).is_none();
        }
        false
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.is_some() || self.stage.is_ended()
    }

    pub(super) fn is_emergency(&self) -> bool {
        self.order.priority == Priority::Emergency
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
            // It was here once: the card has aged, or somebody has emptied the cache.
            Stage::Waiting if now >= self.last_start() && !self.is_cached => Some(
                self.end(EndingKind::Missed, "its copy was damaged, and no other came in time"),
            ),
            Stage::Waiting if now >= self.last_start() => {
                Some(self.end(EndingKind::Missed, "too late to begin"))
            }
            Stage::Waiting
                if now < self.order.start_at && self.is_hushed(self.order.start_at, rules) =>
            {
                Some(self.end(EndingKind::Missed, QUIET))
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
        // What made way for something more urgent had begun in time. The window is what it has to go on.
        if matches!(self.stage, Stage::Interrupted { .. }) {
            return self.order.play_until;
        }
        let grace = self.order.catch_up.max(ON_TIME);
        let caught_up = self.order.start_at.saturating_add(grace);
        caught_up.map_or(self.order.play_until, |it| it.min(self.order.play_until))
    }

    fn is_hushed(&self, at: Timestamp, rules: &Rules) -> bool {
        let quiet = rules.quiet.as_ref().filter(|_| self.order.priority != Priority::Emergency);
        quiet.is_some_and(|it| it.contain(at))
    }

    /// Its turn has come. The stored stage says `playing` before the sink hears of it.
    pub(super) fn begin(
        &mut self,
        now: Timestamp,
        rules: &Rules,
        heard: &[Stretch],
        is_muted: bool,
    ) -> Verdict {
        let soonest = now.saturating_add(rules.shortest_lead).unwrap_or(now);
        let start_at = self.order.start_at.max(soonest);
        if self.is_hushed(start_at, rules) {
            return Verdict::Over(self.withhold(QUIET));
        }
        if is_muted {
            return Verdict::Over(self.withhold(MUTED));
        }
        let (seek, skipped) = self.entry_point(start_at);
        let left = self.order.content.duration.saturating_sub(seek);
        if left.is_zero() {
            let was_heard = self.was_cut_off || self.may_be_heard;
            let kind = if was_heard { EndingKind::Partial } else { EndingKind::Missed };
            return Verdict::Over(self.end(kind, "too late: its content would be over"));
        }
        let (until, cut_by) = self.silent_from(start_at, left, rules, heard);
        if until.duration_since(start_at) < signed(END_SLACK.min(left)) {
            return Verdict::Over(self.withhold(cut_by));
        }
        (self.was_cut_off, self.cut_by, self.closing) = (false, cut_by, None);
        self.before = std::mem::replace(&mut self.stage, Stage::Playing { seek, skipped });
        let level = Level::of(&self.order, start_at, rules);
        self.in_sink = Some((start_at, level));
        let sound = Sound {
            play: self.order.play,
            content: self.order.content,
            start_at,
            seek,
            until,
            level,
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

    /// Ends it before it sounds (again).
    fn withhold(&mut self, reason: &str) -> Effect {
        let is_begun = self.was_cut_off || !self.stage.position().is_zero();
        let was_heard = is_begun || self.may_be_heard;
        let kind = if was_heard { EndingKind::Partial } else { EndingKind::Missed };
        self.end(kind, reason)
    }

    /// The window's end, the first instant of quiet hours or the one at which the day's limit is
    /// reached, whichever is first; and which it is.
    fn silent_from(
        &self,
        start_at: Timestamp,
        left: Duration,
        rules: &Rules,
        heard: &[Stretch],
    ) -> (Timestamp, &'static str) {
        let window = (self.order.play_until, WINDOW);
        if self.is_emergency() {
            return window;
        }
        let content_ends = start_at.saturating_add(left).unwrap_or(Timestamp::MAX);
        let daily = rules.daily.as_ref().and_then(|limit| {
            let at = limit.silent_from(heard, start_at, content_ends);
            (at < content_ends).then_some((at, DAILY))
        });
        let quiet = rules.quiet.as_ref().filter(|it| it.touch(start_at, left));
        let quiet = quiet.map(|it| (quiet_from(it, start_at, left), QUIET));
        [Some(window), daily, quiet].into_iter().flatten().min_by_key(|it| it.0).unwrap_or(window)
    }

    /// The next instant at which time alone changes something.
    pub(super) fn wake_at(&self, now: Timestamp, rules: &Rules) -> Option<Timestamp> {
        if let Some((start_at, _)) = self.in_sink {
            return rules.volume.as_ref().and_then(|it| it.next_change(start_at.max(now)));
        }
        if self.stage.is_ended()
            || (matches!(self.stage, Stage::Playing { .. }) && !self.was_cut_off)
        {
            return None;
        }
        let opens = self.order.start_at.checked_sub(rules.lead).unwrap_or(self.order.start_at);
        [opens, self.last_start()].into_iter().filter(|it| *it > now).min()
    }
}

/// The first instant of quiet hours, to a millisecond, of a sound that touches them.
fn quiet_from(quiet: &QuietHours, start_at: Timestamp, left: Duration) -> Timestamp {
    // `touch` only ever goes from false to true as the length grows.
    let (mut loud, mut hushed) = (Duration::ZERO, left);
    while hushed.saturating_sub(loud) > Duration::from_millis(1) {
        let middle = loud + hushed.saturating_sub(loud) / 2;
        if quiet.touch(start_at, middle) { hushed = middle } else { loud = middle }
    }
    start_at.saturating_add(loud).unwrap_or(start_at)
}

/// Saturates.
pub(super) fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
