//! Layers that nobody has to list, because the law or the moon says when they are.

use std::ops::RangeInclusive;
use std::str::FromStr;

use jiff::civil::Date;

use super::lunar::{LunarYear, OutOfRange};

/// What a computed layer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Computed {
    /// Bộ luật Lao động 2019, article 112. Two of its days are chosen anew each year by the Prime
    /// Minister; ours are the usual choice: Tết from its eve to mùng 4, and 1 September beside Quốc
    /// khánh. What a year's decision adds or moves is a layer of its own.
    PublicHolidays,
    /// Rằm: day 15 of every lunar month, leap months too.
    FullMoons,
    /// Mùng 1: day 1 of every lunar month, leap months too.
    FirstDays,
    /// Feasts of the lunar year. In a year with a leap month they are in the first of the two.
    LunarFeasts,
    /// Days of the solar year that wards broadcast about, without a day off.
    Commemorations,
}

/// Month, day, label.
type Dated = (i8, i8, &'static str);

const PUBLIC: [Dated; 5] = [
    (1, 1, "Tết Dương lịch"),
    (4, 30, "Ngày Chiến thắng"),
    (5, 1, "Ngày Quốc tế Lao động"),
    (9, 1, "Quốc khánh (ngày liền kề)"),
    (9, 2, "Quốc khánh"),
];

const FEASTS: [Dated; 10] = [
    (1, 1, "Tết Nguyên đán"),
    (1, 15, "Rằm tháng Giêng"),
    (3, 3, "Tết Hàn thực"),
    (3, 10, "Giỗ Tổ Hùng Vương"),
    (4, 15, "Lễ Phật đản"),
    (5, 5, "Tết Đoan ngọ"),
    (7, 15, "Vu Lan"),
    (8, 15, "Tết Trung thu"),
    (9, 9, "Tết Trùng cửu"),
    (12, 23, "Ông Công ông Táo"),
];

const COMMEMORATIONS: [Dated; 12] = [
    (2, 3, "Ngày thành lập Đảng Cộng sản Việt Nam"),
    (2, 27, "Ngày Thầy thuốc Việt Nam"),
    (3, 8, "Ngày Quốc tế Phụ nữ"),
    (3, 26, "Ngày thành lập Đoàn TNCS Hồ Chí Minh"),
    (5, 19, "Ngày sinh Chủ tịch Hồ Chí Minh"),
    (6, 1, "Ngày Quốc tế Thiếu nhi"),
    (7, 27, "Ngày Thương binh - Liệt sĩ"),
    (8, 19, "Ngày Cách mạng tháng Tám"),
    (10, 10, "Ngày Giải phóng Thủ đô"),
    (10, 20, "Ngày Phụ nữ Việt Nam"),
    (11, 20, "Ngày Nhà giáo Việt Nam"),
    (12, 22, "Ngày thành lập Quân đội nhân dân Việt Nam"),
];

impl Computed {
    pub const ALL: [Self; 5] = [
        Self::PublicHolidays,
        Self::FullMoons,
        Self::FirstDays,
        Self::LunarFeasts,
        Self::Commemorations,
    ];

    /// Its name as a layer: "public-holidays", "ram", "mung-1", "lunar-feasts", "commemorations".
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PublicHolidays => "public-holidays",
            Self::FullMoons => "ram",
            Self::FirstDays => "mung-1",
            Self::LunarFeasts => "lunar-feasts",
            Self::Commemorations => "commemorations",
        }
    }

    /// Its days in all of `years`, in no order.
    pub(super) fn days(
        self,
        years: RangeInclusive<i16>,
    ) -> Result<Vec<(Date, String)>, OutOfRange> {
        let mut days = Vec::new();
        // The lunar year before reaches into January and February of the first.
        for year in years.start().saturating_sub(1)..=*years.end() {
            let lunar = LunarYear::new(year)?;
            match self {
                Self::PublicHolidays => public_holidays(year, &lunar, &mut days),
                Self::FullMoons => monthly(&lunar, 15, "Rằm", &mut days),
                Self::FirstDays => monthly(&lunar, 1, "Mùng 1", &mut days),
                Self::LunarFeasts => {
                    feasts(&lunar, &FEASTS, &mut days);
                    days.push((lunar.last_day(), "Giao thừa".to_owned()));
                }
                Self::Commemorations => solar(year, &COMMEMORATIONS, &mut days),
            }
        }
        days.retain(|(day, _)| years.contains(&day.year()));
        Ok(days)
    }
}

impl FromStr for Computed {
    type Err = UnknownComputed;

    fn from_str(text: &str) -> Result<Self, UnknownComputed> {
        let found = Self::ALL.into_iter().find(|it| it.as_str() == text);
        found.ok_or_else(|| UnknownComputed(text.to_owned()))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not computed: use public-holidays, ram, mung-1, lunar-feasts or commemorations, or \
     import a layer of that name"
)]
pub struct UnknownComputed(String);

fn public_holidays(year: i16, lunar: &LunarYear, days: &mut Vec<(Date, String)>) {
    solar(year, &PUBLIC, days);
    feasts(lunar, &[(3, 10, "Giỗ Tổ Hùng Vương")], days);
    for day in 1..=4 {
        let date = lunar.date(1, day);
        days.extend(date.map(|it| (it, format!("Tết Nguyên đán (mùng {day})"))));
    }
    let n_days = lunar.months().last().map_or(30, |it| it.n_days);
    days.push((lunar.last_day(), format!("Tết Nguyên đán ({n_days} tháng Chạp)")));
}

fn solar(year: i16, dated: &[Dated], days: &mut Vec<(Date, String)>) {
    for (month, day, label) in dated {
        days.extend(Date::new(year, *month, *day).ok().map(|it| (it, (*label).to_owned())));
    }
}

fn feasts(lunar: &LunarYear, dated: &[Dated], days: &mut Vec<(Date, String)>) {
    for (month, day, label) in dated {
        days.extend(lunar.date(*month, *day).map(|it| (it, (*label).to_owned())));
    }
}

fn monthly(lunar: &LunarYear, day: i8, name: &str, days: &mut Vec<(Date, String)>) {
    for month in lunar.months() {
        let leap = if month.is_leap { " nhuận" } else { "" };
        let label = format!("{name} tháng {}{leap}", month.number);
        days.extend(month.day(day).map(|it| (it, label)));
    }
}
