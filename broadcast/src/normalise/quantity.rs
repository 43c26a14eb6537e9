//! Numbers with what they count: `1.250.000đ`, `30%`, `5-10 km2`, `-5°C`, `12A`, `15/3`.

use super::number::{cardinal, fraction, one_by_one, ordinal};
use super::said::Said;
use super::scan::Scan;
use super::word::letter_name;

/// Longest first where one starts like another. Money is read "một" per unit, measures "trên".
const UNITS: &[(&str, &str)] = &[
    ("µg/m³", "mi crô gam trên mét khối"),
    ("µg/m3", "mi crô gam trên mét khối"),
    ("km/h", "ki lô mét trên giờ"),
    ("km2", "ki lô mét vuông"),
    ("km²", "ki lô mét vuông"),
    ("kWh", "ki lô oát giờ"),
    ("kwh", "ki lô oát giờ"),
    ("KWh", "ki lô oát giờ"),
    ("mmHg", "mi li mét thủy ngân"),
    ("cm2", "xen ti mét vuông"),
    ("cm²", "xen ti mét vuông"),
    ("cm3", "xen ti mét khối"),
    ("cm³", "xen ti mét khối"),
    ("m3/s", "mét khối trên giây"),
    ("m³/s", "mét khối trên giây"),
    ("m/s", "mét trên giây"),
    ("m2", "mét vuông"),
    ("m²", "mét vuông"),
    ("m3", "mét khối"),
    ("m³", "mét khối"),
    ("MW", "mê ga oát"),
    ("kW", "ki lô oát"),
    ("kV", "ki lô vôn"),
    ("km", "ki lô mét"),
    ("cm", "xen ti mét"),
    ("mm", "mi li mét"),
    ("dm", "đề xi mét"),
    ("kg", "ki lô gam"),
    ("mg", "mi li gam"),
    ("ml", "mi li lít"),
    ("ha", "héc ta"),
    ("°C", "độ xê"),
    ("oC", "độ xê"),
    ("ºC", "độ xê"),
    ("°", "độ"),
    ("%", "phần trăm"),
    ("‰", "phần nghìn"),
    ("VNĐ", "đồng"),
    ("VND", "đồng"),
    ("vnđ", "đồng"),
    ("USD", "đô la Mỹ"),
    ("đồng", "đồng"),
    ("đ", "đồng"),
    ("₫", "đồng"),
    ("$", "đô la Mỹ"),
    ("triệu", "triệu"),
    ("tr", "triệu"),
    ("tỷ", "tỷ"),
    ("tỉ", "tỷ"),
    ("k", "nghìn"),
    ("K", "nghìn"),
    ("m", "mét"),
    ("g", "gam"),
    ("l", "lít"),
    ("L", "lít"),
    ("T", "tấn"),
    ("W", "oát"),
    ("V", "vôn"),
    ("'", "phút"),
    ("’", "phút"),
];
/// Too short to be believed when a space stands before them: "tổ 5 T", "nhóm 3 V".
const ONLY_ATTACHED: &[&str] = &["k", "K", "T", "V", "W", "L", "'", "’", "tr"];
/// What may follow a slash behind a unit, besides the units.
const PER: &[(&str, &str)] = &[
    ("ngày", "ngày"),
    ("tháng", "tháng"),
    ("năm", "năm"),
    ("người", "người"),
    ("hộ", "hộ"),
    ("giờ", "giờ"),
    ("lần", "lần"),
    ("suất", "suất"),
    ("tấn", "tấn"),
    ("lít", "lít"),
    ("h", "giờ"),
];
/// Behind these, a slash or colon stands in an address or a ratio: "số nhà 15/3".
const ADDRESS: &[&str] =
    &["số", "nhà", "hẻm", "ngõ", "kiệt", "ngách", "lô", "tỷ lệ", "tỉ lệ", "tỷ số", "tỉ số"];

pub(super) fn quantity(scan: &mut Scan<'_>, said: &Said) -> Option<String> {
    if scan.peek() == Some('²') || scan.peek() == Some('³') {
        return None;
    }
    if let Some(area) = bare_unit(scan) {
        return Some(area);
    }
    let is_dollar = scan.eat("$");
    let is_negative = is_negative_sign(scan);
    let from = amount(scan, said)?;
    let mut words = from.words;
    if is_negative {
        words.insert_str(0, "âm ");
    }
    if let Some(to) = range_end(scan, from.value) {
        words.push_str(" đến ");
        words.push_str(&to);
    }
    if let Some(tail) = letters_behind(scan) {
        return Some(format!("{words} {tail}"));
    }
    if is_dollar {
        words.push_str(" đô la Mỹ");
    } else if let Some(unit) = unit_behind(scan) {
        words.push(' ');
        words.push_str(&unit);
    }
    scan.is_boundary().then_some(words)
}

