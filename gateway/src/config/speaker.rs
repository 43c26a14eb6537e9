//! What `vong speaker` is told.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base::DeviceId;
use broadcast::player::DailyLimit;
use broadcast::prefetch::{Place, Prefetch};
use broadcast::quiet::QuietHours;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::problems::{Field, Problems, Reader};
use super::raw;
use super::sections::{self, Broker};
use super::sound::{SpeakerMute, SpeakerSound, mute, sound};

const MIB: u64 = 1024 * 1024;
/// Two sessions of 45 minutes, which is what a rural ward may have at most (domain notes section 3),
/// and half an hour: beyond it something is wrong with the calendar.
pub(crate) const DAILY_LIMIT: Duration = Duration::from_hours(2);

/// A loudspeaker cluster.
#[derive(Clone, Debug)]
pub struct Speaker {
    pub device: DeviceId,
    pub site: String,
    pub data_dir: PathBuf,
    pub identity_dir: PathBuf,
    pub r#box: SpeakerBox,
    pub sound: SpeakerSound,
    pub cache_max_bytes: u64,
    pub prefetch: Prefetch,
    /// `None`: switched off.
    pub quiet_hours: Option<QuietHours>,
    /// `None`: switched off.
    pub daily_limit: Option<DailyLimit>,
    /// `None`: nothing is wired.
    pub mute: Option<SpeakerMute>,
}

/// The box that drives this cluster.
#[derive(Clone, Debug)]
pub struct SpeakerBox {
    pub device: DeviceId,
    pub broker: Broker,
    /// `https://host:port`, without a slash at the end.
    pub content: String,
    pub time: SocketAddr,
}

impl Speaker {
    pub(super) fn believe(raw: raw::Speaker, folder: &Path) -> Result<Self, Problems> {
        let mut reader = Reader::new(folder);
        let believed = Self::section(&mut reader, raw);
        reader.finish(believed)
    }

    fn section(reader: &mut Reader<'_>, raw: raw::Speaker) -> Option<Self> {
        reader.unknown("", &raw.unknown);
        let device = reader.required("device", raw.device);
        let device: Option<DeviceId> = reader.parsed("device", device);
        let site = reader.optional("site", raw.site).unwrap_or_default();
        let data_dir = sections::data_dir(reader, raw.data_dir);
        let identity_dir = sections::identity_dir(reader, raw.identity);
        let r#box = speaker_box(reader, raw.r#box);
        let cache = reader.optional("cache", raw.cache).unwrap_or_default();
        reader.unknown("cache", &cache.unknown);
        let bounds = MIB..=1024 * 1024 * MIB;
        let cache_max_bytes =
            sections::within(reader, "cache.max_bytes", cache.max_bytes, 512 * MIB, bounds);
        let (zone, quiet_hours) = sections::quiet_hours_and_zone(reader, raw.quiet_hours);
        let daily_limit = daily_limit(reader, raw.limits, &zone);
        let sound = sound(reader, raw.sound, &zone);
        let mute = mute(reader, raw.mute);
        let prefetch = prefetch(reader, raw.prefetch, device.as_ref());
        Some(Self {
            device: device?,
            site,
            data_dir: data_dir?,
            identity_dir: identity_dir?,
            r#box: r#box?,
            sound: sound?,
            cache_max_bytes: cache_max_bytes?,
            prefetch: prefetch?,
            quiet_hours,
            daily_limit,
            mute,
        })
    }
}

/// `None` when it is switched off.
fn daily_limit(
    reader: &mut Reader<'_>,
    field: Field<raw::Limits>,
    zone: &TimeZone,
) -> Option<DailyLimit> {
    let section = reader.optional("limits", field).unwrap_or_default();
    reader.unknown("limits", &section.unknown);
    let day = Duration::from_hours(24);
    let most = sections::duration(reader, "limits.daily", section.daily, DAILY_LIMIT, day)?;
    (!most.is_zero()).then(|| DailyLimit::new(most, zone.clone()))
}

fn speaker_box(reader: &mut Reader<'_>, field: Field<raw::SpeakerBox>) -> Option<SpeakerBox> {
    let section = reader.required("box", field)?;
    reader.unknown("box", &section.unknown);
    let device = reader.required("box.device", section.device);
    let device: Option<DeviceId> = reader.parsed("box.device", device);
    let host = reader.required("box.host", section.host);
    let port = sections::port(reader, "box.port", section.port);
    let content = reader.required("box.content", section.content);
    if content.as_ref().is_some_and(|it| !it.starts_with("https://")) {
        reader.problem("box.content", "must start with https://");
    }
    let time = reader.required("box.time", section.time);
    let time = reader.parsed("box.time", time);
    let device = device?;
    Some(SpeakerBox {
        broker: Broker { host: host?, port: port?, server_name: device.clone() },
        device,
        content: content?.trim_end_matches('/').to_owned(),
        time: time?,
    })
}

fn prefetch(
    reader: &mut Reader<'_>,
    field: Field<raw::Prefetch>,
    device: Option<&DeviceId>,
) -> Option<Prefetch> {
    let section = reader.optional("prefetch", field).unwrap_or_default();
    reader.unknown("prefetch", &section.unknown);
    let enabled = reader.optional("prefetch.enabled", section.enabled).unwrap_or(true);
    let at = |hour| Time::constant(hour, 0, 0, 0);
    let from = sections::time_of_day(reader, "prefetch.from", section.from, at(22));
    let to = sections::time_of_day(reader, "prefetch.to", section.to, at(5));
    let zone = sections::timezone(reader, "prefetch.timezone", section.timezone);
    let mut duration =
        |key: &str, field, default, most| sections::duration(reader, key, field, default, most);
    let week = Duration::from_hours(7 * 24);
    let within = duration("prefetch.within", section.within, Duration::from_hours(12), week);
    let (minutes, hour) = (Duration::from_mins(5), Duration::from_hours(1));
    let spread = duration("prefetch.spread", section.spread, minutes, hour);
    let Ok(off_peak) = QuietHours::new(from?, to?, zone?) else {
        reader.problem("prefetch", "give two different times, or enabled = false");
        return None;
    };
    Some(Prefetch {
        off_peak: enabled.then_some(off_peak),
        within: within?,
        spread: spread?,
        place: Place::of_device(device?),
    })
}
