//! How loud by the hour, under a ceiling: the noise rules know a day and a night (QCVN 26, domain notes
//! section 3). An emergency is as loud as the ceiling at any hour.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::order::Volume;

/// 15 dB below the ceiling, the distance of the rules' 55 dBA at night from 70 dBA by day, as a share
/// of a [`Volume`] that is felt as loudness: 0.56 cubed is -15.1 dB.
const NIGHT_PERCENT: u8 = 56;

/// A daily stretch of local time, over midnight if `to` is not after `from`, and its volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    pub from: Time,
    pub to: Time,
    pub volume: Volume,
}

/// Invariants: no band is empty, none overlaps another. Outside of all of them the ceiling holds, and
/// none is above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeBands {
    ceiling: Volume,
    bands: Vec<Band>,
    zone: TimeZone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BandError {
    #[error("from {0} to {0} is none or all of the day: give two different times")]
    Empty(Time),
    #[error("{0} is in more than one band: each begins where another ends, or later")]
    Overlap(Time),
}

impl VolumeBands {
    pub fn new(ceiling: Volume, bands: Vec<Band>, zone: TimeZone) -> Result<Self, BandError> {
        for (n, band) in bands.iter().enumerate() {
            if band.from == band.to {
                return Err(BandError::Empty(band.from));
            }
            for other in &bands[..n] {
                for (one, two) in [(band, other), (other, band)] {
                    if one.is_in(two.from) {
                        return Err(BandError::Overlap(two.from));
                    }
                }
            }
        }
        Ok(Self { ceiling, bands, zone })
    }

    /// 06:00 to 21:00 at the ceiling, the night 15 dB below it.
    pub fn day_and_night(ceiling: Volume, zone: TimeZone) -> Self {
        let (from, to) = (Time::constant(21, 0, 0, 0), Time::constant(6, 0, 0, 0));
        let volume = ceiling.share(NIGHT_PERCENT);
        Self { ceiling, bands: vec![Band { from, to, volume }], zone }
    }

    pub fn ceiling(&self) -> Volume {
        self.ceiling
    }

    /// Where a change of clocks makes two bands meet, the quieter holds.
    pub fn at(&self, at: Timestamp) -> Volume {
        let days = self.days_around(at);
        let loud = self.bands.iter().filter(|band| {
            let stretches = days.iter().filter_map(|day| self.stretch(band, *day));
            stretches.into_iter().any(|(from, to)| from <= at && at < to)
        });
        loud.map(|it| it.volume).min().map_or(self.ceiling, |it| it.min(self.ceiling))
    }

    /// When it is another volume for the first time after `at`.
    pub fn next_change(&self, at: Timestamp) -> Option<Timestamp> {
        let days = self.days_around(at);
        let stretches = self
            .bands
            .iter()
            .flat_map(|band| days.iter().filter_map(|day| self.stretch(band, *day)));
        let mut ends: Vec<Timestamp> = stretches.flat_map(|(from, to)| [from, to]).collect();
        ends.sort_unstable();
        let now = self.at(at);
        ends.into_iter().find(|it| *it > at && self.at(*it) != now)
    }

    fn days_around(&self, at: Timestamp) -> Vec<Date> {
        let today = self.zone.to_datetime(at).date();
        (-1..=2).filter_map(|n| today.checked_add(n.days()).ok()).collect()
    }

    /// The stretch of a band that begins on local `day`. A time inside a DST gap or fold is the earlier
    /// instant at the start and the later one at the end: never a shorter quiet.
    fn stretch(&self, band: &Band, day: Date) -> Option<(Timestamp, Timestamp)> {
        let end_day = if band.from < band.to { day } else { day.checked_add(1.day()).ok()? };
        let from = self.zone.to_ambiguous_timestamp(day.to_datetime(band.from));
        let to = self.zone.to_ambiguous_timestamp(end_day.to_datetime(band.to));
        Some((from.earlier().ok()?, to.later().ok()?))
    }
}