struct Amount {
    words: String,
    /// For ranges, which must rise: "2-1" is a score.
    value: Option<f64>,
}

fn amount(scan: &mut Scan<'_>, said: &Said) -> Option<Amount> {
    let start = *scan;
    if let Some(amount) = grouped(scan) {
        return Some(amount);
    }
    *scan = start;
    let whole = scan.digits(1..=40)?;
    let mut ahead = *scan;
    if ahead.eat_any(&[",", "."])
        && let Some(part) = ahead.digits(1..=6)
        && ahead.is_figure_end()
    {
        *scan = ahead;
        let words = format!("{} phẩy {}", cardinal(whole), fraction(part));
        return Some(Amount { words, value: format!("{whole}.{part}").parse().ok() });
    }
    if let Some(words) = slashed(scan, whole, said).or_else(|| dotted(scan, whole)) {
        return Some(Amount { words, value: None });
    }
    let is_month = said.ends_with_any(&["tháng"]) && whole == "4";
    let is_place = said.ends_with_any(&["thứ"]);
    let words = if is_month || is_place { ordinal(whole) } else { cardinal(whole) };
    Some(Amount { words, value: whole.parse().ok() })
}

/// `1.250.000`, `1.250.000,5`, `1,250,000`.
fn grouped(scan: &mut Scan<'_>) -> Option<Amount> {
    let mut digits = scan.digits(1..=3).filter(|it| !it.starts_with('0'))?.to_owned();
    let separator = [".", ","].into_iter().find(|it| scan.rest().starts_with(it))?;
    let mut n_groups = 0;
    let mut ahead = *scan;
    while ahead.eat(separator)
        && let Some(group) = ahead.digits(3..=3)
    {
        digits.push_str(group);
        n_groups += 1;
        *scan = ahead;
    }
    // One group behind a comma is a decimal here: "1,250" is one and a quarter.
    if n_groups == 0 || separator == "," && n_groups < 2 {
        return None;
    }
    let mut words = cardinal(&digits);
    let mut ahead = *scan;
    if separator == "."
        && ahead.eat(",")
        && let Some(part) = ahead.digits(1..=3)
    {
        *scan = ahead;
        words = format!("{words} phẩy {}", fraction(part));
    }
    scan.is_figure_end().then(|| Amount { words, value: digits.parse().ok() })
}

/// `15/3`, `12/34/5`, `1/2`, `24/7`, `1:10`.
fn slashed(scan: &mut Scan<'_>, whole: &str, said: &Said) -> Option<String> {
    let mut parts = vec![whole];
    let mut ahead = *scan;
    while ahead.eat_any(&["/", ":"])
        && let Some(part) = ahead.digits(1..=4)
    {
        parts.push(part);
        *scan = ahead;
    }
    match parts.as_slice() {
        [_] => None,
        [above, below] if is_fraction(above, below) && !said.ends_with_any(ADDRESS) => {
            Some(format!("{} phần {}", cardinal(above), ordinal(below)))
        }
        several => {
            let words: Vec<String> = several.iter().map(|it| cardinal(it)).collect();
            Some(words.join(" trên "))
        }
    }
}

fn is_fraction(above: &str, below: &str) -> bool {
    let (Ok(above), Ok(below)) = (above.parse::<u16>(), below.parse::<u16>()) else {
        return false;
    };
    (1..below).contains(&above) && (below <= 10 || below == 100)
}

/// `1.2.3`: a section or a version.
fn dotted(scan: &mut Scan<'_>, whole: &str) -> Option<String> {
    let mut words = vec![cardinal(whole)];
    let (mut ahead, mut end) = (*scan, *scan);
    while ahead.eat(".")
        && let Some(part) = ahead.digits(1..=4)
    {
        words.push(cardinal(part));
        end = ahead;
    }
    (words.len() > 2).then(|| {
        *scan = end;
        words.join(" chấm ")
    })
}

