//! Times as people write and read them: on the wall clock of Viet Nam, unless they say otherwise.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{self, TimeZone};

/// Viet Nam has had one zone, without summer time, since 1975.
const ZONE: TimeZone = TimeZone::fixed(tz::offset(7));

/// RFC 3339, or a date and time without a zone.
pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    let local = || {
        // A zone in brackets would be read past.
        let is_plain = text.contains(['T', ' ']) && !text.contains('[');
        let wall_clock: DateTime = text.parse().ok().filter(|_| is_plain)?;
        ZONE.to_timestamp(wall_clock).ok()
    };
    let time = text.parse().ok().or_else(local);
    time.ok_or_else(|| {
        "write 2026-09-02T06:30, or RFC 3339 as 2026-09-02T06:30:00+07:00".to_owned()
    })
}

pub(super) fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "write year, month and day as 2026-09-02".to_owned())
}

/// An instant of the API, to be read; what is none stays as it is.
pub(super) fn local(instant: &str) -> String {
    let at = instant.parse::<Timestamp>().ok();
    let shown = at.map(|it| it.to_zoned(ZONE).strftime("%Y-%m-%d %H:%M:%S %:z").to_string());
    shown.unwrap_or_else(|| instant.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_a_zone_is_of_viet_nam() {
        let half_past_six: Timestamp = "2026-09-01T23:30:00Z".parse().unwrap();
        for text in ["2026-09-02T06:30", "2026-09-02 06:30:00", "2026-09-02T06:30:00+07:00"] {
            assert_eq!(instant(text), Ok(half_past_six), "{text}");
        }
        for text in ["2026-09-02", "02/09/2026", "06:30", "", "2026-09-02T06:30[Asia/Tokyo]"] {
            assert!(instant(text).unwrap_err().contains("2026-09-02T06:30"), "{text}");
        }
        assert_eq!(local("2026-09-01T23:30:00.000Z"), "2026-09-02 06:30:00 +07:00");
        assert_eq!(local("-"), "-");
        assert!(day("01/11/2026").unwrap_err().contains("2026-09-02"));
    }
}
