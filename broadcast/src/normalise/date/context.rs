//! What the words around `2/9` tell of it: a day, a share of something, or a house in a lane.

use super::super::number::WORDS;
use super::super::said::Said;
use super::super::scan::Scan;
use super::Day;

/// Words after which `2/9` is a day and not two ninths.
const DAY_FOLLOWS: &[&str] = &[
    "ngày",
    "sáng",
    "trưa",
    "chiều",
    "tối",
    "đêm",
    "từ",
    "đến",
    "hôm",
    "trước",
    "sau",
    "mùng",
    "mồng",
    "khánh",
    "chủ nhật",
    "thứ hai",
    "thứ ba",
    "thứ tư",
    "thứ năm",
    "thứ sáu",
    "thứ bảy",
    "nay",
    "mai",
    "rằm",
    "vào",
    "tới",
    "hạn",
    "hết",
];
/// Feasts that are called by their day: "Quốc khánh 2/9" is "Quốc khánh hai tháng chín".
const FEASTS: &[&str] = &[
    "quốc khánh",
    "lao động",
    "thiếu nhi",
    "phụ nữ",
    "việt nam",
    "liệt sĩ",
    "liệt sỹ",
    "miền nam",
    "thành lập đảng",
    "thành lập đoàn",
    "thống nhất đất nước",
    "lễ",
    "dịp",
];
/// A street is named after its day: "đường 3/2" is "đường ba tháng hai".
const STREETS: &[&str] =
    &["đường", "phố", "chợ", "công viên", "quảng trường", "phường", "bệnh viện"];
const NO_STREETS: &[&str] = &["khu phố", "tổ dân phố"];
/// Before these, or behind the others, `8/12` is a share: "có 8/12 hộ".
const SHARED: &[&str] = &[
    "hộ",
    "tổ",
    "khu",
    "người",
    "đại",
    "trường",
    "xã",
    "phường",
    "tiêu",
    "chỉ",
    "em",
    "cháu",
    "học",
    "lớp",
    "số",
    "tổng",
    "ngõ",
    "camera",
    "cụm",
    "loa",
    "thành",
    "thôn",
    "ấp",
    "giờ",
    "ngày",
];
const SHARES: &[&str] =
    &["đạt", "có", "được", "là", "còn", "gồm", "trực", "tỷ lệ", "tỉ lệ", "tỷ số", "bán kính", "lô"];
/// Where a house or a lane is named, a slash is its.
const ADDRESS: &[&str] = &[
    "số",
    "nhà",
    "hẻm",
    "ngõ",
    "kiệt",
    "ngách",
    "lô",
    "căn hộ",
    "phòng",
    "thửa",
    "tổ",
    "số nhà",
    "k",
    "lớp",
];
/// How the moon's calendar is written behind a day.
const LUNAR: &[&str] =
    &["âm lịch", "Âm lịch", "ÂM LỊCH", "ÂL", "AL", "(âm lịch", "(Âm lịch", "(ÂL", "(AL"];

/// Whether `2/9` is a day here: it says its year, is padded as only dates are, follows a word or
/// another day that a day follows, or cannot be a share of something.
pub(super) fn is_day(said: &Said, day: &Day<'_>, behind: &Scan<'_>) -> bool {
    let is_padded =
        day.of_month.starts_with('0') || day.month.is_some_and(|it| it.starts_with('0'));
    if day.year.is_some()
        || is_padded
        || is_named_by_day(said)
        || is_lunar(behind)
        || said.ends_with_any(DAY_FOLLOWS)
    {
        return true;
    }
    follows_a_day(said) || is_no_share(said, day, behind)
}

/// "30/4, 1/5", "ngày 30/4 và 1/5": the day before has told the way.
pub(in super::super) fn follows_a_day(said: &Said) -> bool {
    let before = said.before();
    let mut words = before.rsplit(' ').skip_while(|it| matches!(*it, "và" | "hoặc" | "với"));
    let month = words.next().unwrap_or_default().trim_end_matches(',');
    let is_number = WORDS.contains(&month);
    is_number && words.take(2).any(|it| it == "tháng")
}

/// A share is the smaller over the greater, and stands before what it is a share of.
fn is_no_share(said: &Said, day: &Day<'_>, behind: &Scan<'_>) -> bool {
    let (Ok(above), Ok(below)) =
        (day.of_month.parse::<u8>(), day.month.unwrap_or_default().parse::<u8>())
    else {
        return false;
    };
    let rest = behind.rest().trim_start().to_lowercase();
    let next = rest.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    let is_round_the_clock = (above, below) == (24, 7);
    (above > below || below > 10)
        && above != below
        && !is_round_the_clock
        && !SHARED.contains(&next)
        && !said.ends_with_any(SHARES)
        && !said.ends_with_any(ADDRESS)
}

/// A street or a feast has its day for a name.
pub(super) fn is_named_by_day(said: &Said) -> bool {
    said.ends_with_any(FEASTS) || said.ends_with_any(STREETS) && !said.ends_with_any(NO_STREETS)
}

/// Whether the text goes on with "âm lịch".
pub(in super::super) fn is_lunar(scan: &Scan<'_>) -> bool {
    let rest = scan.rest().trim_start();
    LUNAR.iter().any(|it| rest.starts_with(it))
}
