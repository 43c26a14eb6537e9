//! How times, parts and rates are written on the command line of `vong sim ...`.

use std::num::NonZeroU64;
use std::time::Duration;

use jiff::SignedDuration;

/// `30s`, `1m30s`, `20ms`.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let time: SignedDuration = text.parse().map_err(|_| "write it as 20ms, 30s or 2m")?;
    Duration::try_from(time).map_err(|_| "it must not be negative".to_owned())
}

/// A part of one: `5%`, `0.05`.
pub(super) fn share(text: &str) -> Result<f64, String> {
    let (number, whole) = text.strip_suffix('%').map_or((text, 1.0), |it| (it, 100.0));
    let share = number.parse::<f64>().ok().map(|it| it / whole);
    share.filter(|it| (0.0..=1.0).contains(it)).ok_or("write it as 5% or 0.05".to_owned())
}

/// `512kbit/s`, `2Mbit/s`, in bits a second.
pub(super) fn bits_a_second(text: &str) -> Result<NonZeroU64, String> {
    const UNITS: [(&str, u64); 4] =
        [("kbit/s", 1_000), ("Mbit/s", 1_000_000), ("Gbit/s", 1_000_000_000), ("bit/s", 1)];
    let number_and_unit = UNITS
        .into_iter()
        .find_map(|(unit, n_bits)| Some((text.strip_suffix(unit)?.trim_end(), n_bits)));
    number_and_unit
        .and_then(|(number, n_bits)| number.parse::<u64>().ok()?.checked_mul(n_bits))
        .and_then(NonZeroU64::new)
        .ok_or("write it as 512kbit/s or 2Mbit/s".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_people_do() {
        assert_eq!(time("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(time("20ms"), Ok(Duration::from_millis(20)));
        assert!(time("90").is_err() && time("-2s").is_err());
    }

    #[test]
    fn a_part_is_written_as_people_do() {
        assert_eq!((share("5%"), share("0.05"), share("100%")), (Ok(0.05), Ok(0.05), Ok(1.0)));
        assert!(["5", "-1%", "101%", "NaN", "%", ""].iter().all(|it| share(it).is_err()));
    }

    #[test]
    fn a_rate_has_its_unit() {
        let rate = |text| bits_a_second(text).map(NonZeroU64::get).ok();
        assert_eq!((rate("512kbit/s"), rate("2 Mbit/s")), (Some(512_000), Some(2_000_000)));
        assert_eq!((rate("9600bit/s"), rate("1Gbit/s")), (Some(9_600), Some(1_000_000_000)));
        let wrong = ["", "2", "2Mbit", "2MB/s", "0bit/s", "1.5Mbit/s", "-1bit/s"];
        assert!(wrong.iter().all(|it| rate(it).is_none()));
        assert_eq!(rate("99999999999999999999Gbit/s"), None);
    }
}
