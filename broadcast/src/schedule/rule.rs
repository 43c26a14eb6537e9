//! A recurrence rule (RFC 5545 DTSTART, RRULE, RDATE, EXDATE), bounded so that a hostile or careless
//! one costs a refusal and not the processor.
//!
//! A local time inside a DST gap plays after it (02:30 becomes 03:30), one inside a fold plays once,
//! in the first pass. DTSTART itself may be in neither, and plays only if the rule says so. EXDATE and
//! RDATE follow the same clock, so that an EXDATE of 02:30 silences the play that moved to 03:30.
//!
//! Within that, and but for two things that are refused (a fifth last weekday of a month, a 53rd last one
//! of a year), starts are those of python-dateutil: `tests/dateutil.rs`.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use rrule::{Frequency, RRule, RRuleSet};

use super::content;

/// A start every quarter of an hour is more than any ward may play.
const MAX_STARTS_A_DAY: usize = 96;
/// Expansion walks from DTSTART: 27 years of quarter hours, about 0.3 s.
const MAX_STEPS: usize = 1_000_000;
const MAX_DATES: usize = 1_000;
/// 2000-01-01T00:00:00Z: an older DTSTART only makes every expansion longer.
const EARLIEST_START: i64 = 946_684_800;
/// By how much a start can come too late in the list: Apia skipped a whole day once.
const WIDEST_GAP: Duration = Duration::from_hours(24);
/// How far past a question [`Expansion`] looks, so that the next questions cost nothing.
const LOOK_AHEAD: Duration = Duration::from_hours(7 * 24);

/// A rule that was checked. Two are equal when their texts are.
#[derive(Clone, Debug)]
pub struct Rule {
    text: String,
    /// Boxed: it is large, and most schedules are one instant.
    set: Box<RRuleSet>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("the rule has no DTSTART: begin with DTSTART;TZID=Asia/Ho_Chi_Minh:20260105T053000")]
    NoStart,
    #[error("{zone:?} is not a time zone of the IANA list, such as Asia/Ho_Chi_Minh")]
    UnknownZone { zone: String },
    #[error("{property} needs a time of day, such as 20260105T053000")]
    NoTimeOfDay { property: String },
    #[error("the rule does not read as RFC 5545: {reason}")]
    Malformed { reason: String },
    #[error("the rule is longer than {max_bytes} bytes")]
    TooLong { max_bytes: usize },
    #[error("the rule would start up to {n_a_day} plays a day, more than the {max} allowed")]
    Flood { n_a_day: usize, max: usize },
    #[error("DTSTART is before the year 2000: move it closer, the rule stays the same")]
    TooOld,
    #[error(
        "on that day the clocks of {zone} skip {at} or show it twice: move DTSTART a day back, the \
         rule stays the same"
    )]
    UncertainStart { at: DateTime, zone: String },
    #[error("the rule lists more than {max} dates")]
    TooManyDates { max: usize },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rule takes more than {MAX_STEPS} steps to get there: give it a later DTSTART")]
pub struct TooMany;

/// A rule with the starts that were computed last, because every expansion walks from DTSTART.
#[derive(Clone, Debug)]
pub struct Expansion {
    rule: Rule,
    /// What `starts` covers; empty at first.
    from: Timestamp,
    to: Timestamp,
    starts: Vec<Timestamp>,
}

impl Rule {
    /// Reads content lines. Local times without TZID are in `default_zone`, an IANA name.
    pub fn parse(text: &str, default_zone: &str) -> Result<Self, RuleError> {
        let text = content::with_zones(text, default_zone)?;
        let set: RRuleSet = text
            .parse()
            .map_err(|err: rrule::RRuleError| RuleError::Malformed { reason: err.to_string() })?;
        if set.get_dt_start().timestamp() < EARLIEST_START {
            return Err(RuleError::TooOld);
        }
        if set.get_rdate().len().max(set.get_exdate().len()) > MAX_DATES {
            return Err(RuleError::TooManyDates { max: MAX_DATES });
        }
        let n_a_day: usize = set.get_rrule().iter().map(starts_a_day).sum();
        if n_a_day > MAX_STARTS_A_DAY {
            return Err(RuleError::Flood { n_a_day, max: MAX_STARTS_A_DAY });
        }
        // Limited: a rule that never matches (30 February) gives up instead of walking to year 9999.
        Ok(Self { text, set: Box::new(set.limit()) })
    }

    /// The content lines, with every zone written out. [`Rule::parse`] reads them back.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How many plays it can start in a day, at most 96.
    pub fn most_a_day(&self) -> usize {
        self.set.get_rrule().iter().map(starts_a_day).sum()
    }

    /// The starts in `from..to`, in order, each once.
    pub fn starts(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Timestamp>, TooMany> {
        let far = to.checked_add(WIDEST_GAP).unwrap_or(Timestamp::MAX);
        let mut starts = Vec::new();
        for (n_steps, at) in (&*self.set).into_iter().enumerate() {
            if n_steps >= MAX_STEPS {
                return Err(TooMany);
            }
            let Ok(at) = Timestamp::from_second(at.timestamp()) else { break };
            if at >= far {
                break;
            }
            if from <= at && at < to {
                starts.push(at);
            }
        }
        // 02:15 and 02:45 inside a DST gap come behind 03:00 and before 03:15 on the wall clock's list,
        // and two local times can meet there: 02:30 and 03:30 are one start.
        starts.sort_unstable();
        starts.dedup();
        Ok(starts)
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Rule {}

impl Expansion {
    pub fn new(rule: Rule) -> Self {
        let never = Timestamp::UNIX_EPOCH;
        Self { rule, from: never, to: never, starts: Vec::new() }
    }

    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// As [`Rule::starts`], and quick while the questions move forward in time.
    pub fn starts(&mut self, from: Timestamp, to: Timestamp) -> Result<&[Timestamp], TooMany> {
        if from < self.from || self.to < to {
            let ahead = to.checked_add(LOOK_AHEAD).unwrap_or(Timestamp::MAX);
            self.starts = self.rule.starts(from, ahead)?;
            (self.from, self.to) = (from, ahead);
        }
        let first = self.starts.partition_point(|at| *at < from);
        let end = self.starts.partition_point(|at| *at < to);
        Ok(&self.starts[first..end.max(first)])
    }
}

/// The most plays one rule can start in a day.
fn starts_a_day(rule: &RRule) -> usize {
    let n_minutes = rule.get_by_minute().len().max(1);
    let n_seconds = rule.get_by_second().len().max(1);
    let n_hours = rule.get_by_hour().len();
    match rule.get_freq() {
        Frequency::Secondly => 86_400,
        Frequency::Minutely => 1_440,
        Frequency::Hourly if n_hours == 0 => 24 * n_minutes * n_seconds,
        Frequency::Hourly
        | Frequency::Daily
        | Frequency::Weekly
        | Frequency::Monthly
        | Frequency::Yearly => n_hours.max(1) * n_minutes * n_seconds,
    }
}

#[cfg(test)]
mod tests;
