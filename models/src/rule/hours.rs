//! The hours of the week in which a rule tells, by the clock on the ward's walls.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

/// When a rule tells. Always counted by wall time: on the night of a clock change, an hour that the
/// wall clock leaves out is left out, and one that it shows twice counts twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Hours {
    active: Vec<WeekSpan>,
    quiet: Vec<WeekSpan>,
    zone: TimeZone,
}

/// A stretch of the day on some days of the week: `mon-fri 18:00-06:00`, `sat,sun`, `12:00-13:00`.
/// One that is over midnight belongs to the day on which it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeekSpan {
    days: Vec<Weekday>,
    from: Time,
    /// The first instant after it; `None`: midnight at the end of the day. Not after `from`: on the
    /// next day.
    to: Option<Time>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    #[error("{0:?} is not such as \"mon-fri 18:00-06:00\", \"sat,sun\" or \"12:00-13:00\"")]
    Shape(String),
    #[error("{0:?} is not a day: write mon, tue, wed, thu, fri, sat or sun")]
    Day(String),
    #[error("{0:?} is not a time of day such as 18:00")]
    Time(String),
    #[error("{0:?} is none or all of the day: leave the times out for all of it")]
    Same(String),
}

const WEEK: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

impl Hours {
    /// Within any of `active` (always, if there is none), but in none of `quiet`.
    pub fn new(active: Vec<WeekSpan>, quiet: Vec<WeekSpan>, zone: TimeZone) -> Self {
        Self { active, quiet, zone }
    }

    pub fn always() -> Self {
        Self::new(Vec::new(), Vec::new(), TimeZone::UTC)
    }

    /// When it tells; none: always.
    pub fn active(&self) -> &[WeekSpan] {
        &self.active
    }

    /// When it does not, although it is active.
    pub fn quiet(&self) -> &[WeekSpan] {
        &self.quiet
    }

    pub fn contain(&self, at: Timestamp) -> bool {
        let wall = self.zone.to_datetime(at);
        let holds = |it: &WeekSpan| it.holds(wall.date().weekday(), wall.time());
        let is_active = self.active.is_empty() || self.active.iter().any(holds);
        is_active && !self.quiet.iter().any(holds)
    }
}

impl WeekSpan {
    /// On which it begins.
    pub fn days(&self) -> &[Weekday] {
        &self.days
    }

    pub fn from(&self) -> Time {
        self.from
    }

    /// The first instant after it, on the next day if it is not after [`WeekSpan::from`]; none: the end
    /// of the day.
    pub fn to(&self) -> Option<Time> {
        self.to
    }

    fn holds(&self, day: Weekday, time: Time) -> bool {
        let (is_day, is_day_after) =
            (self.days.contains(&day), self.days.contains(&day.previous()));
        match self.to {
            None => is_day && time >= self.from,
            Some(to) if to > self.from => is_day && (self.from..to).contains(&time),
            Some(to) => (is_day && time >= self.from) || (is_day_after && time < to),
        }
    }
}

/// As it is read: what is shown is read back as the same.
impl fmt::Display for WeekSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_whole_day = self.from == Time::midnight() && self.to.is_none();
        let is_every_day = self.days == WEEK.map(|(_, day)| day);
        if is_whole_day {
            return f.write_str(&days_text(&self.days));
        }
        if !is_every_day {
            write!(f, "{} ", days_text(&self.days))?;
        }
        let time = |it: Time| it.strftime("%H:%M").to_string();
        let to = self.to.map_or_else(|| "24:00".to_owned(), time);
        write!(f, "{}-{to}", time(self.from))
    }
}

fn days_text(days: &[Weekday]) -> String {
    let name = |day: Weekday| WEEK.iter().find(|(_, it)| *it == day).map_or("", |(name, _)| *name);
    let in_a_row = days.windows(2).all(|it| it[0].next() == it[1]);
    match days {
        [first, .., last] if in_a_row && (3..=7).contains(&days.len()) => {
            format!("{}-{}", name(*first), name(*last))
        }
        _ => days.iter().map(|it| name(*it)).collect::<Vec<_>>().join(","),
    }
}

impl FromStr for WeekSpan {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let all = || WEEK.map(|(_, day)| day).to_vec();
        let (days, (from, to)) = match words.as_slice() {
            [times] if times.contains(':') => (all(), times_of(times)?),
            [days] => (days_of(days)?, (Time::midnight(), None)),
            [days, times] => (days_of(days)?, times_of(times)?),
            _ => return Err(HoursError::Shape(text.to_owned())),
        };
        Ok(Self { days, from, to })
    }
}

fn days_of(text: &str) -> Result<Vec<Weekday>, HoursError> {
    let day = |name: &str| {
        let mut week = WEEK.iter();
        let found = week.find(|(it, _)| it.eq_ignore_ascii_case(name));
        found.map(|(_, day)| *day).ok_or_else(|| HoursError::Day(name.to_owned()))
    };
    let mut days = Vec::new();
    for part in text.split(',') {
        let Some((first, last)) = part.split_once('-') else {
            days.push(day(part)?);
            continue;
        };
        let (first, last) = (day(first)?, day(last)?);
        days.extend(first.cycle_forward().take(7).take_while(|it| *it != last));
        days.push(last);
    }
    Ok(days)
}

/// `24:00` is midnight at the end of the day.
fn times_of(text: &str) -> Result<(Time, Option<Time>), HoursError> {
    let time = |it: &str| Time::strptime("%H:%M", it).map_err(|_| HoursError::Time(it.to_owned()));
    let (from, to) = text.split_once('-').ok_or_else(|| HoursError::Shape(text.to_owned()))?;
    let from = time(from)?;
    let to = if to == "24:00" { None } else { Some(time(to)?) };
    if to == Some(from) { Err(HoursError::Same(text.to_owned())) } else { Ok((from, to)) }
}

#[cfg(test)]
mod tests;
