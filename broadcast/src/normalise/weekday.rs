//! Days of the week as figures: `T2-T6`, `thứ 2-6`, `thứ 2, 4, 6`.

use super::said::Said;
use super::scan::Scan;

/// Monday is the second day, as everybody counts here.
const NAMES: &[(&str, &str)] =
    &[("2", "hai"), ("3", "ba"), ("4", "tư"), ("5", "năm"), ("6", "sáu"), ("7", "bảy")];

/// `T2-T6`, `T7 - CN`, `T2-6`.
pub(super) fn range(scan: &mut Scan<'_>, _: &Said) -> Option<String> {
    let from = scan.eat("T").then(|| name(scan))??;
    if !scan.eat_dash() {
        return None;
    }
    let to = if scan.eat("CN") {
        "chủ nhật".to_owned()
    } else {
        scan.eat("T");
        format!("thứ {}", name(scan)?)
    };
    scan.is_number_end().then(|| format!("thứ {from} đến {to}"))
}

/// `2-6`, `2, 4, 6`, `2 và 4` behind "thứ". "Lần thứ 2, 4 người" is another matter.
pub(super) fn list(scan: &mut Scan<'_>, said: &Said) -> Option<String> {
    if !said.ends_with_any(&["thứ"]) || said.ends_with_any(&["lần thứ"]) {
        return None;
    }
    let mut words = name(scan)?.to_owned();
    let mut n_days = 1;
    let mut ahead = *scan;
    loop {
        let link = if ahead.eat_dash() {
            " đến thứ "
        } else if ahead.eat_any(&[", ", ","]) {
            ", "
        } else if ahead.eat(" và ") {
            " và "
        } else {
            break;
        };
        let Some(day) = name(&mut ahead) else { break };
        words.push_str(link);
        words.push_str(day);
        n_days += 1;
        *scan = ahead;
    }
    (n_days > 1 && scan.is_number_end()).then_some(words)
}

fn name(scan: &mut Scan<'_>) -> Option<&'static str> {
    let digit = scan.digits(1..=1)?;
    NAMES.iter().find(|(figure, _)| *figure == digit).map(|(_, name)| *name)
}
