//! Which IANA zone a TZID means. The IANA list knows better than the rules in a file, so those are read
//! only for names that it has not.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use super::component::Block;

/// What Windows calls the zones of a Vietnamese ward and of its neighbours (Unicode CLDR, windowsZones).
const WINDOWS: [(&str, &str); 8] = [
    ("SE Asia Standard Time", "Asia/Ho_Chi_Minh"),
    ("China Standard Time", "Asia/Shanghai"),
    ("Singapore Standard Time", "Asia/Singapore"),
    ("Tokyo Standard Time", "Asia/Tokyo"),
    ("India Standard Time", "Asia/Kolkata"),
    ("W. Europe Standard Time", "Europe/Berlin"),
    ("Romance Standard Time", "Europe/Paris"),
    ("UTC", "Etc/UTC"),
];

#[derive(Debug)]
pub(super) struct Zones {
    default: String,
    /// What the file says about its own names.
    named: HashMap<String, String>,
}

impl Zones {
    pub(super) fn new(default: &str, blocks: &[Block]) -> Self {
        let named = blocks.iter().filter_map(|block| {
            let value = |name: &str| {
                let found = block.lines.iter().find(|it| it.name == name);
                found.map(|it| it.value.trim().to_owned())
            };
            let location = value("X-LIC-LOCATION").and_then(|it| iana(&it));
            Some((value("TZID")?, location.or_else(|| constant(block))?))
        });
        Self { default: default.to_owned(), named: named.collect() }
    }

    /// The IANA name and the zone for a TZID, or for the lack of one.
    pub(super) fn find(&self, tzid: Option<&str>) -> Result<(String, TimeZone), String> {
        let tzid = tzid.map_or(self.default.as_str(), str::trim);
        let windows =
            || WINDOWS.iter().find(|(name, _)| *name == tzid).map(|(_, it)| (*it).to_owned());
        // Such as /freeassociation.sourceforge.net/Asia/Ho_Chi_Minh.
        let prefixed = || {
            let path = tzid.strip_prefix('/')?;
            let starts = path.match_indices('/').map(|(at, _)| &path[at + 1..]);
            starts.into_iter().find_map(iana)
        };
        let name = iana(tzid).or_else(|| self.named.get(tzid).cloned());
        let name = name.or_else(windows).or_else(prefixed).ok_or_else(|| {
            format!(
                "TZID {tzid:?} is not known: use a name of the IANA list, such as Asia/Ho_Chi_Minh"
            )
        })?;
        let zone = TimeZone::get(&name).map_err(|err| err.to_string())?;
        Ok((name, zone))
    }
}

fn iana(name: &str) -> Option<String> {
    // As the list spells it: others below us look at capitals.
    Some(TimeZone::get(name).ok()?.iana_name()?.to_owned())
}

/// A zone that has one offset of whole hours, and always had: Etc/GMT-7 is UTC+7.
fn constant(block: &Block) -> Option<String> {
    let mut offsets =
        block.lines.iter().filter(|it| it.name == "TZOFFSETTO").map(|it| it.value.trim());
    let first = offsets.next()?;
    if offsets.any(|it| it != first) {
        return None;
    }
    let hours: i8 = first.get(..3)?.parse().ok()?;
    let is_whole = first[3..].bytes().all(|it| it == b'0');
    let name = match hours {
        0 => "Etc/UTC".to_owned(),
        1.. => format!("Etc/GMT-{hours}"),
        _ => format!("Etc/GMT+{}", hours.unsigned_abs()),
    };
    if is_whole { iana(&name) } else { None }
}
