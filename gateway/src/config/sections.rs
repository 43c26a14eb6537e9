//! Sections that more than one role has.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base::DeviceId;
use broadcast::quiet::QuietHours;
use jiff::SignedDuration;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::problems::{Field, Reader};
use super::raw;

pub(super) const DEFAULT_ZONE: &str = "Asia/Ho_Chi_Minh";
const MQTT_TLS_PORT: u16 = 8883;

/// An MQTT broker, reached by TLS 1.3 with both certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broker {
    pub host: String,
    pub port: u16,
    /// The name in its certificate: the device id of whoever runs it.
    pub server_name: DeviceId,
}

/// When the wall clock is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockTrust {
    /// When the system says that NTP is in step.
    Ntp,
    /// Always: somebody else keeps this machine's clock.
    Host,
}

/// The folder of `[identity]`; it must be named, and exist when the daemon starts.
pub(super) fn identity_dir(
    reader: &mut Reader<'_>,
    field: Field<raw::Identity>,
) -> Option<PathBuf> {
    let section = reader.required("identity", field)?;
    reader.unknown("identity", &section.unknown);
    let dir = reader.required("identity.dir", section.dir)?;
    Some(reader.path(dir))
}

pub(super) fn data_dir(reader: &mut Reader<'_>, field: Field<String>) -> Option<PathBuf> {
    let dir = reader.required("data_dir", field)?;
    Some(reader.path(dir))
}

/// `owner`: whose certificate the broker has unless the file says otherwise.
pub(super) fn broker(
    reader: &mut Reader<'_>,
    key: &str,
    field: Field<raw::Broker>,
    owner: Option<DeviceId>,
) -> Option<Broker> {
    let section = reader.required(key, field)?;
    reader.unknown(key, &section.unknown);
    let host = reader.required(&format!("{key}.host"), section.host);
    let port = port(reader, &format!("{key}.port"), section.port)?;
    let name_key = format!("{key}.server_name");
    let server_name = match reader.optional(&name_key, section.server_name) {
        Some(name) => reader.parsed(&name_key, Some(name)),
        None => owner,
    };
    Some(Broker { host: host?, port, server_name: server_name? })
}

pub(super) fn port(reader: &mut Reader<'_>, key: &str, field: Field<u16>) -> Option<u16> {
    let port = reader.optional(key, field).unwrap_or(MQTT_TLS_PORT);
    if port == 0 {
        reader.problem(key, "must be 1 to 65535");
        return None;
    }
    Some(port)
}

pub(super) fn clock_trust(reader: &mut Reader<'_>, field: Field<raw::Clock>) -> Option<ClockTrust> {
    let section = reader.optional("clock", field).unwrap_or_default();
    reader.unknown("clock", &section.unknown);
    match reader.optional("clock.trust", section.trust).as_deref() {
        None | Some("ntp") => Some(ClockTrust::Ntp),
        Some("host") => Some(ClockTrust::Host),
        Some(other) => {
            reader.problem("clock.trust", format!("{other:?} is neither \"ntp\" nor \"host\""));
            None
        }
    }
}

/// `None` when they are switched off.
pub(super) fn quiet_hours(
    reader: &mut Reader<'_>,
    field: Field<raw::QuietHours>,
) -> Option<QuietHours> {
    let section = reader.optional("quiet_hours", field).unwrap_or_default();
    reader.unknown("quiet_hours", &section.unknown);
    let enabled = reader.optional("quiet_hours.enabled", section.enabled).unwrap_or(true);
    let from = time_of_day(reader, "quiet_hours.from", section.from, Time::constant(21, 0, 0, 0));
    let to = time_of_day(reader, "quiet_hours.to", section.to, Time::constant(6, 0, 0, 0));
    let timezone = timezone(reader, "quiet_hours.timezone", section.timezone);
    enabled.then_some(())?;
    match QuietHours::new(from?, to?, timezone?) {
        Ok(quiet_hours) => Some(quiet_hours),
        Err(err) => {
            reader.problem("quiet_hours", format!("{err}, or enabled = false"));
            None
        }
    }
}

pub(super) fn timezone(
    reader: &mut Reader<'_>,
    key: &str,
    field: Field<String>,
) -> Option<TimeZone> {
    let name = reader.optional(key, field).unwrap_or_else(|| DEFAULT_ZONE.to_owned());
    let zone = TimeZone::get(&name).ok();
    if zone.is_none() {
        reader.problem(key, format!("{name:?} is not an IANA time zone"));
    }
    zone
}

/// A length of time such as `"30s"` or `"1m 30s"`, within `at_most`.
pub(super) fn duration(
    reader: &mut Reader<'_>,
    key: &str,
    field: Field<String>,
    default: Duration,
    at_most: Duration,
) -> Option<Duration> {
    let Some(text) = reader.optional(key, field) else { return Some(default) };
    match text.parse::<SignedDuration>().ok().and_then(|it| Duration::try_from(it).ok()) {
        Some(duration) if duration <= at_most => Some(duration),
        Some(_) => {
            reader.problem(key, format!("{text:?} is more than {} s", at_most.as_secs()));
            None
        }
        None => {
            reader.problem(key, format!("{text:?} is not a length of time such as \"30s\""));
            None
        }
    }
}

/// A whole number within bounds.
pub(super) fn within<T: PartialOrd + std::fmt::Display + Copy>(
    reader: &mut Reader<'_>,
    key: &str,
    field: Field<T>,
    default: T,
    bounds: std::ops::RangeInclusive<T>,
) -> Option<T> {
    let value = reader.optional(key, field).unwrap_or(default);
    if bounds.contains(&value) {
        return Some(value);
    }
    reader.problem(key, format!("{value} is not within {} to {}", bounds.start(), bounds.end()));
    None
}

/// Reads a secret from its own file, so that the configuration can be shown to others.
pub(super) fn secret_file(reader: &mut Reader<'_>, key: &str, path: &Path) -> Option<String> {
    let path = reader.path(path);
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
        Err(err) => {
            reader.problem(key, format!("{}: {err}", path.display()));
            None
        }
    }
}

/// A list whose members are named by their ids in problems, or by their place while they have none.
pub(super) fn id_of(
    reader: &mut Reader<'_>,
    list: &str,
    index: usize,
    field: Field<String>,
    taken: &[DeviceId],
) -> (String, Option<DeviceId>) {
    let place = format!("{list}[{}]", index + 1);
    let Some(text) = reader.required(&format!("{place}.id"), field) else { return (place, None) };
    let key = format!("{list}.{text}");
    let Some(id) = reader.parsed::<DeviceId>(&format!("{place}.id"), Some(text)) else {
        return (place, None);
    };
    if taken.contains(&id) {
        reader.problem(&key, "id is used twice");
    }
    (key, Some(id))
}

pub(super) fn time_of_day(
    reader: &mut Reader<'_>,
    key: &str,
    field: Field<String>,
    default: Time,
) -> Option<Time> {
    let Some(text) = reader.optional(key, field) else { return Some(default) };
    let time = Time::strptime("%H:%M", &text).ok();
    if time.is_none() {
        reader.problem(key, format!("{text:?} is not a time of day such as \"21:00\""));
    }
    time
}