fn range_end(scan: &mut Scan<'_>, from: Option<f64>) -> Option<String> {
    let mut ahead = *scan;
    // "5% - 10%", "5m-10m": the unit is said once, at the end.
    for unit in ["%", "km", "m", "kg", "đ"] {
        let mut behind = ahead;
        if behind.eat(unit) && behind.eat_dash() {
            ahead.eat(unit);
            break;
        }
    }
    if !ahead.eat_dash() {
        return None;
    }
    let start = ahead;
    let to = grouped(&mut ahead).or_else(|| {
        ahead = start;
        let whole = ahead.digits(1..=12)?;
        let mut behind = ahead;
        if behind.eat(",")
            && let Some(part) = behind.digits(1..=3)
        {
            ahead = behind;
            let words = format!("{} phẩy {}", cardinal(whole), fraction(part));
            return Some(Amount { words, value: format!("{whole}.{part}").parse().ok() });
        }
        Some(Amount { words: cardinal(whole), value: whole.parse().ok() })
    })?;
    // A further dash makes it a list or a code; a fall makes it a score.
    let is_rising = matches!((from, to.value), (Some(from), Some(to)) if from < to);
    if !is_rising || ahead.rest().starts_with('-') || ahead.rest().starts_with('/') {
        return None;
    }
    *scan = ahead;
    Some(to.words)
}

/// A minus sign, which stands behind a space; a dash between words has a space behind it.
fn is_negative_sign(scan: &mut Scan<'_>) -> bool {
    let is_free = scan.previous().is_none_or(char::is_whitespace);
    let mut ahead = *scan;
    let is_sign = is_free && ahead.eat_any(&["-", "−"]);
    let is_negative = is_sign && ahead.peek().is_some_and(|c| c.is_ascii_digit());
    if is_negative {
        *scan = ahead;
    }
    is_negative
}

/// `12A`, `1A`, `5G`: the letter of a house, a road or a class.
fn letters_behind(scan: &mut Scan<'_>) -> Option<String> {
    let mut ahead = *scan;
    let letters = ahead.take_while(|c| c.is_ascii_uppercase());
    let is_unit = UNITS.iter().any(|(unit, _)| *unit == letters && letters != "G");
    if letters.is_empty() || letters.len() > 2 || is_unit || !ahead.is_boundary() {
        return None;
    }
    *scan = ahead;
    let names: Vec<&str> = letters.chars().filter_map(letter_name).collect();
    Some(names.join(" "))
}

fn unit_behind(scan: &mut Scan<'_>) -> Option<String> {
    let mut ahead = *scan;
    let is_spaced = ahead.eat(" ");
    let (symbol, unit) = unit(&mut ahead, UNITS)?;
    if is_spaced && ONLY_ATTACHED.contains(&symbol) {
        return None;
    }
    *scan = ahead;
    let mut words = unit.to_owned();
    // "500k" is money; "2 triệu đồng" says so itself.
    if matches!(symbol, "k" | "K") && !ahead.rest().trim_start().starts_with("đồng") {
        words.push_str(" đồng");
    }
    if ahead.eat("/")
        && let Some((_, per)) = unit_or_per(&mut ahead)
    {
        let link = if words.ends_with("đồng") { "một" } else { "trên" };
        words = format!("{words} {link} {per}");
        *scan = ahead;
    }
    Some(words)
}

fn unit_or_per(scan: &mut Scan<'_>) -> Option<(&'static str, &'static str)> {
    unit(scan, UNITS).or_else(|| unit(scan, PER))
}

fn unit(
    scan: &mut Scan<'_>,
    table: &[(&'static str, &'static str)],
) -> Option<(&'static str, &'static str)> {
    for (symbol, words) in table {
        let mut ahead = *scan;
        if ahead.eat(symbol) && (ahead.is_boundary() || !symbol.ends_with(char::is_alphanumeric)) {
            *scan = ahead;
            return Some((symbol, words));
        }
    }
    None
}

/// `km2` or `đ/kg` without a number before them.
fn bare_unit(scan: &mut Scan<'_>) -> Option<String> {
    const BARE: &[&str] =
        &["km2", "km²", "m2", "m²", "m3", "m³", "kWh", "km/h", "m/s", "mm", "kg", "km"];
    let mut ahead = *scan;
    if ahead.eat("đ/")
        && let Some((_, per)) = unit_or_per(&mut ahead)
    {
        *scan = ahead;
        return Some(format!("đồng một {per}"));
    }
    let mut ahead = *scan;
    let (symbol, words) = unit(&mut ahead, UNITS)?;
    BARE.contains(&symbol).then(|| {
        *scan = ahead;
        words.to_owned()
    })
}

/// Digits that nothing else could read.
pub(super) fn digits(scan: &mut Scan<'_>) -> Option<String> {
    scan.digits(1..=1000).map(one_by_one)
}
