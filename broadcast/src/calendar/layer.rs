//! A named set of days.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jiff::civil::Date;

use super::Computed;
use super::lunar::OutOfRange;

/// More days than that are no exceptions any more: 100 years of the days 1 and 15.
pub(crate) const MOST_DAYS: usize = 3_000;
const LONGEST_NAME: usize = 64;
/// In bytes; longer ones are cut, because a label is for a list on a page.
const LONGEST_LABEL: usize = 200;

/// Days that have a name in common, such as "public-holidays", each with a label for people. A day that
/// is not listed is not in it: a layer for 2026 says nothing about 2027.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    name: String,
    origin: Origin,
    days: BTreeMap<Date, String>,
}

/// Where the days of a layer come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Computed(Computed),
    /// From an .ics file.
    Imported,
    /// Day by day, by somebody of the ward.
    Listed,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayerError {
    #[error("{0:?} is not a name for a layer: use 1 to 64 of a-z, 0-9, - and _")]
    Name(String),
    #[error("a layer has at most {MOST_DAYS} days, this one {0}: keep the years that you plan")]
    TooManyDays(usize),
    #[error("the layer has no days")]
    Empty,
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
}

impl Layer {
    /// The days of `computed` in all of `years`, of 1969 to 2149. Its name is the computation's.
    pub fn computed(computed: Computed, years: RangeInclusive<i16>) -> Result<Self, LayerError> {
        let name = computed.as_str().to_owned();
        Self::new(name, Origin::Computed(computed), computed.days(years)?)
    }

    /// `days` may name a day more than once; its labels are then put together.
    pub fn listed(name: &str, days: Vec<(Date, String)>) -> Result<Self, LayerError> {
        Self::new(name.to_owned(), Origin::Listed, days)
    }

    /// As [`Layer::listed`], for days that a file brought.
    pub fn imported(name: &str, days: Vec<(Date, String)>) -> Result<Self, LayerError> {
        Self::new(name.to_owned(), Origin::Imported, days)
    }

    fn new(name: String, origin: Origin, listed: Vec<(Date, String)>) -> Result<Self, LayerError> {
        let is_plain =
            |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"-_".contains(&it);
        if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(is_plain) {
            return Err(LayerError::Name(name));
        }
        if listed.len() > MOST_DAYS {
            return Err(LayerError::TooManyDays(listed.len()));
        }
        let mut days: BTreeMap<Date, String> = BTreeMap::new();
        for (day, label) in listed {
            let known = days.entry(day).or_default();
            if known.split("; ").all(|it| it != label) {
                let joint = if known.is_empty() { "" } else { "; " };
                known.push_str(joint);
                known.push_str(&label);
                known.truncate(known.floor_char_boundary(LONGEST_LABEL));
            }
        }
        if days.is_empty() { Err(LayerError::Empty) } else { Ok(Self { name, origin, days }) }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The label of `day`, if it is in the layer.
    pub fn label(&self, day: Date) -> Option<&str> {
        self.days.get(&day).map(String::as_str)
    }

    pub fn contains(&self, day: Date) -> bool {
        self.days.contains_key(&day)
    }

    /// All days with their labels, in order.
    pub fn days(&self) -> impl Iterator<Item = (Date, &str)> {
        self.days.iter().map(|(day, label)| (*day, label.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn labels(computed: Computed, year: i16) -> Vec<String> {
        let layer = Layer::computed(computed, year..=year).unwrap();
        layer.days().map(|(day, label)| format!("{day} {label}")).collect()
    }

    #[test]
    fn the_public_holidays_of_2026() {
        assert_eq!(
            labels(Computed::PublicHolidays, 2026),
            [
                "2026-01-01 Tết Dương lịch",
                "2026-02-16 Tết Nguyên đán (29 tháng Chạp)",
                "2026-02-17 Tết Nguyên đán (mùng 1)",
                "2026-02-18 Tết Nguyên đán (mùng 2)",
                "2026-02-19 Tết Nguyên đán (mùng 3)",
                "2026-02-20 Tết Nguyên đán (mùng 4)",
                "2026-04-26 Giỗ Tổ Hùng Vương",
                "2026-04-30 Ngày Chiến thắng",
                "2026-05-01 Ngày Quốc tế Lao động",
                "2026-09-01 Quốc khánh (ngày liền kề)",
                "2026-09-02 Quốc khánh",
            ]
        );
    }

    #[test]
    fn full_moons_and_first_days_are_in_leap_months_too() {
        assert_eq!(labels(Computed::FullMoons, 2025).len(), 12);
        let layer = Layer::computed(Computed::FullMoons, 2025..=2025).unwrap();
        assert_eq!(layer.label(day("2025-08-08")), Some("Rằm tháng 6 nhuận"));
        let firsts = Layer::computed(Computed::FirstDays, 2025..=2026).unwrap();
        assert_eq!(firsts.label(day("2025-01-29")), Some("Mùng 1 tháng 1"));
        assert_eq!(firsts.label(day("2026-02-17")), Some("Mùng 1 tháng 1"));
    }

    #[test]
    fn lunar_feasts_of_2026_in_order() {
        let feasts = labels(Computed::LunarFeasts, 2026);
        for expected in [
            "2026-02-10 Ông Công ông Táo",
            "2026-02-16 Giao thừa",
            "2026-02-17 Tết Nguyên đán",
            "2026-03-03 Rằm tháng Giêng",
            "2026-04-26 Giỗ Tổ Hùng Vương",
            "2026-06-19 Tết Đoan ngọ",
            "2026-08-27 Vu Lan",
            "2026-09-25 Tết Trung thu",
        ] {
            assert!(feasts.iter().any(|it| it == expected), "{expected} in {feasts:?}");
        }
    }

    #[test]
    fn a_listed_layer_keeps_what_it_is_given() {
        let days = vec![
            (day("2026-01-02"), "Nghỉ bù".to_owned()),
            (day("2026-01-02"), "Nghỉ bù".to_owned()),
            (day("2026-01-02"), "Hội làng".to_owned()),
        ];
        let layer = Layer::listed("nghi-bu", days).unwrap();
        assert_eq!(layer.days().collect::<Vec<_>>(), [(day("2026-01-02"), "Nghỉ bù; Hội làng")]);
        assert!(!layer.contains(day("2026-01-03")));
    }

    #[test]
    fn what_is_not_a_layer_is_refused() {
        let one = || vec![(day("2026-01-02"), String::new())];
        assert!(matches!(Layer::listed("Nghỉ bù", one()), Err(LayerError::Name(_))));
        assert_eq!(Layer::listed("a", Vec::new()), Err(LayerError::Empty));
        let many = vec![(day("2026-01-02"), String::new()); 3_001];
        assert_eq!(Layer::listed("a", many), Err(LayerError::TooManyDays(3_001)));
        let late = Layer::computed(Computed::FullMoons, 2140..=2150);
        assert_eq!(late, Err(LayerError::OutOfRange(OutOfRange(2150))));
    }
}
