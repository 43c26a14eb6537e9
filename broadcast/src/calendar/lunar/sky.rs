//! New moons and the sun's place, as days of UTC+7.
//!
//! After Jean Meeus, *Astronomical Algorithms* (2nd edition): chapter 49 for new moons, good to seconds
//! in our centuries, chapter 25 for the sun, good to 0.01 degrees or a quarter of an hour. Of the
//! 2 251 months from 1968 to 2149 two begin a day off a full ephemeris' (November 2077, October 2085): their new
//! moons are within a minute of midnight, and how the Earth will turn until then nobody knows that well.

/// Julian day of 1970-01-01T00:00.
const UNIX_EPOCH: f64 = 2_440_587.5;
const J2000: f64 = 2_451_545.0;
const DAYS_A_CENTURY: f64 = 36_525.0;
const SYNODIC_MONTH: f64 = 29.530_588_861;
/// The mean new moon of 2000-01-06, lunation 0.
const FIRST_LUNATION: f64 = 2_451_550.097_66;
/// UTC+7, in days.
const ZONE: f64 = 7.0 / 24.0;

/// Table 49.A for the new moon: the coefficient in days, and the multiples of M, M' and F. The power of
/// E is the multiple of M.
const PERIODIC: [(f64, [i8; 3]); 24] = [
    (-0.407_20, [0, 1, 0]),
    (0.172_41, [1, 0, 0]),
    (0.016_08, [0, 2, 0]),
    (0.010_39, [0, 0, 2]),
    (0.007_39, [-1, 1, 0]),
    (-0.005_14, [1, 1, 0]),
    (0.002_08, [2, 0, 0]),
    (-0.001_11, [0, 1, -2]),
    (-0.000_57, [0, 1, 2]),
    (0.000_56, [1, 2, 0]),
    (-0.000_42, [0, 3, 0]),
    (0.000_42, [1, 0, 2]),
    (0.000_38, [1, 0, -2]),
    (-0.000_24, [-1, 2, 0]),
    (-0.000_07, [2, 1, 0]),
    (0.000_04, [0, 2, -2]),
    (0.000_04, [3, 0, 0]),
    (0.000_03, [1, 1, -2]),
    (0.000_03, [0, 2, 2]),
    (-0.000_03, [1, 1, 2]),
    (0.000_03, [-1, 1, 2]),
    (-0.000_02, [-1, 1, -2]),
    (-0.000_02, [1, 3, 0]),
    (0.000_02, [0, 4, 0]),
];

/// The arguments A1 to A14 of chapter 49: coefficient in days, degrees, degrees a lunation.
const PLANETARY: [(f64, f64, f64); 14] = [
    (0.000_325, 299.77, 0.107_408),
    (0.000_165, 251.88, 0.016_321),
    (0.000_164, 251.83, 26.651_886),
    (0.000_126, 349.42, 36.412_478),
    (0.000_110, 84.66, 18.206_239),
    (0.000_062, 141.74, 53.303_771),
    (0.000_060, 207.14, 2.453_732),
    (0.000_056, 154.84, 7.306_860),
    (0.000_047, 34.52, 27.261_239),
    (0.000_042, 207.19, 0.121_824),
    (0.000_040, 291.34, 1.844_379),
    (0.000_037, 161.72, 24.198_154),
    (0.000_035, 239.56, 25.513_099),
    (0.000_023, 331.55, 3.592_518),
];

/// The lunation, counted from the new moon of 2000-01-06, whose mean new moon is nearest to `day`.
pub(super) fn lunation_near(day: i32) -> i32 {
    whole((UNIX_EPOCH + f64::from(day) - FIRST_LUNATION) / SYNODIC_MONTH + 0.5)
}

/// The day (since 1970-01-01, in UTC+7) of a new moon.
pub(super) fn new_moon_day(lunation: i32) -> i32 {
    whole(new_moon(lunation) - delta_t(lunation) - UNIX_EPOCH + ZONE)
}

/// Which twelfth of its way from the March equinox the sun is in when `day` begins in UTC+7: `0..12`.
/// A principal term is a change of it.
pub(super) fn sun_sector(day: i32) -> i32 {
    let instant = UNIX_EPOCH + f64::from(day) - ZONE;
    let terrestrial = instant + delta_t(lunation_near(day));
    whole(sun_longitude(terrestrial) / 30.0)
}

/// Julian Ephemeris Day of a new moon.
fn new_moon(lunation: i32) -> f64 {
    let k = f64::from(lunation);
    let t = k / 1_236.85;
    let (t2, t3) = (t * t, t * t * t);
    let mean = FIRST_LUNATION + SYNODIC_MONTH * k + 0.000_154_37 * t2 - 0.000_000_150 * t3;
    let e = 1.0 - 0.002_516 * t - 0.000_007_4 * t2;
    let sun = 2.5534 + 29.105_356_70 * k - 0.000_001_4 * t2;
    let moon = 201.5643 + 385.816_935_28 * k + 0.010_758_2 * t2 + 0.000_012_38 * t3;
    let latitude = 160.7108 + 390.670_502_84 * k - 0.001_611_8 * t2 - 0.000_002_27 * t3;
    let node = 124.7746 - 1.563_755_88 * k + 0.002_067_2 * t2;
    let periodic: f64 = PERIODIC
        .iter()
        .map(|(size, [m, m1, f])| {
            let angle = f64::from(*m) * sun + f64::from(*m1) * moon + f64::from(*f) * latitude;
            size * e.powi(i32::from(m.abs())) * sine(angle)
        })
        .sum();
    let planets: f64 =
        PLANETARY.iter().map(|(size, start, rate)| size * sine(start + rate * k)).sum();
    mean + periodic + planets - 0.000_17 * sine(node)
}

/// The sun's apparent longitude in degrees, `0.0..360.0`.
fn sun_longitude(terrestrial: f64) -> f64 {
    let t = (terrestrial - J2000) / DAYS_A_CENTURY;
    let mean = 280.466_46 + 36_000.769_83 * t + 0.000_303_2 * t * t;
    let anomaly = 357.529_11 + 35_999.050_29 * t - 0.000_153_7 * t * t;
    let centre = (1.914_602 - 0.004_817 * t - 0.000_014 * t * t) * sine(anomaly)
        + (0.019_993 - 0.000_101 * t) * sine(2.0 * anomaly)
        + 0.000_289 * sine(3.0 * anomaly);
    let nutation = -0.004_78 * sine(125.04 - 1_934.136 * t);
    (mean + centre - 0.005_69 + nutation).rem_euclid(360.0)
}

/// How far Terrestrial Time is ahead of UT, in days, by Espenak and Meeus' polynomial for 2005 to 2050.
/// Within half a minute of what was measured since 1968; nobody knows it for later centuries.
fn delta_t(lunation: i32) -> f64 {
    let years = f64::from(lunation) / 12.3685;
    (62.92 + 0.322_17 * years + 0.005_589 * years * years) / 86_400.0
}

fn sine(degrees: f64) -> f64 {
    degrees.to_radians().sin()
}

/// The whole number below.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "days and lunations of a few centuries fit, and floor leaves nothing to cut"
)]
fn whole(number: f64) -> i32 {
    number.floor() as i32
}
