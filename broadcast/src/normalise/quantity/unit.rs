//! Units of measure and money: their symbols, and how they are said.

use super::super::number::counted;
use super::super::scan::Scan;

/// Longest first where one starts like another. Money is read "một" per unit, measures "trên".
const UNITS: &[(&str, &str)] = &[
    ("µg/m³", "mi crô gam trên mét khối"),
    ("μg/m3", "mi crô gam trên mét khối"),
    ("µg/m3", "mi crô gam trên mét khối"),
    ("km/h", "ki lô mét trên giờ"),
    ("km2", "ki lô mét vuông"),
    ("km²", "ki lô mét vuông"),
    ("MWh", "mê ga oát giờ"),
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
    ("Mbps", "mê ga bít trên giây"),
    ("MHz", "mê ga héc"),
    ("kVA", "ki lô vôn am pe"),
    ("KVA", "ki lô vôn am pe"),
    ("MVA", "mê ga vôn am pe"),
    ("kcal", "ki lô ca lo"),
    ("MW", "mê ga oát"),
    ("kW", "ki lô oát"),
    ("kV", "ki lô vôn"),
    ("KV", "ki lô vôn"),
    ("dBA", "đề xi ben"),
    ("dB", "đề xi ben"),
    ("Hz", "héc"),
    ("GB", "gi ga bai"),
    ("MB", "mê ga bai"),
    ("km", "ki lô mét"),
    ("cm", "xen ti mét"),
    ("mm", "mi li mét"),
    ("dm", "đề xi mét"),
    ("kg", "ki lô gam"),
    ("Kg", "ki lô gam"),
    ("KG", "ki lô gam"),
    ("mg", "mi li gam"),
    ("ml", "mi li lít"),
    ("ha", "héc ta"),
    ("°C", "độ xê"),
    ("oC", "độ xê"),
    ("ºC", "độ xê"),
    ("℃", "độ xê"),
    ("°c", "độ xê"),
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
    ("h", "giờ"),
    ("ph", "phút"),
    ("p", "phút"),
    ("s", "giây"),
    ("'", "phút"),
    ("’", "phút"),
];
/// Too short to be believed when a space stands before them: "tổ 5 T", "nhóm 3 V".
const ONLY_ATTACHED: &[&str] = &["k", "K", "T", "V", "W", "L", "'", "’", "tr", "h", "p", "ph", "s"];
/// What may follow a slash behind a unit, besides the units.
const PER: &[(&str, &str)] = &[
    ("ngày", "ngày"),
    ("tháng", "tháng"),
    ("năm", "năm"),
    ("người", "người"),
    ("hộ", "hộ"),
    ("khẩu", "khẩu"),
    ("cháu", "cháu"),
    ("em", "em"),
    ("con", "con"),
    ("cây", "cây"),
    ("sào", "sào"),
    ("liều", "liều"),
    ("buổi", "buổi"),
    ("lượt", "lượt"),
    ("tuần", "tuần"),
    ("quý", "quý"),
    ("phút", "phút"),
    ("giây", "giây"),
    ("xe", "xe"),
    ("bao", "bao"),
    ("kWh", "ki lô oát giờ"),
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
    if let Some(words) = split(&mut ahead) {
        *scan = ahead;
        return Some(words);
    }
    ahead = *scan;
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
    let is_money = words.ends_with("đồng") || words.ends_with("đô la Mỹ");
    while ahead.eat("/")
        && let Some((symbol, per)) = unit_or_per(&mut ahead)
    {
        // Speeds and concentrations are "trên"; what people get, pay or use is "một".
        let is_measure = is_symbol(symbol) || matches!(symbol, "giờ" | "giây" | "phút" | "lít");
        let link = if is_measure && !is_money { "trên" } else { "một" };
        words = format!("{words} {link} {per}");
        *scan = ahead;
    }
    Some(words)
}

/// `1m65`, `2tr5`: what is said behind the unit, as people say it.
fn split(scan: &mut Scan<'_>) -> Option<String> {
    let unit = [("m", "mét"), ("tr", "triệu")].into_iter().find(|(it, _)| scan.eat(it))?.1;
    let rest = scan.digits(1..=3)?;
    // "m2" and "m3" are areas and volumes.
    let is_power = unit == "mét" && matches!(rest, "2" | "3");
    (!is_power && scan.is_number_end()).then(|| format!("{unit} {}", counted(rest)))
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
        &["km2", "km²", "m2", "m²", "m3", "m³", "kWh", "km/h", "m/s", "mm", "kg", "km", "°C", "ha"];
    let mut ahead = *scan;
    if ahead.eat("đ/")
        && let Some((_, per)) = unit_or_per(&mut ahead)
    {
        *scan = ahead;
        return Some(format!("đồng một {per}"));
    }
    let mut ahead = *scan;
    // "Km12+300", "km 15": a place on a road.
    if ahead.eat_any(&["Km", "km", "KM"]) {
        ahead.eat(" ");
        if ahead.peek().is_some_and(|c| c.is_ascii_digit()) {
            *scan = ahead;
            return Some("ki lô mét".to_owned());
        }
    }
    let mut ahead = *scan;
    let (symbol, words) = look_up(&mut ahead, UNITS)?;
    BARE.contains(&symbol).then(|| {
        *scan = ahead;
        words.to_owned()
    })
}