impl Band {
    fn is_in(&self, time: Time) -> bool {
        let (after, before) = (self.from <= time, time < self.to);
        if self.from < self.to { after && before } else { after || before }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume(percent: u8) -> Volume {
        percent.try_into().unwrap()
    }

    fn band(from: &str, to: &str, percent: u8) -> Band {
        let time = |text: &str| text.parse().unwrap();
        Band { from: time(from), to: time(to), volume: volume(percent) }
    }

    fn in_zone(zone: &str, bands: &[Band]) -> VolumeBands {
        let zone = TimeZone::get(zone).unwrap();
        VolumeBands::new(volume(90), bands.to_vec(), zone).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_night_is_15_db_below_the_day_unless_said_otherwise() {
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        let bands = VolumeBands::day_and_night(volume(100), zone);
        for (time, percent) in [
            ("2026-01-05T05:59:59+07:00", 56),
            ("2026-01-05T06:00:00+07:00", 100),
            ("2026-01-05T20:59:59+07:00", 100),
            ("2026-01-05T21:00:00+07:00", 56),
            ("2026-01-06T00:00:00+07:00", 56),
        ] {
            assert_eq!(bands.at(at(time)), volume(percent), "{time}");
        }
        let noon = at("2026-01-05T12:00:00+07:00");
        assert_eq!(bands.next_change(noon), Some(at("2026-01-05T21:00:00+07:00")));
        let night = at("2026-01-05T21:00:00+07:00");
        assert_eq!(bands.next_change(night), Some(at("2026-01-06T06:00:00+07:00")));
    }

    #[test]
    fn no_band_is_above_the_ceiling_and_none_is_where_none_was_given() {
        let bands =
            in_zone("Asia/Ho_Chi_Minh", &[band("08:00", "10:00", 100), band("12:00", "13:00", 20)]);
        assert_eq!(bands.at(at("2026-01-05T09:00:00+07:00")), volume(90));
        assert_eq!(bands.at(at("2026-01-05T12:30:00+07:00")), volume(20));
        assert_eq!(bands.at(at("2026-01-05T11:00:00+07:00")), volume(90));
        // The ceiling is the ceiling inside and outside of the first one: nothing changes until noon.
        let change = bands.next_change(at("2026-01-05T07:00:00+07:00"));
        assert_eq!(change, Some(at("2026-01-05T12:00:00+07:00")));
        assert_eq!(in_zone("UTC", &[]).next_change(at("2026-01-05T07:00:00Z")), None);
    }

    #[test]
    fn bands_follow_the_wall_clock_through_both_changes() {
        let bands = [band("06:00", "21:00", 80), band("21:00", "06:00", 30)];
        let paris = in_zone("Europe/Paris", &bands);
        for (quiet, loud) in [
            ("2026-03-29T05:59:59+02:00", "2026-03-29T06:00:00+02:00"),
            ("2026-10-25T05:59:59+01:00", "2026-10-25T06:00:00+01:00"),
        ] {
            assert_eq!(paris.at(at(quiet)), volume(30));
            assert_eq!(paris.next_change(at(quiet)), Some(at(loud)));
            assert_eq!(paris.at(at(loud)), volume(80));
        }
    }

    #[test]
    fn where_a_change_of_clocks_makes_two_bands_meet_the_quieter_holds() {
        let bands = [band("00:00", "02:30", 30), band("02:30", "00:00", 80)];
        let paris = in_zone("Europe/Paris", &bands);
        // In the fold 02:30 comes twice, and the quiet lasts until the second; the gap has no 02:30.
        for (time, percent) in [
            ("2026-10-25T02:45:00+02:00", 30),
            ("2026-10-25T02:15:00+01:00", 30),
            ("2026-10-25T02:30:00+01:00", 80),
            ("2026-03-29T03:29:59+02:00", 30),
            ("2026-03-29T03:30:00+02:00", 80),
        ] {
            assert_eq!(paris.at(at(time)), volume(percent), "{time}");
        }
        let lord_howe = in_zone("Australia/Lord_Howe", &bands);
        assert_eq!(lord_howe.at(at("2026-04-05T02:29:00+10:30")), volume(30));
        assert_eq!(lord_howe.at(at("2026-04-05T02:30:00+10:30")), volume(80));
        let apia = in_zone("Pacific/Apia", &bands);
        assert_eq!(
            apia.at(at("2011-12-31T02:00:00+14:00")),
            volume(30),
            "the day before never was"
        );
    }

    #[test]
    fn empty_and_overlapping_bands_are_refused() {
        let new = |bands: &[Band]| VolumeBands::new(volume(90), bands.to_vec(), TimeZone::UTC);
        let refused = new(&[band("06:00", "06:00", 10)]).unwrap_err().to_string();
        assert!(refused.contains("two different times"), "{refused}");
        let night_over_morning = [band("21:00", "06:00", 10), band("05:00", "08:00", 20)];
        let refused = new(&night_over_morning).unwrap_err();
        assert_eq!(refused, BandError::Overlap("05:00".parse().unwrap()));
        assert!(new(&[band("21:00", "06:00", 10), band("06:00", "21:00", 20)]).is_ok());
    }
}
