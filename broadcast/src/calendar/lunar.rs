//! The Vietnamese lunar calendar (âm lịch): months begin on the day of the new moon, the winter
//! solstice lies in month 11, and of thirteen months between two of those the first without a principal
//! term (trung khí) is a leap month. Days are those of UTC+7, which is where it parts from the Chinese
//! calendar (Tết 1968, 1985, 2007, 2030).
//!
//! The rules are Hồ Ngọc Đức's (informatik.uni-leipzig.de/~duc/amlich/calrules.html); the astronomy is
//! in `sky`.

mod sky;

use jiff::ToSpan as _;
use jiff::civil::Date;

/// Vietnam keeps UTC+7 for its calendar since 1968 (Quyết định 121-CP, 1967-08-08). After 2149 the
/// rotation of the Earth is too uncertain to name a day.
pub const FIRST_YEAR: i16 = 1968;
pub const LAST_YEAR: i16 = 2149;

/// A day of the lunar calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LunarDate {
    /// Named by the year of the sun in which it begins.
    pub year: i16,
    /// `1..=12`.
    pub month: i8,
    /// The second month of this number.
    pub is_leap: bool,
    /// `1..=30`.
    pub day: i8,
}

/// A month of the lunar calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    /// `1..=12`.
    pub number: i8,
    /// The second month of this number in its year.
    pub is_leap: bool,
    /// Mùng 1.
    pub first: Date,
    /// 29 or 30.
    pub n_days: i8,
}

/// Twelve or thirteen months, from Tết to the last day of month 12.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LunarYear {
    year: i16,
    months: Vec<Month>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the lunar calendar is computed for the years {FIRST_YEAR} to {LAST_YEAR}, not for {0}")]
pub struct OutOfRange(pub i16);

impl LunarDate {
    /// The lunar name of a day.
    pub fn of(date: Date) -> Result<Self, OutOfRange> {
        let year = LunarYear::new(date.year())?;
        let year = if date < year.new_year() { LunarYear::new(date.year() - 1)? } else { year };
        let month = year.months.iter().rev().find(|it| it.first <= date);
        let month = month.ok_or(OutOfRange(date.year()))?;
        let n_before = (date - month.first).get_days();
        Ok(Self {
            year: year.year,
            month: month.number,
            is_leap: month.is_leap,
            day: i8::try_from(n_before + 1).map_err(|_| OutOfRange(date.year()))?,
        })
    }
}

impl LunarYear {
    /// The lunar year whose Tết lies in `year`, of [`FIRST_YEAR`] to [`LAST_YEAR`].
    pub fn new(year: i16) -> Result<Self, OutOfRange> {
        if !(FIRST_YEAR..=LAST_YEAR).contains(&year) {
            return Err(OutOfRange(year));
        }
        // Month 11 of the year before up to month 10 of this one, then months 11 and 12 of this one.
        let mut months = between_solstices(year);
        months.retain(|it| it.number <= 10);
        months.extend(between_solstices(year + 1).into_iter().filter(|it| it.number > 10));
        Ok(Self { year, months })
    }

    pub fn months(&self) -> &[Month] {
        &self.months
    }

    /// Mùng 1 Tết.
    pub fn new_year(&self) -> Date {
        self.months[0].first
    }

    /// Giao thừa is its night: day 29 or 30 of month 12.
    pub fn last_day(&self) -> Date {
        let last = &self.months[self.months.len() - 1];
        last.first.saturating_add((i64::from(last.n_days) - 1).days())
    }

    /// The number of the month that comes twice, if one does.
    pub fn leap_month(&self) -> Option<i8> {
        self.months.iter().find(|it| it.is_leap).map(|it| it.number)
    }

    /// A day of a month that is not the leap one; none if the month is not that long.
    pub fn date(&self, month: i8, day: i8) -> Option<Date> {
        let month = self.months.iter().find(|it| it.number == month && !it.is_leap)?;
        month.day(day)
    }
}

impl Month {
    /// Day `day` of it; none if it is not that long.
    pub fn day(&self, day: i8) -> Option<Date> {
        let is_there = (1..=self.n_days).contains(&day);
        is_there.then(|| self.first.saturating_add((i64::from(day) - 1).days()))
    }
}

/// Month 11 of `year - 1` up to the month before month 11 of `year`.
fn between_solstices(year: i16) -> Vec<Month> {
    let first = solstice_month(year - 1);
    let n_months = solstice_month(year) - first;
    let firsts: Vec<i32> = (first..=first + n_months).map(sky::new_moon_day).collect();
    let has_term = |nth: usize| sky::sun_sector(firsts[nth]) != sky::sun_sector(firsts[nth + 1]);
    let is_long = n_months == 13;
    let leap = (1..firsts.len() - 1).find(|nth| is_long && !has_term(*nth));
    let mut number = 10;
    let mut months = Vec::with_capacity(firsts.len() - 1);
    for (nth, pair) in firsts.windows(2).enumerate() {
        let is_leap = leap == Some(nth);
        if !is_leap {
            number = number % 12 + 1;
        }
        // A month has 29 or 30 days, by the nature of the moon.
        let n_days = if pair[1] - pair[0] == 29 { 29 } else { 30 };
        months.push(Month { number, is_leap, first: date(pair[0]), n_days });
    }
    months
}

/// The lunation that month 11 of `year` begins with: the last new moon whose day is not after the
/// solstice's.
fn solstice_month(year: i16) -> i32 {
    // The solstice is within two days of 21 December; the estimate is then at most one too late.
    let around = sky::lunation_near(day_number(Date::constant(year, 12, 31)));
    let is_before_the_solstice = |lunation: &i32| {
        let day = sky::new_moon_day(*lunation);
        // By midnight before the solstice's day the sun has not reached 270 degrees.
        day <= day_number(Date::constant(year, 12, 31)) && sky::sun_sector(day) < 9
    };
    let mut candidates = (around - 2..=around + 1).rev();
    candidates.find(is_before_the_solstice).expect("the moon is new within 30 days of a solstice")
}

const EPOCH: Date = Date::constant(1970, 1, 1);

/// Days since 1970-01-01.
fn day_number(date: Date) -> i32 {
    (date - EPOCH).get_days()
}

fn date(day: i32) -> Date {
    EPOCH.saturating_add(day.days())
}

#[cfg(test)]
mod tests;
