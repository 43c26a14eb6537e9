//! Units of measure and money: their symbols, and how they are said.

use super::super::scan::Scan;

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

/// Whether these letters are a unit's symbol.
pub(super) fn is_symbol(letters: &str) -> bool {
    UNITS.iter().any(|(symbol, _)| *symbol == letters)
}

/// The unit right behind a number, with what it is counted per.
pub(super) fn behind(scan: &mut Scan<'_>) -> Option<String> {
    let mut ahead = *scan;
    let is_spaced = ahead.eat(" ");
    let (symbol, unit) = look_up(&mut ahead, UNITS)?;
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
    look_up(scan, UNITS).or_else(|| look_up(scan, PER))
}

fn look_up(
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
pub(super) fn bare(scan: &mut Scan<'_>) -> Option<String> {
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
    let (symbol, words) = look_up(&mut ahead, UNITS)?;
    BARE.contains(&symbol).then(|| {
        *scan = ahead;
        words.to_owned()
    })
}
