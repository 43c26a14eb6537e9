//! How times, parts and rates are written on the command line of `vong sim ...`.

use std::num::NonZeroU64;
use std::time::Duration;

use base::BitRate;
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
    let rate = text.parse::<BitRate>();
    rate.map(BitRate::bits_a_second).map_err(|_| "write it as 512kbit/s or 2Mbit/s".to_owned())
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
}
