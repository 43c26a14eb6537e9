//! What `vong speaker` is told.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base::DeviceId;
use broadcast::prefetch::{Place, Prefetch};
use broadcast::quiet::QuietHours;
use jiff::civil::Time;

use super::problems::{Field, Problems, Reader};
use super::raw;
use super::sections::{self, Broker};

const MIB: u64 = 1024 * 1024;

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

/// Where the sound goes.
#[derive(Clone, Debug)]
pub struct SpeakerSound {
    pub sink: SpeakerSink,
    /// Ceiling, 0 to 100.
    pub volume_percent: u8,
    pub amplifier_warm_up: Duration,
    pub acoustic_delay: Duration,
    pub latency: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpeakerSink {
    Alsa {
        device: String,
    },
    /// A WAV file a play, beside a note of when its first sample was due: for tests.
    Wav {
        dir: PathBuf,
    },
    /// No sound: the content is verified and opened, and the note says when its first sample would have
    /// left. `vong sim speakers` chooses it; in a file it would be a silent street that reports plays.
    Timestamp {
        dir: PathBuf,
    },
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
        let sound = sound(reader, raw.sound);
        let cache = reader.optional("cache", raw.cache).unwrap_or_default();
        reader.unknown("cache", &cache.unknown);
        let bounds = MIB..=1024 * 1024 * MIB;
        let cache_max_bytes =
            sections::within(reader, "cache.max_bytes", cache.max_bytes, 512 * MIB, bounds);
        let prefetch = prefetch(reader, raw.prefetch, device.as_ref());
        let quiet_hours = sections::quiet_hours(reader, raw.quiet_hours);
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
        })
    }
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

fn sound(reader: &mut Reader<'_>, field: Field<raw::Sound>) -> Option<SpeakerSound> {
    let section = reader.optional("sound", field).unwrap_or_default();
    reader.unknown("sound", &section.unknown);
    let device = reader.optional("sound.device", section.device);
    let wav_dir = reader.optional("sound.wav_dir", section.wav_dir);
    let sink = match reader.optional("sound.sink", section.sink).as_deref() {
        None | Some("alsa") => {
            Some(SpeakerSink::Alsa { device: device.unwrap_or_else(|| "default".to_owned()) })
        }
        Some("wav") => {
            if wav_dir.is_none() {
                reader.problem("sound.wav_dir", "is missing: sink = \"wav\" needs a folder");
            }
            wav_dir.map(|dir| SpeakerSink::Wav { dir: reader.path(dir) })
        }
        Some(other) => {
            reader.problem("sound.sink", format!("{other:?} is neither \"alsa\" nor \"wav\""));
            None
        }
    };
    let volume_percent =
        sections::within(reader, "sound.volume_percent", section.volume_percent, 100, 0..=100);
    let mut duration = |key: &str, field, default_ms, most_s| {
        let default = Duration::from_millis(default_ms);
        sections::duration(reader, key, field, default, Duration::from_secs(most_s))
    };
    let amplifier_warm_up = duration("sound.amplifier_warm_up", section.amplifier_warm_up, 0, 250);
    let acoustic_delay = duration("sound.acoustic_delay", section.acoustic_delay, 0, 5);
    let latency = duration("sound.latency", section.latency, 200, 2);
    Some(SpeakerSound {
        sink: sink?,
        volume_percent: volume_percent?,
        amplifier_warm_up: amplifier_warm_up?,
        acoustic_delay: acoustic_delay?,
        latency: latency?,
    })
}
